/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A unix socket is bound with an umask that lets nobody in, then gets owner
 * and mode, then listens: whoever comes earlier is refused.  A socket file that
 * is there already is probed with connect(): refused means nobody is behind
 * it, and it is removed.
 */
#include "milter/listen.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define PORT_SIZE    32 /* a number or a name of services(5) */
#define TURN_TRIES   500
#define TURN_STEP_MS 10

enum kind { KIND_UNIX, KIND_INET, KIND_INET6, KIND_FD };

struct place {
	enum kind kind;
	const char *rest; /* behind the prefix */
	const char *host; /* INET, INET6 */
	char port[PORT_SIZE];
	int fd; /* KIND_FD */
};

/* clang-format off */
static const struct { const char *prefix; enum kind kind; } prefixes[] = {
	{"unix:",	KIND_UNIX},
	{"local:",	KIND_UNIX},
	{"inet:",	KIND_INET},
	{"inet6:",	KIND_INET6},
	{"fd:",		KIND_FD},
	{"/",		KIND_UNIX},
};
/* clang-format on */

static int
place_unix(struct place *p, struct buf *why)
{
	struct listener *l;

	if (*p->rest != '/') {
		buf_printf(
		    why, "path \"%s\" is not absolute; write \"unix:/path/to/socket\"", p->rest);
		return -1;
	}
	if (strlen(p->rest) >= sizeof l->path) {
		buf_printf(why, "path is longer than %zu bytes", sizeof l->path - 1);
		return -1;
	}
	return 0;
}

static int
place_inet(struct place *p, struct buf *why)
{
	const char *inet = p->kind == KIND_INET ? "inet" : "inet6", *at = strchr(p->rest, '@'),
		   *colon;

	colon = strrchr(p->rest, ':');
	if (at == NULL && colon != NULL) {
		buf_printf(why, "\"%s:%s\" is how Postfix spells it; here it is \"%s:%s@%.*s\"",
		    inet, p->rest, inet, colon + 1, (int)(colon - p->rest), p->rest);
		return -1;
	}
	if (at == NULL) {
		buf_printf(why,
		    "\"%s:%s\" names no host; write \"%s:%s@%s\", so that nobody else can "
		    "reach the filter",
		    inet, p->rest, inet, *p->rest != '\0' ? p->rest : "8891",
		    p->kind == KIND_INET ? "127.0.0.1" : "::1");
		return -1;
	}
	if (at == p->rest || at[1] == '\0' || (size_t)(at - p->rest) >= sizeof p->port) {
		buf_printf(why, "port or host is missing; write \"%s:port@host\"", inet);
		return -1;
	}
	memcpy(p->port, p->rest, (size_t)(at - p->rest));
	p->port[at - p->rest] = '\0';
	p->host = at + 1;
	if (isdigit((unsigned char)*p->port) &&
	    (strspn(p->port, "0123456789") != strlen(p->port) || atol(p->port) > 65535)) {
		buf_printf(why, "port \"%s\" is not a number from 0 to 65535", p->port);
		return -1;
	}
	return 0;
}

static int
place_fd(struct place *p, struct buf *why)
{
	if (strspn(p->rest, "0123456789") != strlen(p->rest) || strlen(p->rest) - 1 > 5) {
		buf_printf(
		    why, "\"fd:%s\" is not the number of a descriptor, like \"fd:3\"", p->rest);
		return -1;
	}
	p->fd = atoi(p->rest);
	return 0;
}

static int
place_parse(struct place *p, const char *where, struct buf *why)
{
	size_t len;

	*p = (struct place){0};
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		len = strlen(prefixes[i].prefix);
		if (strncmp(where, prefixes[i].prefix, len) != 0)
			continue;
		p->kind = prefixes[i].kind;
		p->rest = where[0] == '/' ? where : where + len;
		switch (p->kind) {
		case KIND_UNIX:
			return place_unix(p, why);
		case KIND_INET:
		case KIND_INET6:
			return place_inet(p, why);
		case KIND_FD:
			return place_fd(p, why);
		}
	}
	buf_printf(why,
	    "\"%s\" is not a socket; write \"unix:/path\", \"inet:port@host\", "
	    "\"inet6:port@host\" or \"fd:N\"",
	    where);
	return -1;
}

int
listen_check(const char *where, struct buf *why)
{
	struct place place;

	return place_parse(&place, where, why);
}

static int
failed(struct buf *why, const char *verb, const char *what)
{
	buf_printf(why, "cannot %s %s: %s", verb, what, strerror(errno));
	return -1;
}

/* Whether somebody answers at that path; -1: neither yes nor no. */
static int
is_alive(const struct sockaddr_un *sun)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r;

	if (fd < 0)
		return -1;
	r = connect(fd, (const struct sockaddr *)sun, sizeof *sun);
	/* EAGAIN: there is a listener, with its hands full. */
	r = r == 0 || errno == EAGAIN ? 1 : errno == ECONNREFUSED ? 0 : -1;
	(void)close(fd);
	return r;
}

