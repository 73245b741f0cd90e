/* SPDX-License-Identifier: BSD-2-Clause */
/* Starts and stops t/fakedns by its pid, reads its log, and prints answers. */
#include "config.h"

#include "t/unit/fakeserver.h"

#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "t/tap.h"

static const char *
file(const struct fakeserver *f, const char *name, char path[128])
{
	(void)snprintf(path, 128, "%s/%s", f->dir, name);
	return path;
}

static bool
write_file(const struct fakeserver *f, const char *name, const char *text)
{
	char path[128];
	FILE *fp = fopen(file(f, name, path), "w");

	if (fp == NULL)
		return false;
	(void)fputs(text, fp);
	return fclose(fp) == 0;
}

static void
run(const struct fakeserver *f, const char *address, int out)
{
	const char *top = getenv("TOP_BUILDDIR");
	char program[512], zone[128], rules[128], log[128], port[16];

	(void)snprintf(program, sizeof program, "%s/t/fakedns", top != NULL ? top : ".");
	(void)snprintf(port, sizeof port, "%u", f->port);
	(void)dup2(out, STDOUT_FILENO);
	execl(program, "fakedns", "--with-parent", "--listen", address, "--port", port, "--zone",
	    file(f, "zone", zone), "--rules", file(f, "rules", rules), "--log", file(f, "log", log),
	    (char *)NULL);
	_exit(127);
}

/* A socket with the port of the server that ended, refusing everybody. */
static int
occupy(const struct fakeserver *f, int type)
{
	const struct addrinfo hints = {
	    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = type};
	char address[64], port[16];
	struct addrinfo *ai;
	int fd, on = 1;

	(void)snprintf(address, sizeof address, "%.*s", (int)strcspn(f->address, "@"), f->address);
	(void)snprintf(port, sizeof port, "%u", f->port);
	if (getaddrinfo(address, port, &hints, &ai) != 0)
		return -1;
	fd = socket(ai->ai_family, type | SOCK_CLOEXEC, 0);
	/* TCP without listen() is closed, so is UDP to all but its one peer: itself. */
	if (type == SOCK_STREAM)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && type == SOCK_DGRAM)
		(void)connect(fd, ai->ai_addr, ai->ai_addrlen);
	freeaddrinfo(ai);
	return fd;
}

static void
vacate(struct fakeserver *f)
{
	for (int i = 0; i < 2; i++)
		if (f->held[i] > 0)
			(void)close(f->held[i]);
	f->held[0] = f->held[1] = 0;
}

static bool
launch(struct fakeserver *f)
{
	char address[32];
	int fd[2];
	FILE *fp;
	bool good;

	(void)snprintf(address, sizeof address, "%.*s", (int)strcspn(f->address, "@"), f->address);
	if (pipe(fd) != 0 || (f->pid = fork()) < 0)
		return false;
	if (f->pid == 0)
		run(f, address, fd[1]);
	(void)close(fd[1]);
	fp = fdopen(fd[0], "r");
	good = fp != NULL && fscanf(fp, "PORT %u", &f->port) == 1;
	if (fp != NULL)
		(void)fclose(fp);
	(void)snprintf(f->address, sizeof f->address, "%s@%u", address, f->port);
	return good;
}

bool
fakeserver_start(struct fakeserver *f, const char *address, const char *zone, const char *rules)
{
	const char *tmp = getenv("TMPDIR");

	*f = (struct fakeserver){0};
	(void)snprintf(f->address, sizeof f->address, "%s", address);
	(void)snprintf(f->dir, sizeof f->dir, "%s/fakedns.XXXXXX", tmp != NULL ? tmp : "/tmp");
	return mkdtemp(f->dir) != NULL && write_file(f, "zone", zone) &&
	       write_file(f, "rules", rules) && launch(f);
}

void
fakeserver_stop(struct fakeserver *f)
{
	if (f->pid <= 0)
		return;
	(void)kill(f->pid, SIGTERM);
	(void)waitpid(f->pid, NULL, 0);
	f->pid = 0;
	f->held[0] = occupy(f, SOCK_DGRAM);
	f->held[1] = occupy(f, SOCK_STREAM);
}

bool
fakeserver_restart(struct fakeserver *f)
{
	vacate(f);
	return launch(f);
}

void
fakeserver_end(struct fakeserver *f)
{
	char path[128];

	fakeserver_stop(f);
	vacate(f);
	(void)unlink(file(f, "zone", path));
	(void)unlink(file(f, "rules", path));
	(void)unlink(file(f, "log", path));
	(void)rmdir(f->dir);
}

int
fakeserver_asked(const struct fakeserver *f, const char *line)
{
	char path[128], got[1200];
	FILE *fp = fopen(file(f, "log", path), "r");
	int count = 0;

	while (fp != NULL && fgets(got, sizeof got, fp) != NULL) {
		got[strcspn(got, "\n")] = '\0';
		count += strcmp(got, line) == 0;
	}
	if (fp != NULL)
		(void)fclose(fp);
	return count;
}

struct dns *
resolver(const char *const *servers, size_t count, int64_t timeout)
{
	const struct dns_options o = {.servers = {servers, count}, .timeout = timeout};
	const char *why = NULL;
	struct dns *d = dns_open(&o, &clock_real, &why);

	if (d == NULL) {
		tap_ok(false, "dns_open: %s", why);
		exit(tap_done());
	}
	return d;
}

struct dns *
resolver_of(const struct fakeserver *f, int64_t timeout)
{
	const char *address = f->address;

	return resolver(&address, 1, timeout);
}

int64_t
in(int64_t ms)
{
	return clock_mono(&clock_real) + ms;
}

const char *
describe(const struct dns_answer *a, struct buf *b)
{
	char text[ADDR_TEXT_SIZE];
	size_t i;

	buf_reset(b);
	buf_printf(b, "%s%s", dns_status_text(a->status), a->secure ? " secure" : "");
	if (a->count > 3)
		buf_printf(b, " (%zu)", a->count);
	for (i = 0; i < a->count && a->count <= 3; i++) {
		const struct dns_rr *r = &a->rr[i];

		if (a->type == DNS_A || a->type == DNS_AAAA)
			buf_printf(b, " %s", addr_format(&r->addr, text));
		else if (a->type == DNS_TXT)
			buf_printf(b, " %s", r->txt.bytes);
		else
			buf_printf(b, " %u:%s%s", r->preference, r->name, r->bad_name ? "!" : "");
	}
	return b->s;
}

const char *
get(struct dns_session *s, const char *name, enum dns_type type, struct buf *b)
{
	return describe(dns_get(s, name, type, in(LONG_MS)), b);
}
