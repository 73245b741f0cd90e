/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The socket, reached for as the MTA does it: as its user, inside its chroot.
 * Only root can try that; others try as they are.
 */
#include "config.h"

#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/doctor/doctor.h"

#define GROUPS_MAX 64 /* of the MTA's user; usually one or two */

struct visitor { /* who goes there */
	const char *user; /* NULL: we ourselves */
	const char *root; /* chroot; NULL: none */
	uid_t uid;
	gid_t gid, groups[GROUPS_MAX];
	int group_count;
};

/* 0 or an errno. */
static int
visit_path(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd, error;

	if (strlen(path) >= sizeof sun.sun_path)
		return ENAMETOOLONG;
	memcpy(sun.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	error = fd >= 0 && connect(fd, (struct sockaddr *)&sun, sizeof sun) == 0 ? 0 : errno;
	if (fd >= 0)
		(void)close(fd);
	return error;
}

/* In a child: only system calls, and no way back. */
static int
become_and_visit(const struct visitor *v, const char *path)
{
	if (v->user != NULL && setgroups((size_t)v->group_count, v->groups) != 0)
		return errno;
	if (v->root != NULL && (chroot(v->root) != 0 || chdir("/") != 0))
		return errno;
	if (v->user != NULL && (setgid(v->gid) != 0 || setuid(v->uid) != 0))
		return errno;
	return visit_path(path);
}

static int
visit(const struct visitor *v, const char *path)
{
	int status;
	pid_t pid;

	if (v->user == NULL)
		return visit_path(path);
	pid = fork();
	if (pid == 0)
		_exit(become_and_visit(v, path));
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return EAGAIN;
	return WEXITSTATUS(status);
}

static void
choose_visitor(struct doctor *d, const char *path, struct visitor *v)
{
	const char *owner = postfix_get(d, "mail_owner");
	const struct passwd *pw = geteuid() == 0 && *owner != '\0' ? getpwnam(owner) : NULL;

	*v = (struct visitor){.group_count = GROUPS_MAX};
	if (pw == NULL)
		return;
	v->user = owner;
	v->uid = pw->pw_uid;
	v->gid = pw->pw_gid;
	if (getgrouplist(owner, pw->pw_gid, v->groups, &v->group_count) < 0)
		v->group_count = 0;
	if (postfix_chroot(d) && postfix_inside(d, path) != NULL)
		v->root = postfix_get(d, "queue_directory");
}

static const char *
remedy_for(struct doctor *d, int error, const char *user)
{
	switch (error) {
	case EACCES:
	case EPERM:
		return user != NULL ? doctor_printf(d,
					  "bailey.conf: socket-group = \"%s\", and let %s into the "
					  "folders above the socket",
					  user, user)
				    : "run this as root";
	case ECONNREFUSED:
		return "start the daemon: a file is left, but nobody listens";
	}
	return "start the daemon; see socket in bailey.conf(5)";
}

static void
tell_unix(struct doctor *d, const char *path)
{
	struct visitor v;
	int error;

	choose_visitor(d, path, &v);
	error = visit(&v, v.root != NULL ? postfix_inside(d, path) : path);
	if (error == 0)
		find(d, LEVEL_OK, "socket", NULL, "%s takes connections%s%s%s", path,
		    v.user != NULL ? " of user " : "", v.user != NULL ? v.user : "",
		    v.root != NULL ? " from its chroot" : "");
	else
		find(d, LEVEL_FAIL, "socket", remedy_for(d, error, v.user), "%s%s%s%s: %s", path,
		    v.user != NULL ? " as user " : "", v.user != NULL ? v.user : "",
		    v.root != NULL ? " in its chroot" : "", strerror(error));
}

/* "inet:port@host"; the host may be missing. */
static void
tell_inet(struct doctor *d, const char *where)
{
	struct timeval patience = {.tv_sec = DOCTOR_CONNECT_S};
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *all = NULL;
	const char *port = strchr(where, ':') + 1, *at = strchr(port, '@');
	const char *number = doctor_printf(d, "%.*s", (int)strcspn(port, "@"), port);
	int fd = -1, bad = getaddrinfo(at != NULL ? at + 1 : NULL, number, &hints, &all);

	if (bad == 0)
		fd = socket(all->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	if (fd >= 0 && connect(fd, all->ai_addr, all->ai_addrlen) == 0)
		find(d, LEVEL_OK, "socket", NULL, "%s takes connections", where);
	else
		find(d, LEVEL_FAIL, "socket", "start the daemon; see socket in bailey.conf(5)",
		    "%s: %s", where, bad != 0 ? gai_strerror(bad) : strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	if (bad == 0)
		freeaddrinfo(all);
}

static void
tell(struct doctor *d)
{
	const char *where = d->conf->socket, *path = strchr(where, '/');

	if (strncmp(where, "inet", 4) == 0)
		tell_inet(d, where);
	else if (path != NULL)
		tell_unix(d, path);
	else
		find(d, LEVEL_OK, "socket", NULL,
		    "%s is given to the daemon, and not seen from here", where);
}

const struct probe probe_socket = {.subject = "Mail server", .tell = tell};
