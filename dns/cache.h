/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cache: look-ups by question, in flight and done, in one table.  A look-up
 * in flight stays until it is done, so equal questions find it and join; one
 * that is done stays until it is too old, or the least recently used when
 * room runs out.  Not locked: that is the caller's part.
 */
#ifndef DNS_CACHE_H
#define DNS_CACHE_H

#include <sys/queue.h>

#include "dns/packet.h"

struct waiter;
struct then;

struct lookup {
	struct lookup		*chain;		/* of one hash slot */
	TAILQ_ENTRY(lookup)	 lru;		/* done and in the table */
	LIST_HEAD(, waiter)	 waiters;
	STAILQ_HEAD(, then)	 thens;
	const struct dns_answer	*answer;	/* NULL: in flight */
	int64_t			 began;		/* histogram_now() */
	struct dns_answer	 nothing;	/* DNS_TIMEOUT for those who do not wait longer, or no memory */
	unsigned		 refs;		/* sessions, the transport, the table */
	uint32_t		 hash;
	bool			 tabled, in_lru;
	bool			 missing;	/* a file of answers has none, and nobody needed it yet */
	size_t			 size;		/* bytes, with its answer */
	char			 name[];
};

struct cache {
	struct lookup		**slots;
	size_t			  slot_count;	/* power of two */
	size_t			  count;	/* look-ups in the table */
	size_t			  done;		/* of them with an answer */
	size_t			  bytes, bytes_max;	/* of the done ones */
	uint32_t		  seed;		/* so that nobody can choose names of one slot */
	TAILQ_HEAD(lookup_list, lookup) lru;	/* most recently used first */
};

/* 0, or -1 without memory. */
int	 cache_init(struct cache *, size_t bytes_max);
void	 cache_fini(struct cache *);
void	 cache_limit(struct cache *, size_t bytes_max);

/* One in flight or not older than it may be at now (ms); NULL: nobody asked. */
struct lookup *cache_find(struct cache *, const struct question *, int64_t now);
/* In flight from now on; the table takes a reference of its own. */
void	 cache_insert(struct cache *, struct lookup *);
/* It has an answer of that size now. */
void	 cache_settle(struct cache *, struct lookup *, size_t size);

/* With one reference, the caller's; NULL without memory. */
struct lookup *lookup_new(const struct cache *, const struct question *);
struct lookup *lookup_ref(struct lookup *);
void	 lookup_unref(struct lookup *);

#endif
