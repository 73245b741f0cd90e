/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is done to many records of a Berkeley DB store: batches for scans,
 * sweeping, log flush and checkpoints, compaction, figures.  No cursor stays
 * open longer than one batch.
 */
#include "db/bdb.h"

#include <stdlib.h>
#include <string.h>

#define CHECKPOINT_KB      (16 * 1024) /* of log: recovered in half a second */
#define CHECKPOINT_MINUTES 1
#define COMPACT_PAGES      64 /* of one step */

static bool
has_prefix(struct record_bytes key, struct record_bytes prefix)
{
	return key.n >= prefix.n && (prefix.n == 0 || memcmp(key.p, prefix.p, prefix.n) == 0);
}

static bool
is_same(struct record_bytes a, struct record_bytes b)
{
	return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

static int
read_batch(
    DBC *c, struct record_bytes prefix, const struct record_bytes *after, struct store_batch *out)
{
	struct record_bytes from = after != NULL ? *after : prefix;
	size_t used = RECORD_KEY_MAX;
	u_int32_t move = from.n > 0 ? DB_SET_RANGE : DB_FIRST;
	int rc = 0;

	out->n = 0;
	out->ended = false;
	while (out->n < BATCH_MAX) {
		/* A cursor move wants room for the biggest key and the biggest value. */
		size_t room = BATCH_BYTES - used;
		DBT k = bdb_room(out->bytes + used, RECORD_KEY_MAX), d;
		struct record_bytes key;

		if (room < RECORD_KEY_MAX + RECORD_VALUE_MAX)
			break;
		if (move == DB_SET_RANGE) {
			memcpy(k.data, from.p, from.n);
			k.size = (u_int32_t)from.n;
		}
		d = bdb_room(out->bytes + used + RECORD_KEY_MAX, RECORD_VALUE_MAX);
		rc = c->get(c, &k, &d, move);
		move = DB_NEXT;
		if (rc != 0)
			break;
		key = (struct record_bytes){k.data, k.size};
		if (after != NULL && is_same(key, *after))
			continue;
		if (!has_prefix(key, prefix)) {
			out->ended = true;
			break;
		}
		memmove(out->bytes + used + k.size, d.data, d.size);
		out->keys[out->n] = key;
		out->values[out->n++] = (struct record_bytes){out->bytes + used + k.size, d.size};
		used += k.size + d.size;
	}
	if (rc == DB_NOTFOUND) {
		out->ended = true;
		rc = 0;
	}
	return rc;
}

enum store_status
bdb_batch(struct store *s, struct record_bytes prefix, const struct record_bytes *after,
    struct store_batch *out)
{
	struct bdb *b = s->state;
	DBC *c;
	int rc = 0, closed;

	for (int try = 0; try < BDB_RETRY_MAX; try++) {
		rc = b->db->cursor(b->db, NULL, &c, 0);
		if (rc == 0) {
			rc = read_batch(c, prefix, after, out);
			closed = c->close(c);
			if (rc == 0)
				rc = closed;
		}
		if (!bdb_is_conflict(rc))
			break;
		bdb_back_off(s, try);
	}
	return bdb_status(s, rc);
}

/* Between batch and transaction a record may have been used again: look once more, locked. */
static int
expire_one(struct bdb *b, DB_TXN *txn, struct record_bytes key, int64_t now, uint64_t *removed_r)
{
	uint8_t head[RECORD_HEAD];
	DBT k = bdb_dbt(key), d = bdb_room(head, sizeof head);
	int rc;

	d.flags |= DB_DBT_PARTIAL;
	d.dlen = sizeof head;
	rc = b->db->get(b->db, txn, &k, &d, DB_RMW);
	if (rc == 0 && record_is_expired((struct record_bytes){head, d.size}, now)) {
		rc = b->db->del(b->db, txn, &k, 0);
		*removed_r += rc == 0;
	}
	return rc == DB_NOTFOUND ? 0 : rc;
}

static int
expire_once(
    struct bdb *b, const struct record_bytes *keys, size_t n, int64_t now, uint64_t *removed_r)
{
	DB_TXN *txn;
	int rc = b->env->txn_begin(b->env, NULL, &txn, 0);

	*removed_r = 0;
	if (rc != 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = expire_one(b, txn, keys[i], now, removed_r);
	if (rc == 0)
		return txn->commit(txn, 0);
	*removed_r = 0;
	(void)txn->abort(txn);
	return rc;
}

enum store_status
bdb_expire(
    struct store *s, const struct record_bytes *keys, size_t n, int64_t now, uint64_t *removed_r)
{
	int rc = 0;

	for (int try = 0; try < BDB_RETRY_MAX; try++) {
		rc = expire_once(s->state, keys, n, now, removed_r);
		if (!bdb_is_conflict(rc))
			break;
		bdb_back_off(s, try);
	}
	return bdb_status(s, rc);
}

void
bdb_flush(struct store *s)
{
	struct bdb *b = s->state;
	int rc = b->env->log_flush(b->env, NULL);

	if (rc == 0)
		rc = b->env->txn_checkpoint(b->env, CHECKPOINT_KB, CHECKPOINT_MINUTES, 0);
	(void)bdb_status(s, rc);
}

bool
bdb_compact(struct store *s)
{
	struct bdb *b = s->state;
	DB_COMPACT how = {.compact_pages = COMPACT_PAGES};
	DBT from = bdb_dbt(record_key_bytes(&b->compact_from)), end = {.flags = DB_DBT_MALLOC};
	int rc = b->db->compact(
	    b->db, NULL, b->compact_from.len > 0 ? &from : NULL, NULL, &how, DB_FREE_SPACE, &end);
	bool more =
	    rc == 0 && end.size > 0 && end.size <= RECORD_KEY_MAX &&
	    !is_same((struct record_bytes){end.data, end.size}, record_key_bytes(&b->compact_from));

	b->compact_from.len = 0;
	if (more) {
		memcpy(b->compact_from.bytes, end.data, end.size);
		b->compact_from.len = end.size;
	}
	free(end.data);
	if (!bdb_is_conflict(rc))
		(void)bdb_status(s, rc);
	return more;
}

void
bdb_stats(struct store *s, struct store_stats *out)
{
	struct bdb *b = s->state;
	DB_BTREE_STAT *st;

	/* Without DB_FAST_STAT this would read every page. */
	if (b->db->stat(b->db, NULL, &st, DB_FAST_STAT) != 0)
		return;
	out->records = st->bt_ndata;
	out->bytes = (uint64_t)st->bt_pagecnt * st->bt_pagesize;
	free(st);
}
