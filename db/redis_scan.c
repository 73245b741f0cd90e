/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records one after the other: SCAN for some keys, then their values in one
 * go.  The server keeps no state of it, and nothing waits for us.
 */
#include "db/redis_private.h"

#include <stdlib.h>
#include <string.h>

#define SCAN_COUNT       100 /* keys looked at in one step: far fewer than a batch holds */
#define SCAN_COUNT_BIG   1 /* when their values are too big for a batch */
#define PATTERN_SIZE     (2 * (REDIS_HOST_SIZE + RECORD_KEY_MAX) + 1)
#define CURSOR_TEXT_SIZE 24

struct scan {
	struct redis *redis;
	struct redis_conn *conn;
	int64_t until;
	struct store_batch *out;
	size_t used;
	bool full; /* what came does not fit */
	bool late;
	bool refused; /* it may not be asked that */
};

/* Every key that begins so, in the server's pattern language. */
static struct record_bytes
pattern_of(const struct redis *r, struct record_bytes prefix, uint8_t out[PATTERN_SIZE])
{
	size_t n = 0;

	for (size_t i = 0; i < r->prefix_len + prefix.n; i++) {
		uint8_t c = i < r->prefix_len ? (uint8_t)r->prefix[i] : prefix.p[i - r->prefix_len];

		if (c == '\\' || c == '*' || c == '?' || c == '[' || c == ']')
			out[n++] = '\\';
		out[n++] = c;
	}
	out[n++] = '*';
	return (struct record_bytes){out, n};
}

static redisReply *
scan_keys(struct scan *s, struct record_bytes prefix, int64_t count)
{
	uint8_t pattern[PATTERN_SIZE];
	char cursor[CURSOR_TEXT_SIZE];
	struct redis_command c = {0};

	(void)snprintf(cursor, sizeof cursor, "%llu", (unsigned long long)s->out->mark.cursor);
	redis_word(&c, "SCAN");
	redis_word(&c, cursor);
	redis_word(&c, "MATCH");
	redis_bytes(&c, pattern_of(s->redis, prefix, pattern));
	redis_word(&c, "COUNT");
	redis_number(&c, count);
	return redis_conn_send(s->conn, &c) == 0 ? redis_conn_reply(s->conn, s->until, &s->late)
						 : NULL;
}

/* A record into the batch; what is no record of ours is passed over. */
static void
take(struct scan *s, const redisReply *key, const redisReply *value)
{
	struct store_batch *b = s->out;
	size_t skip = s->redis->prefix_len, len = key->len > skip ? key->len - skip : 0;

	if (value->type != REDIS_REPLY_STRING || value->len == 0 || len == 0 ||
	    len > RECORD_KEY_MAX || value->len > RECORD_VALUE_MAX)
		return;
	s->full = s->full || b->n == BATCH_MAX || s->used + len + value->len > BATCH_BYTES;
	if (s->full)
		return;
	memcpy(b->bytes + s->used, key->str + skip, len);
	b->keys[b->n] = (struct record_bytes){b->bytes + s->used, len};
	s->used += len;
	memcpy(b->bytes + s->used, value->str, value->len);
	b->values[b->n++] = (struct record_bytes){b->bytes + s->used, value->len};
	s->used += value->len;
}

/* Its slot is moving to another node of the cluster. */
static redisReply *
fetch_elsewhere(struct scan *s, const redisReply *key)
{
	struct redis_command c = {.key = {(const uint8_t *)key->str, key->len}};
	redisReply *value;

	redis_word(&c, "GET");
	redis_bytes(&c, c.key);
	(void)redis_ask(s->redis, &c, &value);
	return value;
}

static bool
fetch_values(struct scan *s, const redisReply *keys)
{
	redisReply *value;

	for (size_t i = 0; i < keys->elements; i++) {
		struct redis_command c = {0};

		redis_word(&c, "GET");
		redis_bytes(&c, (struct record_bytes){
				    (const uint8_t *)keys->element[i]->str, keys->element[i]->len});
		if (redis_conn_send(s->conn, &c) == -1)
			return false;
	}
	for (size_t i = 0; i < keys->elements; i++) {
		value = redis_conn_reply(s->conn, s->until, &s->late);
		if (value == NULL)
			return false;
		if (value->type == REDIS_REPLY_ERROR) {
			freeReplyObject(value);
			value = fetch_elsewhere(s, keys->element[i]);
		}
		if (value != NULL)
			take(s, keys->element[i], value);
		freeReplyObject(value);
	}
	return true;
}

/* One page from out->mark on; the mark moves when all of it is in the batch. */
static bool
read_page(struct scan *s, struct record_bytes prefix, int64_t count)
{
	redisReply *page = scan_keys(s, prefix, count);
	bool good = page != NULL && page->type == REDIS_REPLY_ARRAY && page->elements == 2 &&
		    page->element[0]->type == REDIS_REPLY_STRING &&
		    page->element[1]->type == REDIS_REPLY_ARRAY;

	if (page != NULL && !good)
		(void)snprintf(s->conn->why, sizeof s->conn->why, "%s",
		    page->type == REDIS_REPLY_ERROR ? page->str : "no answer to SCAN");
	s->refused = page != NULL && page->type == REDIS_REPLY_ERROR;
	s->out->n = 0;
	s->used = 0;
	s->full = false;
	good = good && fetch_values(s, page->element[1]);
	if (good && !s->full)
		s->out->mark.cursor = strtoull(page->element[0]->str, NULL, 10);
	freeReplyObject(page);
	return good;
}

enum store_status
redis_batch(struct redis *r, struct record_bytes prefix, struct store_batch *out)
{
	struct scan s = {.redis = r, .out = out, .until = redis_until(r)};
	char name[REDIS_HOST_SIZE + 8];
	struct redis_node *node = redis_part(r, &out->mark.part);
	enum store_status status = STORE_OK;
	bool good;

	out->n = 0;
	out->ended = node == NULL;
	if (node == NULL || (status = redis_lease(r, node, s.until, true, &s.conn)) != STORE_OK)
		return status;
	good =
	    read_page(&s, prefix, SCAN_COUNT) && (!s.full || read_page(&s, prefix, SCAN_COUNT_BIG));
	if (!good) {
		store_detail(r->store, "%s: %s", redis_node_text(node, name), s.conn->why);
		redis_drop(r, node, &s.conn, s.refused ? 0 : s.late ? REDIS_STRIKES : 1);
		return s.refused ? STORE_FAILED : STORE_AWAY;
	}
	redis_return(r, &s.conn);
	if (s.full) {
		store_detail(r->store, "too many records in one page of SCAN");
		return STORE_FAILED;
	}
	if (out->mark.cursor == 0)
		out->mark.part++;
	out->ended = redis_part(r, &out->mark.part) == NULL;
	return STORE_OK;
}
