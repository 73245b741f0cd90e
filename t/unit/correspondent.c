/* SPDX-License-Identifier: BSD-2-Clause */
/* Greylisting spares the answers to what our people wrote: whose, from whom, for how long. */
#include "config.h" /* memmem */

#include "checks/correspondent.h"

#include <string.h>

#include "checks/greylist.h"
#include "t/scratch.h"
#include "t/tap.h"
#include "t/unit/fakedns_mem.h"
#include "t/unit/faketxn.h"
#include "t/unit/teststore.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define T0           1700000000
#define DAY          INT64_C(86400)

static const struct fakedns_row rows[] = {{NULL, DNS_A, DNS_OK, NULL}};
static struct dns dns = {.rows = rows};
static struct clock_fake clock_of_store;
static char where[SCRATCH_SIZE];

static struct greylist_options
defaults(void)
{
	return (struct greylist_options){.apply = GREYLIST_ALL,
	    .delay = 300000,
	    .retry_window = 2 * DAY * 1000,
	    .max_age = 35 * DAY * 1000,
	    .remember_recipients = 60 * DAY * 1000,
	    .ipv4_prefix = 24,
	    .ipv6_prefix = 64,
	    .text = "later"};
}

static struct store *
open_store(unsigned type)
{
	struct store_setup setup = {.options = {.type = type, .cache_size = 16 << 20},
	    .directory = where,
	    .clock = &clock_of_store.clock,
	    .offline = true};

	return teststore_open(&setup);
}

struct mail {
	enum origin origin;
	const char *from, *to;
	enum action action; /* decided at its end */
	bool refused; /* the recipient */
	unsigned copies; /* further recipients: "0@many.example" ... */
};

static void
begin(struct faketxn *f, struct store *s, const struct greylist_options *o, const struct mail *m,
    int64_t at, struct rcpt *rcpts)
{
	static const char *const domains[] = {"here.example"};

	faketxn_init(f, &check_greylist, &dns, "203.0.113.1");
	f->clock.wall_s = T0 + at;
	f->txn.store = s;
	f->txn.options = o;
	f->txn.origin = m->origin;
	f->site.local_domains = (struct string_list){domains, 1};
	(void)path_parse(&f->txn.sender, m->from, &f->arena);
	(void)path_parse(&rcpts[0].path, m->to, &f->arena);
	rcpts[0].refused = m->refused;
	for (unsigned i = 1; i <= m->copies; i++)
		(void)path_parse(&rcpts[i].path,
		    arena_printf(&f->arena, "<%c@many.example>", 'a' + (int)(i - 1) / 10),
		    &f->arena);
	f->txn.rcpt = f->txn.rcpts = rcpts;
	f->txn.rcpt_count = 1 + m->copies;
}

/* One message; what the check says of it, "" if it only learns. */
static const char *
pass(struct store *s, const struct greylist_options *o, const struct mail *m, int64_t at)
{
	static char result[40];
	struct rcpt rcpts[200] = {{.index = 0}};
	struct faketxn f;

	begin(&f, s, o, m, at, rcpts);
	if (m->origin == ORIGIN_OUTSIDE)
		faketxn_judge(&f, STAGE_RCPT);
	check_greylist.decided(&f.txn, m->action, NULL);
	(void)snprintf(result, sizeof result, "%s", faketxn_results(&f));
	faketxn_fini(&f);
	return result;
}

