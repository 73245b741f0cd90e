/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Policy: verdicts and configuration in, one decision out.  Pure: no clock, no
 * memory, no MTA.  From the decision come reply, log line, header and receipt.
 */
#ifndef MILTER_POLICY_H
#define MILTER_POLICY_H

#include "milter/conf.h"

struct decision {
	enum action		 action;	/* never REJECT_IF_SUSPECT; SUSPECT is PASS with evidence */
	const struct verdict	*cause;		/* NULL when nothing spoke up */
	enum action		 would;		/* strongest action of the shadow rules, had they been in force */
	const struct verdict	*would_cause;
	bool			 exempt;	/* postmaster or abuse: action was lowered to PASS, cause tells of what */
	unsigned		 failed;	/* authentication methods that failed (RFC 7372 5.7.26 when > 1) */
};

struct policy_input {
	const struct conf		*conf;
	const struct verdict *const	*verdicts;	/* registry order */
	size_t				 count;
	enum stage			 stage;		/* STAGE_RCPT or STAGE_EOM */
	enum origin			 origin;
	const struct rcpt		*rcpt;		/* at RCPT */
};

void	policy_decide(const struct policy_input *, struct decision *);
/* What one verdict asks for, mode applied: its configured action, or PASS in shadow. */
enum action policy_action(const struct conf *, const struct verdict *);
/* postmaster@ and abuse@ of any domain of ours (RFC 5321 4.5.1, RFC 2142). */
bool	policy_is_exempt(const struct rcpt *);

#endif
