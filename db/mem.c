/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Store in memory: for tests, and for hosts without a disk.  Sixty-four
 * balanced trees (the C library's, so no client can choose keys that make one
 * slow), each with its lock; a batch walks one of them.
 */
#include "config.h"

#include "db/backend.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#define SHARDS    64
#define NODE_COST 64 /* bytes: tree node and malloc's own, beside the record */

struct item {
	struct record_bytes key, value; /* in bytes[] of what entry_new() took */
	uint8_t bytes[];
};

struct shard {
	pthread_mutex_t lock;
	void *root; /* tsearch tree of struct item */
};

struct mem {
	struct shard shards[SHARDS];
	_Atomic uint64_t records, bytes;
};

static int
compare_bytes(struct record_bytes a, struct record_bytes b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n > 0 ? memcmp(a.p, b.p, n) : 0;

	return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

static int
compare(const void *a, const void *b)
{
	return compare_bytes(((const struct item *)a)->key, ((const struct item *)b)->key);
}

static size_t
shard_index(struct record_bytes key)
{
	uint32_t h = 2166136261; /* FNV-1a */

	for (size_t i = 0; i < key.n; i++)
		h = (h ^ key.p[i]) * 16777619;
	return h % SHARDS;
}

static struct shard *
shard_lock(struct store *s, struct record_bytes key)
{
	struct shard *sh = &((struct mem *)s->state)->shards[shard_index(key)];

	(void)pthread_mutex_lock(&sh->lock);
	return sh;
}

static struct item *
entry_new(struct record_bytes key, struct record_bytes value)
{
	struct item *e = malloc(sizeof *e + key.n + value.n);

	if (e == NULL)
		return NULL;
	memcpy(e->bytes, key.p, key.n);
	memcpy(e->bytes + key.n, value.p, value.n);
	e->key = (struct record_bytes){e->bytes, key.n};
	e->value = (struct record_bytes){e->bytes + key.n, value.n};
	return e;
}

static uint64_t
cost(const struct item *e)
{
	return sizeof *e + e->key.n + e->value.n + NODE_COST;
}

static struct item **
find(const struct shard *sh, struct record_bytes key)
{
	struct item probe = {.key = key};

	return tfind(&probe, &sh->root, compare);
}

static void
drop(struct mem *m, struct shard *sh, struct item *e)
{
	(void)tdelete(e, &sh->root, compare);
	m->bytes -= cost(e);
	m->records--;
	free(e);
}

static enum store_status
insert(struct store *s, struct shard *sh, struct record_bytes key, struct record_bytes value)
{
	struct mem *m = s->state;
	struct item *e = entry_new(key, value), **slot = find(sh, key);
	uint64_t freed = slot != NULL ? cost(*slot) : 0;

	if (e == NULL || m->bytes - freed + cost(e) > (uint64_t)s->setup.options.cache_size) {
		free(e);
		return STORE_FULL;
	}
	slot = tsearch(e, &sh->root, compare);
	if (slot == NULL) {
		free(e);
		return STORE_FULL;
	}
	m->bytes += cost(e);
	m->records++;
	if (*slot != e) { /* same key: the new one takes its place in the tree */
		m->bytes -= cost(*slot);
		m->records--;
		free(*slot);
		*slot = e;
	}
	return STORE_OK;
}

static enum store_status
mem_open(struct store *s, struct buf *why)
{
	struct mem *m = calloc(1, sizeof *m);

	if (m == NULL) {
		buf_puts(why, "out of memory");
		return STORE_FAILED;
	}
	for (size_t i = 0; i < SHARDS; i++)
		(void)pthread_mutex_init(&m->shards[i].lock, NULL);
	s->state = m;
	return STORE_OK;
}

static void
mem_close(struct store *s)
{
	struct mem *m = s->state;

	for (size_t i = 0; i < SHARDS; i++) {
		while (m->shards[i].root != NULL)
			drop(m, &m->shards[i], *(struct item **)m->shards[i].root);
		(void)pthread_mutex_destroy(&m->shards[i].lock);
	}
	free(m);
	s->state = NULL;
}

static enum store_status
mem_update(struct store *s, struct record_bytes key, store_update *update, void *ctx)
{
	struct shard *sh = shard_lock(s, key);
	struct item **e = find(sh, key);
	struct small_value v = {.len = e != NULL ? (*e)->value.n : 0};
	enum store_status status = STORE_OK;

	if (e != NULL)
		memcpy(v.bytes, (*e)->value.p, v.len < SMALL_MAX ? v.len : SMALL_MAX);
	if (update(ctx, &v))
		status = insert(s, sh, key, (struct record_bytes){v.bytes, v.len});
	(void)pthread_mutex_unlock(&sh->lock);
	return status;
}

static enum store_status
mem_get(struct store *s, struct record_bytes key, uint8_t *out, size_t size, size_t *len_r)
{
	struct shard *sh = shard_lock(s, key);
	struct item **e = find(sh, key);

	if (e != NULL) {
		*len_r = (*e)->value.n;
		memcpy(out, (*e)->value.p, *len_r < size ? *len_r : size);
	}
	(void)pthread_mutex_unlock(&sh->lock);
	return e != NULL ? STORE_OK : STORE_MISSING;
}

static enum store_status
mem_put(struct store *s, struct record_bytes key, struct record_bytes value)
{
	struct shard *sh = shard_lock(s, key);
	enum store_status status = insert(s, sh, key, value);

	(void)pthread_mutex_unlock(&sh->lock);
	return status;
}

static enum store_status
mem_remove(struct store *s, struct record_bytes key)
{
	struct shard *sh = shard_lock(s, key);
	struct item **e = find(sh, key);

	if (e != NULL)
		drop(s->state, sh, *e);
	(void)pthread_mutex_unlock(&sh->lock);
	return e != NULL ? STORE_OK : STORE_MISSING;
}

struct walk {
	struct record_bytes prefix;
	const struct record_bytes *after;
	struct store_batch *batch;
	size_t used;
	bool full;
};

static void
walk_entry(const void *node, VISIT visit, void *ctx)
{
	const struct item *e = *(const struct item *const *)node;
	struct walk *w = ctx;
	struct store_batch *b = w->batch;

	if (w->full || (visit != postorder && visit != leaf) || e->key.n < w->prefix.n ||
	    (w->prefix.n > 0 && memcmp(e->key.p, w->prefix.p, w->prefix.n) != 0) ||
	    (w->after != NULL && compare_bytes(e->key, *w->after) <= 0))
		return;
	w->full = b->n == BATCH_MAX || w->used + e->key.n + e->value.n > BATCH_BYTES;
	if (w->full)
		return;
	memcpy(b->bytes + w->used, e->bytes, e->key.n + e->value.n);
	b->keys[b->n] = (struct record_bytes){b->bytes + w->used, e->key.n};
	w->used += e->key.n;
	b->values[b->n++] = (struct record_bytes){b->bytes + w->used, e->value.n};
	w->used += e->value.n;
}

/* Order is by shard, then by key. */
static enum store_status
mem_batch(struct store *s, struct record_bytes prefix, const struct record_bytes *after,
    struct store_batch *b)
{
	struct mem *m = s->state;
	struct walk w = {.prefix = prefix, .after = after, .batch = b};
	size_t i = after != NULL ? shard_index(*after) : 0;

	for (; i < SHARDS && b->n == 0; i++) {
		(void)pthread_mutex_lock(&m->shards[i].lock);
		twalk_r(m->shards[i].root, walk_entry, &w);
		(void)pthread_mutex_unlock(&m->shards[i].lock);
		w.after = NULL;
	}
	b->ended = i == SHARDS && !w.full;
	return STORE_OK;
}

static enum store_status
mem_expire(
    struct store *s, const struct record_bytes *keys, size_t n, int64_t now, uint64_t *removed_r)
{
	for (size_t i = 0; i < n; i++) {
		struct shard *sh = shard_lock(s, keys[i]);
		struct item **e = find(sh, keys[i]);

		if (e != NULL && record_is_expired((*e)->value, now)) {
			drop(s->state, sh, *e);
			++*removed_r;
		}
		(void)pthread_mutex_unlock(&sh->lock);
	}
	return STORE_OK;
}

static void
mem_stats(struct store *s, struct store_stats *out)
{
	const struct mem *m = s->state;

	out->records = m->records;
	out->bytes = m->bytes;
}

const struct store_backend store_backend_mem = {
    .name = "memory",
    .room = STORE_GATE,
    .open = mem_open,
    .close = mem_close,
    .greylist = store_greylist_local,
    .credit = store_credit_local,
    .update = mem_update,
    .get = mem_get,
    .put = mem_put,
    .remove = mem_remove,
    .batch = mem_batch,
    .expire = mem_expire,
    .stats = mem_stats,
};
