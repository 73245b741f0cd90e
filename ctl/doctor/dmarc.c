/* SPDX-License-Identifier: BSD-2-Clause */
/* DMARC records of our domains, found as receivers find them (RFC 9989 4.10). */
#include "config.h"

#include "checks/dmarc/lookup.h"
#include "ctl/doctor/doctor.h"

static void
ask(struct doctor *d)
{
	const char *names[DMARC_WALK_MAX];
	char query[DMARC_QUERY_SIZE];

	for (size_t i = 0; i < d->domain_count; i++)
		for (size_t n = dmarc_walk_names(d->domains[i], names); n > 0; n--)
			if (dmarc_query_name(names[n - 1], query) != NULL)
				dns_ask(d->session, query, DNS_TXT);
}

static const char *
record_for(struct doctor *d, const char *domain)
{
	return doctor_printf(d,
	    "_dmarc.%s. TXT \"v=DMARC1; p=none; rua=mailto:postmaster@%s\"; when the reports are "
	    "good, p=quarantine",
	    domain, domain);
}

static void
tell_missing(struct doctor *d, const char *domain)
{
	char query[DMARC_QUERY_SIZE];
	const struct dns_answer *a =
	    dmarc_query_name(domain, query) != NULL ? doctor_get(d, query, DNS_TXT) : NULL;

	if (a != NULL && a->count > 0)
		find(d, LEVEL_FAIL, "DMARC", record_for(d, domain),
		    "%s has a TXT record that is not one valid policy, so none holds", query);
	else
		find(d, LEVEL_WARN, "DMARC", record_for(d, domain),
		    "%s has none: large sites want one", domain);
}

/* True: there is nothing to mend. */
static bool
tell_record(struct doctor *d, const struct dmarc_walk *w, const char *domain)
{
	const struct dmarc_record *r = &w->policy->record;
	const char *at = doctor_printf(d, "_dmarc.%s", w->policy->domain);
	enum dmarc_policy p = dmarc_record_policy(r, w->policy == &w->step[0], true);

	if (r->bad_policy || p == DMARC_UNSAID)
		find(d, LEVEL_FAIL, "DMARC",
		    doctor_printf(d, "%s: p=none, quarantine or reject", at),
		    "%s has no valid policy (p, sp, np)", at);
	else if (p == DMARC_NONE)
		find(d, LEVEL_WARN, "DMARC",
		    doctor_printf(d, "%s: p=quarantine, when the reports are good", at),
		    "%s: p=none, so everybody may forge it", domain);
	else if (r->testing)
		find(d, LEVEL_WARN, "DMARC", doctor_printf(d, "take t=y out of %s", at),
		    "%s: t=y lowers p=%s by one step", domain, dmarc_policy_text(p));
	else if (!r->has_rua)
		find(d, LEVEL_WARN, "DMARC",
		    doctor_printf(d, "%s: rua=mailto:postmaster@%s", at, w->policy->domain),
		    "%s has p=%s, but no reports (rua): nobody tells you of mail that fails",
		    domain, dmarc_policy_text(p));
	else
		return true;
	return false;
}

static void
tell(struct doctor *d)
{
	struct dmarc_asker asker = {d->session, d->deadline};
	struct names_line good;
	struct dmarc_walk w;

	names_begin(&good);
	for (size_t i = 0; i < d->domain_count; i++) {
		dmarc_walk(&w, d->domains[i], dmarc_look_up, &asker);
		if (w.policy != NULL && tell_record(d, &w, d->domains[i]))
			names_add(&good, d->domains[i]);
		else if (w.policy == NULL && w.unknown)
			find(d, LEVEL_WARN, "DMARC", "its name servers, then ask again",
			    "of %s cannot be looked up", d->domains[i]);
		else if (w.policy == NULL)
			tell_missing(d, d->domains[i]);
	}
	if (good.buf.len > 0)
		find(d, LEVEL_OK, "DMARC", NULL, "protects %s", good.room);
}

const struct probe probe_dmarc = {
    .subject = "Our name", .ask = ask, .tell = tell, .needs_dns = true};
