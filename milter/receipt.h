/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Receipt: everything about a decision, kept in the store for `baileyctl why'.
 * Refusals and what shadow rules would have refused are always kept,
 * deliveries by choice.  Made where the mail is, written by a thread of its
 * own: no message waits for it.
 *
 *	'r' ID NUL NUMBER	the receipt, JSON (explain.h, and the keys of the log)
 *	'q' QUEUE-ID		the ID
 */
#ifndef MILTER_RECEIPT_H
#define MILTER_RECEIPT_H

#include <jansson.h>

#include "milter/stage.h"

#define RECEIPT_QUEUE_MAX	1000	/* made and not written yet; more are lost, and counted */

/* The thread; may not be stopped and started again.  0, or -1 with why. */
int	 receipt_start(struct buf *why);
/* Write what waits; before the store goes. */
void	 receipt_stop(void);

/* As summary_log(). */
void	 receipt_keep(const struct stage_walk *, const struct rcpt *, const struct decision *);

/* An array of the receipts with that id, or queue id; empty: none. */
json_t	*receipt_find(struct store *, const char *id);
/* Receipts kept, and those lost since the start. */
void	 receipt_count(uint64_t *kept_r, uint64_t *lost_r);

#endif
