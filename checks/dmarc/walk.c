/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 9989 4.10 for the walk, 4.10.1 for the policy, 4.10.2 for the organizational domain. */
#include "checks/dmarc/walk.h"

#include "lib/name.h"

/* From the right: a name with eight labels or more goes on with its last seven. */
#define LABELS_AFTER_JUMP (DMARC_WALK_MAX - 1)

size_t
dmarc_walk_names(const char *domain, const char *names[static DMARC_WALK_MAX])
{
	size_t labels = name_labels(domain), n = 0;

	names[n++] = domain;
	while ((domain = name_parent(domain)) != NULL)
		if (--labels <= LABELS_AFTER_JUMP)
			names[n++] = domain;
	return n;
}

/* The longest record that is not the start's and says psd=y tells that its child is the organization. */
static const char *
organization(const struct dmarc_walk *w)
{
	const struct dmarc_step *found = NULL;

	for (size_t i = 0; i < w->count; i++) {
		const struct dmarc_step *s = &w->step[i];

		if (s->found != DMARC_FOUND)
			continue;
		if (s->record.psd == DMARC_PSD_NO)
			return s->domain;
		if (s->record.psd == DMARC_PSD_YES && i > 0) {
			/* One label below; after the jump that name was not asked for. */
			const char *below = w->step[0].domain;

			while (name_parent(below) != s->domain)
				below = name_parent(below);
			return below;
		}
		found = s;
	}
	return found != NULL ? found->domain : w->step[0].domain;
}

static const struct dmarc_step *
policy(const struct dmarc_walk *w)
{
	const struct dmarc_step *public = NULL;

	if (w->step[0].found == DMARC_FOUND)
		return &w->step[0];
	for (size_t i = 1; i < w->count; i++) {
		const struct dmarc_step *s = &w->step[i];

		if (s->found == DMARC_FOUND && s->domain == w->organization)
			return s;
		if (s->found == DMARC_FOUND && s->record.psd == DMARC_PSD_YES)
		public = s;
	}
	return public;
}

void
dmarc_walk(struct dmarc_walk *w, const char *domain, dmarc_lookup *lookup, void *arg)
{
	const char *names[DMARC_WALK_MAX];
	size_t n = dmarc_walk_names(domain, names);

	*w = (struct dmarc_walk){.count = 0};
	while (w->count < n) {
		struct dmarc_step *s = &w->step[w->count];

		s->domain = names[w->count++];
		s->found = lookup(s->domain, &s->record, arg);
		w->unknown = w->unknown || s->found == DMARC_UNKNOWN;
		if (s->found == DMARC_FOUND && s->record.psd != DMARC_PSD_UNKNOWN)
			break;
	}
	if (!w->unknown)
		w->organization = organization(w);
	if (!w->unknown || w->step[0].found == DMARC_FOUND)
		w->policy = policy(w);
}

const struct dmarc_discovery dmarc_by_walk = {.names = dmarc_walk_names, .run = dmarc_walk};
