/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stats: what was found, decided and waited for, since the process began.
 * Counting takes no lock; a reading may catch a message half counted.
 */
#ifndef MILTER_STATS_H
#define MILTER_STATS_H

#include "lib/histogram.h"
#include "milter/policy.h"

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
/* STAGE_RCPT or STAGE_EOM; since histogram_now(), its stats_stage() included. */
void	stats_decision(enum stage, const struct decision *, int64_t began);
/* Since histogram_now(). */
void	stats_stage(enum stage, int64_t began);
void	stats_check(size_t row, int64_t began);

void	stats_read(struct stats *);
/* Since the process began: decisions because of a result, and what the MTA waited for those with an action. */
uint64_t stats_cause(enum stage, size_t row, unsigned result, enum action);
void	stats_wait(enum stage, enum action, struct histogram *out);
/* What came between two readings. */
void	stats_subtract(struct stats *, const struct stats *earlier);

#endif
