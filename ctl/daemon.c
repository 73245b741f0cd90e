/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The path of the socket comes from the configuration; when that cannot be
 * read, which is when somebody may want to ask the daemon most, it is the
 * usual one, and we say so.  A daemon may be stuck, and look as if we were: so
 * the wait for it is told.
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

/* On the heap; NULL: there is none, or no memory.  So are the mistakes of the configuration. */
static char *
configured_socket(const struct call *call, char **errors)
{
	char *where = NULL;
	struct conf *conf = conf_load(call->conf_path, errors);

	if (conf == NULL) {
		(void)call_fail(call,
		    "%s cannot be read or has mistakes, so this asks at %s; "
		    "-s names another socket",
		    call->conf_path, USUAL_SOCKET);
		where = strdup(USUAL_SOCKET);
	} else if (conf->control_socket != NULL) {
		where = strdup(conf->control_socket);
	}
	conf_unref(&conf);
	return where;
}

static enum daemon_found
find_path(const struct call *call, struct sockaddr_un *sun, char **errors, struct buf *why)
{
	char *where = call->socket != NULL ? strdup(call->socket) : configured_socket(call, errors);
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
	case EAGAIN:
		return "; the daemon is busy or stuck";
	case EACCES:
		return "; be root or in the group of control-group";
	}
	return "";
}

bool
daemon_patience(const char *text, int64_t *ms_r)
{
	return option_duration(text, ms_r) && *ms_r > 0 && *ms_r <= DAEMON_PATIENCE_MAX_MS;
}

static void
set_patience(struct daemon *d, int64_t ms)
{
	struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	(void)setsockopt(d->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
	(void)setsockopt(d->fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
}

static void
begin_to_wait(struct daemon *d)
{
	bool whole = d->told || d->patience < DAEMON_SILENCE_MS;

	set_patience(d, whole ? d->patience : DAEMON_SILENCE_MS);
}

/* After something failed: whether to try it again, because only our first patience has ended. */
static bool
wait_on(struct daemon *d)
{
	if (errno != EAGAIN || d->told || d->patience <= DAEMON_SILENCE_MS)
		return false;
	d->told = true;
	set_patience(d, d->patience - DAEMON_SILENCE_MS);
	(void)call_fail(d->call,
	    "the daemon at %s has not answered for %d s; waiting up to %g s (-t says how long)",
	    d->sun.sun_path, DAEMON_SILENCE_MS / 1000, (double)d->patience / 1000);
	return true;
}

/* Of a long queue of those who want to connect, too, the wait is for the daemon. */
static bool
connected(struct daemon *d)
{
	int r = -1;

	d->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (d->fd >= 0) {
		begin_to_wait(d);
		do
			r = connect(d->fd, (struct sockaddr *)&d->sun, sizeof d->sun);
		while (r != 0 && wait_on(d));
	}
	if (r == 0)
		d->answers = fdopen(d->fd, "r");
	return d->answers != NULL;
}

enum daemon_found
daemon_find(struct daemon *d, const struct call *call, struct buf *why)
{
	char *mistakes = NULL;
	enum daemon_found found;

	*d = (struct daemon){.call = call,
	    .fd = -1,
	    .status = EXIT_NO_DAEMON,
	    .sun.sun_family = AF_UNIX,
	    .patience = call->patience};
	found = find_path(call, &d->sun, &mistakes, why);
	if (found == DAEMON_HERE && !connected(d)) {
		found = errno == ENOENT || errno == ECONNREFUSED ? DAEMON_ABSENT : DAEMON_DEAF;
		buf_printf(why, "cannot connect to %s: %s%s", d->sun.sun_path, strerror(errno),
		    explain(errno));
		if (mistakes != NULL) {
			show_lines(mistakes, strlen(mistakes), "", stderr);
			buf_puts(why, "; a daemon that runs keeps its configuration, and "
				      "-s SOCKET finds it");
		}
		if (d->fd >= 0)
			(void)close(d->fd);
	}
	free(mistakes);
	return found;
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

static bool
send_all(struct daemon *d, const char *s, size_t len)
{
	ssize_t n = 0;

	while (len > 0 && (n >= 0 || wait_on(d))) {
		n = send(d->fd, s, len, MSG_NOSIGNAL);
		s += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return len == 0;
}

/* One line with its end, on the heap; NULL: errno says why, 0 the connection was closed. */
static char *
read_line(struct daemon *d)
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
		while ((c = getc(d->answers)) == EOF && ferror(d->answers) && wait_on(d)) {
			clearerr(d->answers);
			errno = 0;
		}
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

	begin_to_wait(d);
	if (send_all(d, request, strlen(request)) && send_all(d, "\n", 1))
		line = read_line(d);
	if (line == NULL) {
		(void)call_fail(d->call, "no answer: %s",
		    errno == 0        ? "the daemon closed the connection"
		    : errno == EAGAIN ? "the daemon is busy or stuck"
		    : errno == EPIPE  ? "the daemon is stopping"
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
