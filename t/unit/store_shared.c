/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A shared store whose server is away, stands still, is full, forgets, or
 * turned into a replica; and how records of two hosts become one.
 */
#include "db/redis.h"

#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "t/scratch.h"
#include "t/tap.h"
#include "t/unit/redisserver.h"
#include "t/unit/teststore.h"

#define DAY      86400
#define DEADLINE 2000 /* ms, of stores whose server stands still */
#define PATIENCE 30000 /* ms */

static const struct greylist_params usual = {300, 2 * DAY, 35 * DAY, 5};
static struct redisserver server;
/* Of stores that are opened; a busy machine shall not make a good server late. */
static unsigned keys = STORE_KEYS_PLAIN;
static int64_t deadline = 10000;
static char where[SCRATCH_SIZE];

static bool
is_equal(const struct greylist_record *a, const struct greylist_record *b)
{
	return a->first == b->first && a->last == b->last && a->passed == b->passed &&
	       a->count == b->count;
}

static struct store *
open_by(enum store_down down, const char *prefix, const struct clock *clock)
{
	struct store_setup setup = {.options = {.type = STORE_MEMORY,
					.cache_size = 16 << 20,
					.redis = &server.place,
					.prefix = prefix,
					.deadline = deadline,
					.keys = keys,
					.down = down},
	    .directory = where,
	    .clock = clock,
	    .offline = clock != &clock_real, /* no thread but ours looks at it */
	    .tell = teststore_hear};

	return teststore_open(&setup);
}

static struct store *
open_store(enum store_down down, const char *prefix)
{
	return open_by(down, prefix, &clock_real);
}

/* By a message that began before. */
static enum store_status
attempt_since(struct store *s, const char *client, int64_t before, struct greylist_answer *a)
{
	const char *fields[] = {client, "joe@example.com", "user@example.org"};
	struct record_key triplet, from;

	record_key_make(&triplet, RECORD_TRIPLET, fields, 3);
	record_key_make(&from, RECORD_CLIENT, fields, 1);
	*a = (struct greylist_answer){.outcome = GREYLIST_ALLOWED};
	return store_greylist(s,
	    &(struct store_attempt){&triplet, &from, clock_wall(&clock_real) - before, &usual}, a);
}

static enum store_status
attempt(struct store *s, const char *client, struct greylist_answer *a)
{
	return attempt_since(s, client, 0, a);
}

/* One word for what came of an attempt. */
static const char *
try(struct store *s, const char *client)
{
	static const char *const outcomes[] = {"new", "early", "passed", "known", "allowed"};
	struct greylist_answer a;
	enum store_status status = attempt(s, client, &a);

	return status == STORE_OK ? outcomes[a.outcome] : store_status_word(status);
}

/* The answer once it is the one wanted, or the last one. */
static const char *
try_until(struct store *s, const char *client, const char *wanted)
{
	const struct timespec pause = {.tv_nsec = 20000000};
	int64_t end = clock_mono(&clock_real) + PATIENCE;
	const char *got;

	while (strcmp(got = try(s, client), wanted) != 0 && clock_mono(&clock_real) < end)
		(void)nanosleep(&pause, NULL);
	return got;
}

/* By a connection of its own, so that it can kill the others. */
static void
command(const char *password, const char *text)
{
	redisContext *c = redisConnectUnix(server.socket);
	redisReply *reply;

	if (password != NULL)
		freeReplyObject(redisCommand(c, "AUTH %s", password));
	reply = redisCommand(c, text);
	if (reply == NULL || reply->type == REDIS_REPLY_ERROR)
		tap_ok(false, "%s: %s", text, reply != NULL ? reply->str : c->errstr);
	freeReplyObject(reply);
	redisFree(c);
}

static void
test_away(void)
{
	struct store *s = open_store(STORE_DOWN_PASS, "away:");

	tap_ok(s != NULL, "a store opens though its server is away");
	tap_ok(teststore_said("No such file or directory; mail goes on without it"), "and says so");
	tap_is(try(s, "a"), "away", "an attempt is not answered");
	redisserver_start(&server);
	tap_is(try_until(s, "a", "new"), "new", "it is found when it comes");
	tap_is(try(s, "a"), "early", "and remembers");
	redisserver_stop(&server);
	tap_is(try(s, "a"), "away", "killed");
	redisserver_start(&server);
	tap_is(try_until(s, "a", "new"), "new", "started again, empty");
	store_close(&s);
}

