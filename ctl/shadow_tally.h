/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tally: the cases of milter/shadow.h added up, in memory for the rules there
 * are, however many cases come.
 */
#ifndef CTL_SHADOW_TALLY_H
#define CTL_SHADOW_TALLY_H

#include <jansson.h>

#include "milter/stage.h"

#define TALLY_RULES_MAX	(CHECKS_MAX * RESULTS_MAX)
#define TALLY_EXAMPLES	3	/* of a rule, the latest: so many that proved good, so many that did not */

/* refused, and of these: refused anyway by rules in force, proved good, and by which proofs. */
enum tally_count { TALLY_REFUSED, TALLY_ANYWAY, TALLY_GOOD, TALLY_DMARC, TALLY_AGAIN, TALLY_WRITTEN,
	TALLY_COUNT };
extern const char *const tally_words[TALLY_COUNT];

struct tally_rule {
	const char	*name;		/* "helo.invalid" */
	const char	*action;
	bool		 now;		/* in shadow */
	uint64_t	 n[TALLY_COUNT];
	json_t		*good, *other;	/* examples: arrays of cases */
	/* Of the message at hand, until it is known what became of it. */
	uint64_t	 open[TALLY_COUNT];
	json_t		*open_case;	/* the last of them */
};

struct tally {
	struct tally_rule	 rules[TALLY_RULES_MAX];
	size_t			 count;
	char			 id[STAGE_ID_SIZE];	/* of the message at hand */
	json_int_t		 mail;
};

/* 0, or -1 without memory. */
int	 tally_rules(struct tally *, const json_t *rules);
int	 tally_case(struct tally *, const json_t *);
/* After the last case. */
void	 tally_end(struct tally *);
/* [{rule action shadow COUNTS examples{good[] other[]}}] */
json_t	*tally_json(const struct tally *);
void	 tally_free(struct tally *);

#endif
