/* SPDX-License-Identifier: BSD-2-Clause */
/* Two look-ups, of the domain and of its organization, are all there is to do. */
#include "config.h"

#include "checks/dmarc/psl.h"

#include <string.h>

#include "lib/orgdomain.h"

bool
dmarc_psl_is_there(void)
{
#ifdef HAVE_LIBPSL
	return true;
#else
	return false;
#endif
}

/* A public suffix itself is its own organization: nothing below it is meant. */
static size_t
names(const char *domain, const char *out[static DMARC_WALK_MAX])
{
	const char *organization = orgdomain(domain);

	out[0] = domain;
	out[1] = organization != NULL ? organization : domain;
	return strcmp(domain, out[1]) == 0 ? 1 : 2;
}

static void
run(struct dmarc_walk *w, const char *domain, dmarc_lookup *lookup, void *arg)
{
	const char *name[DMARC_WALK_MAX];

	*w = (struct dmarc_walk){.count = names(domain, name)};
	w->organization = name[w->count - 1];
	for (size_t i = 0; i < w->count && w->policy == NULL && !w->unknown; i++) {
		struct dmarc_step *s = &w->step[i];

		s->domain = name[i];
		s->found = lookup(s->domain, &s->record, arg);
		w->unknown = s->found == DMARC_UNKNOWN;
		w->policy = s->found == DMARC_FOUND ? s : NULL;
	}
}

const struct dmarc_discovery dmarc_by_psl = {.names = names, .run = run};
