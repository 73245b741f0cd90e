/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SPF of our domains and of the name we greet with, judged for our own
 * addresses as others judge it; and whether a domain that has mail here says
 * that it has none (RFC 7505).
 */
#include "config.h"

#include <string.h>

#include "checks/spf/record.h"
#include "checks/spf/spf.h"
#include "ctl/doctor/doctor.h"

#define VERSION_LEN strlen("v=spf1") /* and what follows it: a space, or nothing */
#define TERMS_HIGH  9 /* of SPF_TERMS_MAX: the next service somebody includes breaks it */

static void
ask(struct doctor *d)
{
	for (size_t i = 0; i < d->domain_count; i++) {
		dns_ask(d->session, d->domains[i], DNS_MX);
		dns_ask(d->session, d->domains[i], DNS_A);
		dns_ask(d->session, d->domains[i], DNS_AAAA);
		for (size_t a = 0; a < d->address_count; a++)
			spf_look_ahead(d->session, d->domains[i], &d->addresses[a]);
	}
	dns_ask(d->session, d->helo, DNS_TXT);
}

/* " ip4:192.0.2.25" of each. */
static const char *
own_terms(struct doctor *d)
{
	char text[ADDR_TEXT_SIZE], room[DOCTOR_ADDRESSES_MAX * (ADDR_TEXT_SIZE + 5)];
	struct buf b;

	buf_init(&b, room, sizeof room);
	for (size_t i = 0; i < d->address_count; i++)
		buf_printf(&b, " %s:%s", d->addresses[i].family == ADDR_V4 ? "ip4" : "ip6",
		    addr_format(&d->addresses[i], text));
	return doctor_printf(d, "%s", b.s);
}

/* The record to publish: the one that is there with our addresses in front, or a new one. */
static const char *
record_for(struct doctor *d, const char *domain)
{
	const struct dns_answer *a = doctor_get(d, domain, DNS_TXT);
	struct spf_text is;

	if (spf_record_select(a, &is) == 1)
		return doctor_printf(d, "%s. TXT \"v=spf1%s%s\"", domain, own_terms(d),
		    doctor_printf(d, "%.*s", (int)is.len, is.s) + VERSION_LEN);
	return doctor_printf(d, "%s. TXT \"v=spf1%s%s -all\"", domain, own_terms(d),
	    d->address_count == 0 ? " mx" : "");
}

static enum spf_result
evaluate(struct doctor *d, const struct addr *address, const char *domain, struct spf_answer *a)
{
	struct spf_query q = {.client = *address,
	    .sender = doctor_printf(d, "postmaster@%s", domain),
	    .helo = d->helo,
	    .receiver = d->helo,
	    .dns = d->session,
	    .clock = &clock_real,
	    .deadline = d->deadline,
	    .arena = &d->arena};

	spf_native(&q, a);
	return a->result;
}

/* True: there is nothing to mend. */
static bool
tell_address(struct doctor *d, const struct addr *address, const char *domain)
{
	char text[ADDR_TEXT_SIZE];
	struct spf_answer a;

	(void)addr_format(address, text);
	switch (evaluate(d, address, domain, &a)) {
	case SPF_PASS:
		if (a.terms < TERMS_HIGH)
			return true;
		find(d, LEVEL_WARN, "SPF", "write ip4: and ip6: instead of a:, mx: and include:",
		    "%s takes %u of %d look-ups: beyond them nothing passes", domain, a.terms,
		    SPF_TERMS_MAX);
		break;
	case SPF_NEUTRAL:
	case SPF_SOFTFAIL:
	case SPF_FAIL:
		find(d, a.result == SPF_FAIL ? LEVEL_FAIL : LEVEL_WARN, "SPF",
		    record_for(d, domain), "%s says %s to mail from %s%s%s", domain,
		    spf_result_text(a.result), text, a.mechanism != NULL ? ", by " : "",
		    a.mechanism != NULL ? a.mechanism : "");
		break;
	case SPF_PERMERROR:
		find(d, LEVEL_FAIL, "SPF", doctor_printf(d, "mend the TXT record of %s", domain),
		    "%s is broken: %s", domain, a.reason);
		break;
	case SPF_TEMPERROR:
		find(d, LEVEL_WARN, "SPF", "its name servers, then ask again", "%s: %s", domain,
		    a.reason);
		break;
	case SPF_NONE:
	case SPF_RESULT_COUNT:
		break;
	}
	return false;
}

/* True: there is nothing to mend. */
static bool
tell_domain(struct doctor *d, const char *domain)
{
	const struct dns_answer *a = doctor_get(d, domain, DNS_TXT);
	struct spf_text record;
	bool good = true;

	if (!dns_is_temporary(a->status) && spf_record_select(a, &record) == 0) {
		find(d, LEVEL_WARN, "SPF", record_for(d, domain), "%s has none", domain);
		return false;
	}
	for (size_t i = 0; i < d->address_count && good; i++)
		good = tell_address(d, &d->addresses[i], domain);
	return good;
}

/* RFC 5321 5.1: without MX its address does. */
static bool
has_no_host(const struct doctor *d, const char *domain)
{
	static const enum dns_type types[] = {DNS_MX, DNS_A, DNS_AAAA};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		enum dns_status status = doctor_get(d, domain, types[i])->status;

		if (status == DNS_OK || dns_is_temporary(status))
			return false;
	}
	return true;
}

/* RFC 7505: others refuse mail to it, and (4.2) from it. */
static void
tell_mx(struct doctor *d, const char *domain)
{
	const struct dns_answer *a = doctor_get(d, domain, DNS_MX);
	const char *remedy = doctor_printf(d, "%s. MX 10 %s.", domain, d->helo);

	if (a->count == 1 && *a->rr[0].name == '\0')
		find(d, LEVEL_FAIL, "MX", remedy,
		    "%s says that it takes no mail (null MX); mail from it is refused, too",
		    domain);
	else if (has_no_host(d, domain))
		find(d, LEVEL_FAIL, "MX", remedy,
		    "%s has neither MX nor address: nobody can answer its mail", domain);
}

static void
tell(struct doctor *d)
{
	struct names_line good;

	names_begin(&good);
	if (d->domain_count == 0)
		find(d, LEVEL_WARN, "domains", "baileyctl doctor --domain DOMAIN",
		    "nothing here says which domains are ours, so their records were not looked "
		    "at");
	else if (d->domains_left)
		find(d, LEVEL_OK, "domains", "baileyctl doctor --domain DOMAIN",
		    "looked at %zu; others stand in tables, or would be too many", d->domain_count);
	for (size_t i = 0; i < d->domain_count; i++) {
		tell_mx(d, d->domains[i]);
		if (tell_domain(d, d->domains[i]))
			names_add(&good, d->domains[i]);
	}
	/* Mail without a sender, such as a bounce, is judged by it (RFC 7208 2.4). */
	if (name_labels(d->helo) >= 2 && tell_domain(d, d->helo))
		names_add(&good, d->helo);
	if (good.buf.len > 0)
		find(d, LEVEL_OK, "SPF", NULL, "%s: %s",
		    d->address_count > 0 ? "we may send as" : "there is a record of", good.room);
}

const struct probe probe_spf = {.subject = "Our name", .ask = ask, .tell = tell, .needs_dns = true};
