/* SPDX-License-Identifier: BSD-2-Clause */
/* The check: who is asked to come again, what he is told, and what a broken store costs. */
#include "checks/greylist.h"

#include <string.h>

#include "t/tap.h"
#include "t/unit/fakedns_mem.h"
#include "t/unit/faketxn.h"
#include "t/unit/teststore.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define MINUTE       INT64_C(60000) /* ms */

static const struct fakedns_row rows[] = {
    {"1.2.0.192.in-addr.arpa", DNS_PTR, DNS_OK, "out1.pool.example.com"},
    {"out1.pool.example.com", DNS_A, DNS_OK, "192.0.2.1"},
    {"7.100.51.198.in-addr.arpa", DNS_PTR, DNS_OK, "out2.pool.example.com"},
    {"out2.pool.example.com", DNS_A, DNS_OK, "198.51.100.7"},
    {NULL, DNS_A, DNS_OK, NULL},
};

static struct greylist_options
defaults(void)
{
	return (struct greylist_options){.delay = 5 * MINUTE,
	    .retry_window = 2880 * MINUTE,
	    .max_age = 35 * 1440 * MINUTE,
	    .ipv4_prefix = 24,
	    .ipv6_prefix = 64,
	    .auto_allow_after = 5,
	    .text = "Greylisted, come back in %s seconds"};
}

static struct clock_fake store_clock;

static struct store *
memory_store(int64_t size)
{
	struct store_setup setup = {.options = {.type = STORE_MEMORY, .cache_size = size},
	    .directory = "memory",
	    .clock = &store_clock.clock,
	    .offline = true};

	clock_fake_init(&store_clock, 0, 0);
	return teststore_open(&setup);
}

struct mail {
	const char *client, *sender, *rcpt;
	bool suspect;
};

/* One recipient of one message; the fake lives on for questions. */
static const char *
receive(struct faketxn *f, struct dns *dns, struct store *s, const struct greylist_options *o,
    const struct mail *m, int64_t at)
{
	static struct rcpt rcpt;

	faketxn_init(f, &check_greylist, dns, m->client);
	f->clock.wall_s = 1700000000 + at;
	f->txn.store = s;
	f->txn.options = o;
	f->suspect = m->suspect;
	f->site.hostname = "mx.here.example";
	(void)path_parse(&f->txn.sender, m->sender, &f->arena);
	rcpt = (struct rcpt){.index = 0};
	(void)path_parse(&rcpt.path, m->rcpt, &f->arena);
	f->txn.rcpt = f->txn.rcpts = &rcpt;
	f->txn.rcpt_count = 1;
	faketxn_judge(f, STAGE_RCPT);
	if (f->count == 0)
		faketxn_judge(f, STAGE_EOM);
	return faketxn_results(f);
}

static const struct mail joe = {"203.0.113.1", "<joe@a.example>", "<me@here.example>", true};
static const struct mail jane = {"203.0.113.1", "<joe@a.example>", "<jane@here.example>", true};

static void
test_course(void)
{
	/* clang-format off */
	static const struct { int64_t at; struct mail mail; const char *wanted; } steps[] = {
		{ 0, { "203.0.113.1", "<joe@a.example>", "<me@here.example>", false }, "not-suspect" },
		{ 0, { "203.0.113.1", "<joe@a.example>", "<me@here.example>", true }, "new" },
		{ 60, { "203.0.113.99", "<Joe@A.example>", "<Me@here.example>", true }, "early" },
		{ 60, { "203.0.113.1", "<joe@a.example>", "<you@here.example>", true }, "new" },
		{ 60, { "203.0.112.1", "<joe@a.example>", "<me@here.example>", true }, "new" },
		{ 300, { "203.0.113.1", "<joe@a.example>", "<me@here.example>", true }, "passed" },
		{ 301, { "203.0.113.1", "<joe@a.example>", "<me@here.example>", true }, "known" },
		{ 400, { "192.0.2.1", "<news@example.com>", "<me@here.example>", true }, "new" },
		{ 700, { "198.51.100.7", "<news@example.com>", "<me@here.example>", true }, "passed" },
		{ 800, { "203.0.113.1", "<>", "<me@here.example>", true }, "new" },
		{ 1100, { "203.0.113.1", "<>", "<me@here.example>", true }, "passed" },
	};
	/* clang-format on */
	struct store *s = memory_store(1 << 20);
	struct greylist_options o = defaults();
	struct dns dns = {.rows = rows};
	struct faketxn f;

	for (size_t i = 0; i < COUNT(steps); i++) {
		tap_is(receive(&f, &dns, s, &o, &steps[i].mail, steps[i].at), steps[i].wanted,
		    "after %lld s from %s for %s", (long long)steps[i].at, steps[i].mail.client,
		    steps[i].mail.rcpt);
		faketxn_fini(&f);
	}
	store_close(&s);
}

static void
test_words(void)
{
	struct store *s = memory_store(1 << 20);
	struct greylist_options o = defaults();
	struct dns dns = {.rows = rows};
	struct faketxn f;

	(void)receive(&f, &dns, s, &o, &joe, 0);
	tap_is(f.verdicts[0].reply, "Greylisted, come back in 300 seconds", "reply");
	tap_is(faketxn_reason(&f), "attempt 1, 300 seconds left", "reason");
	faketxn_fini(&f);
	o.text = "%r: 100%% sure in %s s%x";
	(void)receive(&f, &dns, s, &o, &joe, 10);
	tap_is(f.verdicts[0].reply, "here.example: 100% sure in 290 s%x", "reply of our own");
	faketxn_fini(&f);
	(void)receive(&f, &dns, s, &o, &jane, 10);
	faketxn_fini(&f);
	(void)receive(&f, &dns, s, &o, &joe, 320);
	tap_is_int((int64_t)f.field_count, 1, "one X-Greylist field");
	tap_is(f.fields[0].name, "X-Greylist", "its name");
	tap_is(f.fields[0].value,
	    "delayed 320 seconds by bailey at mx.here.example; Tue, 14 Nov 2023 22:18:40 +0000",
	    "its value");
	(void)path_parse(&f.txn.rcpts->path, jane.rcpt, &f.arena);
	faketxn_judge(&f, STAGE_RCPT);
	tap_is(faketxn_results(&f), "passed", "another recipient passes");
	tap_is_int((int64_t)f.field_count, 1, "no second field");
	faketxn_fini(&f);
	store_close(&s);
}

