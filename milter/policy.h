/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Policy: verdicts and configuration in, one decision out.  Pure: no clock, no
 * memory, no MTA.  From the decision come reply, log line, header and receipt.
 *
 * The strongest action wins (action.h), the first verdict among equals.  An
 * accept is the strongest, so nothing that other checks found counts beside
 * it.  Holding and discarding concern a whole message and therefore act at end
 * of message, whoever judged them (neither exists at RCPT).
 */
#ifndef MILTER_POLICY_H
#define MILTER_POLICY_H

#include "milter/conf.h"

struct decision {
	enum action		 action;	/* never REJECT_IF_SUSPECT; SUSPECT is PASS with evidence */
	const struct verdict	*cause;		/* NULL when nothing spoke up */
	enum action		 would;		/* strongest action of the shadow rules, had they been in force; harmless beside an accept that is */
	const struct verdict	*would_cause;
	bool			 exempt;	/* action was lowered to PASS, cause tells of what: postmaster, abuse */
	unsigned		 failed;	/* authentication methods that failed (RFC 7372 5.7.26 when > 1) */
};

struct policy_input {
	struct conf_rules		 rules;
	const struct verdict *const	*verdicts;	/* registry order */
	size_t				 count;
	enum stage			 stage;		/* STAGE_RCPT or STAGE_EOM */
	enum origin			 origin;
	bool				 exempt;	/* the recipient; at EOM, all who get the message */
};

void	policy_decide(const struct policy_input *, struct decision *);
/* What one verdict asks for, mode applied: its configured action, or PASS in shadow. */
enum action policy_action(const struct conf_rules *, const struct verdict *);
/* What it asks for were the mode enforce everywhere. */
enum action policy_configured(const struct conf_rules *, const struct verdict *);
/* What comes now of one verdict of a rule in shadow, were all of them in force; PASS of one that is. */
enum action policy_would(const struct policy_input *, const struct verdict *);
/* What the rules make of this check: the stricter of its own and the global mode. */
enum mode policy_mode(const struct conf_rules *, const struct check *);
/* Suspect or stronger, but for accept: makes greylisting apply, confirms a reject-if-suspect. */
bool	policy_is_evidence(enum action);
/* It stops no mail: pass, suspect, accept. */
bool	policy_is_harmless(enum action);
/* A refusal: tempfail or reject. */
bool	policy_refuses(enum action);
/* postmaster@ and abuse@ of any domain the MTA takes mail for, bare postmaster (RFC 5321 4.5.1, RFC 2142). */
bool	policy_is_exempt(const struct path *);

#endif
