/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Judged from the cheapest to the dearest question: what is written, whose
 * name it is, and only then whether the DNS knows it.
 */
#include "checks/helo.h"

#include <string.h>

#include "lib/name.h"

#define SHOWN_MAX 255 /* octets of a HELO name in a reason (RFC 5321 4.5.3.1.2) */

enum { PASS, INVALID, NOT_FQDN, FORGED, UNRESOLVABLE, TEMPERROR };

/* clang-format off */
static const struct result results[] = {
	[PASS]         = {"pass",         WORD_PASS,      ACTION_PASS,    "550 5.7.1", "450 4.7.1"},
	[INVALID]      = {"invalid",      WORD_PERMERROR, ACTION_REJECT,  "501 5.5.2", "450 4.5.2"},
	[NOT_FQDN]     = {"not-fqdn",     WORD_FAIL,      ACTION_SUSPECT, "504 5.5.2", "450 4.5.2"},
	[FORGED]       = {"forged",       WORD_FAIL,      ACTION_REJECT,  "550 5.7.1", "450 4.7.1"},
	[UNRESOLVABLE] = {"unresolvable", WORD_FAIL,      ACTION_SUSPECT, "550 5.7.1", "450 4.7.1"},
	[TEMPERROR]    = {"temperror",    WORD_TEMPERROR, ACTION_PASS,    "550 5.7.1", "450 4.7.1"},
	{.name = NULL},
};
/* clang-format on */

/* Records that make a name exist (RFC 5321 2.3.5). */
static const enum dns_type wanted[] = {DNS_A, DNS_AAAA, DNS_MX};
#define WANTED_COUNT (sizeof wanted / sizeof wanted[0])

static void
helo_helo(struct txn *txn)
{
	char name[NAME_TEXT_SIZE];

	if (txn->helo == NULL || name_canon(txn->helo, name) != NAME_OK || name_labels(name) < 2)
		return;
	for (size_t i = 0; i < WANTED_COUNT; i++)
		dns_ask(txn->dns, name, wanted[i]);
}

static bool
is_our_addr(const struct site *site, const struct addr *addr)
{
	return cidr_any(site->local_addresses.v, site->local_addresses.n, addr) ||
	       addr_equal(&site->daemon_addr, addr);
}

static bool
is_same_name(const char *ours, const char *name)
{
	char canon[NAME_TEXT_SIZE];

	return ours != NULL && name_canon(ours, canon) == NAME_OK && strcmp(canon, name) == 0;
}

/* Sub-domains are not meant: a branch office may well be called branch.example.org. */
static bool
is_our_name(const struct site *site, const char *name)
{
	for (size_t i = 0; i < site->local_domains.n; i++)
		if (is_same_name(site->local_domains.v[i], name))
			return true;
	return is_same_name(site->hostname, name) || is_same_name(site->authserv_id, name);
}

static void
judge_literal(struct txn *txn)
{
	const char *helo = txn->helo;
	struct addr addr;

	if (!addr_parse_literal(&addr, helo))
		(void)report(
		    txn, INVALID, "HELO \"%.*s\" is not a valid address literal", SHOWN_MAX, helo);
	else if (addr_equal(&addr, &txn->client.addr))
		(void)report(txn, PASS, "HELO %s is the address of the client", helo);
	else if (is_our_addr(txn->site, &addr))
		(void)report(txn, FORGED, "HELO %s is an address of this server, not of client %s",
		    helo, txn->client.addr_text);
	else
		(void)report(txn, INVALID, "HELO %s is not the address of client %s", helo,
		    txn->client.addr_text);
}

/* RFC 5321 4.1.3 wants brackets. */
static void
judge_bare_addr(struct txn *txn, const struct addr *addr)
{
	if (is_our_addr(txn->site, addr) && !addr_equal(addr, &txn->client.addr))
		(void)report(txn, FORGED, "HELO %s is an address of this server, not of client %s",
		    txn->helo, txn->client.addr_text);
	else
		(void)report(txn, INVALID,
		    "HELO \"%s\" is a bare IP address, neither a host name nor an address literal",
		    txn->helo);
}

static void
judge_existence(struct txn *txn, const char *name)
{
	enum dns_status failed = DNS_OK;

	for (size_t i = 0; i < WANTED_COUNT; i++) {
		const struct dns_answer *a = dns_get(txn->dns, name, wanted[i], txn->deadline);

		if (a->status == DNS_OK) {
			(void)report(txn, PASS, "HELO name %s exists", name);
			return;
		}
		if (dns_is_temporary(a->status))
			failed = a->status;
	}
	if (failed != DNS_OK)
		(void)report(txn, TEMPERROR, "HELO name %s cannot be looked up (%s)", name,
		    dns_status_text(failed));
	else
		(void)report(txn, UNRESOLVABLE,
		    "HELO name %s does not exist in DNS (no A, AAAA or MX record)", name);
}

static void
judge_name(struct txn *txn, const char *name)
{
	/* Our own mail coming back over an address of ours is not forged. */
	if (is_our_name(txn->site, name) && !is_our_addr(txn->site, &txn->client.addr))
		(void)report(txn, FORGED, "HELO name %s is a name of this site, not of client %s",
		    name, txn->client.addr_text);
	else if (name_labels(name) < 2)
		(void)report(
		    txn, NOT_FQDN, "HELO name \"%s\" is not a fully-qualified host name", name);
	else
		judge_existence(txn, name);
}

static void
helo_rcpt(struct txn *txn)
{
	const char *helo = txn->helo;
	char name[NAME_TEXT_SIZE];
	enum name_fault fault;
	struct addr addr;

	if (helo == NULL || helo[0] == '\0')
		(void)report(txn, INVALID, "client %s gave no HELO name", txn->client.addr_text);
	else if (helo[0] == '[')
		judge_literal(txn);
	else if (addr_parse(&addr, helo))
		judge_bare_addr(txn, &addr);
	else if ((fault = name_canon(helo, name)) != NAME_OK)
		(void)report(txn, INVALID, "HELO name \"%.*s\" is not a valid host name: %s",
		    SHOWN_MAX, helo, name_fault_text(fault));
	else
		judge_name(txn, name);
}

const struct check check_helo = {
    .name = "helo",
    .scope = SCOPE_CONNECTION,
    .origins = ORIGIN_OUTSIDE,
    .results = results,
    .ask = {[STAGE_HELO] = helo_helo},
    .judge = {[STAGE_RCPT] = helo_rcpt},
};
