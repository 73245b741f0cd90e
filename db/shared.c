/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A store that several hosts share, beside one of this host.
 *
 *   shared, on the server	triplets, clients that passed, correspondents
 *   of this host		everything else: receipts, facts for reports
 *
 * What only this host will be asked for would cost every other one memory on
 * the server.  While the server is away and store-down is "local", the store
 * of this host answers for the shared kinds as well.  What it learns is sent on
 * when the server is back, and stays here until it expires, for the next
 * time; sending a record twice changes nothing (redis_script.lua, merge).
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "db/redis.h"
#include "db/redis_url.h"

#define PART_LOCAL UINT_MAX
#define SEND_TIME  250 /* ms of sending between two looks at the breaker */
#define NEVER_SENT 1 /* s since 1970: whatever a process before us left */
#define SENT_TWICE 60 /* s: what was written now may carry the time its message began */

struct shared {
	char place[300]; /* for people */
	struct redis *redis;
	struct store *local;
	_Atomic uint64_t stood_in, sent_on; /* answers, records */
	_Atomic int64_t
	    unsent; /* since when (wall, s) records of here may be unknown there; 0: none */

	/* The maintenance thread's own. */
	int64_t sending; /* records used since then; 0: nothing */
	struct store_cursor cursor;
	enum store_status sent;
};

static bool
is_shared(struct record_bytes key)
{
	return key.n > 0 && (key.p[0] == RECORD_TRIPLET || key.p[0] == RECORD_CLIENT ||
				key.p[0] == RECORD_CORRESPONDENT);
}

/* Whether the store of this host shall answer instead. */
static bool
stands_in(struct store *s, enum store_status status)
{
	return status != STORE_OK && status != STORE_MISSING && status != STORE_NEWER &&
	       s->setup.options.down == STORE_DOWN_LOCAL;
}

/*
 * This host was asked to change a record instead, and how that went.  Only when
 * it is there it is to be sent on; and if it has no room either, it is still
 * the server that is missed.
 */
static enum store_status
took_over(struct store *s, enum store_status there, enum store_status here)
{
	struct shared *sh = s->state;
	int64_t none = 0;

	if (here != STORE_OK)
		return there;
	atomic_fetch_add(&sh->stood_in, 1);
	(void)atomic_compare_exchange_strong(
	    &sh->unsent, &none, clock_wall(s->setup.clock) - SENT_TWICE);
	store_trouble(s, there, "this host answers instead");
	return STORE_OK;
}

static enum store_status
shared_open(struct store *s, struct buf *why)
{
	const struct redis_url *first = &s->setup.options.redis->servers[0];
	struct store_setup here = s->setup;
	struct shared *sh = calloc(1, sizeof *sh);
	enum store_status status = STORE_FAILED;

	here.options.redis = NULL;
	here.existing = false; /* it only stands in for the server, and may well be missing */
	if (sh == NULL)
		buf_puts(why, "out of memory");
	else
		status = store_open(&sh->local, &here, why);
	if (status != STORE_OK) {
		free(sh);
		return status;
	}
	s->state = sh;
	(void)snprintf(sh->place, sizeof sh->place, first->port != 0 ? "%s:%d" : "%s", first->host,
	    first->port);
	s->place = sh->place;
	sh->unsent = s->setup.options.down == STORE_DOWN_LOCAL ? NEVER_SENT : 0;
	status = redis_open(&sh->redis, s, why);
	if (status == STORE_OK)
		return STORE_OK;
	if (sh->redis != NULL) { /* mail does not wait for it, nor do we */
		if (why->len > 0)
			store_say(s, STORE_TROUBLE, "store in %s: %s; %s", s->place, why->s,
			    s->setup.options.down == STORE_DOWN_LOCAL ? "this host answers instead"
								      : "mail goes on without it");
		return STORE_OK;
	}
	store_close(&sh->local);
	s->place = s->setup.directory;
	free(sh);
	return status;
}

