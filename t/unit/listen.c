/* SPDX-License-Identifier: BSD-2-Clause */
#include "milter/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "t/tap.h"

static const struct listen_owner same = {.uid = (uid_t)-1, .gid = (gid_t)-1, .mode = 0660};

/* As a file system that knows no locks has it, when that is wanted. */
static bool without_locks;
static int locks_tried;

int
flock(int fd, int operation)
{
	locks_tried++;
	if (!without_locks)
		return (int)syscall(SYS_flock, fd, operation);
	errno = ENOLCK;
	return -1;
}

/* clang-format off */
static const struct { const char *where, *why; /* NULL: fine */ } spellings[] = {
	{"unix:/run/bailey.sock",	NULL},
	{"local:/run/bailey.sock",	NULL},
	{"/run/bailey.sock",		NULL},
	{"inet:8891@127.0.0.1",		NULL},
	{"inet:8891@localhost",		NULL},
	{"inet6:8891@::1",		NULL},
	{"inet:smtp@127.0.0.1",		NULL},
	{"fd:3",			NULL},
	{"unix:run/bailey.sock",	"is not absolute"},
	{"unix:",			"is not absolute"},
	{"inet:127.0.0.1:8891",		"here it is \"inet:8891@127.0.0.1\""},
	{"inet6:::1:8891",		"here it is \"inet6:8891@::1\""},
	{"inet:8891",			"write \"inet:8891@127.0.0.1\""},
	{"inet6:8891",			"write \"inet6:8891@::1\""},
	{"inet:",			"names no host"},
	{"inet:@127.0.0.1",		"port or host is missing"},
	{"inet:8891@",			"port or host is missing"},
	{"inet:70000@127.0.0.1",	"is not a number from 0 to 65535"},
	{"inet:88x@127.0.0.1",		"is not a number from 0 to 65535"},
	{"inet:99999999999999999999@h",	"is not a number from 0 to 65535"},
	{"inet:0123456789012345678901234567890123456789@h", "port or host is missing"},
	{"fd:",				"is not the number of a descriptor"},
	{"fd:-1",			"is not the number of a descriptor"},
	{"fd:1234567",			"is not the number of a descriptor"},
	{"tcp:1@h",			"is not a socket"},
	{"",				"is not a socket"},
};
/* clang-format on */

static void
test_spellings(void)
{
	char room[LISTEN_WHY_SIZE], path[300];
	struct buf why;

	for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
		const char *wanted = spellings[i].why;
		int r;

		buf_init(&why, room, sizeof room);
		r = listen_check(spellings[i].where, &why);
		if (wanted == NULL)
			tap_ok(r == 0, "\"%s\" is fine", spellings[i].where);
		else
			tap_ok(r < 0 && strstr(why.s, wanted) != NULL, "\"%s\": %s",
			    spellings[i].where, why.s);
	}
	(void)snprintf(path, sizeof path, "/%0200d", 0);
	buf_reset(&why);
	tap_ok(listen_check(path, &why) < 0 && strstr(why.s, "longer than") != NULL,
	    "a path longer than a socket's: %s", why.s);
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 ? 0 : st.st_mode & 07777;
}

static int
open_it(struct listener *l, const char *where, const struct listen_owner *o, struct buf *why)
{
	buf_reset(why);
	return listen_open(l, where, o, why);
}

static void
test_unix(const char *folder)
{
	char room[LISTEN_WHY_SIZE], path[PATH_MAX];
	struct listen_owner open = same;
	struct listener one, two;
	struct buf why;

	buf_init(&why, room, sizeof room);
	(void)snprintf(path, sizeof path, "%s/socket", folder);
	(void)umask(0);
	tap_ok(open_it(&one, path, &same, &why) == 0, "a unix socket opens: %s", why.s);
	tap_is_int(mode_of(path), 0660, "its mode is what was asked for, under any umask");
	tap_ok(open_it(&two, path, &same, &why) < 0 && strstr(why.s, "in use"),
	    "a second one is refused: %s", why.s);
	tap_ok(mode_of(path) == 0660, "and the first one's is still there");

	/* As if by hand: the first one's path is another's now. */
	(void)unlink(path);
	open.mode = 0666;
	(void)umask(0777);
	tap_ok(open_it(&two, path, &open, &why) == 0, "another one opens: %s", why.s);
	listen_close(&one);
	tap_is_int(mode_of(path), 0666, "the first one leaves its path alone");
	(void)close(two.fd);
	tap_ok(open_it(&one, path, &same, &why) == 0, "a stale one is replaced: %s", why.s);
	tap_is_int(mode_of(path), 0660, "with the new mode");
	listen_close(&one);
	tap_ok(access(path, F_OK) < 0, "closing removes one's own");
	without_locks = true;
	locks_tried = 0;
	tap_ok(open_it(&one, path, &same, &why) == 0, "it opens where nobody can lock: %s", why.s);
	tap_is_int(locks_tried, 1, "and does not wait for that to change");
	listen_close(&one);
	without_locks = false;

	(void)umask(022);
	(void)close(creat(path, 0600));
	tap_ok(open_it(&one, path, &same, &why) < 0 && strstr(why.s, "is not a socket"),
	    "a file is refused: %s", why.s);
	tap_ok(access(path, F_OK) == 0, "and not removed");
	(void)unlink(path);

	tap_ok(symlink("elsewhere", path) == 0 && open_it(&one, path, &same, &why) < 0 &&
		   strstr(why.s, "is not a socket"),
	    "a symbolic link is refused: %s", why.s);
	(void)unlink(path);

	(void)snprintf(path, sizeof path, "%s/no/such/folder", folder);
	tap_ok(open_it(&one, path, &same, &why) < 0 && strstr(why.s, "cannot bind"),
	    "a missing folder is said: %s", why.s);
}