/* clang-format off */
#define MAIL(o, f, t, ...) { .origin = ORIGIN_##o, .from = f, .to = t, ##__VA_ARGS__ }
static const struct { const char *name; int64_t at; struct mail mail; const char *wanted; } story[] = {
	{ "a stranger", 0, MAIL(OUTSIDE, "<ann@a.example>", "<me@here.example>"), "new" },
	{ "we write", 1, MAIL(AUTHENTICATED, "<me@here.example>", "<bob@a.example>"), "" },
	{ "the answer", 2, MAIL(OUTSIDE, "<bob@a.example>", "<me@here.example>"), "correspondent" },
	{ "case and tags do not matter", 3, MAIL(OUTSIDE, "<Bob+work@A.example>", "<ME@here.example>"), "correspondent" },
	{ "his neighbour", 4, MAIL(OUTSIDE, "<eve@a.example>", "<me@here.example>"), "new" },
	{ "he to another of us", 5, MAIL(OUTSIDE, "<bob@a.example>", "<you@here.example>"), "new" },
	{ "a tagged sender of ours", 6, MAIL(AUTHENTICATED, "<prvs=2843abcdef=tag@here.example>", "<tom@a.example>"), "" },
	{ "its answer", 7, MAIL(OUTSIDE, "<tom@a.example>", "<tag@here.example>"), "correspondent" },
	{ "a trusted host writes", 8, MAIL(TRUSTED, "<cron@here.example>", "<ops@a.example>"), "" },
	{ "its answer", 9, MAIL(OUTSIDE, "<ops@a.example>", "<cron@here.example>"), "correspondent" },
	{ "a program writes", 10, MAIL(LOCAL, "<root@here.example>", "<adm@a.example>"), "" },
	{ "its answer", 11, MAIL(OUTSIDE, "<adm@a.example>", "<root@here.example>"), "correspondent" },
	{ "we write within", 12, MAIL(AUTHENTICATED, "<me@here.example>", "<you@here.example>"), "" },
	{ "in our name", 13, MAIL(OUTSIDE, "<you@here.example>", "<me@here.example>"), "new" },
	{ "within a domain not configured", 14, MAIL(AUTHENTICATED, "<x@b.example>", "<y@b.example>"), "" },
	{ "in its name", 15, MAIL(OUTSIDE, "<y@b.example>", "<x@b.example>"), "new" },
	{ "mail from outside", 16, MAIL(OUTSIDE, "<far@a.example>", "<off@c.example>"), "new" },
	{ "teaches nothing", 17, MAIL(OUTSIDE, "<off@c.example>", "<far@a.example>"), "new" },
	{ "we are refused", 18, MAIL(AUTHENTICATED, "<me@here.example>", "<no@a.example>", .action = ACTION_REJECT), "" },
	{ "no answer", 19, MAIL(OUTSIDE, "<no@a.example>", "<me@here.example>"), "new" },
	{ "he is refused", 20, MAIL(AUTHENTICATED, "<me@here.example>", "<nay@a.example>", .refused = true), "" },
	{ "no answer", 21, MAIL(OUTSIDE, "<nay@a.example>", "<me@here.example>"), "new" },
	{ "a notice of ours", 22, MAIL(AUTHENTICATED, "<>", "<dsn@a.example>"), "" },
	{ "is no letter", 23, MAIL(OUTSIDE, "<dsn@a.example>", "<>"), "new" },
	{ "the last moment", 1 + 60 * DAY, MAIL(OUTSIDE, "<bob@a.example>", "<me@here.example>"), "correspondent" },
	{ "too late", 2 + 60 * DAY, MAIL(OUTSIDE, "<bob@a.example>", "<me@here.example>"), "new" },
	{ "written to again", 50 * DAY, MAIL(AUTHENTICATED, "<root@here.example>", "<adm@a.example>"), "" },
	{ "it counts from there", 110 * DAY, MAIL(OUTSIDE, "<adm@a.example>", "<root@here.example>"), "correspondent" },
	{ "a newsletter", 0, MAIL(AUTHENTICATED, "<me@here.example>", "<first@a.example>", .copies = 120), "" },
	{ "its first hundred", 1, MAIL(OUTSIDE, "<j@many.example>", "<me@here.example>"), "correspondent" },
	{ "those beyond", 1, MAIL(OUTSIDE, "<k@many.example>", "<me@here.example>"), "new" },
};
/* clang-format on */

static void
test_story(struct store *s, const char *type)
{
	struct greylist_options o = defaults();

	for (size_t i = 0; i < COUNT(story); i++)
		tap_is(pass(s, &o, &story[i].mail, story[i].at), story[i].wanted, "%s: %s", type,
		    story[i].name);
}

