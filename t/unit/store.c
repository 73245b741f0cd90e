/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every store must do, asked of each back end: the same table, the same
 * random histories, the same crowd of threads.
 */
#include "config.h"

#include "db/backend.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "db/dump.h"
#include "t/scratch.h"
#include "t/tap.h"
#include "t/unit/redisserver.h"
#include "t/unit/teststore.h"

#ifdef HAVE_HIREDIS
#define HAVE_REDIS 1
#else
#define HAVE_REDIS 0
#endif
#define T0  1700000000
#define DAY 86400

static const struct greylist_params usual = {300, 2 * DAY, 35 * DAY, 5};
static struct clock_fake fake;
static char where[SCRATCH_SIZE];

static struct redisserver server, nodes[REDISCLUSTER_NODES];

static struct store *
open_store(enum store_type type, const struct redis_place *shared)
{
	struct store_setup setup = {.options = {.type = type,
					.cache_size = 16 << 20,
					.redis = shared,
					.cluster = shared == &nodes[0].place,
					.prefix = "t:",
					.deadline = 10000},
	    .directory = where,
	    .clock = &fake.clock,
	    .offline = true};

	return teststore_open(&setup);
}

static void
key_of(struct record_key *k, enum record_kind kind, const char *client, long n)
{
	char sender[48];
	const char *fields[] = {client, sender, "rcpt@example.org"};

	(void)snprintf(sender, sizeof sender, "sender-%ld@example.com", n);
	record_key_make(k, kind, fields, kind == RECORD_TRIPLET ? 3 : 1);
}

static enum greylist_outcome
attempt(struct store *s, const char *client, long n, int64_t now, const struct greylist_params *p)
{
	struct record_key triplet, from;
	struct greylist_answer a = {.outcome = GREYLIST_ALLOWED};

	key_of(&triplet, RECORD_TRIPLET, client, n);
	key_of(&from, RECORD_CLIENT, client, n);
	if (store_greylist(s, &(struct store_attempt){&triplet, &from, now, p}, &a) != STORE_OK)
		tap_ok(false, "attempt of %s answered", client);
	return a.outcome;
}

static void
test_greylist(struct store *s, const char *type)
{
	int64_t now = T0;

	tap_is_int(attempt(s, "192.0.2.0/24", 1, now, &usual), GREYLIST_NEW, "%s: new", type);
	tap_is_int(
	    attempt(s, "192.0.2.0/24", 1, now + 299, &usual), GREYLIST_EARLY, "%s: early", type);
	tap_is_int(attempt(s, "192.0.2.0/24", 2, now + 300, &usual), GREYLIST_NEW,
	    "%s: another sender", type);
	tap_is_int(
	    attempt(s, "192.0.2.0/24", 1, now + 300, &usual), GREYLIST_PASSED, "%s: passed", type);
	tap_is_int(
	    attempt(s, "192.0.2.0/24", 1, now + DAY, &usual), GREYLIST_KNOWN, "%s: known", type);
	for (long n = 10; n < 15; n++, now += 3600) {
		(void)attempt(s, "198.51.100.7", n, now, &usual);
		(void)attempt(s, "198.51.100.7", n, now + 300, &usual);
	}
	tap_is_int(attempt(s, "198.51.100.7", 99, now, &usual), GREYLIST_ALLOWED,
	    "%s: client allowed", type);
}

