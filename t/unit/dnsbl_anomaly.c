/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dnsbl/anomaly.h"

#include "t/tap.h"

#define MINUTE (60 * 1000)

static const struct anomaly_limits limits = {
    .window = 10 * MINUTE, .clients = 50, .share = 50, .growth = 4};

/* A server's life: so many distinct clients a minute, every n-th listed. */
struct life {
	struct anomaly a;
	int64_t now;
	uint32_t next; /* client */
};

static bool
meet(struct life *l, unsigned marks)
{
	struct addr client = {.family = ADDR_V4};

	for (int i = 0; i < 4; i++)
		client.bytes[i] = (uint8_t)(l->next >> (24 - 8 * i));
	l->next++;
	return anomaly_observe(&l->a, &limits, l->now, &client, marks);
}

/* percent of the clients are listed, marked_percent of every tenth, which are marked. */
static void
live_marked(
    struct life *l, int minutes, int per_minute, int percent, unsigned mark, int marked_percent)
{
	for (int m = 0; m < minutes; m++, l->now += MINUTE)
		for (int c = 0; c < per_minute; c++) {
			bool marked = l->next % 10 == 3;
			int n = (int)(l->next / 10 % 100);

			/* 37 is prime to 100: the listed ones are spread, not first in line. */
			bool listed = n * 37 % 100 < (marked ? marked_percent : percent);

			(void)meet(l, (listed ? ANOMALY_LISTED : 0) | (marked ? mark : 0));
		}
}

static void
live(struct life *l, int minutes, int per_minute, int percent, int vouched_percent)
{
	live_marked(l, minutes, per_minute, percent, ANOMALY_VOUCHED, vouched_percent);
}

static void
begin(struct life *l)
{
	anomaly_init(&l->a, 0x1234567890abcdef);
	l->now = 1;
	l->next = 1;
}

static void
test_wildcard(struct life *l)
{
	begin(l);
	live(l, 24 * 60, 20, 10, 0);
	tap_ok(!l->a.tripped, "a day in which a tenth is listed is an ordinary day");
	live(l, 15, 20, 100, 100);
	tap_ok(l->a.tripped, "the day everything is listed, the list is set aside");
	live(l, 48 * 60, 20, 100, 100);
	tap_ok(l->a.tripped, "two days later it still lists everything: still aside");
	live(l, 25, 20, 10, 0);
	tap_ok(!l->a.tripped, "it lists as it used to: believed again");
}

static void
test_honest(struct life *l)
{
	begin(l);
	live(l, 600, 20, 60, 0);
	live(l, 600, 20, 95, 0);
	tap_ok(
	    !l->a.tripped, "a server whose clients are mostly listed: a worse day is no anomaly");
	begin(l);
	live(l, 600, 20, 10, 0);
	live(l, 600, 20, 45, 0);
	tap_ok(!l->a.tripped, "many more, but less than half of them");
	begin(l);
	live(l, 9, 20, 100, 100);
	tap_ok(!l->a.tripped, "a server without a past knows no anomaly");
	begin(l);
	live(l, 600, 20, 10, 0);
	live(l, 11, 0, 0, 0);
	for (int i = 0; i < 44; i++)
		(void)meet(l, ANOMALY_LISTED);
	tap_ok(!l->a.tripped, "44 clients in ten minutes prove nothing");
	for (int i = 0; i < 7; i++)
		(void)meet(l, ANOMALY_LISTED);
	tap_ok(l->a.tripped, "51 do");
}

static void
test_distinct(struct life *l)
{
	begin(l);
	live(l, 600, 20, 10, 0);
	live(l, 11, 0, 0, 0);
	for (int i = 0; i < 5000; i++, l->next = i % 40)
		(void)meet(l, ANOMALY_LISTED);
	tap_ok(!l->a.tripped, "40 clients that come 5000 times are 40");
}