static void
test_lists(void)
{
	/* clang-format off */
	static const struct { const char *recipients[3], *wanted; } cases[] = {
		{ { "!me@here.example" }, "exempt" },
		{ { "!you@here.example" }, "new" },
		{ { "me@" }, "new" },
		{ { "you@" }, "exempt" },
		{ { "here.example", "!me@" }, "exempt" },
		{ { "/^ME@/" }, "new" },
	};
	/* clang-format on */
	struct dns dns = {.rows = rows};
	struct arena arena;
	struct faketxn f;
	const char *why = "";

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct store *s = memory_store(1 << 20);
		struct greylist_options o = defaults();

		o.recipients.v = cases[i].recipients;
		while (o.recipients.n < 3 && cases[i].recipients[o.recipients.n] != NULL)
			o.recipients.n++;
		tap_is_int(check_greylist.finish(&o, &arena, &why), 0, "recipients %s", why);
		tap_is(receive(&f, &dns, s, &o, &joe, 0), cases[i].wanted, "%s",
		    cases[i].recipients[0]);
		faketxn_fini(&f);
		store_close(&s);
	}
	{
		struct greylist_options o = defaults();

		o.retry_window = o.delay;
		tap_is_int(
		    check_greylist.finish(&o, &arena, &why), -1, "window shorter than delay");
		tap_is(why, "retry-window must be longer than delay", "is refused");
		o = defaults();
		o.key_file = "/nonexistent";
		tap_is_int(check_greylist.finish(&o, &arena, &why), -1, "no key file: %s", why);
	}
	arena_fini(&arena);
}

static void
test_apply(void)
{
	static const char *const wanted[] = {"not-suspect", "new", ""};
	struct mail mail = joe;
	struct dns dns = {.rows = rows};
	struct faketxn f;

	mail.suspect = false;
	for (unsigned apply = GREYLIST_SUSPECTS; apply <= GREYLIST_OFF; apply++) {
		struct store *s = memory_store(1 << 20);
		struct greylist_options o = defaults();

		o.apply = apply;
		tap_is(receive(&f, &dns, s, &o, &mail, 0), wanted[apply], "apply %u", apply);
		faketxn_fini(&f);
		store_close(&s);
	}
}

static void
test_trouble(void)
{
	struct greylist_options o = defaults();
	struct dns dns = {.rows = rows};
	struct store *s = memory_store(10);
	struct faketxn f;

	tap_is(receive(&f, &dns, s, &o, &joe, 0), "temperror", "store full");
	tap_is(faketxn_reason(&f), "store: no space left", "says why");
	faketxn_fini(&f);
	tap_is(receive(&f, &dns, s, &o, &joe, 1), "temperror-again", "never twice for one triplet");
	faketxn_fini(&f);
	tap_is(receive(&f, &dns, NULL, &o,
		   &(struct mail){"203.0.113.2", "<x@a.example>", "<b@here.example>", true}, 1),
	    "temperror", "no store");
	tap_is(faketxn_reason(&f), "store: not open", "says why");
	faketxn_fini(&f);
	o.recipients_table = "file:/no/table";
	tap_is(receive(&f, &dns, s, &o, &jane, 0), "temperror", "no table");
	faketxn_fini(&f);
	tap_is(
	    receive(&f, &dns, s, &o, &jane, 1), "temperror-again", "never twice for one triplet");
	tap_ok(strncmp(faketxn_reason(&f), "recipients-table: ", 18) == 0, "says why: %s",
	    faketxn_reason(&f));
	faketxn_fini(&f);
	store_close(&s);
}

/* SPF passed for the reverse-path: hosts anywhere are one client. */
static void
test_spf(void)
{
	static const struct result spf_results[] = {{.name = "pass", .word = WORD_PASS}};
	static const struct check spf = {.name = "spf", .results = spf_results};
	/* clang-format off */
	static const struct { const char *property, *second; } cases[] = {
		{ "mailfrom", "early" },
		{ "helo", "new" },
	};
	/* clang-format on */
	static const char *const clients[] = {"203.0.113.1", "198.51.100.200"};
	struct greylist_options o = defaults();
	struct dns dns = {.rows = rows};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct verdict v = {.check = &spf,
		    .props = {{"smtp", cases[i].property, "a.example"}},
		    .prop_count = 1};
		struct store *s = memory_store(1 << 20);

		for (size_t n = 0; n < COUNT(clients); n++) {
			struct mail m = joe;
			struct faketxn f;

			m.client = clients[n];
			(void)receive(&f, &dns, NULL, &o, &m, 0);
			f.others = &v;
			f.other_count = 1;
			f.txn.store = s;
			faketxn_judge(&f, STAGE_RCPT);
			tap_is(faketxn_results(&f), n == 0 ? "new" : cases[i].second,
			    "SPF pass of %s, from %s", cases[i].property, clients[n]);
			faketxn_fini(&f);
		}
		store_close(&s);
	}
}

int
main(void)
{
	test_course();
	test_words();
	test_lists();
	test_apply();
	test_trouble();
	test_spf();
	return tap_done();
}