static void
test_records(struct store *s, const char *type)
{
	static const uint8_t newer[] = {RECORD_VERSION + 1, 0, 0, 0, 1, 'x'};
	char out[16], big[3000];
	struct record_key k;
	size_t len;

	key_of(&k, 'r', "receipt-1", 0);
	tap_is_int(
	    store_get(s, &k, T0, out, sizeof out, &len), STORE_MISSING, "%s: get nothing", type);
	tap_is_int(store_put(s, &k, T0 + 10, "hello", 5), STORE_OK, "%s: put", type);
	tap_is_int(store_get(s, &k, T0 + 10, out, sizeof out, &len), STORE_OK, "%s: get", type);
	tap_ok(len == 5 && memcmp(out, "hello", 5) == 0, "%s: what was put", type);
	tap_is_int(
	    store_get(s, &k, T0 + 11, out, sizeof out, &len), STORE_MISSING, "%s: expired", type);
	memset(big, 'b', sizeof big);
	tap_is_int(
	    store_put(s, &k, 0, big, sizeof big), STORE_OK, "%s: put a big one over it", type);
	tap_is_int(store_get(s, &k, T0 + DAY, out, sizeof out, &len), STORE_OK,
	    "%s: get its beginning", type);
	tap_ok(len == sizeof big && out[15] == 'b', "%s: and its length", type);
	tap_is_int(store_remove(s, &k), STORE_OK, "%s: remove", type);
	tap_is_int(store_remove(s, &k), STORE_MISSING, "%s: remove again", type);
	tap_is_int(store_put(s, &k, 0, big, RECORD_VALUE_MAX), STORE_FAILED, "%s: too big", type);

	key_of(&k, RECORD_TRIPLET, "newer", 1);
	(void)store_put_value(s, record_key_bytes(&k), (struct record_bytes){newer, sizeof newer});
	tap_is_int(
	    store_get(s, &k, T0, out, sizeof out, &len), STORE_NEWER, "%s: newer version", type);
	key_of(&k, RECORD_TRIPLET, "newer", 1);
	{
		struct store_attempt t = {&k, &k, T0, &usual};
		struct greylist_answer a;

		tap_is_int(
		    store_greylist(s, &t, &a), STORE_NEWER, "%s: no attempt changes it", type);
	}
}

static bool
count_one(void *ctx, struct record_bytes key, struct record_bytes value)
{
	(void)key, (void)value;
	++*(int64_t *)ctx;
	return true;
}

static int64_t
count(struct store *s, const char *prefix)
{
	int64_t n = 0;

	tap_ok(store_scan(s, (struct record_bytes){(const uint8_t *)prefix, strlen(prefix)},
		   count_one, &n) == STORE_OK,
	    "scan");
	return n;
}

static void
test_scan_and_sweep(struct store *s, const char *type)
{
	struct store_cursor c = {.started = false};
	uint64_t removed = 0, sum = 0;
	int64_t before = count(s, "");
	struct record_bytes key;
	struct record_key k;

	for (long n = 0; n < 1000; n++)
		(void)attempt(s, "203.0.113.0/24", n, n % 2 == 0 ? T0 : T0 + 5 * DAY, &usual);
	tap_is_int(count(s, "g203.0.113.0/24"), 1000, "%s: a thousand by prefix", type);
	tap_is_int(count(s, ""), before + 1000, "%s: all", type);
	tap_is_int(count(s, "gz"), 0, "%s: none", type);
	while (!c.ended && store_sweep_step(s, &c, T0 + 6 * DAY, &removed) == STORE_OK)
		sum += removed;
	tap_is_int(count(s, "g203.0.113.0/24"), 500, "%s: the expired half is swept", type);
	tap_is_int(count(s, "gnewer"), 1, "%s: a newer version is not", type);
	tap_ok(sum >= 500, "%s: and counted", type);
	key_of(&k, RECORD_TRIPLET, "203.0.113.0/24", 1);
	key = record_key_bytes(&k);
	removed = 0;
	tap_ok(s->backend->expire(s, &key, 1, T0 + 6 * DAY, &removed) == STORE_OK && removed == 0,
	    "%s: what was used since it was found expired stays", type);
}

/* Any history through a store gives what the rules give on a bare record. */
static void
test_property(struct store *s, const char *type)
{
	struct greylist_record records[20] = {{0}};
	struct greylist_params p = {300, DAY, 10 * DAY, 0};
	int64_t now = T0, wrong = 0;
	uint64_t removed;

	srandom(11);
	for (int i = 0; i < 5000; i++) {
		long n = random() % 20;
		struct greylist_answer a;

		now += random() % (i % 10 == 0 ? 2 * DAY : 200) - 50;
		(void)greylist_decide(&records[n], now, &p, &a);
		wrong += attempt(s, "property", n, now, &p) != a.outcome;
		if (i % 100 == 0) {
			struct store_cursor c = {.started = false};

			while (!c.ended && store_sweep_step(s, &c, now, &removed) == STORE_OK)
				continue;
		}
	}
	tap_is_int(wrong, 0, "%s: 5000 random attempts as the rules say", type);
}

