/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a back end does, done by a Redis server: plain commands, and for what
 * reads and writes in one step the script.
 */
#include "db/redis_private.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(GREYLIST_NEW == 0 && GREYLIST_EARLY == 1 && GREYLIST_PASSED == 2 &&
		   GREYLIST_KNOWN == 3 && GREYLIST_ALLOWED == 4,
    "as in redis_script.lua");

#define ANSWER_NEWER (-1)

/* A key as it is on the server. */
struct full_key {
	uint8_t bytes[REDIS_HOST_SIZE + RECORD_KEY_MAX];
	size_t len;
};

static struct record_bytes
full_key(const struct redis *r, struct full_key *k, struct record_bytes key)
{
	memcpy(k->bytes, r->prefix, r->prefix_len);
	memcpy(k->bytes + r->prefix_len, key.p, key.n);
	k->len = r->prefix_len + key.n;
	return (struct record_bytes){k->bytes, k->len};
}

/* ---- the script */

static void
call(struct redis *r, struct redis_command *c, const struct record_bytes *keys, size_t n)
{
	*c = (struct redis_command){.key = keys[0]};
	redis_word(c, "EVALSHA");
	redis_word(c, r->sha);
	redis_number(c, (int64_t)n);
	for (size_t i = 0; i < n; i++)
		redis_bytes(c, keys[i]);
}

static void
arguments(struct redis *r, struct redis_command *c, const char *verb, int64_t now,
    const struct greylist_params *p)
{
	redis_word(c, verb);
	redis_number(c, now + atomic_load(&r->skew));
	redis_number(c, p->delay);
	redis_number(c, p->retry_window);
	redis_number(c, p->max_age);
	redis_number(c, p->auto_allow_after);
	redis_number(c, GREYLIST_REFRESH);
	redis_number(c, REDIS_SLACK);
}

/* The numbers of an answer; frees it. */
static enum store_status
take_numbers(struct redis *r, redisReply *reply, long long *out, size_t n)
{
	bool good = reply->type == REDIS_REPLY_ARRAY && reply->elements > 0;

	for (size_t i = 0; good && i < reply->elements && i < n; i++) {
		good = reply->element[i]->type == REDIS_REPLY_INTEGER;
		out[i] = reply->element[i]->integer;
	}
	freeReplyObject(reply);
	if (!good)
		store_detail(r->store, "the script gives an answer that is not its own");
	return !good ? STORE_FAILED : out[0] == ANSWER_NEWER ? STORE_NEWER : STORE_OK;
}

static enum store_status
ask_numbers(struct redis *r, const struct redis_command *c, long long *out, size_t n)
{
	redisReply *reply;
	enum store_status status = redis_ask(r, c, &reply);

	return status == STORE_OK ? take_numbers(r, reply, out, n) : status;
}

enum store_status
redis_greylist(struct redis *r, const struct store_attempt *t, struct greylist_answer *a)
{
	struct full_key full[2];
	struct record_bytes keys[2] = {full_key(r, &full[0], record_key_bytes(t->triplet)),
	    full_key(r, &full[1], record_key_bytes(t->client))};
	long long n[4] = {0};
	struct redis_command c;
	enum store_status status;

	call(r, &c, keys, t->params->auto_allow_after > 0 ? 2 : 1);
	arguments(r, &c, "greylist", t->now, t->params);
	status = ask_numbers(r, &c, n, 4);
	*a = (struct greylist_answer){(enum greylist_outcome)n[0], n[1], n[2], (uint32_t)n[3]};
	return status;
}

enum store_status
redis_credit(struct redis *r, const struct store_attempt *t)
{
	struct full_key full;
	struct record_bytes key = full_key(r, &full, record_key_bytes(t->client));
	struct redis_command c;
	long long n;

	call(r, &c, &key, 1);
	arguments(r, &c, "credit", t->now, t->params);
	return ask_numbers(r, &c, &n, 1);
}

static enum store_status
on_record(struct redis *r, const char *verb, struct record_bytes key, struct record_bytes value,
    int64_t now, long long *n)
{
	static const struct greylist_params none = {0};
	struct full_key full;
	struct record_bytes whole = full_key(r, &full, key);
	struct redis_command c;

	call(r, &c, &whole, 1);
	arguments(r, &c, verb, now, &none);
	if (value.n > 0)
		redis_bytes(&c, value);
	return ask_numbers(r, &c, n, 1);
}

enum store_status
redis_merge(struct redis *r, struct record_bytes key, struct record_bytes value)
{
	int64_t skew = atomic_load(&r->skew), expires;
	uint8_t moved[RECORD_GREYLIST_SIZE];
	struct greylist_record g;
	long long n;

	if (skew != 0 && record_head_get(value, &expires) && record_greylist_get(value, &g)) {
		g.first += skew;
		g.last += skew;
		g.passed += g.passed != 0 ? skew : 0;
		record_greylist_put(moved, &g, expires + skew);
		value.p = moved;
	}
	return on_record(r, "merge", key, value, clock_wall(r->store->setup.clock), &n);
}

