/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Align: does what SPF and DKIM prove belong to the author (RFC 9989 4.4,
 * 4.10.2)?  Pure, but for the function that looks records up.
 */
#ifndef CHECKS_DMARC_ALIGN_H
#define CHECKS_DMARC_ALIGN_H

#include "checks/dmarc/walk.h"

enum dmarc_proof { DMARC_DISPROVED, DMARC_PROVED, DMARC_UNPROVED /* it may be proved another time */ };

struct dmarc_identifier {
	const char		*domain;	/* canonical */
	bool			 spf;		/* SPF's, else DKIM's */
	enum dmarc_proof	 proof;		/* what SPF or DKIM say of it */
};

/* The author's walk must have a policy.  strict: adkim or aspf of it. */
enum dmarc_proof dmarc_align(const struct dmarc_walk *author, const struct dmarc_identifier *,
		    const struct dmarc_discovery *, dmarc_lookup *, void *arg);

#endif
