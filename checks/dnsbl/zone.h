/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Zone: one DNS list to ask, as the configuration describes it.
 *
 *	zone "NAME[=FILTER][*WEIGHT]" { answers = { "FILTER[*WEIGHT]", ... } ... }
 *	sites = { "NAME[=FILTER][*WEIGHT]", ... }
 *
 * Whatever is written about one name, in several places, becomes one zone with
 * several rules, because it costs one question.
 */
#ifndef CHECKS_DNSBL_ZONE_H
#define CHECKS_DNSBL_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "checks/dnsbl/filter.h"
#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/name.h"
#include "lib/option.h"

#define ZONES_MAX	32	/* questions per client; verdicts are limited too (VERDICTS_MAX) */
#define ZONE_RULES_MAX	32	/* filters of one zone; a bit mask has 8 places */
#define ZONE_WEIGHT_MAX	1000

/* What a list is asked about.  A list of names is never asked for an address, nor the reverse. */
enum subject {
	SUBJECT_CLIENT,		/* its address */
	SUBJECT_HELO,
	SUBJECT_PTR,
	SUBJECT_SENDER,		/* domain of the reverse-path */
	SUBJECT_FROM,		/* domain of the author */
	SUBJECT_DKIM,		/* d= of signatures */
	SUBJECT_COUNT
};
#define SUBJECT_BIT(s)	(1U << (s))
/* Known at the end of the header; the others at RCPT. */
#define SUBJECTS_HEADER	(SUBJECT_BIT(SUBJECT_FROM) | SUBJECT_BIT(SUBJECT_DKIM))
#define SUBJECTS_RCPT	(SUBJECT_BIT(SUBJECT_COUNT) - 1 - SUBJECTS_HEADER)

struct zone_rule {
	struct filter	filter;
	int		weight;		/* > 0 block, < 0 allow, 0 only shown */
	unsigned	subjects;	/* bits */
};

struct zone {
	const char		*name;		/* as asked, canonical; may hold a secret key */
	const char		*shown;		/* without the key: all that anybody else may see */
	const char		*secret;	/* the key, or NULL */
	unsigned		 subjects;	/* union of the rules' */
	bool			 self_test;	/* has RFC 5782 5 test entries */
	struct zone_rule	*rules;
	size_t			 rule_count;
};

enum zone_kind { ZONE_KIND_WEIGHT, ZONE_KIND_BLOCK, ZONE_KIND_ALLOW };

/* zone "title" { ... } */
struct zone_section {
	const char		*title;
	struct string_list	 answers;
	int64_t			 weight;	/* of filters without one */
	unsigned		 kind;		/* enum zone_kind */
	struct string_list	 names;		/* "helo", "from", ...; none: the client's address */
	bool			 self_test;
	bool			 even_if_dead;
	struct zone		 zone;		/* made by zone_parse() */
};
extern const struct option_section zone_option_section;

/* Fill section->zone.  0, or -1 with what would be right in *why_r (static or in the arena). */
int	zone_parse(struct zone_section *, struct arena *, const char **why_r);
/* Add from's rules to a zone of that name in list, which has room for ZONES_MAX.  0 or -1. */
int	zone_merge(struct zone *list, size_t *count, const struct zone *from, struct arena *,
	    const char **why_r);

/* Whether its listings ever raise (or ever lower) a score. */
bool	zone_blocks(const struct zone *);
bool	zone_allows(const struct zone *);

/* subject.zone ("1.2.0.192." may end in a dot); false when longer than a name may be. */
bool	zone_question(char out[NAME_TEXT_SIZE], const char *subject, const char *zone);
/* text, with *** for every copy of the zone's key. */
void	zone_mask(struct buf *, const struct zone *, const char *text);

#endif
