/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rhs: right-hand sides of access tables, those of Postfix access(5) that make
 * sense in a filter and a few of ours.
 *
 *	OK, RELAY, DUNNO, all digits (OK)
 *	REJECT [text], DEFER [text], 4NN text, 5NN text: the text may begin with
 *		an enhanced status code
 *	DISCARD [text], HOLD [text]
 *	SKIP check,...; GREYLIST; MODE shadow
 */
#ifndef CHECKS_ACCESS_RHS_H
#define CHECKS_ACCESS_RHS_H

#include <stdbool.h>
#include <stdint.h>

enum rhs_action {
	RHS_DUNNO, RHS_OK, RHS_REJECT, RHS_DEFER, RHS_DISCARD, RHS_HOLD,
	RHS_SKIP, RHS_GREYLIST, RHS_SHADOW
};

#define RHS_CODES_SIZE	16	/* "550 5.123.123" and the NUL */

struct rhs {
	enum rhs_action	 action;
	char		 codes[RHS_CODES_SIZE];	/* REJECT, DEFER: "550 5.7.1" */
	const char	*text;			/* behind the word, within the value; "" if none */
	uint32_t	 rows;			/* SKIP: registry rows as bits */
};

/* False, with what is wrong, for anything else; value must outlive the result. */
bool	rhs_parse(struct rhs *, const char *value, const char **why_r);

#endif