enum store_status
redis_expire(
    struct redis *r, const struct record_bytes *keys, size_t n, int64_t now, uint64_t *removed_r)
{
	enum store_status status = STORE_OK;
	long long removed;

	*removed_r = 0;
	for (size_t i = 0; status == STORE_OK && i < n; i++) {
		status =
		    on_record(r, "expire", keys[i], (struct record_bytes){NULL, 0}, now, &removed);
		*removed_r += status == STORE_OK && removed > 0;
	}
	return status;
}

/* ---- plain commands */

enum store_status
redis_get(struct redis *r, struct record_bytes key, uint8_t *out, size_t size, size_t *len_r)
{
	struct full_key full;
	struct redis_command c = {.key = full_key(r, &full, key)};
	enum store_status status;
	redisReply *reply;

	redis_word(&c, "GET");
	redis_bytes(&c, c.key);
	status = redis_ask(r, &c, &reply);
	if (status != STORE_OK)
		return status;
	if (reply->type == REDIS_REPLY_STRING) {
		*len_r = reply->len;
		memcpy(out, reply->str, reply->len < size ? reply->len : size);
	} else
		status = reply->type == REDIS_REPLY_NIL ? STORE_MISSING : STORE_FAILED;
	freeReplyObject(reply);
	return status;
}

enum store_status
redis_put(struct redis *r, struct record_bytes key, struct record_bytes value)
{
	struct full_key full;
	struct redis_command c = {.key = full_key(r, &full, key)};
	enum store_status status;
	redisReply *reply;
	int64_t expires, left;

	redis_word(&c, "SET");
	redis_bytes(&c, c.key);
	redis_bytes(&c, value);
	if (record_head_get(value, &expires) && expires != 0) {
		left = expires - clock_wall(r->store->setup.clock);
		redis_word(&c, "EX");
		redis_number(&c, (left > 0 ? left : 0) + REDIS_SLACK);
	}
	status = redis_ask(r, &c, &reply);
	freeReplyObject(reply);
	return status;
}

enum store_status
redis_remove(struct redis *r, struct record_bytes key)
{
	struct full_key full;
	struct redis_command c = {.key = full_key(r, &full, key)};
	enum store_status status;
	redisReply *reply;

	redis_word(&c, "DEL");
	redis_bytes(&c, c.key);
	status = redis_ask(r, &c, &reply);
	if (status == STORE_OK && reply->integer == 0)
		status = STORE_MISSING;
	freeReplyObject(reply);
	return status;
}

/* ---- the whole */

static bool
parse_memory(const char *info, uint64_t *bytes_r)
{
	const char *line = strstr(info, "used_memory:");

	return line != NULL && sscanf(line, "used_memory:%" SCNu64, bytes_r) == 1;
}

void
redis_stats(struct redis *r, struct store_stats *out)
{
	struct redis_command size = {0}, info = {0};
	struct redis_node *node;
	redisReply *reply;
	uint64_t bytes;

	redis_word(&size, "DBSIZE");
	redis_word(&info, "INFO");
	redis_word(&info, "memory");
	for (unsigned part = 0; (node = redis_part(r, &part)) != NULL; part++) {
		if (redis_ask_node(r, node, &size, &reply) == STORE_OK)
			out->records += (uint64_t)reply->integer;
		freeReplyObject(reply);
		if (redis_ask_node(r, node, &info, &reply) == STORE_OK &&
		    reply->type == REDIS_REPLY_STRING && parse_memory(reply->str, &bytes))
			out->bytes += bytes;
		freeReplyObject(reply);
	}
}

enum store_status
redis_open(struct redis **redis_r, struct store *s, struct buf *why)
{
	const struct store_options *o = &s->setup.options;
	struct redis *r = calloc(1, sizeof *r);
	struct sigaction pipe;
	enum store_status status;
	pthread_condattr_t attr;

	*redis_r = r;
	if (r == NULL) {
		buf_puts(why, "out of memory");
		return STORE_FAILED;
	}
	/* A connection that the server closed must not end the process. */
	if (sigaction(SIGPIPE, NULL, &pipe) == 0 && pipe.sa_handler == SIG_DFL)
		(void)signal(SIGPIPE, SIG_IGN);
	r->store = s;
	r->deadline = o->deadline;
	if (s->setup.offline && r->deadline < REDIS_OFFLINE_DEADLINE)
		r->deadline = REDIS_OFFLINE_DEADLINE;
	r->prefix_len = (size_t)snprintf(r->prefix, sizeof r->prefix, "%s", o->prefix);
	redis_script_sha(r->sha);
	(void)pthread_mutex_init(&r->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&r->returned, &attr);
	(void)pthread_condattr_destroy(&attr);
	status = redis_tend(r, why);
	if (status != STORE_OK && s->setup.offline)
		redis_close(redis_r);
	return status;
}

void
redis_close(struct redis **rp)
{
	struct redis *r = *rp;

	*rp = NULL;
	redis_pool_free(r);
	(void)pthread_cond_destroy(&r->returned);
	(void)pthread_mutex_destroy(&r->lock);
	free(r);
}
