/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 9989 4.10: several records are none. */
#include "checks/dmarc/lookup.h"

#include <stdio.h>

const char *
dmarc_query_name(const char *domain, char out[static DMARC_QUERY_SIZE])
{
	int len = snprintf(out, DMARC_QUERY_SIZE, "_dmarc.%s", domain);

	return len < NAME_TEXT_SIZE ? out : NULL;
}

enum dmarc_found
dmarc_look_up(const char *domain, struct dmarc_record *out, void *arg)
{
	const struct dmarc_asker *asker = arg;
	char query[DMARC_QUERY_SIZE];
	const struct dns_answer *a;
	struct dmarc_record record;
	size_t found = 0;

	if (dmarc_query_name(domain, query) == NULL)
		return DMARC_ABSENT;
	a = dns_get(asker->dns, query, DNS_TXT, asker->deadline);
	if (dns_is_temporary(a->status))
		return DMARC_UNKNOWN;
	for (size_t i = 0; i < a->count; i++) {
		if (!dmarc_record_parse(&record, a->rr[i].txt.bytes, a->rr[i].txt.len))
			continue;
		*out = record;
		found++;
	}
	return found == 1 ? DMARC_FOUND : DMARC_ABSENT;
}