static bool
is_same(struct greylist_answer a, struct greylist_answer b)
{
	return a.outcome == b.outcome && a.wait == b.wait && a.delayed == b.delayed &&
	       a.count == b.count;
}

struct twin {
	struct store *store;
	int64_t seen, other;
};

static bool
look_in_twin(void *ctx, struct record_bytes key, struct record_bytes value)
{
	struct twin *w = ctx;
	uint8_t out[RECORD_GREYLIST_SIZE];
	size_t len = 0;

	w->seen++;
	w->other += store_get_value(w->store, key, out, sizeof out, &len) != STORE_OK ||
		    len != value.n || len > sizeof out || memcmp(out, value.p, len) != 0;
	return true;
}

/* Clients that become allowed, pairs that are credited, rules that change: every answer, then every byte. */
static void
test_twin(struct store *s, struct store *model, const char *type)
{
	struct twin twin = {.store = model};
	int64_t now = T0, wrong = 0;

	srandom(12);
	for (int i = 0; i < 5000; i++) {
		struct greylist_params p = {random() % 400, DAY + random() % 3,
		    10 * DAY + random() % 3, (uint32_t)(random() % 4)};
		struct greylist_answer a = {.wait = 1}, b = {.wait = 2};
		struct record_key triplet, client;
		struct store_attempt t = {&triplet, &client, 0, &p};

		t.now = now += random() % (i % 20 == 0 ? 3 * DAY : 2000) - 300;
		key_of(&triplet, RECORD_TRIPLET, "twin", random() % 30);
		key_of(&client, RECORD_CLIENT, random() % 2 == 0 ? "twin 1" : "twin 2", 0);
		if (i % 7 == 0)
			wrong += store_credit(s, &client, now, &p) !=
				 store_credit(model, &client, now, &p);
		wrong +=
		    store_greylist(s, &t, &a) != store_greylist(model, &t, &b) || !is_same(a, b);
	}
	tap_is_int(wrong, 0, "%s: 5000 random answers are those of a store in memory", type);
	(void)store_scan(
	    s, (struct record_bytes){(const uint8_t *)"gtwin", 5}, look_in_twin, &twin);
	(void)store_scan(
	    s, (struct record_bytes){(const uint8_t *)"ctwin", 5}, look_in_twin, &twin);
	tap_is_int(twin.seen, 32, "%s: of each triplet and client", type);
	tap_is_int(twin.other, 0, "%s: and so is every byte", type);
}

struct crowd {
	struct store *store;
	pthread_barrier_t barrier;
	_Atomic int seen[GREYLIST_ALLOWED + 1];
};

static void *
one_of_crowd(void *arg)
{
	struct crowd *c = arg;

	for (int round = 0; round < 2; round++) {
		(void)pthread_barrier_wait(&c->barrier);
		c->seen[attempt(c->store, "crowd", 1, T0 + round * 300, &usual)]++;
	}
	return NULL;
}

static void
test_crowd(struct store *s, const char *type)
{
	struct crowd c = {.store = s};
	pthread_t threads[64];

	(void)pthread_barrier_init(&c.barrier, NULL, 64);
	for (int i = 0; i < 64; i++)
		(void)pthread_create(&threads[i], NULL, one_of_crowd, &c);
	for (int i = 0; i < 64; i++)
		(void)pthread_join(threads[i], NULL);
	(void)pthread_barrier_destroy(&c.barrier);
	tap_is_int(c.seen[GREYLIST_NEW], 1, "%s: 64 at once, one is the first", type);
	tap_is_int(c.seen[GREYLIST_EARLY], 63, "%s: the others are early", type);
	tap_is_int(c.seen[GREYLIST_PASSED], 1, "%s: later one passes", type);
	tap_is_int(c.seen[GREYLIST_KNOWN], 63, "%s: and the others are known", type);
}

