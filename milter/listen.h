/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Listen: the socket where the MTA meets us.  We make it ourselves and hand
 * libmilter the descriptor, because only so its owner and mode are right from
 * the first moment, IPv6 means IPv6 only, and an error can say what is wrong
 * (libmilter tells syslog, and removes a socket another daemon listens on).
 */
#ifndef MILTER_LISTEN_H
#define MILTER_LISTEN_H

#include <sys/types.h>
#include <sys/un.h>

#include "lib/buf.h"

#define LISTEN_WHY_SIZE	512	/* bytes of an error text */

struct listen_owner {
	uid_t	uid;		/* (uid_t)-1, (gid_t)-1: leave as it is */
	gid_t	gid;
	mode_t	mode;
};

struct listener {
	int	fd;		/* -1: closed */
	char	path[sizeof(((struct sockaddr_un *)0)->sun_path)];	/* "" unless unix */
	dev_t	dev;		/* of the path, so that we never unlink another's; ours while fd is open */
	ino_t	ino;
};

/*
 * "unix:/path" (or "local:/path", "/path"), "inet:port@host",
 * "inet6:port@host", "fd:N".  0, or -1 with what is wrong and what would be
 * right in why.  Syntax only; hosts are looked up by listen_open().
 */
int	listen_check(const char *where, struct buf *why);
/* Bound and listening; a stale unix socket is replaced, one in use is not.  0, or -1 with why. */
int	listen_open(struct listener *, const char *where, const struct listen_owner *,
	    struct buf *why);
/* Removes the path, if it is still ours. */
void	listen_close(struct listener *);

#endif
