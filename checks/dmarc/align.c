/* SPDX-License-Identifier: BSD-2-Clause */
/* Cheap answers first: a walk is only made where nothing else tells. */
#include "checks/dmarc/align.h"

#include <string.h>

#include "lib/name.h"

static enum dmarc_proof
same_organization(const struct dmarc_walk *author, const char *domain,
    const struct dmarc_discovery *discovery, dmarc_lookup *lookup, void *arg)
{
	struct dmarc_walk w;

	if (author->organization == NULL)
		return DMARC_UNPROVED;
	if (!name_within(domain, author->organization))
		return DMARC_DISPROVED;
	discovery->run(&w, domain, lookup, arg);
	if (w.organization == NULL)
		return DMARC_UNPROVED;
	return strcmp(w.organization, author->organization) == 0 ? DMARC_PROVED : DMARC_DISPROVED;
}

enum dmarc_proof
dmarc_align(const struct dmarc_walk *author, const struct dmarc_identifier *id,
    const struct dmarc_discovery *discovery, dmarc_lookup *lookup, void *arg)
{
	const struct dmarc_record *r = &author->policy->record;
	enum dmarc_proof aligned = DMARC_PROVED;

	if (id->proof == DMARC_DISPROVED)
		return DMARC_DISPROVED;
	if (strcmp(id->domain, author->step[0].domain) != 0)
		aligned = (id->spf ? r->strict_spf : r->strict_dkim)
			      ? DMARC_DISPROVED
			      : same_organization(author, id->domain, discovery, lookup, arg);
	return aligned == DMARC_PROVED ? id->proof : aligned;
}
