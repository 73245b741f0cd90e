/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mechanisms of RFC 7208 5, each a function of its own: does this term
 * match the client?  The text of the RFC stands beside the lines that obey it.
 */
#include <string.h>

#include "checks/spf/eval.h"

/*
 * RFC 7208 4.6.4: "limit the number of "terms" for which DNS queries return
 * either a positive answer (RCODE 0) with an answer count of 0, or a "Name
 * Error" (RCODE 3)": so a term counts once, however many of its questions
 * are void.
 */
static enum match
count_void(struct evaluation *e)
{
	if (e->term_was_void)
		return DIFFERS;
	e->term_was_void = true;
	if (++e->answer->voids <= SPF_VOIDS_MAX)
		return DIFFERS;
	eval_why(
	    e, "%s: more than %d terms find nothing in the DNS", e->values.domain, SPF_VOIDS_MAX);
	return MATCH_PERMERROR;
}

/* A question of a mechanism.  MATCHES: there are records. */
static enum match
question(
    struct evaluation *e, const char *name, enum dns_type type, const struct dns_answer **answer_r)
{
	const struct dns_answer *a = *answer_r = eval_get(e, name, type);

	if (a->status == DNS_OK)
		return MATCHES;
	if (!dns_is_temporary(a->status))
		return count_void(e);
	/* 5: "the mechanism stops and the topmost check_host() returns "temperror"". */
	eval_why(e, "%s of %s: %s", dns_type_text(type), name, dns_status_text(a->status));
	return MATCH_TEMPERROR;
}

/* --- mechanisms ----------------------------------------------------------- */

static bool
holds_address(const struct dns_answer *a, const struct cidr *network)
{
	for (size_t i = 0; i < a->count; i++)
		if (cidr_contains(network, &a->rr[i].addr))
			return true;
	return false;
}

/* 5.3: A or AAAA, whichever is "appropriate for the connection type". */
static enum match
match_address(struct evaluation *e, const char *name, const struct cidr *network)
{
	const struct dns_answer *a;
	enum match m = question(e, name, dns_addr_type(&e->query->client), &a);

	if (m != MATCHES)
		return m;
	return holds_address(a, network) ? MATCHES : DIFFERS;
}

/* 5.4.  Without MX: "check_host() MUST NOT apply the implicit MX rules". */
static enum match
match_mx(struct evaluation *e, const char *domain, const struct cidr *network)
{
	const struct dns_answer *mx;
	enum match m = question(e, domain, DNS_MX, &mx);
	char name[NAME_TEXT_SIZE];

	if (m != MATCHES)
		return m;
	/* 4.6.4: "If this limit is exceeded, the "mx" mechanism MUST produce a "permerror" result". */
	if (mx->count > SPF_MX_MAX) {
		eval_why(e, "%s: more than %d MX", domain, SPF_MX_MAX);
		return MATCH_PERMERROR;
	}
	for (size_t i = 0; i < mx->count; i++)
		if (spf_rr_name(&mx->rr[i], name))
			dns_ask(e->query->dns, name, dns_addr_type(&e->query->client));
	for (size_t i = 0; i < mx->count; i++) {
		if (!spf_rr_name(&mx->rr[i], name))
			continue;
		m = match_address(e, name, network);
		if (m != DIFFERS)
			return m;
	}
	return DIFFERS;
}

/* 5.5: names of the client whose addresses include its own. */
static void
find_validated(struct evaluation *e)
{
	const struct spf_query *q = e->query;
	enum dns_type type = dns_addr_type(&q->client);
	char name[DNS_PTR_NAME_SIZE];
	const struct dns_answer *ptr, *a;
	struct cidr client;
	size_t count;

	if (e->validated_known)
		return;
	e->validated_known = true;
	addr_network(&client, &q->client, (unsigned)addr_len(&q->client) * 8);
	ptr = eval_get(e, dns_ptr_name(&q->client, name), DNS_PTR);
	e->ptr_status = ptr->status;
	/* 4.6.4: "all records other than the first 10 MUST be ignored". */
	count = ptr->count < SPF_PTR_MAX ? ptr->count : SPF_PTR_MAX;
	for (size_t i = 0; i < count; i++)
		if (!ptr->rr[i].bad_name)
			dns_ask(q->dns, ptr->rr[i].name, type);
	for (size_t i = 0; i < count; i++) {
		if (ptr->rr[i].bad_name)
			continue;
		/* "If a DNS error occurs while doing an A RR lookup, then that domain name is skipped". */
		a = eval_get(e, ptr->rr[i].name, type);
		if (holds_address(a, &client))
			e->validated[e->validated_count++] = ptr->rr[i].name;
	}
}