static void
test_dump(struct store *s, struct store *other, const char *type)
{
	char *text = NULL, *again = NULL, room[256];
	size_t len, len_again;
	struct dump_report report;
	struct buf why;
	uint64_t n = teststore_dump(s, &text, &len), n_again;
	FILE *f;

	buf_init(&why, room, sizeof room);
	tap_ok(n > 500, "%s: dump", type);
	f = fmemopen(text, len, "r");
	tap_ok(dump_load(other, f, &report, &why) == 0, "%s: load it elsewhere", type);
	(void)fclose(f);
	tap_is_int((int64_t)report.loaded, (int64_t)n, "%s: all of it", type);
	n_again = teststore_dump(other, &again, &len_again);
	tap_ok(len == len_again && n == n_again, "%s: and it dumps the same", type);
	f = fmemopen(text, len - 8, "r");
	tap_ok(dump_load(other, f, &report, &why) == -1 && strstr(why.s, "cut short") != NULL,
	    "%s: a cut dump is refused", type);
	(void)fclose(f);
	free(text);
	free(again);
}

static void
test_bad_dumps(struct store *s)
{
	/* clang-format off */
	static const struct { const char *name, *text, *wanted; } cases[] = {
		{ "empty", "", "line 0: empty" },
		{ "one line", "bailey-dump 1\n", "line 1: cut short: no last line" },
		{ "cut in the last line", "bailey-dump 1\nend 0", "line 2: cut short: no last line" },
		{ "two in a file", "bailey-dump 1\nend 0\nbailey-dump 1\nend 0\n",
		    "line 2: something follows the last line" },
		{ "more behind the count", "bailey-dump 1\nend 0x\n", "line 2: malformed line" },
		{ "not a dump", "hello\n", "line 1: not a dump: \"bailey-dump 1\" expected" },
		{ "no records", "bailey-dump 1\nend 0\n", "" },
		{ "other count", "bailey-dump 1\nend 3\n", "line 2: the last line counts other records" },
		{ "unknown word", "bailey-dump 1\nfoo\tbar\nend 1\n", "line 2: malformed line" },
		{ "no number", "bailey-dump 1\nclient\t1 2 3 x 5\ta\nend 1\n", "line 2: malformed line" },
		{ "field missing", "bailey-dump 1\ntriplet\t1 2 3 4 5\ta\tb\nend 1\n", "line 2: malformed line" },
		{ "field too many", "bailey-dump 1\nclient\t1 2 3 4 5\ta\tb\nend 1\n", "line 2: malformed line" },
		{ "bad escape", "bailey-dump 1\nclient\t1 2 3 4 5\ta\\xg1\nend 1\n", "line 2: malformed line" },
		{ "NUL in a field", "bailey-dump 1\nclient\t1 2 3 4 5\ta\\x00b\nend 1\n", "line 2: malformed line" },
		{ "no text", "bailey-dump 1\ndmarc\t1\td\tp\ti\nend 1\n", "line 2: malformed line" },
		{ "no expiry", "bailey-dump 1\ndmarc\tx\td\tp\ti\tt\nend 1\n", "line 2: malformed line" },
		{ "NUL in a text", "bailey-dump 1\ndmarc\t1\td\tp\ti\tt\t\\x00\nend 1\n", "line 2: malformed line" },
		{ "good texts", "bailey-dump 1\ndmarc\t1\td\tp\ti\tt\t\tu\nend 1\n", "" },
		{ "good", "bailey-dump 1\nclient\t1 2 3 4 5\ta\\x41\nend 1\n", "" },
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		FILE *f = tmpfile();
		char room[256];
		struct dump_report report;
		struct buf why;

		buf_init(&why, room, sizeof room);
		fputs(cases[i].text, f);
		rewind(f);
		(void)dump_load(s, f, &report, &why);
		(void)fclose(f);
		tap_is(why.s, cases[i].wanted, "dump: %s", cases[i].name);
	}
}

