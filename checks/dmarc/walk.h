/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walk: up the tree of names from a domain to its top, looking for DMARC
 * records (RFC 9989 4.10).
 *
 *	a.b.mail.example.com	_dmarc.a.b.mail.example.com	the start
 *				_dmarc.b.mail.example.com
 *				_dmarc.mail.example.com
 *				_dmarc.example.com
 *				_dmarc.com
 *
 * Pure: who has a record is asked of a function.
 */
#ifndef CHECKS_DMARC_WALK_H
#define CHECKS_DMARC_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "checks/dmarc/record.h"

#define DMARC_WALK_MAX	8	/* names; RFC 9989 4.10 */

enum dmarc_found { DMARC_ABSENT, DMARC_FOUND, DMARC_UNKNOWN /* nobody can tell now */ };
typedef enum dmarc_found dmarc_lookup(const char *domain, struct dmarc_record *, void *arg);

struct dmarc_step {
	const char		*domain;	/* part of the start's text */
	enum dmarc_found	 found;
	struct dmarc_record	 record;
};

struct dmarc_walk {
	struct dmarc_step	 step[DMARC_WALK_MAX];	/* the start first */
	size_t			 count;			/* steps walked; a psd=y or psd=n ends it */
	const char		*organization;		/* organizational domain; NULL if a step is UNKNOWN */
	const struct dmarc_step	*policy;		/* whose record applies; NULL: none, or UNKNOWN */
	bool			 unknown;
};

/* The names a walk from this canonical name can come to; how many. */
size_t	dmarc_walk_names(const char *domain, const char *names[static DMARC_WALK_MAX]);
void	dmarc_walk(struct dmarc_walk *, const char *domain, dmarc_lookup *, void *arg);

/* How to find policy and organization; a walk, or two looks guided by the public suffix list. */
struct dmarc_discovery {
	size_t	(*names)(const char *domain, const char *names[static DMARC_WALK_MAX]);
	void	(*run)(struct dmarc_walk *, const char *domain, dmarc_lookup *, void *arg);
};
extern const struct dmarc_discovery dmarc_by_walk;

#endif