static void
test_vouched(struct life *l)
{
	begin(l);
	live(l, 600, 20, 40, 0);
	tap_ok(!l->a.tripped, "two of five are listed, nobody of those vouched for");
	live(l, 30, 20, 40, 90);
	tap_ok(l->a.tripped, "the list turns on those an allow list vouches for: set aside");
	live(l, 40, 20, 40, 0);
	tap_ok(!l->a.tripped, "... until it no longer does");
}

/* Most strangers are listed anyway, so only those whose mail passes DMARC can tell. */
static void
test_proved(struct life *l)
{
	begin(l);
	live_marked(l, 600, 100, 60, ANOMALY_PROVED, 10);
	tap_ok(!l->a.tripped, "three of five are listed, a tenth of those who pass DMARC");
	live_marked(l, 11, 100, 60, 0, 60);
	for (int i = 0; i < 49; i++)
		(void)meet(l, ANOMALY_LISTED | ANOMALY_PROVED);
	tap_ok(!l->a.tripped, "a forger with 49 clients and a domain of his own proves nothing");
	live_marked(l, 30, 100, 60, ANOMALY_PROVED, 90);
	tap_ok(l->a.tripped, "the list turns on those who pass DMARC: set aside");
	live_marked(l, 30, 100, 60, ANOMALY_PROVED, 10);
	tap_ok(!l->a.tripped, "... until it no longer does");
	begin(l);
	live(l, 600, 100, 60, 0);
	live_marked(l, 30, 100, 60, ANOMALY_PROVED, 90);
	tap_ok(!l->a.tripped, "nothing is known of how many were listed in the long run");
}

/* What RCPT and the end of the message tell is one client. */
static void
test_marks(struct life *l)
{
	static const struct {
		unsigned marks, asked[ANOMALY_GROUPS], listed[ANOMALY_GROUPS];
	} steps[] = {
	    {0, {1, 0, 0}, {0, 0, 0}},
	    {ANOMALY_PROVED, {1, 0, 1}, {0, 0, 0}},
	    {ANOMALY_LISTED, {1, 0, 1}, {1, 0, 1}},
	    {0, {1, 0, 1}, {1, 0, 1}},
	    {ANOMALY_LISTED | ANOMALY_VOUCHED, {1, 1, 1}, {1, 1, 1}},
	};

	begin(l);
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++, l->next = 1) {
		(void)meet(l, steps[i].marks);
		for (int g = 0; g < ANOMALY_GROUPS; g++) {
			tap_is_int(
			    l->a.window[g].asked, steps[i].asked[g], "step %zu, group %d", i, g);
			tap_is_int(l->a.window[g].listed, steps[i].listed[g], "... listed");
		}
	}
}

static void
test_slow_growth(struct life *l)
{
	begin(l);
	for (int percent = 5; percent <= 80; percent++)
		live(l, 24 * 60, 20, percent, 0);
	tap_ok(!l->a.tripped, "a list may grow slowly, over weeks");
}

static void
test_busy(struct life *l)
{
	begin(l);
	live(l, 60, 5000, 10, 0);
	tap_ok(!l->a.tripped, "5000 clients a minute");
	live(l, 1, 2500, 100, 100);
	tap_ok(l->a.tripped, "are enough to notice within half a minute");
}

static void
test_families(void)
{
	struct life l;
	struct addr a;
	bool changed = false;

	begin(&l);
	live(&l, 600, 20, 10, 0);
	live(&l, 11, 0, 0, 0);
	(void)addr_parse(&a, "2001:db8::");
	for (int i = 0; i < 60; i++) {
		a.bytes[15] = (uint8_t)i;
		changed |= anomaly_observe(&l.a, &limits, l.now, &a, ANOMALY_LISTED);
	}
	tap_ok(l.a.tripped && changed, "IPv6 clients count, and the change is told");
}

int
main(void)
{
	static struct life l;

	test_wildcard(&l);
	test_honest(&l);
	test_distinct(&l);
	test_vouched(&l);
	test_proved(&l);
	test_marks(&l);
	test_slow_growth(&l);
	test_busy(&l);
	test_families();
	return tap_done();
}
