/* SPDX-License-Identifier: BSD-2-Clause */
/* Lookup: a walk's question, asked of the DNS. */
#ifndef CHECKS_DMARC_LOOKUP_H
#define CHECKS_DMARC_LOOKUP_H

#include "checks/dmarc/walk.h"
#include "dns/dns.h"
#include "lib/name.h"

#define DMARC_QUERY_SIZE	(sizeof "_dmarc." + NAME_TEXT_SIZE)
/* "_dmarc.DOMAIN"; NULL if that is too long for a name, so that there can be no record. */
const char	*dmarc_query_name(const char *domain, char out[static DMARC_QUERY_SIZE]);

struct dmarc_asker {
	struct dns_session	*dns;
	int64_t			 deadline;	/* clock_mono */
};
/* arg: a struct dmarc_asker. */
dmarc_lookup	dmarc_look_up;

#endif
