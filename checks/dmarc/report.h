/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Report: what an aggregate report (RFC 9990) needs to know of one message,
 * as a record of the store.  Pure.
 *
 *   key       'd' day NUL policy domain NUL id		day: YYYYMMDD, UTC
 *   payload   version (1), then texts, each with a NUL:
 *             time source to from author published discovery disposition
 *             dkim spf reason spf-domain spf-result
 *             { dkim-domain selector dkim-result }*
 *
 * All records of one report stand together, below one prefix.  The words are
 * those of RFC 9990; published is a DMARC record again, without addresses.
 */
#ifndef CHECKS_DMARC_REPORT_H
#define CHECKS_DMARC_REPORT_H

#include <stdint.h>

#include "checks/dmarc/record.h"
#include "db/record.h"

#define DMARC_REPORT_SIZE	8192	/* bytes of payload: domains of 255, and the signatures below */
#define DMARC_REPORT_SIGNATURES	16	/* RFC 9990 lets a row have 100; we verify fewer */

/* What is not known is "". */
struct dmarc_report {
	int64_t			 time;		/* s since 1970 */
	const char		*source;	/* the client's address */
	const char		*to, *from;	/* domains of the envelope; from is "" in a bounce */
	const char		*author;	/* the domain in From */
	struct dmarc_record	 published;
	const char		*discovery;	/* "treewalk", "psl" */
	enum dmarc_policy	 disposition;	/* what became of the message because of it */
	bool			 dkim, spf;	/* aligned and passed */
	const char		*reason;	/* why that is not what was published, as RFC 9990's types; or "" */
	const char		*spf_domain, *spf_result;
	struct {
		const char	*domain, *selector, *result;
	}			 signatures[DMARC_REPORT_SIGNATURES];
	size_t			 count;
};

/* Signatures for which there is no room are left out.  The length, or 0: too long. */
size_t	dmarc_report_put(const struct dmarc_report *, char out[static DMARC_REPORT_SIZE]);
/* Texts point into the payload.  False: malformed, or a version we do not know. */
bool	dmarc_report_get(struct dmarc_report *, const char *payload, size_t len);

/* domain: whose policy it was; id: unique among its records of that day. */
void	dmarc_report_key(struct record_key *, int64_t time, const char *domain, const char *id);

#endif
