/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stats: what was found, decided and waited for, since the process began.
 * Counting takes no lock; a reading may catch a message half counted.
 */
#ifndef MILTER_STATS_H
#define MILTER_STATS_H

#include "milter/policy.h"

/*
 * Durations by size, two buckets for each power of two: bucket 2k holds
 * [2^k, 1.5 * 2^k) microseconds, 2k + 1 the rest up to 2^(k+1).  So a
 * percentile is at most half too high.
 */
#define HISTOGRAM_BUCKETS	54	/* the last one from 100 s up: beyond every budget */

struct histogram {
	uint64_t	buckets[HISTOGRAM_BUCKETS];
	uint64_t	sum;		/* us */
};

struct stats {			/* nothing but uint64_t, so it can be copied and subtracted as an array */
	uint64_t	connections;
	uint64_t	turned_away;		/* beyond maximum-sessions */
	uint64_t	verdicts[CHECKS_MAX][RESULTS_MAX];	/* by registry row and result */
	uint64_t	recipients[ACTION_COUNT];	/* decided at RCPT */
	uint64_t	messages[ACTION_COUNT];		/* decided at the end of the message */
	uint64_t	would_recipients[ACTION_COUNT], would_messages[ACTION_COUNT];	/* of shadow rules */
	struct histogram stages[STAGE_COUNT];	/* what the MTA waited for us: MAIL, RCPT, EOM */
	struct histogram checks[CHECKS_MAX];	/* a check judging, its waits included */
};

void	stats_connection(void);
void	stats_turned_away(void);
void	stats_verdict(size_t row, unsigned result);
/* STAGE_RCPT or STAGE_EOM. */
void	stats_decision(enum stage, const struct decision *);
/* Since stats_now(). */
void	stats_stage(enum stage, int64_t began);
void	stats_check(size_t row, int64_t began);
int64_t	stats_now(void);	/* us, CLOCK_MONOTONIC */

void	stats_read(struct stats *);
/* What came between two readings. */
void	stats_subtract(struct stats *, const struct stats *earlier);

uint64_t histogram_count(const struct histogram *);
/* Microseconds; the upper end of the bucket where that share (0 to 1) is reached, 0 without any. */
uint64_t histogram_percentile(const struct histogram *, double share);
/* The upper end of a bucket; UINT64_MAX of the last. */
uint64_t histogram_limit(size_t bucket);

#endif