static void
shared_close(struct store *s)
{
	struct shared *sh = s->state;

	redis_close(&sh->redis);
	store_close(&sh->local);
	s->place = s->setup.directory;
	s->state = NULL;
	free(sh);
}

static enum store_status
shared_greylist(struct store *s, const struct store_attempt *t, struct greylist_answer *a)
{
	struct shared *sh = s->state;
	enum store_status status = redis_greylist(sh->redis, t, a);

	return stands_in(s, status) ? took_over(s, status, store_greylist(sh->local, t, a))
				    : status;
}

static enum store_status
shared_credit(struct store *s, const struct store_attempt *t)
{
	struct shared *sh = s->state;
	enum store_status status = redis_credit(sh->redis, t);

	return stands_in(s, status)
		   ? took_over(s, status, store_credit(sh->local, t->client, t->now, t->params))
		   : status;
}

static enum store_status
shared_get(struct store *s, struct record_bytes key, uint8_t *out, size_t size, size_t *len_r)
{
	struct shared *sh = s->state;
	enum store_status status;

	if (!is_shared(key))
		return store_get_value(sh->local, key, out, size, len_r);
	status = redis_get(sh->redis, key, out, size, len_r);
	return stands_in(s, status) ? store_get_value(sh->local, key, out, size, len_r) : status;
}

static enum store_status
shared_put(struct store *s, struct record_bytes key, struct record_bytes value)
{
	struct shared *sh = s->state;
	enum store_status status;

	if (!is_shared(key))
		return store_put_value(sh->local, key, value);
	status = redis_put(sh->redis, key, value);
	return stands_in(s, status) ? took_over(s, status, store_put_value(sh->local, key, value))
				    : status;
}

static enum store_status
shared_remove(struct store *s, struct record_bytes key)
{
	struct shared *sh = s->state;
	struct record_key k = {.len = key.n};
	enum store_status here;

	memcpy(k.bytes, key.p, key.n);
	here = store_remove(sh->local, &k); /* a stand-in's memory, too */
	return is_shared(key) ? redis_remove(sh->redis, key) : here;
}

/* What another part of the store has is not shown twice. */
static void
drop_shared(struct store_batch *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		if (!is_shared(b->keys[i])) {
			b->keys[n] = b->keys[i];
			b->values[n++] = b->values[i];
		}
	b->n = n;
}

/* A page of what only this host has; those with nothing in it are passed over. */
static enum store_status
local_batch(struct store *local, struct record_bytes prefix, const struct record_bytes *after,
    struct store_batch *b)
{
	struct record_key last = {.len = 0};
	struct record_bytes from;
	enum store_status status;

	do {
		if (!gate_enter(&local->gate, STORE_WAIT_MAX))
			return STORE_BUSY;
		b->n = 0;
		status = local->backend->batch(local, prefix, after, b);
		gate_leave(&local->gate);
		if (status == STORE_OK && b->n > 0) {
			last.len = b->keys[b->n - 1].n;
			memcpy(last.bytes, b->keys[b->n - 1].p, last.len);
			from = record_key_bytes(&last);
			after = &from;
		}
		drop_shared(b);
	} while (status == STORE_OK && b->n == 0 && !b->ended);
	return status;
}

static enum store_status
shared_batch(struct store *s, struct record_bytes prefix, const struct record_bytes *after,
    struct store_batch *b)
{
	struct shared *sh = s->state;
	enum store_status status;

	if (b->mark.part != PART_LOCAL && (prefix.n == 0 || is_shared(prefix))) {
		status = redis_batch(sh->redis, prefix, b);
		if (status == STORE_OK && b->ended && prefix.n == 0) {
			b->mark = (struct store_mark){.part = PART_LOCAL};
			b->ended = false;
		}
		return status;
	}
	b->mark.part = PART_LOCAL;
	return local_batch(
	    sh->local, prefix, after != NULL && !is_shared(*after) ? after : NULL, b);
}

