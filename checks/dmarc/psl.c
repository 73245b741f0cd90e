/* SPDX-License-Identifier: BSD-2-Clause */
/* libpsl (its only user is here) knows what a registry sells; two look-ups are all there is to do. */
#include "checks/dmarc/psl.h"

#include <libpsl.h>
#include <pthread.h>
#include <string.h>

static psl_ctx_t *list;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* The newer one of the system's file and what is built into the library. */
static void
load(void)
{
	list = psl_latest(NULL);
}

bool
dmarc_psl_is_there(void)
{
	(void)pthread_once(&once, load);
	return list != NULL;
}

/* A public suffix itself is its own organization: nothing below it is meant. */
static size_t
names(const char *domain, const char *out[static DMARC_WALK_MAX])
{
	const char *organization = NULL;

	if (dmarc_psl_is_there())
		organization = psl_registrable_domain(list, domain);
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
