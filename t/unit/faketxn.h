/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A transaction without an MTA: what a check may call (check.h) is answered
 * here and what it reports is kept, so a unit test runs one check alone.
 */
#ifndef T_UNIT_FAKETXN_H
#define T_UNIT_FAKETXN_H

#include "checks/check.h"

#define FAKETXN_MAX	64	/* verdicts, fields */

struct faketxn {
	struct txn		 txn;		/* first: functions of check.h get a txn; fill in what the check reads */
	struct site		 site;
	struct clock_fake	 clock;
	struct arena		 arena;

	/* What the check did. */
	struct verdict		 verdicts[FAKETXN_MAX];
	size_t			 count;
	struct { const char *name, *value; } fields[FAKETXN_MAX];
	size_t			 field_count;

	/* What other checks found, for txn_verdict() and txn_is_suspect(). */
	const struct verdict	*others;
	size_t			 other_count;
	bool			 suspect;

	void			*msg_state;
};

/* A client outside, by address; "" for none.  dns and the check must outlive it. */
void	faketxn_init(struct faketxn *, const struct check *, struct dns *, const char *client);
void	faketxn_fini(struct faketxn *);
/* Run the check's callback of that stage, if it has one; judging forgets earlier verdicts. */
void	faketxn_ask(struct faketxn *, enum stage);
void	faketxn_judge(struct faketxn *, enum stage);
/* Names of the results reported, with a space between. */
const char *faketxn_results(struct faketxn *);
/* Reason of the first one; "" if there is none. */
const char *faketxn_reason(const struct faketxn *);
/* "policy.iprev=192.0.2.1 ..." of the first one. */
const char *faketxn_props(struct faketxn *);

#endif
