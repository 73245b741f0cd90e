/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shadow: what rules in shadow would have refused, out of the receipts, and
 * what proved since that the mail was good:
 *
 *	dmarc	it passed DMARC: the author's domain answers for it
 *	again	mail of this client or its proven domain, this sender and recipient was
 *		delivered twice, an hour or more apart, though a rule in shadow would have
 *		refused it; or it passed greylisting, or its client did so often that it is
 *		not asked any more
 *	written	the recipient wrote to the sender, before or after (correspondent.h)
 *
 * The proofs overlap, and none is certain: who owns a domain passes DMARC.
 */
#ifndef MILTER_SHADOW_H
#define MILTER_SHADOW_H

#include <jansson.h>

#include "milter/conf.h"

#define SHADOW_RCPTS_MAX	10	/* recipients of one message that are looked up */

/* A message was delivered that a rule in shadow would have refused; its receipt. */
void	shadow_learn(struct store *, const struct conf *, const char *receipt);

struct shadow_query {
	struct store		*store;
	const struct conf	*conf;
	int64_t			 since, now;	/* s since 1970 */
};

/*
 * A bounded part, a few hundred receipts.  after: "" or "next" of the part
 * before.  What was decided about one message follows one another, "message"
 * last, but parts may end in between.
 *
 *	read		receipts looked at
 *	cases[{id mail event time client from to refused dmarc again written
 *	    rules{"helo.invalid": action}}]
 *	next		missing: this was the last
 *
 * and in the first one
 *
 *	oldest		time of the first receipt there is; missing: none
 *	rules{"helo.invalid": action}	in shadow now, and not harmless
 *	knows{dmarc written}	whether such proofs can be
 *
 * refused: by a rule in force; then there are no proofs.  A message that only
 * tells what became of its recipients has no rules.  False: "error" says why.
 */
bool	shadow_step(const struct shadow_query *, const char *after, json_t *out);

#endif
