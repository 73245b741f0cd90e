/* SPDX-License-Identifier: BSD-2-Clause */
#include "milter/history.h"

#include <stdio.h>

#include "t/tap.h"
#include "t/unit/fakechecks.h"

/* clang-format off */
static const struct { uint64_t us; uint64_t limit; } sizes[] = {
	{0, 2}, {1, 2}, {2, 3}, {3, 4}, {4, 6}, {5, 6}, {6, 8}, {1000, 1024}, {1024, 1536},
	{100000, 131072}, {60000000, 67108864},
};
/* clang-format on */

/* The limit of the bucket that a duration of so many microseconds falls into. */
static void
test_buckets(void)
{
	uint64_t last = 0;

	for (size_t i = 0; i + 1 < HISTOGRAM_BUCKETS; i++) {
		if (i != 1)
			tap_ok(histogram_limit(i) > last, "bucket %zu ends at %llu", i,
			    (unsigned long long)histogram_limit(i));
		last = histogram_limit(i);
	}
	tap_ok(histogram_limit(HISTOGRAM_BUCKETS - 1) == UINT64_MAX, "the last one has no end");
}

static void
test_durations(void)
{
	struct stats before, after;

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		uint64_t p;

		stats_read(&before);
		stats_stage(STAGE_RCPT, histogram_now() - (int64_t)sizes[i].us);
		stats_read(&after);
		stats_subtract(&after, &before);
		p = histogram_percentile(&after.stages[STAGE_RCPT], 0.5);
		tap_ok(histogram_count(&after.stages[STAGE_RCPT]) == 1, "one of %llu us",
		    (unsigned long long)sizes[i].us);
		/* The clock goes on meanwhile. */
		tap_ok(p >= sizes[i].limit && after.stages[STAGE_RCPT].sum >= sizes[i].us,
		    "is at least %llu us", (unsigned long long)sizes[i].limit);
	}
}

static void
test_percentiles(void)
{
	struct histogram h = {.buckets = {[10] = 90, [20] = 9, [30] = 1}};
	struct histogram none = {.sum = 0}, slow = {.buckets = {[HISTOGRAM_BUCKETS - 1] = 1}};

	tap_ok(histogram_count(&h) == 100, "count");
	tap_ok(histogram_percentile(&h, 0.5) == histogram_limit(10), "p50");
	tap_ok(histogram_percentile(&h, 0.9) == histogram_limit(10), "p90 just so");
	tap_ok(histogram_percentile(&h, 0.99) == histogram_limit(20), "p99");
	tap_ok(histogram_percentile(&h, 1) == histogram_limit(30), "all");
	tap_ok(histogram_percentile(&none, 0.5) == 0, "of nothing: 0");
	tap_ok(histogram_percentile(&slow, 0.5) < UINT64_MAX, "beyond all buckets: a number");
}

static void
test_counts(void)
{
	struct verdict v = {.result = 0};
	struct decision d = {.action = ACTION_PASS, .would = ACTION_REJECT, .would_cause = &v};
	struct stats before, s;

	stats_read(&before);
	stats_connection();
	stats_verdict(1, 2);
	stats_verdict(1, 2);
	stats_decision(STAGE_RCPT, &d, histogram_now());
	d.would_cause = NULL;
	d.action = ACTION_REJECT;
	stats_decision(STAGE_EOM, &d, histogram_now());
	stats_read(&s);
	stats_subtract(&s, &before);
	tap_ok(s.connections == 1, "a connection");
	tap_ok(s.verdicts[1][2] == 2 && s.verdicts[0][2] == 0, "two verdicts");
	tap_ok(s.recipients[ACTION_PASS] == 1 && s.would_recipients[ACTION_REJECT] == 1,
	    "a recipient let through that would have been refused");
	tap_ok(s.messages[ACTION_REJECT] == 1 && s.would_messages[ACTION_REJECT] == 0,
	    "a message refused in earnest");
}

static void
test_history(void)
{
	struct stats s;
	int64_t since, ms = 1000, wall = 1000000;

	tap_ok(history_tick(ms, wall) == 60000, "the first reading is due in a minute");
	history_since(600, wall, &s, &since);
	tap_ok(since == 0, "before that there is only the whole");
	for (int i = 0; i < 200; i++) {
		ms += 60000;
		wall += 60;
		stats_connection();
		(void)history_tick(ms, wall);
	}
	history_since(0, wall, &s, &since);
	tap_ok(since == 0 && s.connections >= 200, "the whole");
	history_since(60, wall, &s, &since);
	tap_ok(since == wall - 60 && s.connections == 1, "the last minute");
	history_since(90, wall, &s, &since);
	tap_ok(since == wall - 120 && s.connections == 2, "rather longer than asked for");
	history_since(3500, wall, &s, &since);
	tap_ok(since == wall - 3540, "an hour back there are minutes");
	history_since(3600, wall, &s, &since);
	tap_ok(since <= wall - 3600 && since >= wall - 7200, "beyond it hours");
	history_since(100000, wall, &s, &since);
	tap_ok(since == 0, "older than all: the whole");
	tap_ok(history_tick(ms + 10000000, wall) > 0, "after a long pause it goes on");
}

int
main(void)
{
	test_buckets();
	test_durations();
	test_percentiles();
	test_counts();
	test_history();
	return tap_done();
}
