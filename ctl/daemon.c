/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The path of the socket comes from the configuration; when that cannot be
 * read, which is when somebody may want to ask the daemon most, it is the
 * usual one, and we say so.
 */
#include "config.h"

#include "ctl/daemon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/show.h"
#include "milter/conf.h"

#define USUAL_SOCKET "unix:/run/bailey/control.sock"
#define ANSWER_USUAL 4096 /* bytes; it is doubled while an answer is longer */

/* On the heap; NULL: there is none, or no memory. */
static char *
configured_socket(const struct call *call)
{
	char *errors, *where = NULL;
	struct conf *conf = conf_load(call->conf_path, &errors);

	if (conf == NULL) {
		(void)call_fail(call,
		    "%s cannot be read or has mistakes, so this asks at %s; "
		    "-s names another socket",
		    call->conf_path, USUAL_SOCKET);
		where = strdup(USUAL_SOCKET);
	} else if (conf->control_socket != NULL) {
		where = strdup(conf->control_socket);
	}
	free(errors);
	conf_unref(&conf);
	return where;
}

static enum daemon_found
find_path(const struct call *call, struct sockaddr_un *sun, struct buf *why)
{
	char *where = call->socket != NULL ? strdup(call->socket) : configured_socket(call);
	const char *path = where;
	size_t len;

	if (where == NULL) {
		buf_printf(why, "control-socket is \"\" in %s: this daemon takes no questions",
		    call->conf_path);
		return DAEMON_ABSENT;
	}
	if (strncmp(where, "unix:", 5) == 0)
		path += 5;
	len = strlen(path);
	if (len < sizeof sun->sun_path)
		memcpy(sun->sun_path, path, len + 1);
	else
		buf_printf(why, "%s: longer than %zu bytes", path, sizeof sun->sun_path - 1);
	free(where);
	return len < sizeof sun->sun_path ? DAEMON_HERE : DAEMON_DEAF;
}

static const char *
explain(int error)
{
	switch (error) {
	case ENOENT:
		return "; the daemon is not running, or another socket is configured";
	case ECONNREFUSED:
		return "; the daemon is not running";
	case EACCES:
		return "; be root or in the group of control-group";
	}
	return "";
}

enum daemon_found
daemon_find(struct daemon *d, const struct call *call, struct buf *why)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	struct timeval patience = {.tv_sec = DAEMON_PATIENCE_S};
	enum daemon_found found;

	*d = (struct daemon){.call = call, .fd = -1, .status = EXIT_NO_DAEMON};
	found = find_path(call, &sun, why);
	if (found != DAEMON_HERE)
		return found;
	d->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (d->fd >= 0 && connect(d->fd, (struct sockaddr *)&sun, sizeof sun) == 0)
		d->answers = fdopen(d->fd, "r");
	if (d->answers == NULL) {
		found = errno == ENOENT || errno == ECONNREFUSED ? DAEMON_ABSENT : DAEMON_DEAF;
		buf_printf(why, "cannot connect to %s: %s%s", sun.sun_path, strerror(errno),
		    explain(errno));
		if (d->fd >= 0)
			(void)close(d->fd);
		return found;
	}
	(void)setsockopt(d->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	(void)setsockopt(d->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	return DAEMON_HERE;
}

int
daemon_open(struct daemon *d, const struct call *call)
{
	char room[512];
	struct buf why;

	buf_init(&why, room, sizeof room);
	if (daemon_find(d, call, &why) == DAEMON_HERE)
		return 0;
	(void)call_fail(call, "%s", why.s);
	return -1;
}

void
daemon_close(struct daemon *d)
{
	if (d->answers != NULL)
		(void)fclose(d->answers);
	d->answers = NULL;
}

/* A request with its line end. */
static bool
send_line(int fd, const char *request)
{
	size_t len = strlen(request), sent = 0;
	ssize_t n = 0;

	while (n >= 0 && sent < len) {
		n = send(fd, request + sent, len - sent, MSG_NOSIGNAL | MSG_MORE);
		sent += n > 0 ? (size_t)n : 0;
	}
	return n >= 0 && send(fd, "\n", 1, MSG_NOSIGNAL) == 1;
}

/* One line with its end, on the heap; NULL: errno says why, 0 the connection was closed. */
static char *
read_line(FILE *in)
{
	char *line = NULL, *larger;
	size_t len = 0, room = 0;
	int c = 0;

	errno = 0;
	while (c != '\n' && c != EOF) {
		if (len + 1 >= room) {
			room = room == 0 ? ANSWER_USUAL : 2 * room;
			larger = room <= DAEMON_ANSWER_MAX ? realloc(line, room) : NULL;
			if (larger == NULL) {
				errno = EMSGSIZE;
				break;
			}
			line = larger;
		}
		c = getc(in);
		line[len++] = (char)c;
	}
	if (c == '\n') {
		line[len] = '\0';
		return line;
	}
	free(line);
	return NULL;
}

json_t *
daemon_ask(struct daemon *d, const char *request)
{
	json_error_t error;
	json_t *answer = NULL;
	char *line = NULL;

	if (send_line(d->fd, request))
		line = read_line(d->answers);
	if (line == NULL) {
		(void)call_fail(d->call, "no answer: %s",
		    errno == 0                          ? "the daemon closed the connection"
		    : errno == EAGAIN || errno == EPIPE ? "the daemon is busy or stopping"
							: strerror(errno));
		return NULL;
	}
	answer = json_loads(line, 0, &error);
	free(line);
	if (answer == NULL || !json_is_object(answer)) {
		(void)call_fail(d->call, "the answer is no JSON object; is that our daemon?");
		json_decref(answer);
		return NULL;
	}
	return answer;
}

void
daemon_print(const json_t *o)
{
	(void)json_dumpf(o, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
	(void)putchar('\n');
}

void
daemon_complain(const struct call *call, const json_t *answer)
{
	const char *why = json_string_value(json_object_get(answer, "error"));
	const json_t *lines = json_object_get(answer, "errors");

	for (size_t i = 0; i < json_array_size(lines); i++) {
		show_text(json_string_value(json_array_get(lines, i)), stderr);
		(void)fputc('\n', stderr);
	}
	(void)call_fail(call, "%s", why != NULL ? why : "refused without a reason");
}

int
daemon_call(const struct call *call, const char *request, void (*show)(const json_t *))
{
	struct daemon d;
	json_t *answer;
	bool ok;

	if (daemon_open(&d, call) < 0)
		return d.status;
	answer = daemon_ask(&d, request);
	daemon_close(&d);
	if (answer == NULL)
		return d.status;
	ok = json_is_true(json_object_get(answer, "ok"));
	if (call->json)
		daemon_print(answer);
	else if (ok)
		show(answer);
	else
		daemon_complain(call, answer);
	json_decref(answer);
	return ok ? EXIT_DONE : EXIT_FAILED;
}