static int
make_room(const struct sockaddr_un *sun, struct buf *why)
{
	struct stat st;

	if (lstat(sun->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : failed(why, "look at", sun->sun_path);
	if (!S_ISSOCK(st.st_mode)) {
		buf_printf(why, "%s is there and is not a socket; remove it or name another path",
		    sun->sun_path);
		return -1;
	}
	switch (is_alive(sun)) {
	case 1:
		buf_printf(why, "%s is in use: another process listens there", sun->sun_path);
		return -1;
	case 0:
		return unlink(sun->sun_path) < 0 ? failed(why, "remove stale", sun->sun_path) : 0;
	}
	return failed(why, "probe", sun->sun_path);
}

static int
bind_unix(struct listener *l, const char *path, const struct listen_owner *owner, struct buf *why)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	struct stat st;
	mode_t mask;
	int r;

	memcpy(sun.sun_path, path, strlen(path) + 1);
	if (make_room(&sun, why) < 0)
		return -1;
	mask = umask(0777);
	r = bind(l->fd, (struct sockaddr *)&sun, sizeof sun);
	(void)umask(mask);
	if (r < 0)
		return failed(why, "bind", path);
	memcpy(l->path, sun.sun_path, sizeof l->path);
	if (lstat(path, &st) < 0)
		return failed(why, "look at", path);
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	if ((owner->uid != (uid_t)-1 || owner->gid != (gid_t)-1) &&
	    lchown(path, owner->uid, owner->gid) < 0) {
		(void)failed(why, "change the owner of", path);
		buf_puts(why, "; without root we can only give it to a group we are in");
		return -1;
	}
	return chmod(path, owner->mode) < 0 ? failed(why, "change the mode of", path) : 0;
}

static int
bind_inet(struct listener *l, const struct place *p, struct buf *why)
{
	struct addrinfo hints = {.ai_family = p->kind == KIND_INET ? AF_INET : AF_INET6,
			    .ai_socktype = SOCK_STREAM,
			    .ai_flags = AI_PASSIVE},
			*ai;
	int on = 1, r = getaddrinfo(p->host, p->port, &hints, &ai);

	if (r != 0) {
		buf_printf(why, "cannot find host \"%s\" port \"%s\": %s", p->host, p->port,
		    gai_strerror(r));
		return -1;
	}
	(void)setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (p->kind == KIND_INET6)
		(void)setsockopt(l->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	r = bind(l->fd, ai->ai_addr, ai->ai_addrlen);
	freeaddrinfo(ai);
	return r < 0 ? failed(why, "bind port", p->rest) : 0;
}

static int
adopt_fd(struct listener *l, const struct place *p, struct buf *why)
{
	socklen_t len = sizeof(int);
	int listening = 0;

	if (getsockopt(p->fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) < 0)
		return failed(why, "use descriptor", p->rest);
	if (!listening) {
		buf_printf(why,
		    "descriptor %d does not listen; who starts us must pass a listening "
		    "stream socket",
		    p->fd);
		return -1;
	}
	l->fd = p->fd;
	(void)fcntl(l->fd, F_SETFD, FD_CLOEXEC);
	return 0;
}

/*
 * A socket that is bound and does not listen yet looks stale to another daemon
 * that starts.  So they take turns: a descriptor that keeps others away until
 * it is closed, or -1.  Nobody does for long; if somebody else locks the
 * folder, or nobody can, that must not keep us from starting.
 */
static int
take_turn(const char *path)
{
	char folder[sizeof((struct listener *)0)->path];
	int fd, tries = 0;

	(void)snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path) + 1, path);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 &&
	       (errno == EWOULDBLOCK || errno == EINTR) && tries++ < TURN_TRIES)
		(void)poll(NULL, 0, TURN_STEP_MS);
	return fd;
}

int
listen_open(
    struct listener *l, const char *where, const struct listen_owner *owner, struct buf *why)
{
	struct place place;
	int r, turn;
	bool local;

	*l = (struct listener){.fd = -1};
	if (place_parse(&place, where, why) < 0)
		return -1;
	if (place.kind == KIND_FD)
		return adopt_fd(l, &place, why);
	local = place.kind == KIND_UNIX;
	l->fd = socket(local                     ? AF_UNIX
		       : place.kind == KIND_INET ? AF_INET
						 : AF_INET6,
	    SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		return failed(why, "make a socket for", where);
	turn = local ? take_turn(place.rest) : -1;
	r = local ? bind_unix(l, place.rest, owner, why) : bind_inet(l, &place, why);
	if (r == 0 && listen(l->fd, SOMAXCONN) < 0)
		r = failed(why, "listen on", where);
	if (turn >= 0)
		(void)close(turn);
	if (r < 0)
		listen_close(l);
	return r;
}

void
listen_close(struct listener *l)
{
	struct stat st;

	if (l->path[0] != '\0' && lstat(l->path, &st) == 0 && st.st_dev == l->dev &&
	    st.st_ino == l->ino)
		(void)unlink(l->path);
	if (l->fd >= 0)
		(void)close(l->fd);
	*l = (struct listener){.fd = -1};
}
