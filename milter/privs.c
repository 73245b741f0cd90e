/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Root is only needed to bind, to give the socket away and to write the pid
 * file.  It is kept only by those who write user = "root".
 */
#include "config.h"

#include "milter/privs.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONTROL_MODE 0660 /* whoever may write to it may switch the filter off */

static int
user_find(const char *name, uid_t *uid_r, gid_t *gid_r, const char *key, struct buf *why)
{
	const struct passwd *pw = getpwnam(name);

	if (pw == NULL) {
		buf_printf(why, "%s: there is no user \"%s\" on this host", key, name);
		return -1;
	}
	*uid_r = pw->pw_uid;
	if (gid_r != NULL)
		*gid_r = pw->pw_gid;
	return 0;
}

static int
group_find(const char *name, gid_t *gid_r, const char *key, struct buf *why)
{
	const struct group *gr = getgrnam(name);

	if (gr == NULL) {
		buf_printf(why, "%s: there is no group \"%s\" on this host", key, name);
		return -1;
	}
	*gid_r = gr->gr_gid;
	return 0;
}

int
privs_find(struct privs *p, const struct conf *conf, struct buf *why)
{
	*p = (struct privs){0};
	if (geteuid() != 0)
		return 0;
	if (conf->user == NULL) {
		buf_puts(why, "user: not set; started as root we need to know whom to become");
		return -1;
	}
	if (user_find(conf->user, &p->uid, &p->gid, "user", why) < 0 ||
	    (conf->group != NULL && group_find(conf->group, &p->gid, "group", why) < 0))
		return -1;
	if (p->uid == 0 && strcmp(conf->user, "root") != 0) {
		buf_printf(why,
		    "user: \"%s\" is root by another name; write \"root\" if you mean it",
		    conf->user);
		return -1;
	}
	p->user = conf->user;
	return 0;
}

int
privs_socket_owner(struct listen_owner *o, const struct conf *conf, struct buf *why)
{
	*o = (struct listen_owner){
	    .uid = (uid_t)-1, .gid = (gid_t)-1, .mode = (mode_t)conf->socket_mode};
	/* Not root: the file is the user's we run as. */
	if (geteuid() == 0 && conf->user != NULL &&
	    user_find(conf->user, &o->uid, &o->gid, "user", why) < 0)
		return -1;
	if (conf->socket_user != NULL &&
	    user_find(conf->socket_user, &o->uid, NULL, "socket-user", why) < 0)
		return -1;
	if (conf->socket_group != NULL &&
	    group_find(conf->socket_group, &o->gid, "socket-group", why) < 0)
		return -1;
	return 0;
}

int
privs_control_owner(struct listen_owner *o, const struct conf *conf, struct buf *why)
{
	*o = (struct listen_owner){.uid = (uid_t)-1, .gid = (gid_t)-1, .mode = CONTROL_MODE};
	if (geteuid() == 0 && conf->user != NULL &&
	    user_find(conf->user, &o->uid, &o->gid, "user", why) < 0)
		return -1;
	if (conf->control_group != NULL &&
	    group_find(conf->control_group, &o->gid, "control-group", why) < 0)
		return -1;
	return 0;
}

int
privs_drop(const struct privs *p, struct buf *why)
{
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (p->user == NULL)
		return 0;
	if (initgroups(p->user, p->gid) < 0 || setresgid(p->gid, p->gid, p->gid) < 0 ||
	    setresuid(p->uid, p->uid, p->uid) < 0) {
		buf_printf(why, "cannot become user \"%s\": %s", p->user, strerror(errno));
		return -1;
	}
	if (p->uid != 0 && setuid(0) == 0) {
		buf_puts(why, "privileges came back after they were dropped");
		return -1;
	}
	return 0;
}

size_t
privs_files(size_t wanted)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) < 0)
		return 0;
	if (rl.rlim_cur < wanted) {
		struct rlimit more = {
		    .rlim_cur = wanted, .rlim_max = rl.rlim_max < wanted ? wanted : rl.rlim_max};

		if (setrlimit(RLIMIT_NOFILE, &more) == 0)
			return wanted;
		more = (struct rlimit){.rlim_cur = rl.rlim_max, .rlim_max = rl.rlim_max};
		(void)setrlimit(RLIMIT_NOFILE, &more);
		(void)getrlimit(RLIMIT_NOFILE, &rl);
	}
	return rl.rlim_cur;
}

/* Whether it is the file at that path still: who held it removes it before he lets go. */
static bool
is_at(const char *path, int fd)
{
	struct stat there, ours;

	return lstat(path, &there) == 0 && fstat(fd, &ours) == 0 && there.st_dev == ours.st_dev &&
	       there.st_ino == ours.st_ino;
}

int
pidfile_open(const char *path, struct buf *why)
{
	char pid[16] = "";
	int fd;

	for (;;) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
		if (fd < 0) {
			buf_printf(why, "pid-file: cannot open %s: %s", path, strerror(errno));
			return -1;
		}
		if (flock(fd, LOCK_EX | LOCK_NB) < 0)
			break;
		if (is_at(path, fd))
			return fd;
		(void)close(fd);
	}
	if (read(fd, pid, sizeof pid - 1) < 0)
		pid[0] = '\0';
	buf_printf(
	    why, "pid-file: %s is held by a daemon that runs already, process %d", path, atoi(pid));
	(void)close(fd);
	return -1;
}

void
pidfile_write(int fd)
{
	if (fd >= 0 && ftruncate(fd, 0) == 0)
		(void)dprintf(fd, "%ld\n", (long)getpid());
}

void
pidfile_close(int fd, const char *path)
{
	if (fd < 0)
		return;
	if (unlink(path) < 0)
		(void)!ftruncate(fd, 0);
	(void)close(fd);
}
