/* SPDX-License-Identifier: BSD-2-Clause */
/* What bdb.c, bdb_open.c and bdb_chores.c share; nobody else knows Berkeley DB. */
#ifndef DB_BDB_H
#define DB_BDB_H

#include <db.h>

#include "db/backend.h"

struct bdb {
	DB_ENV	*env;
	DB	*db;
	int	 lock_fd;
	bool	 ready;		/* open: a panic from here on is the store's end */
	atomic_bool panicked;
	struct record_key compact_from;
};

#define BDB_RETRY_MAX	20	/* times a lost lock conflict is tried again */

/* bdb_open.c */
enum store_status bdb_open(struct store *, struct buf *why);
void	bdb_close(struct store *);

/* bdb.c: what a return code of Berkeley DB means to the caller; a panic ends the store. */
enum store_status bdb_status(struct store *, int rc);
/* Wait a little before try number `try' + 1; longer each time. */
void	bdb_back_off(struct store *, int try);

/* bdb_chores.c */
enum store_status bdb_batch(struct store *, struct record_bytes prefix,
	    const struct record_bytes *after, struct store_batch *);
enum store_status bdb_expire(struct store *, const struct record_bytes *keys, size_t n, int64_t now,
	    uint64_t *removed_r);
void	bdb_flush(struct store *);
bool	bdb_compact(struct store *);
void	bdb_stats(struct store *, struct store_stats *);

static inline DBT
bdb_dbt(struct record_bytes b)
{
	return (DBT){.data = (void *)b.p, .size = (u_int32_t)b.n, .ulen = (u_int32_t)b.n,
	    .flags = DB_DBT_USERMEM};
}

static inline DBT
bdb_room(void *p, size_t size)
{
	return (DBT){.data = p, .ulen = (u_int32_t)size, .flags = DB_DBT_USERMEM};
}

static inline bool
bdb_is_conflict(int rc)
{
	return rc == DB_LOCK_DEADLOCK || rc == DB_LOCK_NOTGRANTED;
}

#endif
