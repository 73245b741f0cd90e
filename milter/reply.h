/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reply: a decision as SMTP text, "550 5.7.25 REASON; help: CONTACT [id=ID]".
 * Pure; reply_set.c hands it to libmilter.
 */
#ifndef MILTER_REPLY_H
#define MILTER_REPLY_H

#include "milter/stage.h"

#define REPLY_TEXT_MAX	900	/* bytes; libmilter takes 980, with every % doubled */

struct reply {
	char	code[4];	/* "550" */
	char	xcode[10];	/* "5.7.25" */
	char	text[REPLY_TEXT_MAX + 1];	/* printable ASCII, % not doubled yet */
};

/*
 * For TEMPFAIL and REJECT decisions.  Both codes are of the action's class,
 * whatever the check's table says.
 */
void	reply_format(struct reply *, const struct txn *, const struct conf *, const struct decision *);

#endif
