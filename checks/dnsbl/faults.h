/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults: answers by which a list says that the question was at fault (asked
 * through a public resolver, too often, not paid for), or that it is not the
 * list any more.  Never a listing.
 */
#ifndef CHECKS_DNSBL_FAULTS_H
#define CHECKS_DNSBL_FAULTS_H

#include "dns/dns.h"
#include "lib/addr.h"

/* What the answer of this zone means and what to do about it; NULL: an honest answer. */
const char	*fault_text(const char *zone, const struct addr *answer);

/* What the answer to a question of type A says, before any filter. */
enum reading {
	READING_UNKNOWN,	/* temporary trouble */
	READING_UNLISTED,
	READING_LISTED,
	READING_FAULT,		/* at least one record is a fault: nothing of it is believed */
};
/* fault_r: the record, of READING_FAULT; may be NULL. */
enum reading	 fault_read(const char *zone, const struct dns_answer *,
		    const struct addr **fault_r);

#endif
