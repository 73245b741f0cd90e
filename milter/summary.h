/* SPDX-License-Identifier: BSD-2-Clause */
/* Summary: one log line per decision and one per delivered message, made from the decision value. */
#ifndef MILTER_SUMMARY_H
#define MILTER_SUMMARY_H

#include "milter/stage.h"

/* A refused or deferred recipient, or (rcpt NULL) the fate of a message at its end. */
void	summary_log(const struct stage_walk *, const struct rcpt *, const struct decision *);

#endif