static enum store_status
shared_expire(
    struct store *s, const struct record_bytes *keys, size_t n, int64_t now, uint64_t *removed_r)
{
	struct shared *sh = s->state;
	enum store_status status = STORE_OK;
	uint64_t removed = 0;

	for (size_t i = 0; status == STORE_OK && i < n; i++) {
		if (is_shared(keys[i]))
			status = redis_expire(sh->redis, &keys[i], 1, now, &removed);
		else if (!gate_enter(&sh->local->gate, STORE_WAIT_MAX))
			status = STORE_BUSY;
		else {
			status = sh->local->backend->expire(sh->local, &keys[i], 1, now, &removed);
			gate_leave(&sh->local->gate);
		}
		*removed_r += removed;
	}
	return status;
}

/* A record of an outage; what was used before it is known there. */
static bool
send_one(void *ctx, struct record_bytes key, struct record_bytes value)
{
	struct shared *sh = ctx;
	struct greylist_record r;

	if (is_shared(key) && record_greylist_get(value, &r) && r.last >= sh->sending) {
		sh->sent = redis_merge(sh->redis, key, value);
		sh->sent_on += sh->sent == STORE_OK;
	}
	return sh->sent == STORE_OK || sh->sent == STORE_NEWER;
}

/* Go on sending, for a while; a failure leaves all of it for later. */
static void
send_on(struct store *s)
{
	struct shared *sh = s->state;
	int64_t end = clock_mono(&clock_real) + SEND_TIME;
	enum store_status status = STORE_OK;

	if (sh->sending == 0) {
		sh->sending = atomic_exchange(&sh->unsent, 0);
		sh->cursor = (struct store_cursor){.started = false};
		sh->sent = STORE_OK;
	}
	while (sh->sending != 0 && clock_mono(&clock_real) < end) {
		status = store_scan_step(
		    sh->local, (struct record_bytes){NULL, 0}, &sh->cursor, send_one, sh);
		if (status == STORE_OK && (sh->sent == STORE_OK || sh->sent == STORE_NEWER) &&
		    !sh->cursor.ended)
			continue;
		if (status != STORE_OK || (sh->sent != STORE_OK && sh->sent != STORE_NEWER))
			atomic_store(&sh->unsent, sh->sending);
		sh->sending = 0;
	}
}

static void
shared_flush(struct store *s)
{
	struct shared *sh = s->state;
	char room[200];
	struct buf why;

	buf_init(&why, room, sizeof room);
	if (redis_tend(sh->redis, &why) != STORE_OK)
		store_detail(s, "%s", why.s);
	else if (sh->sending != 0 || atomic_load(&sh->unsent) != 0)
		send_on(s);
}

static bool
shared_away(struct store *s)
{
	struct shared *sh = s->state;

	return redis_is_away(sh->redis) || atomic_load(&sh->unsent) != 0;
}

static void
shared_stats(struct store *s, struct store_stats *out)
{
	struct shared *sh = s->state;
	struct store_stats here;

	store_stats(sh->local, &here);
	out->records = here.records;
	out->bytes = here.bytes;
	out->swept += here.swept;
	out->conflicts += here.conflicts;
	out->snapshot = here.snapshot;
	out->shared = true;
	out->away = redis_is_away(sh->redis);
	out->stood_in = sh->stood_in;
	out->sent_on = sh->sent_on;
	out->unsent = sh->unsent;
	redis_stats(sh->redis, out);
}

const struct store_backend store_backend_shared = {
    .name = "redis",
    .room = UINT_MAX, /* a node has so many connections, and a call its deadline */
    .remote = true,
    .open = shared_open,
    .close = shared_close,
    .greylist = shared_greylist,
    .credit = shared_credit,
    .get = shared_get,
    .put = shared_put,
    .remove = shared_remove,
    .batch = shared_batch,
    .expire = shared_expire,
    .flush = shared_flush,
    .away = shared_away,
    .stats = shared_stats,
};
