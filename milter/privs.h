/* SPDX-License-Identifier: BSD-2-Clause */
/* Privs: what the process may do: users, descriptors, and the pid file that says who it is. */
#ifndef MILTER_PRIVS_H
#define MILTER_PRIVS_H

#include <sys/types.h>

#include "milter/conf.h"
#include "milter/listen.h"

struct privs {
	const char	*user;		/* NULL: not started as root, stay who we are */
	uid_t		 uid;
	gid_t		 gid;
};

/* Look up the users and groups of the configuration.  0, or -1 with why. */
int	privs_find(struct privs *, const struct conf *, struct buf *why);
int	privs_socket_owner(struct listen_owner *, const struct conf *, struct buf *why);
int	privs_control_owner(struct listen_owner *, const struct conf *, struct buf *why);
/* For good: groups, user, no way back.  0, or -1 with why. */
int	privs_drop(const struct privs *, struct buf *why);

/* Raise RLIMIT_NOFILE to so many descriptors; how many there are now. */
size_t	privs_files(size_t wanted);

/*
 * Create and lock the pid file, before privileges go, so that it stays root's.
 * Descriptor, or -1 with why: another process holds it, say.  The lock goes
 * with the last process that has the descriptor.
 */
int	pidfile_open(const char *path, struct buf *why);
void	pidfile_write(int fd);
/* Removed if we may, emptied otherwise. */
void	pidfile_close(int fd, const char *path);

#endif
