/* SPDX-License-Identifier: BSD-2-Clause */
/* Summary: one log line per decision and one per delivered message, made from the decision value. */
#ifndef MILTER_SUMMARY_H
#define MILTER_SUMMARY_H

#include "milter/stage.h"

/*
 * A recipient's decision, or (rcpt NULL) the fate of a message at its end:
 *
 *   event=recipient|message id= queue= client= origin= action= [cause=CHECK.RESULT]
 *   [exempt=yes] [would= would-cause=] CHECK=RESULT[,RESULT]... [skipped=CHECK:WHY,...]
 *   [dropped=N] ms=WAITED from= to= helo-name= client-name= user= [reason=] [would-reason=]
 *
 * A message lists the recipients that get it, as many as fit, ",+N" the rest.
 * What the other side chose stands last, so that a line cut at LOG_LINE_MAX
 * has lost nothing of the decision.
 */
void	summary_log(const struct stage_walk *, const struct rcpt *, const struct decision *);

#endif
