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
meet(struct life *l, bool listed, bool vouched)
{
	struct addr client = {.family = ADDR_V4};

	for (int i = 0; i < 4; i++)
		client.bytes[i] = (uint8_t)(l->next >> (24 - 8 * i));
	l->next++;
	return anomaly_observe(&l->a, &limits, l->now, &client, listed, vouched);
}

/* percent of the clients are listed, vouched_percent of every tenth, which are vouched for. */
static void
live(struct life *l, int minutes, int per_minute, int percent, int vouched_percent)
{
	for (int m = 0; m < minutes; m++, l->now += MINUTE)
		for (int c = 0; c < per_minute; c++) {
			bool vouched = l->next % 10 == 3;
			int n = (int)(l->next / 10 % 100);

			/* 37 is prime to 100: the listed ones are spread, not first in line. */
			(void)meet(
			    l, n * 37 % 100 < (vouched ? vouched_percent : percent), vouched);
		}
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
		(void)meet(l, true, false);
	tap_ok(!l->a.tripped, "44 clients in ten minutes prove nothing");
	for (int i = 0; i < 7; i++)
		(void)meet(l, true, false);
	tap_ok(l->a.tripped, "51 do");
}

static void
test_distinct(struct life *l)
{
	begin(l);
	live(l, 600, 20, 10, 0);
	live(l, 11, 0, 0, 0);
	for (int i = 0; i < 5000; i++, l->next = i % 40)
		(void)meet(l, true, false);
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
		changed |= anomaly_observe(&l.a, &limits, l.now, &a, true, false);
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
	test_slow_growth(&l);
	test_busy(&l);
	test_families();
	return tap_done();
}
