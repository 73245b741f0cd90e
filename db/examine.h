/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Examine: what the servers of a shared store are like, for whoever looks for
 * what is wrong.  Opens no store: the daemon may run.
 */
#ifndef DB_EXAMINE_H
#define DB_EXAMINE_H

#include "db/store.h"

struct store_server {
	char		name[280];	/* "127.0.0.1:6379" */
	char		version[32];	/* "7.0.15" */
	int64_t		micros;		/* of a question and its answer, the median of a few */
	int64_t		skew;		/* s its clock is ahead; 0 when small */
	uint64_t	used, maximum;	/* bytes; maximum 0: none */
	char		policy[32];	/* what it removes when that is reached: "noeviction" ... */
	uint64_t	evicted;	/* records that it removed so far before their time */
	bool		saves_known, saves;	/* it keeps its records over a restart */
};

typedef void store_server_found(void *ctx, const struct store_server *);
/* Each that holds records; not OK: why nobody answers. */
enum store_status store_examine(const struct store_options *, store_server_found *, void *ctx,
	    struct buf *why);

#endif
