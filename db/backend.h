/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a back end offers to store.c, and the struct store behind store.h.
 * Calls come from any thread, so many at a time; chores from one thread.
 */
#ifndef DB_BACKEND_H
#define DB_BACKEND_H

#include <pthread.h>
#include <stdatomic.h>

#include "db/gate.h"
#include "db/store.h"

#define STORE_GATE	12	/* calls inside a back end of this host at once: best of 4 to 64 on two cores */

/* A record small enough to be changed in one step. */
#define SMALL_MAX	64	/* bytes of value */
struct small_value {
	uint8_t	bytes[SMALL_MAX];
	size_t	len;		/* 0: no such record; > SMALL_MAX: too big to be ours */
};

/* Look at a value, perhaps change it: true to have it written.  May run several times for one call. */
typedef bool store_update(void *ctx, struct small_value *);

#define BATCH_MAX	256			/* records of one batch, and of one sweep transaction */
#define BATCH_BYTES	(256 * 1024 + RECORD_VALUE_MAX)
struct store_batch {
	size_t			n;
	struct record_bytes	keys[BATCH_MAX], values[BATCH_MAX];	/* in bytes[] */
	bool			ended;					/* nothing after it */
	struct store_mark	mark;					/* in and out; of a back end without order */
	uint8_t			bytes[BATCH_BYTES];
};

struct store_backend {
	const char	*name;
	unsigned	 room;		/* calls inside at once */
	bool		 remote;	/* no sweep and no snapshot: the server sees to them */

	enum store_status (*open)(struct store *, struct buf *why);
	void		(*close)(struct store *);

	/* Decide and update in one step; local ones: store_greylist_local. */
	enum store_status (*greylist)(struct store *, const struct store_attempt *,
			    struct greylist_answer *);
	/* One use more of t->client; local ones: store_credit_local. */
	enum store_status (*credit)(struct store *, const struct store_attempt *);
	/* Read, change, write as one step; NULL where greylist does not need it. */
	enum store_status (*update)(struct store *, struct record_bytes key, store_update *, void *ctx);
	enum store_status (*get)(struct store *, struct record_bytes key, uint8_t *out, size_t size,
			    size_t *len_r);	/* len may exceed size: the rest was cut */
	enum store_status (*put)(struct store *, struct record_bytes key, struct record_bytes value);
	enum store_status (*remove)(struct store *, struct record_bytes key);
	/* Records with prefix after *after (NULL: from the first); none only if ended, or the mark moved. */
	enum store_status (*batch)(struct store *, struct record_bytes prefix,
			    const struct record_bytes *after, struct store_batch *);
	/* Remove those of the keys that are still expired; one transaction. */
	enum store_status (*expire)(struct store *, const struct record_bytes *keys, size_t n,
			    int64_t now, uint64_t *removed_r);

	/* Chores; NULL: not needed. */
	void		(*flush)(struct store *);	/* twice a second: to the platter, or to the server */
	bool		(*compact)(struct store *);	/* one step; false: round done */
	bool		(*away)(struct store *);	/* some calls still fail though this one did not */
	void		(*stats)(struct store *, struct store_stats *);
};

extern const struct store_backend store_backend_bdb, store_backend_mem, store_backend_shared;
enum store_status store_greylist_local(struct store *, const struct store_attempt *,
	    struct greylist_answer *);
enum store_status store_credit_local(struct store *, const struct store_attempt *);

struct maint;

struct store {
	const struct store_backend	*backend;
	void				*state;		/* of the back end */
	struct store_setup		 setup;		/* directory is our copy */
	struct gate			 gate;
	struct maint			*maint;		/* NULL when offline */
	atomic_bool			 down;
	_Atomic uint64_t		 calls[STORE_STATUS_COUNT], swept, conflicts;
	struct histogram		 times;
	_Atomic int64_t			 snapshot_time;	/* s since 1970 */
	_Atomic int64_t			 said;		/* clock_mono ms of the last trouble line, 0: all is well */
	const char			*place;		/* for people: the directory, or the first server */
	pthread_mutex_t			 detail_lock;
	char				 detail[256];	/* under detail_lock: what the back end said, not yet told */
};

void	store_say(struct store *, enum store_event, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* One more thing the next trouble line shall tell. */
void	store_detail(struct store *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A whole value as it is, expired or newer too; len may exceed size: the rest was cut. */
enum store_status store_get_value(struct store *, struct record_bytes key, uint8_t *out, size_t size,
	    size_t *len_r);
/* A call did not end well; said once a minute, with what becomes of mail. */
void	store_trouble(struct store *, enum store_status, const char *meanwhile);
/* The back end is broken for good: no new calls, waiters leave, the daemon is told. */
void	store_broken(struct store *, const char *why);

/* maint.c */
#define STORE_FLUSH_EVERY	500	/* ms: what a power cut may cost */
#define STORE_CALM		60000	/* ms after the start before the first sweep */
#define STORE_SWEEP_EVERY	3600000	/* ms from the end of a round to the next */
int	maint_start(struct store *);	/* 0 or -1 */
bool	maint_stop(struct store *);	/* false: its thread is stuck, and keeps what it uses */

#endif