static const struct mail letter = MAIL(AUTHENTICATED, "<me@here.example>", "<ron@a.example>");
static const struct mail answer = MAIL(OUTSIDE, "<ron@a.example>", "<me@here.example>");

static bool
note_clear(void *ctx, struct record_bytes key, struct record_bytes value)
{
	(void)value;
	*(bool *)ctx |= memmem(key.p, key.n, "example", 7) != NULL;
	return true;
}

static void
test_hidden(struct store *s, const char *type)
{
	static const uint8_t secret[] = "0123456789abcdef", other[] = "fedcba9876543210";
	struct greylist_options o = defaults();
	int64_t n = 0;
	bool clear = false;

	o.key = (struct keyhash){secret, sizeof secret - 1};
	(void)pass(s, &o, &letter, n);
	(void)store_scan(s, (struct record_bytes){(const uint8_t *)"w#", 2}, note_clear, &clear);
	tap_ok(!clear, "%s: under a key nothing is in clear", type);
	tap_is(pass(s, &o, &answer, 1), "correspondent", "%s: under a key", type);
	o.key.key = other;
	tap_is(pass(s, &o, &answer, 2), "new", "%s: under another", type);
}

static void
test_off(struct store *s, const char *type)
{
	struct greylist_options o = defaults(), off = defaults();

	off.remember_recipients = 0;
	(void)pass(s, &off, &letter, 0);
	tap_is(pass(s, &o, &answer, 1), "new", "%s: off, nothing is learnt", type);
	(void)pass(s, &o, &letter, 2);
	tap_is(pass(s, &off, &answer, 3), "early", "%s: off, nothing is asked", type);
	tap_is(pass(s, &o, &answer, 4), "correspondent", "%s: on again", type);
	(void)pass(NULL, &o, &letter, 5);
	tap_ok(
	    strcmp(pass(NULL, &o, &answer, 6), "correspondent") != 0, "%s: without a store", type);
}

/* A sender that SPF disowns is no correspondent of anybody. */
static void
test_disowned(struct store *s, const char *type)
{
	static const struct result results[] = {
	    {.name = "none", .word = WORD_NONE},
	    {.name = "pass", .word = WORD_PASS},
	    {.name = "fail", .word = WORD_FAIL},
	    {.name = "softfail", .word = WORD_SOFTFAIL},
	    {.name = "temperror", .word = WORD_TEMPERROR},
	};
	static const char *const wanted[] = {
	    "correspondent", "correspondent", "new", "early", "correspondent"};
	static const struct check spf = {.name = "spf", .results = results};
	struct greylist_options o = defaults();
	struct rcpt rcpt = {.index = 0};
	struct mail m = answer;

	(void)pass(s, &o, &letter, 0);
	for (unsigned i = 0; i < COUNT(results); i++) {
		struct verdict v = {.check = &spf,
		    .result = i,
		    .props = {{"smtp", "mailfrom", "a.example"}},
		    .prop_count = 1};
		struct faketxn f;

		begin(&f, s, &o, &m, 1, &rcpt);
		f.others = &v;
		f.other_count = 1;
		faketxn_judge(&f, STAGE_RCPT);
		tap_is(faketxn_results(&f), wanted[i], "%s: SPF says %s", type, results[i].name);
		faketxn_fini(&f);
	}
}

int
main(void)
{
	static const char *const types[] = {"disk", "memory"};
	static void (*const tests[])(struct store *, const char *) = {
	    test_story, test_hidden, test_off, test_disowned};

	clock_fake_init(&clock_of_store, 0, T0);
	for (unsigned type = STORE_DISK; type <= STORE_MEMORY; type++)
		for (size_t i = 0; i < COUNT(tests); i++) {
			struct store *s;

			scratch_make(where);
			s = open_store(type);
			if (tap_ok(s != NULL, "%s: opens", types[type]))
				tests[i](s, types[type]);
			store_close(&s);
			scratch_remove(where);
		}
	return tap_done();
}
