/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The greylisting rules: weeks of clock in a table, and random histories
 * beside a model of ten lines that knows nothing of records.
 */
#include "db/decide.h"

#include <stdlib.h>
#include <string.h>

#include "t/tap.h"

#define T0   1700000000 /* s since 1970, when every story begins */
#define HOUR 3600
#define DAY  86400

/* delay, retry-window, max-age, auto-allow-after */
static const struct greylist_params usual = {300, 2 * DAY, 35 * DAY, 5};

static const char *const outcomes[] = {"new", "early", "passed", "known", "allowed"};

/* clang-format off */
static const struct story {
	const char *name;
	int64_t at[6];		/* s after T0, in order of arrival; -1 ends; T0 itself is 0 */
	const char *wanted;
} stories[] = {
	{ "waits from the first attempt on",	{ 0, 10, 299, 300, 301, -1 },		"new early early passed known" },
	{ "early retries do not restart",	{ 0, 100, 200, 310, -1 },		"new early early passed" },
	{ "second attempt in two days",		{ 0, 2 * DAY, -1 },			"new passed" },
	{ "too late begins anew",		{ 0, 2 * DAY + 1, 2 * DAY + 302, -1 },	"new new passed" },
	{ "known for five weeks unused",	{ 0, 300, 300 + 35 * DAY, -1 },		"new passed known" },
	{ "forgotten after that",		{ 0, 300, 301 + 35 * DAY, -1 },		"new passed new" },
	{ "use keeps it alive",			{ 0, 300, 30 * DAY, 60 * DAY, 95 * DAY, -1 }, "new passed known known known" },
	{ "clock back while pending",		{ 0, -500, -210, -200, -1 - DAY, -1 },	"new early early passed known" },
	{ "clock back a day when passed",	{ 0, 300, 300 - DAY, 300, -1 },		"new passed known known" },
	{ "clock back, then the wait again",	{ 0, 100, -400, -101, -100, -1 },	"new early early early passed" },
};
/* clang-format on */

static void
test_stories(void)
{
	for (size_t i = 0; i < sizeof stories / sizeof stories[0]; i++) {
		struct greylist_record r = {0};
		char got[128] = "";

		for (const int64_t *t = stories[i].at; *t != -1; t++) {
			struct greylist_answer a;

			(void)greylist_decide(&r, T0 + *t, &usual, &a);
			strcat(got, got[0] != '\0' ? " " : "");
			strcat(got, outcomes[a.outcome]);
		}
		tap_is(got, stories[i].wanted, "%s", stories[i].name);
	}
}

static void
test_answers(void)
{
	struct greylist_params none = {0, DAY, DAY, 0};
	struct greylist_record r = {0};
	struct greylist_answer a;

	tap_ok(greylist_decide(&r, T0, &usual, &a), "a first attempt is written");
	tap_is_int(a.wait, 300, "a first attempt waits for all of the delay");
	(void)greylist_decide(&r, T0 + 120, &usual, &a);
	tap_is_int(a.wait, 180, "an early one for the rest");
	tap_is_int(a.count, 2, "attempts are counted");
	(void)greylist_decide(&r, T0 + 310, &usual, &a);
	tap_is_int(a.delayed, 310, "the success tells how long it took");
	tap_ok(!greylist_decide(&r, T0 + 400, &usual, &a), "a known one is not written at once");
	tap_ok(greylist_decide(&r, T0 + 310 + HOUR, &usual, &a), "but after an hour");
	r = (struct greylist_record){0};
	(void)greylist_decide(&r, T0, &none, &a);
	tap_is_int(a.outcome, GREYLIST_PASSED, "no delay: passed at once");
	r = (struct greylist_record){.first = T0, .last = T0, .count = UINT32_MAX};
	(void)greylist_decide(&r, T0 + 1, &usual, &a);
	tap_is_int(r.count, UINT32_MAX, "the count of attempts does not wrap");
	r.passed = T0;
	(void)greylist_decide(&r, T0 + 2 * HOUR, &usual, &a);
	tap_is_int(r.count, UINT32_MAX, "nor that of uses");
}

static void
test_client(void)
{
	struct greylist_params p = usual;
	struct greylist_record r = {0};
	bool changed;

	for (int i = 0; i < 4; i++)
		(void)greylist_client_credit(&r, T0 + i * HOUR, &p);
	tap_ok(
	    !greylist_client_allowed(&r, T0 + 4 * HOUR, &p, &changed), "four credits do not allow");
	tap_ok(!greylist_client_credit(&r, T0 + 3 * HOUR + 59, &p), "one credit an hour");
	(void)greylist_client_credit(&r, T0 + 4 * HOUR, &p);
	tap_ok(greylist_client_allowed(&r, T0 + 4 * HOUR, &p, &changed), "the fifth does");
	tap_ok(!changed, "an allowed client is not written at once");
	tap_ok(greylist_client_allowed(&r, T0 + 5 * HOUR, &p, &changed) && changed,
	    "but after an hour");
	tap_ok(
	    greylist_client_allowed(&r, T0 + 5 * HOUR + 35 * DAY, &p, &changed), "it lives by use");
	tap_ok(!greylist_client_allowed(&r, T0 + 6 * HOUR + 71 * DAY, &p, &changed),
	    "and ends unused");
	p.auto_allow_after = 0;
	tap_ok(!greylist_client_allowed(&r, T0 + 5 * HOUR, &p, &changed), "0 switches it off");
}

/* What the manual says, without a record's economy. */
struct model {
	int64_t first, used, noted;
	bool passed;
};

static enum greylist_outcome
model_attempt(struct model *m, int64_t now, const struct greylist_params *p)
{
	bool fresh = m->first == 0 ||
		     (m->passed ? now - m->noted > p->max_age : now - m->first > p->retry_window);

	if (fresh)
		*m = (struct model){.first = now};
	if (m->first > now && !m->passed)
		m->first = now;
	if (!m->passed && now - m->first >= p->delay) {
		m->passed = true;
		m->noted = now;
		return GREYLIST_PASSED;
	}
	if (m->passed && (now < m->noted || now - m->noted >= HOUR))
		m->noted = now;
	return m->passed ? GREYLIST_KNOWN : fresh ? GREYLIST_NEW : GREYLIST_EARLY;
}

static void
test_property(void)
{
	static const int64_t steps[] = {
	    0, 1, 59, 299, 300, 301, HOUR, DAY, 2 * DAY, 34 * DAY, 36 * DAY, -60, -DAY};
	int64_t wrong = 0;

	srandom(5);
	for (int round = 0; round < 20000; round++) {
		struct greylist_params p = {
		    random() % 900, HOUR + random() % (3 * DAY), DAY + random() % (60 * DAY), 0};
		struct greylist_record r = {0};
		struct model m = {0};
		int64_t now = T0;

		for (int i = 0; i < 30; i++) {
			struct greylist_answer a;

			now += steps[(size_t)random() % (sizeof steps / sizeof steps[0])];
			(void)greylist_decide(&r, now, &p, &a);
			wrong += a.outcome != model_attempt(&m, now, &p);
			/* A sweep between two attempts must not change anything. */
			if (random() % 4 == 0 && now > greylist_expires(&r, &p))
				r = (struct greylist_record){0};
		}
	}
	tap_is_int(wrong, 0, "600000 random attempts as the model says");
}

int
main(void)
{
	test_stories();
	test_answers();
	test_client();
	test_property();
	return tap_done();
}
