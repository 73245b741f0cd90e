/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tally: what the zones said of one client and its names, added up; and the
 * verdicts made of it.  It begins at RCPT; at the end of the message the names
 * in the header join it.
 */
#ifndef CHECKS_DNSBL_TALLY_H
#define CHECKS_DNSBL_TALLY_H

#include "checks/check.h"
#include "checks/dnsbl/options.h"

/* Results of the check, in the order of its table. */
enum dnsbl_result { DNSBL_LISTED, DNSBL_DOUBTFUL, DNSBL_TEMPERROR, DNSBL_CLEAR, DNSBL_HIT, DNSBL_VOUCHED };

/* Names in one header that are asked for: the author's, and the first ones of signatures. */
#define TALLY_NAMES_MAX	5	/* each costs a question per list; mail gathers few signers on its way */

/* What one zone said. */
struct finding {
	const struct zone	*zone;
	struct watch		*watch;
	const struct dns_answer	*answer;	/* that matched; NULL: not listed */
	enum subject		 subject;	/* of answer */
	char			 name[NAME_TEXT_SIZE];	/* asked for, of a name */
	const char		*unknown;	/* why nobody knows, or NULL */
	uint32_t		 matched;	/* bits of rules */
	int			 weight;	/* of all rules that matched */
	bool			 blocks, allows;	/* among them */
	bool			 anomalous;	/* it blocks, and must not be believed */
	bool			 asked;		/* there was something to ask */
	bool			 told;		/* it has its verdict */
};

struct tally {
	const struct dnsbl_options *options;	/* whose lists these are */
	int64_t		 deadline;
	bool		 patient;	/* who has not answered by then is slow, not we in a hurry */
	struct finding	*findings;	/* one of each zone; NULL: nothing was counted */
	int		 score, blocked;	/* all; block weights alone */
	size_t		 unknown;

	bool		 told;		/* the score, with this result */
	enum dnsbl_result result;
	int		 told_score;

	struct {
		enum subject	subject;
		char		text[NAME_TEXT_SIZE];
	}		 names[TALLY_NAMES_MAX];	/* SUBJECTS_HEADER */
	size_t		 name_count;
};

/* Find the names in the header. */
void		 tally_header(struct txn *, struct tally *);
/*
 * The nth name to ask about, canonical, or the reversed address; false: there
 * are no more.  The tally is for SUBJECTS_HEADER.
 */
bool		 tally_subject(struct txn *, const struct tally *, enum subject, size_t nth,
		    char out[NAME_TEXT_SIZE]);
/* The watch of a zone, or NULL where nobody keeps one. */
struct watch	*tally_watch(const struct txn *, const struct zone *);
/* Whose test counts for this subject. */
enum addr_family tally_family(const struct txn *, enum subject);

/* Add every zone's answers about these subjects, waiting until t->deadline at most.  0, or -1 without memory. */
int		 tally_count(struct txn *, struct tally *, unsigned subjects);
/* Tell the watch of each block list of this client; marks besides what the tally knows. */
void		 tally_observe(struct txn *, const struct tally *, unsigned marks);
/* Report the score and each zone that listed; later only what is new. */
void		 tally_report(struct txn *, struct tally *);

#endif
