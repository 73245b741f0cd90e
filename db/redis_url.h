/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Redis_url: where a shared store is, as written.
 *
 *   redis://[user[:password]@]host[:port][/number]	TCP; number of the database
 *   rediss://...					the same with TLS
 *   unix:/path[?db=number]				a socket of this host
 *
 * IPv6 addresses stand in brackets; in user and password %HH stands for a byte.
 */
#ifndef DB_REDIS_URL_H
#define DB_REDIS_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"

#define REDIS_PORT		6379
#define REDIS_SENTINEL_PORT	26379
#define REDIS_HOST_MAX		255	/* bytes: a name has at most 253 (RFC 1035 2.3.4), and no path comes near it */

struct redis_url {
	bool		 tls;
	const char	*host;		/* name or address without brackets; the path if port is 0; REDIS_HOST_MAX */
	int		 port;		/* 0: a unix socket */
	const char	*user, *password;	/* NULL: none */
	int		 db;
};

/* Servers of one shared store, and how to log in there. */
struct redis_place {
	const struct redis_url	*servers;
	size_t			 n;
	const char		*user, *password;	/* NULL: none */
	const char		*sentinel_password;	/* NULL: none; servers are sentinels, and the above is for the master */
	int			 db;
};

/* port: when none is written.  0, or -1: what would be right. */
int	redis_url_parse(struct redis_url *, const char *text, int port, struct arena *,
	    const char **why_r);

#endif
