/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What reads and writes a record in one step: the script, called for one
 * record or, where one server has them, for both of a decision.
 */
#include "db/redis_private.h"

#include <string.h>

_Static_assert(GREYLIST_NEW == 0 && GREYLIST_EARLY == 1 && GREYLIST_PASSED == 2 &&
		   GREYLIST_KNOWN == 3 && GREYLIST_ALLOWED == 4,
    "as in redis_script.lua");

#define ANSWER_NEWER (-1)

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

/* The numbers an answer begins with, n at most; behind the outcome, seconds and a count. */
static enum store_status
take_numbers(struct redis *r, const redisReply *reply, long long *out, size_t n)
{
	bool good = reply->type == REDIS_REPLY_ARRAY && reply->elements > 0;

	for (size_t i = 0; good && i < reply->elements && i < n; i++) {
		good = reply->element[i]->type == REDIS_REPLY_INTEGER;
		out[i] = reply->element[i]->integer;
		good = good && (i == 0 || (out[i] >= 0 && out[i] <= UINT32_MAX));
	}
	good = good && out[0] >= ANSWER_NEWER && out[0] <= GREYLIST_ALLOWED;
	if (!good)
		store_detail(r->store, "the script gives an answer that is not its own");
	return !good ? STORE_FAILED : out[0] == ANSWER_NEWER ? STORE_NEWER : STORE_OK;
}

static enum store_status
ask_numbers(struct redis *r, const struct redis_command *c, long long *out, size_t n)
{
	redisReply *reply;
	enum store_status status = redis_ask(r, c, &reply);

	if (status == STORE_OK)
		status = take_numbers(r, reply, out, n);
	freeReplyObject(reply);
	return status;
}

/* Both records on one server: all in one step. */
static enum store_status
decide_together(
    struct redis *r, const struct record_bytes keys[2], const struct store_attempt *t, long long *n)
{
	struct redis_command c;

	call(r, &c, keys, t->params->auto_allow_after > 0 ? 2 : 1);
	arguments(r, &c, "greylist", t->now, t->params);
	return ask_numbers(r, &c, n, 4);
}

/* A place for a client that was allowed; one that takes another's place only costs a record more. */
static _Atomic uint64_t *
hint_of(struct redis *r, struct record_bytes client, uint64_t *hash_r)
{
	uint64_t h = 14695981039346656037u; /* FNV-1a */

	for (size_t i = 0; i < client.n; i++)
		h = (h ^ client.p[i]) * 1099511628211u;
	*hash_r = h | 1;
	return &r->hints[(h >> 32) % REDIS_HINTS];
}

/* A call on its way beside another one. */
struct apart {
	struct redis_command command;
	struct redis_question question;
	redisReply *reply;
};

static void
prepare(struct redis *r, struct apart *p, const struct record_bytes *key, const char *verb,
    const struct store_attempt *t)
{
	call(r, &p->command, key, 1);
	arguments(r, &p->command, verb, t->now, t->params);
}

static void
begin(struct redis *r, struct apart *p, const struct record_bytes *key, const char *verb,
    const struct store_attempt *t, int64_t until)
{
	prepare(r, p, key, verb, t);
	redis_begin(r, &p->question, &p->command, until, NULL);
}

static enum store_status
finish(struct redis *r, struct apart *p, long long *n)
{
	enum store_status status = redis_finish(r, &p->question, &p->reply);

	return status == STORE_OK ? take_numbers(r, p->reply, n, 4) : status;
}

/* A try that changed nothing: as with a triplet that passed a moment ago. */
static bool
is_same(redisReply *const *e)
{
	return e[4]->len == e[5]->len && memcmp(e[4]->str, e[5]->str, e[4]->len) == 0;
}

/* Tried in vain: the client need not have been asked. */
static void
undo(struct redis *r, const struct apart *tried, const struct record_bytes *key,
    const struct store_attempt *t, int64_t until)
{
	const redisReply *reply = tried->reply;
	struct apart back;
	long long n[4];

	if (reply == NULL || reply->elements != 6 ||
	    reply->element[4]->type != REDIS_REPLY_STRING ||
	    reply->element[5]->type != REDIS_REPLY_STRING || is_same(reply->element))
		return;
	prepare(r, &back, key, "undo", t);
	for (size_t i = 4; i < 6; i++)
		redis_bytes(
		    &back.command, (struct record_bytes){(const uint8_t *)reply->element[i]->str,
				       reply->element[i]->len});
	redis_begin(r, &back.question, &back.command, until, NULL);
	(void)finish(r, &back, n);
	freeReplyObject(back.reply);
}

/* Each record where the cluster has it; client and triplet are asked at the same time. */
static enum store_status
decide_apart(
    struct redis *r, const struct record_bytes keys[2], const struct store_attempt *t, long long *n)
{
	int64_t until = redis_until(r);
	struct apart client, triplet = {.reply = NULL};
	enum store_status status, asked;
	long long allowed[4] = {0};
	uint64_t hash;
	_Atomic uint64_t *hint = hint_of(r, keys[1], &hash);
	bool alone, is_allowed;

	begin(r, &client, &keys[1], "client", t, until);
	/* Who waits for a connection holds no other one, or some would wait for each other. */
	alone = atomic_load(hint) == hash || client.question.conn == NULL;
	if (!alone)
		begin(r, &triplet, &keys[0], "try", t, until);
	asked = finish(r, &client, allowed);
	freeReplyObject(client.reply);
	is_allowed = asked == STORE_OK && allowed[0] == GREYLIST_ALLOWED;
	atomic_store(hint, is_allowed ? hash : 0);
	if (alone && asked == STORE_OK && !is_allowed)
		begin(r, &triplet, &keys[0], "try", t, until);
	else if (alone) {
		n[0] = allowed[0];
		return asked;
	}
	status = finish(r, &triplet, n);
	if (asked != STORE_OK || is_allowed) {
		undo(r, &triplet, &keys[0], t, until);
		memcpy(n, allowed, sizeof allowed);
		status = asked;
	} else if (status == STORE_OK && n[0] == GREYLIST_PASSED) {
		begin(r, &client, &keys[1], "credit", t, until);
		(void)finish(r, &client, allowed);
		freeReplyObject(client.reply);
	}
	freeReplyObject(triplet.reply);
	return status;
}

enum store_status
redis_greylist(struct redis *r, const struct store_attempt *t, struct greylist_answer *a)
{
	struct redis_key full[2];
	const struct record_bytes keys[2] = {
	    redis_full_key(r, &full[0], record_key_bytes(t->triplet)),
	    redis_full_key(r, &full[1], record_key_bytes(t->client))};
	bool apart = r->slots != NULL && t->params->auto_allow_after > 0;
	long long n[4] = {0};
	enum store_status status = (apart ? decide_apart : decide_together)(r, keys, t, n);

	*a = (struct greylist_answer){(enum greylist_outcome)n[0], n[1], n[2], (uint32_t)n[3]};
	return status;
}

enum store_status
redis_credit(struct redis *r, const struct store_attempt *t)
{
	struct redis_key full;
	struct record_bytes key = redis_full_key(r, &full, record_key_bytes(t->client));
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
	struct redis_key full;
	struct record_bytes whole = redis_full_key(r, &full, key);
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