static enum match
match_ptr(struct evaluation *e, const char *name)
{
	find_validated(e);
	/* "If a DNS error occurs while doing the PTR RR lookup, then this mechanism fails to match". */
	if (e->ptr_status == DNS_NODATA || e->ptr_status == DNS_NXDOMAIN)
		return count_void(e);
	for (size_t i = 0; i < e->validated_count; i++)
		if (name_within(e->validated[i], name))
			return MATCHES;
	return DIFFERS;
}

/* 7.3, %{p}: the domain itself, else a name below it, else any, else "unknown". */
const char *
match_validated_name(void *arg)
{
	struct evaluation *e = arg;
	const char *best = NULL;

	find_validated(e);
	for (size_t i = 0; i < e->validated_count; i++) {
		const char *name = e->validated[i];

		if (strcmp(name, e->values.domain) == 0)
			return name;
		if (best == NULL ||
		    (name_within(name, e->values.domain) && !name_within(best, e->values.domain)))
			best = name;
	}
	return best != NULL ? best : "unknown";
}

/* 5.7: "used for a DNS A RR lookup (even when the connection type is IPv6)". */
static enum match
match_exists(struct evaluation *e, const char *name)
{
	const struct dns_answer *a;

	return question(e, name, DNS_A, &a);
}

/* 5.2: what the result of the included check_host() means to us. */
static enum match
match_include(struct evaluation *e, const char *name)
{
	switch (eval_check_host(e, name, true)) {
	case SPF_PASS:
		return MATCHES;
	case SPF_FAIL:
	case SPF_SOFTFAIL:
	case SPF_NEUTRAL:
		return DIFFERS;
	case SPF_TEMPERROR:
		return MATCH_TEMPERROR;
	case SPF_PERMERROR:
	case SPF_NONE:
	case SPF_RESULT_COUNT:
		break;
	}
	return MATCH_PERMERROR;
}

/* --- terms ---------------------------------------------------------------- */

/* 4.6.4: "MUST limit the total number of those terms to 10 during SPF evaluation". */
bool
match_may_ask(struct evaluation *e)
{
	e->term_was_void = false;
	if (e->answer->terms < SPF_TERMS_MAX) {
		e->answer->terms++;
		return true;
	}
	eval_why(e, "%s: more than %d terms that ask the DNS", e->values.domain, SPF_TERMS_MAX);
	return false;
}

/* 4.8: the domain-spec expanded, <domain> without one. */
static bool
target_name(struct evaluation *e, struct spf_text spec, char out[NAME_TEXT_SIZE])
{
	if (spec.len > 0)
		return macro_target(&e->values, spec, out);
	memcpy(out, e->values.domain, strlen(e->values.domain) + 1);
	return true;
}

/* The addresses that a or mx would match, seen from the client: equal in their first bits (5.6). */
static void
client_network(const struct evaluation *e, const struct spf_term *term, struct cidr *out)
{
	const struct addr *client = &e->query->client;

	addr_network(out, client, client->family == ADDR_V4 ? term->prefix4 : term->prefix6);
}

/* Mechanisms that ask the DNS. */
static enum match
match_asking(struct evaluation *e, const struct spf_term *term)
{
	char name[NAME_TEXT_SIZE];
	struct cidr network;

	if (!match_may_ask(e))
		return MATCH_PERMERROR;
	if (!target_name(e, term->spec, name)) {
		/* 4.8 leaves it open: a name that cannot exist has no records, so include finds none. */
		eval_why(e, "%s: \"%.*s\" names no possible domain", e->values.domain,
		    (int)term->text.len, term->text.s);
		return term->kind == SPF_INCLUDE ? MATCH_PERMERROR : DIFFERS;
	}
	client_network(e, term, &network);
	if (term->kind == SPF_INCLUDE)
		return match_include(e, name);
	if (term->kind == SPF_A)
		return match_address(e, name, &network);
	if (term->kind == SPF_MX)
		return match_mx(e, name, &network);
	if (term->kind == SPF_PTR)
		return match_ptr(e, name);
	return match_exists(e, name);
}

enum match
match_term(struct evaluation *e, const struct spf_term *term)
{
	if (spf_term_asks(term))
		return match_asking(e, term);
	if (term->kind == SPF_ALL)
		return MATCHES;
	return cidr_contains(&term->network, &e->query->client) ? MATCHES : DIFFERS;
}