/* What is there already can be changed, as on a full disk. */
static void
test_full_memory(void)
{
	struct store_setup setup = {.options = {.type = STORE_MEMORY, .cache_size = 180},
	    .directory = "here",
	    .clock = &fake.clock,
	    .offline = true};
	struct record_key one, other;
	struct store *s = teststore_open(&setup);
	char out[1] = "";
	size_t len;

	key_of(&one, RECORD_CLIENT, "192.0.2.1", 0);
	key_of(&other, RECORD_CLIENT, "192.0.2.2", 0);
	tap_is_int(store_put(s, &one, 0, "x", 1), STORE_OK, "one has room");
	tap_is_int(store_put(s, &other, 0, "x", 1), STORE_FULL, "another has none");
	tap_is_int(store_put(s, &one, 0, "y", 1), STORE_OK, "the first can be changed");
	(void)store_get(s, &one, T0, out, 1, &len);
	tap_is_int(out[0], 'y', "and is");
	store_close(&s);
}

static void
test_told(void)
{
	struct store_setup setup = {.options = {.type = STORE_MEMORY, .cache_size = 1},
	    .directory = "here",
	    .clock = &fake.clock,
	    .tell = teststore_hear,
	    .offline = true};
	char lines[TESTSTORE_TOLD], out[1];
	struct store *s = teststore_open(&setup);
	struct record_key k;
	size_t len;

	key_of(&k, RECORD_CLIENT, "192.0.2.1", 0);
	tap_is_int(store_put(s, &k, 0, "x", 1), STORE_FULL, "no room");
	tap_is(teststore_told(lines), "! store in here: no space left; mail goes on without it\n",
	    "is told");
	fake.mono_ms += 59000;
	(void)store_put(s, &k, 0, "x", 1);
	(void)store_get(s, &k, T0, out, 1, &len);
	tap_is(teststore_told(lines), "", "once a minute");
	fake.mono_ms += 1000;
	(void)store_put(s, &k, 0, "x", 1);
	tap_is(teststore_told(lines), "! store in here: no space left; mail goes on without it\n",
	    "and again");
	fake.mono_ms += 60000;
	(void)store_get(s, &k, T0, out, 1, &len);
	tap_is(teststore_told(lines), "store in here works again\n", "so is its end");
	fake.mono_ms += 60000;
	(void)store_get(s, &k, T0, out, 1, &len);
	tap_is(teststore_told(lines), "", "once");
	store_close(&s);
}

int
main(void)
{
	static const struct {
		const char *name;
		enum store_type type;
		const struct redis_place *shared;
	} kinds[] = {{"disk", STORE_DISK, NULL}, {"memory", STORE_MEMORY, NULL},
	    {"redis", STORE_MEMORY, &server.place}, {"cluster", STORE_MEMORY, &nodes[0].place}};

	clock_fake_init(&fake, 1, T0);
	scratch_make(where);
	redisserver_init(&server, where, "server");
	if (HAVE_REDIS) {
		redisserver_start(&server);
		rediscluster_start(nodes, where);
	}
	for (size_t i = 0; i < (HAVE_REDIS ? 4 : 2); i++) {
		const char *type = kinds[i].name;
		struct store *s = open_store(kinds[i].type, kinds[i].shared),
			     *other = open_store(STORE_MEMORY, NULL);

		if (!tap_ok(s != NULL && other != NULL, "%s: opens", type))
			break;
		test_greylist(s, type);
		test_records(s, type);
		test_scan_and_sweep(s, type);
		test_dump(s, other, type);
		test_property(s, type);
		test_twin(s, other, type);
		test_crowd(s, type);
		test_bad_dumps(other);
		store_close(&s);
		store_close(&other);
	}
	test_full_memory();
	test_told();
	for (int i = 0; HAVE_REDIS && i < REDISCLUSTER_NODES; i++)
		redisserver_stop(&nodes[i]);
	if (HAVE_REDIS)
		redisserver_stop(&server);
	scratch_remove(where);
	return tap_done();
}
