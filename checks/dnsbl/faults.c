/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults: error codes that look like listings.  Who takes them for listings
 * refuses the whole world the day a resolver changes; each is documented by
 * its list.
 */
#include "checks/dnsbl/faults.h"

#include <string.h>

#include "lib/name.h"

#define OVER_QUOTA                                                             \
	"the list refuses us: asked too often, or through a public resolver; " \
	"ask through a resolver of your own, or subscribe"

#define ASKED_AN_ADDRESS                                        \
	"this list holds names, and was asked for an address: " \
	"set names = { \"helo\", \"ptr\", \"sender\", \"from\", \"dkim\" }"

/* clang-format off */
static const struct fault {
	const char	*below;		/* zones it holds for; "" is every zone */
	uint8_t		 answer[4];
	unsigned	 octets;	/* how many of them must be equal */
	const char	*text;
} faults[] = {
	{ "", {127, 255, 255, 252}, 4, "the list does not know this zone name: correct its spelling" },
	{ "", {127, 255, 255, 254}, 4, "the list refuses us: asked through a public resolver? "
	    "use a resolver of your own whose address has a reverse name, or subscribe" },
	{ "", {127, 255, 255, 255}, 4, "the list refuses us: too many questions; "
	    "ask through a caching resolver of your own, or subscribe" },
	{ "", {127, 255, 255, 0}, 3, "the list reports an error of the question; see its manual" },
	{ "dnswl.org", {127, 0, 0, 255}, 4, OVER_QUOTA },
	{ "uribl.com", {127, 0, 0, 1}, 4, OVER_QUOTA },
	{ "surbl.org", {127, 0, 0, 1}, 4, OVER_QUOTA },
	{ "dbl.spamhaus.org", {127, 0, 1, 255}, 4, ASKED_AN_ADDRESS },
	{ "dbl.dq.spamhaus.net", {127, 0, 1, 255}, 4, ASKED_AN_ADDRESS },
};
/* clang-format on */

/* Keyed zones count too: KEY.dbl.dq.spamhaus.net is below dbl.dq.spamhaus.net. */
const char *
fault_text(const char *zone, const struct addr *answer)
{
	if (answer->family != ADDR_V4 || answer->bytes[0] != 127)
		return "the answer is outside 127.0.0.0/8: the list's domain has lapsed, "
		       "or the resolver rewrites answers";
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
		if (memcmp(answer->bytes, faults[i].answer, faults[i].octets) == 0 &&
		    (*faults[i].below == '\0' || name_within(zone, faults[i].below)))
			return faults[i].text;
	return NULL;
}

enum reading
fault_read(const char *zone, const struct dns_answer *answer, const struct addr **fault_r)
{
	if (dns_is_temporary(answer->status))
		return READING_UNKNOWN;
	if (answer->status != DNS_OK)
		return READING_UNLISTED;
	for (size_t i = 0; i < answer->count; i++) {
		if (fault_text(zone, &answer->rr[i].addr) == NULL)
			continue;
		if (fault_r != NULL)
			*fault_r = &answer->rr[i].addr;
		return READING_FAULT;
	}
	return READING_LISTED;
}