/* What stays on this host is well all the while. */
static enum store_status
put_receipt(struct store *s)
{
	const char *fields[] = {"1", "2"};
	struct record_key key;

	record_key_make(&key, RECORD_RECEIPT, fields, 2);
	return store_put(s, &key, 0, "{}", 2);
}

static void
test_said(void)
{
	struct clock_fake fake;
	struct store *s;

	clock_fake_init(&fake, 1, clock_wall(&clock_real));
	s = open_by(STORE_DOWN_PASS, "said:", &fake.clock);
	redisserver_stop(&server);
	tap_is(try(s, "a"), "away", "said: it is away");
	tap_ok(teststore_said("! "), "said: which is told");
	tap_is(try(s, "a"), "away", "said: still away");
	tap_ok(!teststore_said("! "), "said: not twice within a minute");
	fake.mono_ms += 61000;
	tap_is_int(put_receipt(s), STORE_OK, "said: what stays here is kept");
	tap_ok(!teststore_said("works"), "said: which is not to say that all works again");
	tap_is(try(s, "a"), "away", "said: after a minute");
	tap_ok(teststore_said("! "), "said: it is told again");
	redisserver_start(&server);
	store_flush(s);
	fake.mono_ms += 61000;
	tap_is_int(put_receipt(s), STORE_OK, "said: it is back");
	tap_ok(teststore_said("works again"), "said: which is told");
	store_close(&s);
}

static void
test_hung(void)
{
	struct store *s = open_store(STORE_DOWN_PASS, "hung:");
	int64_t begin, took;

	(void)teststore_said("");
	tap_is(try(s, "a"), "new", "before it hangs");
	(void)kill(server.pid, SIGSTOP);
	begin = clock_mono(&clock_real);
	tap_is(try(s, "a"), "away", "one that hangs does not answer");
	took = clock_mono(&clock_real) - begin;
	tap_ok(took >= DEADLINE - 1, "in time: %lld ms", (long long)took);
	tap_ok(teststore_said("no answer in time"), "which is said");
	begin = clock_mono(&clock_real);
	for (int i = 0; i < 100; i++)
		(void)try(s, "a");
	took = clock_mono(&clock_real) - begin;
	tap_ok(took < 100 * DEADLINE / 2, "nobody waits again: %lld ms for 100", (long long)took);
	(void)kill(server.pid, SIGCONT);
	tap_is(try_until(s, "a", "early"), "early", "it goes on where it was");
	store_close(&s);
}

static void
test_moods(void)
{
	/* clang-format off */
	static const struct { const char *name, *before, *wanted, *later, *after; } moods[] = {
		{ "the script is forgotten", "SCRIPT FLUSH", "early", "early", "PING" },
		{ "its connections are closed", "CLIENT KILL TYPE normal", "early", "early", "PING" },
		{ "its memory is full", "CONFIG SET maxmemory 1", "full", "early", "CONFIG SET maxmemory 0" },
		{ "it is a replica", "REPLICAOF 127.0.0.1 1", "away", "early", "REPLICAOF NO ONE" },
	};
	/* clang-format on */
	struct store *s = open_store(STORE_DOWN_PASS, "moods:");

	tap_is(try(s, "a"), "new", "all is well");
	for (size_t i = 0; i < sizeof moods / sizeof moods[0]; i++) {
		command(NULL, moods[i].before);
		tap_is(try(s, "a"), moods[i].wanted, "%s", moods[i].name);
		command(NULL, moods[i].after);
		tap_is(try_until(s, "a", moods[i].later), moods[i].later, "and not any more");
	}
	store_close(&s);
}

static void
test_password(void)
{
	struct store *s;

	command(NULL, "CONFIG SET requirepass another");
	server.place.password = "secret";
	(void)teststore_said("");
	s = open_store(STORE_DOWN_PASS, "password:");
	tap_is(try(s, "a"), "away", "a wrong password");
	tap_ok(teststore_said("WRONGPASS"), "is told");
	command("another", "CONFIG SET requirepass secret");
	tap_is(try_until(s, "a", "new"), "new", "the right one");
	store_close(&s);
	server.place.password = NULL;
	redisserver_stop(&server);
	redisserver_start(&server);
}

