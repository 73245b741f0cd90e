/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts: what dmarc leaves in the store for an aggregate report. */
#ifndef CHECKS_DMARC_FACTS_H
#define CHECKS_DMARC_FACTS_H

#include "checks/check.h"
#include "checks/dmarc/report.h"

/* The value of a property, NULL: it has none. */
const char	*dmarc_prop(const struct verdict *, const char *ptype, const char *property);

/*
 * Add to what dmarc itself knows of the message what its envelope and the
 * verdicts of spf and dkim tell, and store it for keep milliseconds.
 */
void	 dmarc_facts_keep(struct txn *, struct dmarc_report *, const char *policy_domain,
	    int64_t keep);

#endif
