/* SPDX-License-Identifier: BSD-2-Clause */
/* Relaxed atomic words: each is right, and nobody waits for another. */
#include "milter/stats.h"

#define WORDS (sizeof(struct stats) / sizeof(uint64_t))

static struct stats live;

/* What only the metrics tell: too much for a history. */
static struct {
	uint64_t causes[CHECKS_MAX][RESULTS_MAX][ACTION_COUNT];
	struct histogram waits[ACTION_COUNT];
} decided[2];

static void
add(uint64_t *word, uint64_t n)
{
	(void)__atomic_fetch_add(word, n, __ATOMIC_RELAXED);
}

void
stats_connection(void)
{
	add(&live.connections, 1);
}

void
stats_turned_away(void)
{
	add(&live.turned_away, 1);
}

void
stats_verdict(size_t row, unsigned result)
{
	add(&live.verdicts[row][result], 1);
}

void
stats_decision(enum stage stage, const struct decision *d, int64_t began)
{
	size_t at = stage == STAGE_EOM;

	add(stage == STAGE_RCPT ? &live.recipients[d->action] : &live.messages[d->action], 1);
	if (d->would_cause != NULL)
		add(stage == STAGE_RCPT ? &live.would_recipients[d->would]
					: &live.would_messages[d->would],
		    1);
	if (d->cause != NULL)
		add(&decided[at].causes[check_row(d->cause->check)][d->cause->result][d->action],
		    1);
	histogram_since(&decided[at].waits[d->action], began);
	stats_stage(stage, began);
}

uint64_t
stats_cause(enum stage stage, size_t row, unsigned result, enum action a)
{
	return __atomic_load_n(
	    &decided[stage == STAGE_EOM].causes[row][result][a], __ATOMIC_RELAXED);
}

void
stats_wait(enum stage stage, enum action a, struct histogram *out)
{
	histogram_read(&decided[stage == STAGE_EOM].waits[a], out);
}

void
stats_stage(enum stage stage, int64_t began)
{
	histogram_since(&live.stages[stage], began);
}

void
stats_check(size_t row, int64_t began)
{
	histogram_since(&live.checks[row], began);
}

void
stats_read(struct stats *out)
{
	const uint64_t *from = (const uint64_t *)&live;
	uint64_t *to = (uint64_t *)out;

	for (size_t i = 0; i < WORDS; i++)
		to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
}

void
stats_subtract(struct stats *later, const struct stats *earlier)
{
	const uint64_t *what = (const uint64_t *)earlier;
	uint64_t *from = (uint64_t *)later;

	for (size_t i = 0; i < WORDS; i++)
		from[i] -= what[i];
}