/* Something else stands where the triplet of that client would. */
static void
spoil(const char *client)
{
	const char *fields[] = {client, "joe@example.com", "user@example.org"};
	redisContext *c = redisConnectUnix(server.socket);
	struct record_key key;

	record_key_make(&key, RECORD_TRIPLET, fields, 3);
	freeReplyObject(redisCommand(c, "LPUSH local:%b x", key.bytes, key.len));
	redisFree(c);
}

static void
test_local(void)
{
	struct store *s = open_store(STORE_DOWN_LOCAL, "local:"),
		     *other = open_store(STORE_DOWN_PASS, "local:");
	struct greylist_answer a;

	tap_is(try(s, "a"), "new", "local: known on the server");
	tap_is(try(s, "a"), "early", "local: twice");
	spoil("bad");
	(void)kill(server.pid, SIGSTOP);
	(void)teststore_said("");
	(void)attempt_since(s, "slow", 30, &a);
	tap_is_int(a.outcome, GREYLIST_NEW, "local: a message that began before the outage");
	tap_ok(
	    teststore_said("no answer in time; this host answers instead"), "local: which is said");
	tap_is(try(s, "bad"), "new", "local: one of whom the server has nonsense");
	tap_is(try(s, "b"), "new", "local: while it is away this host answers");
	tap_is(try(s, "b"), "early", "local: and remembers");
	tap_is(try(s, "a"), "new", "local: but only what it saw itself");
	tap_is(try(other, "b"), "away", "local: the others do not know it");
	(void)kill(server.pid, SIGCONT);
	tap_is(try_until(other, "b", "early"), "early", "local: it is sent on to all");
	tap_is(try(other, "slow"), "early", "local: from the first one on");
	tap_is(try(other, "bad"), "newer", "local: nonsense stays, and is in nobody's way");
	(void)attempt(other, "b", &a);
	tap_ok(a.count >= 3, "local: with its count: %u", a.count);
	(void)attempt(other, "a", &a);
	tap_is_int(a.outcome, GREYLIST_EARLY, "local: what was known is not lost");
	store_close(&s);
	store_close(&other);
}

static void
random_record(struct record_bytes *out, uint8_t room[RECORD_GREYLIST_SIZE])
{
	int64_t now = clock_wall(&clock_real);
	struct greylist_record r = {
	    .first = now - random() % 1000, .count = (uint32_t)random() % 9};

	r.last = r.first + random() % 1000;
	r.passed = random() % 2 == 0 ? 0 : r.first + random() % 1000;
	record_greylist_put(room, &r, now + 100 + random() % DAY);
	*out = (struct record_bytes){room, RECORD_GREYLIST_SIZE};
}

/* Merge n of the records, in an order of their own and some of them twice. */
static size_t
merged(struct redis *r, const char *name, const struct record_bytes *values, size_t n, uint8_t *out)
{
	const char *fields[] = {name};
	struct record_key key;
	size_t start = (size_t)random() % n, len = 0;

	record_key_make(&key, RECORD_CLIENT, fields, 1);
	(void)redis_remove(r, record_key_bytes(&key));
	for (size_t i = 0; i < n; i++) {
		size_t one = (start + i * 3) % n; /* n is no multiple of 3 */

		(void)redis_merge(r, record_key_bytes(&key), values[one]);
		if (random() % 2 == 0)
			(void)redis_merge(r, record_key_bytes(&key), values[one]);
	}
	(void)redis_get(r, record_key_bytes(&key), out, RECORD_GREYLIST_SIZE, &len);
	return len;
}