static void
test_inet(void)
{
	char room[LISTEN_WHY_SIZE], where[64];
	struct sockaddr_storage ss;
	socklen_t len = sizeof ss;
	struct listener one, two;
	struct buf why;

	buf_init(&why, room, sizeof room);
	tap_ok(open_it(&one, "inet:0@127.0.0.1", &same, &why) == 0, "inet opens: %s", why.s);
	(void)getsockname(one.fd, (struct sockaddr *)&ss, &len);
	(void)snprintf(
	    where, sizeof where, "inet:%d@127.0.0.1", ntohs(((struct sockaddr_in *)&ss)->sin_port));
	tap_ok(open_it(&two, where, &same, &why) < 0 && strstr(why.s, "already in use"),
	    "a port in use is refused: %s", why.s);
	tap_ok(open_it(&two, "inet:1@no.such.host.invalid", &same, &why) < 0 &&
		   strstr(why.s, "cannot find host"),
	    "an unknown host is said: %s", why.s);

	(void)snprintf(where, sizeof where, "fd:%d", one.fd);
	tap_ok(open_it(&two, where, &same, &why) == 0 && two.fd == one.fd,
	    "an open socket is adopted: %s", why.s);
	tap_ok(open_it(&two, "fd:0", &same, &why) < 0, "what is no socket is not: %s", why.s);
	listen_close(&one);
	if (open_it(&one, "inet6:0@::1", &same, &why) == 0)
		tap_ok(one.fd >= 0, "inet6 opens");
	else
		tap_note("no IPv6 here: %s", why.s);
	listen_close(&one);
}

#define DAEMONS 4
#define STARTS  300 /* of each */

struct meeting {
	atomic_int served; /* starts that got the socket */
	atomic_int holders, wrong;
};

static bool
is_reached(const struct listener *l)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int client = socket(AF_UNIX, SOCK_STREAM, 0), server;
	bool reached;

	memcpy(sun.sun_path, l->path, sizeof sun.sun_path);
	(void)fcntl(l->fd, F_SETFL, O_NONBLOCK);
	reached = connect(client, (struct sockaddr *)&sun, sizeof sun) == 0;
	while ((server = accept(l->fd, NULL, NULL)) >= 0)
		(void)close(server);
	(void)close(client);
	return reached;
}

static void
start_and_stop(struct meeting *m, const char *path)
{
	char room[LISTEN_WHY_SIZE];
	struct listener l;
	struct buf why;

	for (int i = 0; i < STARTS; i++) {
		buf_init(&why, room, sizeof room);
		if (listen_open(&l, path, &same, &why) < 0)
			continue;
		m->served++;
		m->wrong += atomic_fetch_add(&m->holders, 1) > 0 || !is_reached(&l);
		atomic_fetch_sub(&m->holders, 1);
		listen_close(&l);
	}
}

/* Daemons that start and stop at once: whoever has the socket is met there, and nobody else has it. */
static void
test_race(const char *folder)
{
	struct meeting *m =
	    mmap(NULL, sizeof *m, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char path[PATH_MAX];

	if (m == MAP_FAILED)
		abort();
	(void)snprintf(path, sizeof path, "%s/race", folder);
	for (int i = 0; i < DAEMONS; i++) {
		pid_t pid = fork();

		if (pid < 0)
			abort();
		if (pid == 0) {
			start_and_stop(m, path);
			_exit(0);
		}
	}
	for (int i = 0; i < DAEMONS; i++)
		(void)wait(NULL);
	tap_ok(m->served > 0, "some of %d starts are served", DAEMONS * STARTS);
	tap_is_int(m->wrong, 0, "none beside another, none out of reach");
	(void)munmap(m, sizeof *m);
}

int
main(void)
{
	char folder[] = "/tmp/bailey-listen-XXXXXX";

	test_spellings();
	if (!tap_ok(mkdtemp(folder) != NULL, "a throw-away folder"))
		return tap_done();
	test_unix(folder);
	test_inet();
	test_race(folder);
	tap_ok(rmdir(folder) == 0, "nothing is left behind");
	return tap_done();
}
