/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Our name: what others see when we send.  The name we greet with has our
 * address, and our address leads to a name that has it (RFC 5321 4.1.4, RFC
 * 8601 3); large sites refuse mail from those where it does not.
 */
#include "config.h"

#include <string.h>

#include "checks/rdns.h"
#include "ctl/doctor/doctor.h"

static void
ask(struct doctor *d)
{
	char name[DNS_PTR_NAME_SIZE];

	for (size_t i = 0; i < d->address_count; i++) {
		dns_ask(d->session, dns_ptr_name(&d->addresses[i], name), DNS_PTR);
		dns_ask(d->session, d->helo, dns_addr_type(&d->addresses[i]));
	}
}

static bool
has(const struct dns_answer *a, const struct addr *address)
{
	for (size_t i = 0; i < a->count; i++)
		if (addr_equal(&a->rr[i].addr, address))
			return true;
	return false;
}

static void
tell_reverse(struct doctor *d, const struct addr *address, const char *text)
{
	struct rdns_query q = {address, d->session, d->deadline};
	const char *wanted =
	    doctor_printf(d, "whoever gave you the address sets its reverse DNS to %s", d->helo);
	char arpa[DNS_PTR_NAME_SIZE];
	struct rdns_finding f;

	switch (rdns_find(&q, &f)) {
	case RDNS_PASS:
		if (strcmp(f.verified, d->helo) == 0)
			find(d, LEVEL_OK, "reverse DNS", NULL, "%s is %s, as we greet", text,
			    f.verified);
		else
			find(d, LEVEL_WARN, "reverse DNS", wanted,
			    "%s is %s, but we greet as %s: some call that forged", text, f.verified,
			    d->helo);
		break;
	case RDNS_NONE:
		find(d, LEVEL_FAIL, "reverse DNS",
		    doctor_printf(
			d, "%s: %s. PTR %s.", wanted, dns_ptr_name(address, arpa), d->helo),
		    "%s has no name (PTR): large sites refuse mail from it", text);
		break;
	case RDNS_FAIL:
		find(d, LEVEL_FAIL, "reverse DNS", wanted,
		    "%s is called %s, which does not have that address: large sites refuse mail "
		    "from it",
		    text, f.names.count > 0 ? f.names.name[0] : "something that is no host name");
		break;
	case RDNS_TEMPERROR:
		find(d, LEVEL_WARN, "reverse DNS", "its name servers, then ask again",
		    "%s: %s cannot be looked up (%s)", text, f.unknown->name,
		    dns_status_text(f.unknown->status));
		break;
	}
}

static void
tell_forward(struct doctor *d, const struct addr *address, const char *text)
{
	enum dns_type type = dns_addr_type(address);
	const struct dns_answer *a = doctor_get(d, d->helo, type);
	const char *record = doctor_printf(
	    d, "the zone of %s: %s. %s %s", d->helo, d->helo, dns_type_text(type), text);

	if (has(a, address))
		return;
	if (dns_is_temporary(a->status))
		find(d, LEVEL_WARN, "greeting", "its name servers, then ask again",
		    "%s cannot be looked up (%s)", d->helo, dns_status_text(a->status));
	else if (a->count == 0)
		find(d, LEVEL_FAIL, "greeting", record, "%s has no %s record", d->helo,
		    dns_type_text(type));
	else
		find(d, LEVEL_WARN, "greeting", record, "%s does not have the address %s", d->helo,
		    text);
}

static void
tell(struct doctor *d)
{
	char text[ADDR_TEXT_SIZE];

	if (name_labels(d->helo) < 2) {
		find(d, LEVEL_FAIL, "greeting",
		    d->postfix != NULL ? "main.cf: myhostname = a name that the DNS knows"
				       : "give this host a full name (hostname -f)",
		    "the name of this server, \"%s\", is not a full domain name", d->helo);
		return;
	}
	if (d->address_count == 0)
		find(d, LEVEL_WARN, "addresses", "baileyctl doctor --address ADDRESS",
		    "this host has none that is public, so name and lists were not looked at");
	for (size_t i = 0; i < d->address_count; i++) {
		(void)addr_format(&d->addresses[i], text);
		tell_reverse(d, &d->addresses[i], text);
		tell_forward(d, &d->addresses[i], text);
	}
}

const struct probe probe_name = {
    .subject = "Our name", .ask = ask, .tell = tell, .needs_dns = true};
