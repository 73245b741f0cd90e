/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sender: the reverse-path as hardening guides want it (Postfix's
 * strict_rfc821_envelopes, reject_non_fqdn_sender,
 * reject_unknown_sender_domain), asked ahead at MAIL.
 *
 *	domain -- MX --> exchanges -- A, AAAA --> addresses
 *	       `- no MX: the domain's own A, AAAA (RFC 5321 5.1)
 */
#include "checks/sender.h"

#include "checks/envelope.h"
#include "lib/name.h"

enum { SYNTAX, NOT_FQDN, UNRESOLVABLE, NULL_MX, BOGUS_MX, TEMPERROR, PASS };

/*
 * Defaults.  A null MX is the owner's own word that no mail comes from there
 * (RFC 7505 4.2), so it refuses.  All else happens to honest mail too: scripts
 * leave out the brackets, a cron job sends as root@web3, a newsletter's bounce
 * domain is not in the DNS yet, an MX is moved behind another name.  That is
 * evidence, no more.
 */
/* clang-format off */
static const struct result results[] = {
	[SYNTAX]       = { "syntax", WORD_FAIL, ACTION_SUSPECT, "501 5.1.7", "450 4.1.7" },
	[NOT_FQDN]     = { "not-fqdn", WORD_FAIL, ACTION_SUSPECT, "504 5.1.8", "450 4.1.8" },
	[UNRESOLVABLE] = { "unresolvable", WORD_FAIL, ACTION_SUSPECT, "550 5.1.8", "450 4.1.8" },
	[NULL_MX]      = { "null-mx", WORD_FAIL, ACTION_REJECT, "550 5.7.27", "450 4.7.27" },
	[BOGUS_MX]     = { "bogus-mx", WORD_FAIL, ACTION_SUSPECT, "550 5.1.8", "450 4.1.8" },
	[TEMPERROR]    = { "temperror", WORD_TEMPERROR, ACTION_PASS, NULL, "451 4.1.8" },
	[PASS]         = { "pass", WORD_PASS, ACTION_PASS, NULL, NULL },
	{ .name = NULL }
};
/* clang-format on */

static const enum dns_type address_types[] = {DNS_A, DNS_AAAA};

static bool
has_domain(const struct path *path)
{
	return !path->null && !path->literal && (path->oddities & PATH_BAD_DOMAIN) == 0 &&
	       envelope_is_qualified(path);
}

static void
ask_addresses(struct dns_session *session, const char *host)
{
	for (size_t i = 0; i < 2; i++)
		dns_ask(session, host, address_types[i]);
}

static void
mx_known(struct dns_session *session, const struct dns_answer *mx, void *arg)
{
	(void)arg;
	if (session == NULL || dns_is_temporary(mx->status))
		return;
	if (mx->status == DNS_NODATA)
		ask_addresses(session, mx->name);
	for (size_t i = 0; i < mx->count && i < SENDER_MX_MAX; i++)
		if (!mx->rr[i].bad_name && mx->rr[i].name[0] != '\0')
			ask_addresses(session, mx->rr[i].name);
}

static void
sender_mail(struct txn *t)
{
	if (has_domain(&t->sender))
		dns_ask_then(t->dns, t->sender.domain, DNS_MX, mx_known, NULL);
}

/* Where mail to one or more hosts would go. */
struct route {
	bool good; /* a public address that is not ours */
	bool unknown; /* some look-up failed for now */
	struct addr bogus; /* an address that leads nowhere, ADDR_NONE: none */
};

/* Mail for our own domains may well come back to us. */
static bool
is_ours(const struct txn *t, const struct addr *a)
{
	const struct site *site = t->site;

	for (size_t i = 0; i < site->local_domains.n; i++)
		if (name_within(t->sender.domain, site->local_domains.v[i]))
			return false;
	return cidr_any(site->local_addresses.v, site->local_addresses.n, a) ||
	       addr_equal(a, &site->daemon_addr);
}

static void
follow(struct txn *t, const char *host, struct route *route)
{
	const struct dns_answer *answer;
	const struct addr *a;

	for (size_t i = 0; i < 2 && !route->good; i++) {
		answer = dns_get(t->dns, host, address_types[i], t->deadline);
		route->unknown |= dns_is_temporary(answer->status);
		for (size_t k = 0; k < answer->count && !route->good; k++) {
			a = &answer->rr[k].addr;
			if (addr_is_special(a) || is_ours(t, a))
				route->bogus = *a;
			else
				route->good = true;
		}
	}
}

static bool
is_null_mx(const struct dns_answer *mx)
{
	/* RFC 7505 3: a single MX record whose exchange is the root. */
	return mx->count == 1 && !mx->rr[0].bad_name && mx->rr[0].name[0] == '\0';
}

static void
judge_route(struct txn *t, const struct route *route)
{
	char text[ADDR_TEXT_SIZE];

	if (route->good)
		(void)report(t, PASS, "mail can be sent to sender domain %s", t->sender.domain);
	else if (route->unknown)
		(void)report(t, TEMPERROR,
		    "the mail hosts of sender domain %s cannot be found for now", t->sender.domain);
	else if (route->bogus.family != ADDR_NONE)
		(void)report(t, BOGUS_MX, "mail for sender domain %s would go to %s, which is %s",
		    t->sender.domain, addr_format(&route->bogus, text),
		    addr_is_special(&route->bogus) ? "not on the public Internet" : "this server");
	else
		(void)report(t, UNRESOLVABLE, "no mail host of sender domain %s has an address",
		    t->sender.domain);
}

static void
judge_domain(struct txn *t)
{
	const struct dns_answer *mx = dns_get(t->dns, t->sender.domain, DNS_MX, t->deadline);
	struct route route = {0};

	if (dns_is_temporary(mx->status)) {
		(void)report(t, TEMPERROR, "sender domain %s cannot be looked up for now: %s",
		    t->sender.domain, dns_status_text(mx->status));
		return;
	}
	if (mx->status == DNS_NXDOMAIN) {
		(void)report(t, UNRESOLVABLE, "sender domain %s does not exist", t->sender.domain);
		return;
	}
	if (is_null_mx(mx)) {
		(void)report(
		    t, NULL_MX, "sender domain %s accepts no mail (null MX)", t->sender.domain);
		return;
	}
	/* Beyond the limit nobody looks, so nobody may accuse. */
	route.good = mx->count > SENDER_MX_MAX;
	if (mx->status == DNS_NODATA)
		follow(t, t->sender.domain, &route);
	for (size_t i = 0; i < mx->count && !route.good; i++)
		if (!mx->rr[i].bad_name && mx->rr[i].name[0] != '\0')
			follow(t, mx->rr[i].name, &route);
	judge_route(t, &route);
}

static void
sender_rcpt(struct txn *t)
{
	const struct path *path = &t->sender;
	const char *fault = envelope_fault(t, path);

	if (fault != NULL)
		(void)report(t, SYNTAX, "sender address <%s> %s", path->text, fault);
	else if (path->null)
		(void)report(t, PASS, "null sender");
	else if (!envelope_is_qualified(path))
		(void)report(
		    t, NOT_FQDN, "sender address <%s> has no fully-qualified domain", path->text);
	else if (path->literal)
		(void)report(t, PASS, "sender domain is an address");
	else
		judge_domain(t);
}

const struct check check_sender = {
    .name = "sender",
    .scope = SCOPE_MESSAGE,
    .origins = ORIGIN_OUTSIDE,
    .results = results,
    .ask = {[STAGE_MAIL] = sender_mail},
    .judge = {[STAGE_RCPT] = sender_rcpt},
};
