/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tally: what the zones said of one client and its names, added up; and the
 * verdicts made of it.
 */
#ifndef CHECKS_DNSBL_TALLY_H
#define CHECKS_DNSBL_TALLY_H

#include "checks/check.h"
#include "checks/dnsbl/options.h"

/* Results of the check, in the order of its table. */
enum dnsbl_result { DNSBL_LISTED, DNSBL_DOUBTFUL, DNSBL_TEMPERROR, DNSBL_CLEAR, DNSBL_HIT, DNSBL_VOUCHED };

/* What one zone said. */
struct finding {
	const struct zone	*zone;
	struct watch		*watch;
	const struct dns_answer	*answer;	/* that matched; NULL: not listed */
	enum subject		 subject;	/* of answer */
	char			 name[NAME_TEXT_SIZE];	/* asked for, of a name */
	const char		*unknown;	/* why nobody knows, or NULL */
	int			 weight;	/* of all rules that matched */
	bool			 blocks, allows;	/* among them */
	bool			 anomalous;	/* it blocks, and must not be believed */
};

struct tally {
	int64_t		 deadline;
	bool		 patient;	/* who has not answered by then is slow, not we in a hurry */
	struct finding	*findings;	/* one of each zone */
	int		 score, blocked;	/* all; block weights alone */
	size_t		 unknown;
};

/* The name to ask about, canonical, or the reversed address; false: there is nothing to ask. */
bool		 tally_subject(struct txn *, enum subject, char out[NAME_TEXT_SIZE]);
/* The watch of a zone, or NULL where nobody keeps one. */
struct watch	*tally_watch(const struct txn *, const struct zone *);
/* Whose test counts for this subject. */
enum addr_family tally_family(const struct txn *, enum subject);

/* Read every zone's answer, waiting until t->deadline at most.  0, or -1 without memory. */
int		 tally_count(struct txn *, struct tally *);
/* Report the score and each zone that listed. */
void		 tally_report(struct txn *, const struct tally *);

#endif
