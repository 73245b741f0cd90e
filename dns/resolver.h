/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Resolver: what dns.c (look-ups) and session.c (who asked) share.
 *
 * Locks, in this order: session.lock (what it holds), dns.lock (the cache and
 * all look-ups), the transport's own.  Callbacks run without any.
 */
#ifndef DNS_RESOLVER_H
#define DNS_RESOLVER_H

#include <pthread.h>
#include <sys/types.h>

#include "dns/cache.h"
#include "dns/replay.h"
#include "dns/transport.h"

struct dns {
	const struct clock	*clock;
	struct transport	*transport;	/* or, offline: */
	struct replay		*replay;
	unsigned		 forks;	/* when it was opened: a child has neither the thread nor sane locks */

	pthread_mutex_t		 lock;	/* of all below */
	struct cache		 cache;
	int64_t			 timeout;	/* ms */
	size_t			 in_flight, waiting;
	struct dns_stats	 stats;
};

struct then {			/* a callback to come */
	STAILQ_ENTRY(then)	 link;
	struct dns_session	*session;	/* a reference */
	unsigned		 generation;	/* of the session when it asked */
	dns_then		*fn;
	void			*arg;
};

bool	 resolver_forked(const struct dns *);

/* With dns.lock: a reference to the look-up of a question, under way from now on; NULL: no memory. */
struct lookup *resolver_ask(struct dns *, const struct question *);
/* With dns.lock, which is released meanwhile: until it has its answer or the deadline (ms) is over. */
void	 resolver_wait(struct dns *, struct lookup *, int64_t deadline);
/* Without. */
void	 resolver_drop(struct dns *, struct lookup *);

/* session.c: the look-up has its answer. */
void	 then_call(const struct then *, const struct lookup *);

#endif