static void
test_merge(void)
{
	struct store *s = open_store(STORE_DOWN_PASS, "merge:");
	uint8_t rooms[5][RECORD_GREYLIST_SIZE], a[RECORD_GREYLIST_SIZE], b[RECORD_GREYLIST_SIZE];
	struct record_bytes values[5];
	struct redis *r;
	char room[200];
	struct buf why;
	int wrong = 0;

	buf_init(&why, room, sizeof room);
	tap_is_int(redis_open(&r, s, &why), STORE_OK, "merge: opens");
	srandom(3);
	for (int round = 0; round < 200; round++) {
		for (size_t i = 0; i < 5; i++)
			random_record(&values[i], rooms[i]);
		wrong += merged(r, "one", values, 5, a) != sizeof a ||
			 merged(r, "two", values, 5, b) != sizeof b || memcmp(a, b, sizeof a) != 0;
	}
	tap_is_int(wrong, 0, "merge: in any order, once or twice");
	redis_close(&r);
	store_close(&s);
}

static void
test_merge_fields(void)
{
	/* clang-format off */
	static const struct { const char *name; struct greylist_record a, b, wanted; } cases[] = {
		{ "earliest first, latest last", { 10, 20, 0, 3 }, { 5, 30, 0, 2 }, { 5, 30, 0, 3 } },
		{ "passed at one", { 10, 20, 0, 3 }, { 15, 20, 20, 2 }, { 10, 20, 20, 3 } },
		{ "passed at both", { 10, 20, 19, 3 }, { 15, 20, 20, 2 }, { 10, 20, 19, 3 } },
	};
	/* clang-format on */
	struct store *s = open_store(STORE_DOWN_PASS, "fields:");
	const int64_t expires = clock_wall(&clock_real) + DAY;
	uint8_t value[RECORD_GREYLIST_SIZE];
	struct greylist_record got;
	struct redis *r;
	char room[200];
	struct buf why;
	size_t len;

	buf_init(&why, room, sizeof room);
	(void)redis_open(&r, s, &why);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct record_bytes key = {(const uint8_t *)cases[i].name, strlen(cases[i].name)},
				    v = {value, sizeof value};

		record_greylist_put(value, &cases[i].a, expires);
		(void)redis_merge(r, key, v);
		record_greylist_put(value, &cases[i].b, expires - 1);
		(void)redis_merge(r, key, v);
		(void)redis_get(r, key, value, sizeof value, &len);
		(void)record_greylist_get(v, &got);
		tap_ok(is_equal(&got, &cases[i].wanted), "merge: %s", cases[i].name);
	}
	redis_close(&r);
	store_close(&s);
}

struct copying {
	struct store *to;
	size_t records, longest;
};

static bool
copy_one(void *ctx, struct record_bytes key, struct record_bytes value)
{
	struct copying *c = ctx;

	c->records++;
	c->longest = key.n > c->longest ? key.n : c->longest;
	return store_put_value(c->to, key, value) == STORE_OK;
}

static void
test_hashed(void)
{
	const char *host = "a-client-with-a-long-name.example.com";
	struct copying copying = {.records = 0};
	struct store *s, *plain;

	keys = STORE_KEYS_HASHED;
	s = open_store(STORE_DOWN_PASS, "hashed:");
	copying.to = open_store(STORE_DOWN_PASS, "copy:");
	keys = STORE_KEYS_PLAIN;
	plain = open_store(STORE_DOWN_PASS, "copy:");
	tap_is(try(s, host), "new", "hashed: new");
	tap_is(try(s, host), "early", "hashed: remembered");
	tap_is(try(s, "another"), "new", "hashed: another is another");
	tap_is_int(store_scan(s, (struct record_bytes){NULL, 0}, copy_one, &copying), STORE_OK,
	    "hashed: all of it is copied");
	tap_is_int((int64_t)copying.records, 2, "hashed: two triplets");
	tap_is_int((int64_t)copying.longest, 17, "hashed: under short keys");
	tap_is(try(copying.to, host), "early", "hashed: the copy knows them");
	tap_is(try(plain, host), "new", "hashed: but by their hashes alone");
	store_close(&s);
	store_close(&copying.to);
	store_close(&plain);
}

int
main(void)
{
	scratch_make(where);
	redisserver_init(&server, where, "server");
	test_away();
	test_said();
	deadline = DEADLINE;
	test_hung();
	deadline = 10000;
	test_moods();
	test_password();
	deadline = DEADLINE;
	test_local();
	deadline = 10000;
	test_hashed();
	test_merge();
	test_merge_fields();
	redisserver_stop(&server);
	scratch_remove(where);
	return tap_done();
}
