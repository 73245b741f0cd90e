/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records in Berkeley DB, each call one transaction on one key.  A read that
 * leads to no write costs no transaction; a read before a write takes the
 * write lock at once (DB_RMW: 33k decisions/s on a hot key instead of 2.9k).
 * Deadlocks are normal: the loser tries again.
 */
#include "db/bdb.h"

#include <errno.h>
#include <string.h>
#include <time.h>

enum store_status
bdb_status(struct store *s, int rc)
{
	switch (rc) {
	case 0:
		return STORE_OK;
	case DB_NOTFOUND:
		return STORE_MISSING;
	case DB_LOCK_DEADLOCK:
	case DB_LOCK_NOTGRANTED:
		return STORE_BUSY;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return STORE_FULL;
	case DB_RUNRECOVERY:
		store_broken(s, db_strerror(rc));
		return STORE_DOWN;
	default:
		store_detail(s, "%s", db_strerror(rc));
		return STORE_FAILED;
	}
}

void
bdb_back_off(struct store *s, int try)
{
	struct timespec t = {.tv_nsec = 50000L << (try < 8 ? try : 8) };

	atomic_fetch_add_explicit(&s->conflicts, 1, memory_order_relaxed);
	(void)nanosleep(&t, NULL);
}

static int
read_small(DB *db, DB_TXN *txn, struct record_bytes key, struct small_value *v, u_int32_t flags)
{
	DBT k = bdb_dbt(key), d = bdb_room(v->bytes, sizeof v->bytes);
	int rc = db->get(db, txn, &k, &d, flags);

	v->len = rc == 0 || rc == DB_BUFFER_SMALL ? d.size : 0;
	return rc == DB_NOTFOUND || rc == DB_BUFFER_SMALL ? 0 : rc;
}

static int
update_once(struct bdb *b, struct record_bytes key, store_update *update, void *ctx)
{
	struct small_value v;
	DB_TXN *txn;
	int rc = b->env->txn_begin(b->env, NULL, &txn, 0);

	if (rc != 0)
		return rc;
	rc = read_small(b->db, txn, key, &v, DB_RMW);
	if (rc == 0 && update(ctx, &v)) {
		DBT k = bdb_dbt(key), d = bdb_dbt((struct record_bytes){v.bytes, v.len});

		rc = b->db->put(b->db, txn, &k, &d, 0);
	}
	if (rc == 0)
		return txn->commit(txn, 0);
	(void)txn->abort(txn);
	return rc;
}

static enum store_status
bdb_update(struct store *s, struct record_bytes key, store_update *update, void *ctx)
{
	struct bdb *b = s->state;
	struct small_value v;
	int rc = read_small(b->db, NULL, key, &v, 0);

	if (rc == 0 && !update(ctx, &v))
		return STORE_OK;
	if (rc != 0 && !bdb_is_conflict(rc))
		return bdb_status(s, rc);
	for (int try = 0; try < BDB_RETRY_MAX; try++) {
		rc = update_once(b, key, update, ctx);
		if (!bdb_is_conflict(rc))
			break;
		bdb_back_off(s, try);
	}
	return bdb_status(s, rc);
}

static enum store_status
bdb_get(struct store *s, struct record_bytes key, uint8_t *out, size_t size, size_t *len_r)
{
	struct bdb *b = s->state;
	DBT k = bdb_dbt(key), d = bdb_room(out, size);
	int rc = DB_LOCK_DEADLOCK;

	for (int try = 0; try < BDB_RETRY_MAX; try++) {
		rc = b->db->get(b->db, NULL, &k, &d, 0);
		if (!bdb_is_conflict(rc))
			break;
		bdb_back_off(s, try);
	}
	*len_r = d.size;
	return bdb_status(s, rc);
}

/* Outside an update, writes are blind: Berkeley DB makes each its own transaction. */
static enum store_status
bdb_put(struct store *s, struct record_bytes key, struct record_bytes value)
{
	struct bdb *b = s->state;
	DBT k = bdb_dbt(key), d = bdb_dbt(value);
	int rc = DB_LOCK_DEADLOCK;

	for (int try = 0; try < BDB_RETRY_MAX; try++) {
		rc = b->db->put(b->db, NULL, &k, &d, 0);
		if (!bdb_is_conflict(rc))
			break;
		bdb_back_off(s, try);
	}
	return bdb_status(s, rc);
}

static enum store_status
bdb_remove(struct store *s, struct record_bytes key)
{
	struct bdb *b = s->state;
	DBT k = bdb_dbt(key);
	int rc = DB_LOCK_DEADLOCK;

	for (int try = 0; try < BDB_RETRY_MAX; try++) {
		rc = b->db->del(b->db, NULL, &k, 0);
		if (!bdb_is_conflict(rc))
			break;
		bdb_back_off(s, try);
	}
	return bdb_status(s, rc);
}

const struct store_backend store_backend_bdb = {
    .name = "disk",
    .room = STORE_GATE,
    .open = bdb_open,
    .close = bdb_close,
    .greylist = store_greylist_local,
    .credit = store_credit_local,
    .update = bdb_update,
    .get = bdb_get,
    .put = bdb_put,
    .remove = bdb_remove,
    .batch = bdb_batch,
    .expire = bdb_expire,
    .flush = bdb_flush,
    .compact = bdb_compact,
    .stats = bdb_stats,
};
