/* SPDX-License-Identifier: BSD-2-Clause */
/* Record: what a domain publishes at _dmarc.DOMAIN (RFC 9989 4.7, 4.8). */
#ifndef CHECKS_DMARC_RECORD_H
#define CHECKS_DMARC_RECORD_H

#include <stdbool.h>
#include <stddef.h>

/* From weak to strong. */
enum dmarc_policy { DMARC_NONE, DMARC_QUARANTINE, DMARC_REJECT, DMARC_UNSAID };
const char	*dmarc_policy_text(enum dmarc_policy);	/* "reject"; "" for UNSAID */

enum dmarc_psd { DMARC_PSD_UNKNOWN, DMARC_PSD_NO, DMARC_PSD_YES };

#define DMARC_FO	"01ds"	/* when a failure report is wanted */

struct dmarc_record {
	enum dmarc_policy	 p, sp, np;	/* UNSAID: absent */
	enum dmarc_psd		 psd;
	bool			 strict_dkim, strict_spf;
	bool			 testing;	/* t=y */
	unsigned		 fo;		/* bits: 1 << index in DMARC_FO; 0: unsaid */
	bool			 has_rua;	/* at least one that could be sent to */
	bool			 bad_policy;	/* a value of p, sp or np that is none of the three */
};

/* False: not a DMARC record at all (it does not begin with v=DMARC1). */
bool	dmarc_record_parse(struct dmarc_record *, const char *text, size_t len);

/*
 * Which policy the record asks for (RFC 9989 4.7, 4.10.1): own is false for a
 * domain below the record's, exists is false when that name is NXDOMAIN.
 * UNSAID: none, the record is as good as absent.  Not lowered by t=y yet.
 */
enum dmarc_policy dmarc_record_policy(const struct dmarc_record *, bool own, bool exists);
/* t=y: one level lower. */
enum dmarc_policy dmarc_policy_lower(enum dmarc_policy);

#endif
