/* SPDX-License-Identifier: BSD-2-Clause */
/* Fakeserver: t/fakedns as a child of a unit test, in a throw-away folder, and resolvers that ask it. */
#ifndef T_UNIT_FAKESERVER_H
#define T_UNIT_FAKESERVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "dns/dns.h"
#include "lib/buf.h"

#define LONG_MS 20000	/* waiting that ends early when all is well */

struct fakeserver {
	pid_t	 pid;
	unsigned port;
	int	 held[2];	/* sockets that keep the port from others once it has stopped; 0: none */
	char	 dir[64];	/* below TMPDIR; zone, rules and log live there */
	char	 address[64];	/* "127.0.0.1@PORT", as an option `servers' has it */
};

/* Starts one on a free port of that address; false when it cannot. */
bool	 fakeserver_start(struct fakeserver *, const char *address, const char *zone,
	    const char *rules);
void	 fakeserver_stop(struct fakeserver *);		/* folder and port stay ours */
bool	 fakeserver_restart(struct fakeserver *);	/* at the same port */
void	 fakeserver_end(struct fakeserver *);
/* Lines of its log that are exactly this; ended or not. */
int	 fakeserver_asked(const struct fakeserver *, const char *line);

/* A resolver with these servers, all else as by default; ends the test if there can be none. */
struct dns *resolver(const char *const *servers, size_t count, int64_t timeout);
struct dns *resolver_of(const struct fakeserver *, int64_t timeout);
int64_t	 in(int64_t ms);		/* a deadline */
/* "OK 192.0.2.1", "NXDOMAIN" ...; waits LONG_MS. */
const char *get(struct dns_session *, const char *name, enum dns_type, struct buf *);
const char *describe(const struct dns_answer *, struct buf *);

#endif
