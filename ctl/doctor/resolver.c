/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The resolver: it must answer, invent no names, take large answers and TCP,
 * and be one that DNS lists answer.  If it does not answer at all, that is
 * said once, and the other probes are spared.
 */
#include "config.h"

#include <string.h>

#include "checks/dnsbl/faults.h"
#include "checks/dnsbl/options.h"
#include "checks/dnsbl.h"
#include "ctl/doctor/doctor.h"

#define OWN_RESOLVER "apt-get install unbound; /etc/resolv.conf: nameserver 127.0.0.1"
#define TCP_MS       3000 /* one question over a connection to a server nearby */
#define LARGE        1232 /* bytes that do not fit into a packet (dns/packet.h) */

/* Nobody has such a name: the first one by RFC 6761 6.4, the other by IANA, whose zone is signed. */
static char nowhere[64], nowhere_signed[64];

/* Domains whose TXT records together have not fitted into a packet for years. */
static const char *const large[] = {"microsoft.com", "amazon.com", "cisco.com"};
#define LARGE_COUNT (sizeof large / sizeof *large)

/* A list that refuses public resolvers in an answer of its own. */
static const char list[] = "zen.spamhaus.org", list_test[] = "2.0.0.127.zen.spamhaus.org";

static bool
has_lists(const struct doctor *d)
{
	const struct dnsbl_options *o = doctor_options(d, &check_dnsbl);

	return o != NULL && o->zone_count > 0;
}

static void
ask(struct doctor *d)
{
	(void)snprintf(nowhere, sizeof nowhere, "doctor-%08x.invalid", arc4random());
	(void)snprintf(
	    nowhere_signed, sizeof nowhere_signed, "doctor-%08x.example.com", arc4random());
	dns_ask(d->session, nowhere, DNS_A);
	dns_ask(d->session, nowhere_signed, DNS_A);
	for (size_t i = 0; i < LARGE_COUNT; i++)
		dns_ask(d->session, large[i], DNS_TXT);
	if (!has_lists(d))
		dns_ask(d->session, list_test, DNS_A);
}

static void
tell_names(struct doctor *d, const struct dns_answer *local, const struct dns_answer *signed_one)
{
	if (local->status == DNS_OK || signed_one->status == DNS_OK)
		find(d, LEVEL_FAIL, "resolver", OWN_RESOLVER,
		    "invents answers for names that do not exist, such as %s",
		    local->status == DNS_OK ? nowhere : nowhere_signed);
	else if (dns_is_temporary(signed_one->status) || dns_is_temporary(local->status))
		find(d, LEVEL_FAIL, "resolver", "its log; does a firewall stop it, port 53?",
		    "answers, but cannot find out about %s (%s)",
		    dns_is_temporary(local->status) ? nowhere : nowhere_signed,
		    dns_status_text(
			dns_is_temporary(local->status) ? local->status : signed_one->status));
	else
		find(d, LEVEL_OK, "resolver", NULL, "answers, and does not invent names; DNSSEC %s",
		    signed_one->secure ? "is validated" : "is not validated, or not on this host");
}

static void
tell_tcp(struct doctor *d)
{
	struct dns_options o = d->conf->resolver;
	const struct dns_answer *a;
	struct dns_session *s;
	struct dns *dns;
	const char *why;

	o.tcp_only = true;
	dns = dns_open(&o, &clock_real, &why);
	s = dns != NULL ? dns_session_new(dns) : NULL;
	if (s != NULL) {
		a = dns_get(s, nowhere_signed, DNS_A, clock_mono(&clock_real) + TCP_MS);
		if (a->status == DNS_TIMEOUT)
			find(d, LEVEL_FAIL, "DNS over TCP",
			    "let TCP port 53 through to it, and switch TCP on there",
			    "does not answer: large records, such as DKIM keys, are lost");
		else
			find(d, LEVEL_OK, "DNS over TCP", NULL, "answers");
	}
	dns_session_free(&s);
	if (dns != NULL)
		dns_close(&dns);
}

static size_t
bytes_of(const struct dns_answer *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->count; i++)
		n += a->rr[i].txt.len;
	return n;
}

static void
tell_large(struct doctor *d)
{
	const struct dns_answer *broken = NULL;
	size_t most = 0;

	for (size_t i = 0; i < LARGE_COUNT; i++) {
		const struct dns_answer *a = doctor_get(d, large[i], DNS_TXT);
		size_t n = bytes_of(a);

		most = n > most ? n : most;
		if (dns_is_temporary(a->status))
			broken = a;
	}
	if (most >= LARGE)
		find(d, LEVEL_OK, "large answers", NULL, "come whole: one of %zu bytes", most);
	else if (broken != NULL)
		find(d, LEVEL_FAIL, "large answers",
		    "let TCP port 53 and fragments through from the resolver to the world",
		    "are lost: TXT of %s: %s", broken->name, dns_status_text(broken->status));
}

/* Where no lists are configured: those that are look for themselves (lists.c). */
static void
tell_public(struct doctor *d)
{
	const struct addr *fault = NULL;
	const struct dns_answer *a;

	if (has_lists(d))
		return;
	a = doctor_get(d, list_test, DNS_A);
	if (fault_read(list, a, &fault) == READING_FAULT)
		find(d, LEVEL_FAIL, "resolver", OWN_RESOLVER, "%s: %s", list,
		    fault_text(list, fault));
}

static void
tell(struct doctor *d)
{
	const struct dns_answer *local, *signed_one;
	const char *advice;

	if (d->session == NULL) {
		find(d, LEVEL_FAIL, "resolver", "see resolver in bailey.conf(5)",
		    "cannot be asked: out of memory, descriptors or threads");
		return;
	}
	advice = dns_advice(d->dns);
	local = doctor_get(d, nowhere, DNS_A);
	signed_one = doctor_get(d, nowhere_signed, DNS_A);
	if (dns_is_temporary(local->status) && dns_is_temporary(signed_one->status)) {
		find(d, LEVEL_FAIL, "resolver",
		    "see resolver in bailey.conf(5), and resolv.conf(5); is it running?",
		    "does not answer: %s; so lists, names, SPF, DKIM and DMARC were not looked at",
		    dns_status_text(signed_one->status));
		/* Whoever needs it would wait, and say the same. */
		dns_session_free(&d->session);
		return;
	}
	tell_names(d, local, signed_one);
	if (advice != NULL)
		find(d, LEVEL_WARN, "resolver", OWN_RESOLVER, "%s", advice);
	tell_tcp(d);
	tell_large(d);
	tell_public(d);
}

const struct probe probe_resolver = {.subject = "DNS", .ask = ask, .tell = tell};
