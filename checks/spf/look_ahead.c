/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks for everything an SPF evaluation is likely to need as soon as its name
 * is known, on the resolver's own thread:
 *
 *	TXT example.org --> include:a  --> TXT a --> mx --> MX a --> A mx1, A mx2
 *	                \-> a:b        --> A b
 *
 * The answers land in the cache.  Targets with macros are left to the
 * evaluation, which knows their values.
 *
 * A hostile record must not gain by this.  The whole tree has SPF_TERMS_MAX
 * terms to spend, as an evaluation has, and HOSTS_MAX hosts, and stops where
 * that would stop: at `all', at a network that holds the client, at a fault.
 * Equal questions are asked once by dns/.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "checks/spf/record.h"

/*
 * Hosts of all mx and ptr terms together.  A record whose answers come in
 * another order than its terms would have ten of each asked for that the
 * evaluation never comes to.
 */
#define HOSTS_MAX 10

/* Shared by all questions of one tree that are on their way. */
struct tree {
	struct addr client;
	atomic_uint terms, hosts; /* asked for so far */
	atomic_uint references; /* questions whose answer has not come */
};

static dns_then then_record, then_hosts;

static void
tree_release(struct tree *tree)
{
	if (atomic_fetch_sub(&tree->references, 1) == 1)
		free(tree);
}

static void
ask_then(
    struct tree *tree, struct dns_session *dns, const char *name, enum dns_type type, dns_then *fn)
{
	atomic_fetch_add(&tree->references, 1);
	dns_ask_then(dns, name, type, fn, tree);
}

/* MX or PTR: the addresses of the names. */
static void
then_hosts(struct dns_session *dns, const struct dns_answer *answer, void *arg)
{
	struct tree *tree = arg;
	size_t max = answer->type == DNS_MX ? SPF_MX_MAX : SPF_PTR_MAX;
	char name[NAME_TEXT_SIZE];

	for (size_t i = 0; dns != NULL && i < answer->count && i < max; i++)
		if (spf_rr_name(&answer->rr[i], name) &&
		    atomic_fetch_add(&tree->hosts, 1) < HOSTS_MAX)
			dns_ask(dns, name, dns_addr_type(&tree->client));
	tree_release(tree);
}

/* The name a term will ask about, if no macro is in the way. */
static bool
plain_target(const struct spf_term *term, const char *domain, char out[NAME_TEXT_SIZE])
{
	struct macro_values no_macros = {0};
	struct spf_text spec = term->spec;

	if (spec.len == 0)
		spec = (struct spf_text){domain, strlen(domain)};
	return memchr(spec.s, '%', spec.len) == NULL && macro_target(&no_macros, spec, out);
}

static void
ask_term(
    struct tree *tree, struct dns_session *dns, const struct spf_term *term, const char *domain)
{
	char name[NAME_TEXT_SIZE];

	if (term->kind == SPF_PTR) {
		(void)dns_ptr_name(&tree->client, name);
		ask_then(tree, dns, name, DNS_PTR, then_hosts);
		return;
	}
	if (!plain_target(term, domain, name))
		return;
	if (term->kind == SPF_INCLUDE || term->kind == SPF_REDIRECT)
		ask_then(tree, dns, name, DNS_TXT, then_record);
	else if (term->kind == SPF_MX)
		ask_then(tree, dns, name, DNS_MX, then_hosts);
	else
		dns_ask(dns, name, term->kind == SPF_EXISTS ? DNS_A : dns_addr_type(&tree->client));
}

static bool
may_ask(struct tree *tree)
{
	return atomic_fetch_add(&tree->terms, 1) < SPF_TERMS_MAX;
}

/* Whether an evaluation would end at this term. */
static bool
ends_here(const struct spf_term *term, const struct addr *client)
{
	return term->kind == SPF_ALL || ((term->kind == SPF_IP4 || term->kind == SPF_IP6) &&
					    cidr_contains(&term->network, client));
}

static void
ask_terms(struct tree *tree, struct dns_session *dns, struct spf_text record, const char *domain)
{
	struct spf_modifiers modifiers;
	struct spf_reader reader;
	struct spf_term term;
	struct spf_fault fault;

	if (spf_record_check(record, &modifiers, &fault) == -1)
		return;
	spf_reader_init(&reader, record);
	while (spf_reader_next(&reader, &term, &fault) == 1) {
		if (ends_here(&term, &tree->client))
			return;
		if (!spf_term_asks(&term) || term.kind == SPF_REDIRECT)
			continue;
		if (!may_ask(tree))
			return;
		ask_term(tree, dns, &term, domain);
	}
	if (modifiers.redirect.len > 0 && may_ask(tree)) {
		term = (struct spf_term){.kind = SPF_REDIRECT, .spec = modifiers.redirect};
		ask_term(tree, dns, &term, domain);
	}
}

static void
then_record(struct dns_session *dns, const struct dns_answer *answer, void *arg)
{
	struct tree *tree = arg;
	struct spf_text record;

	if (dns != NULL && spf_record_select(answer, &record) == 1)
		ask_terms(tree, dns, record, answer->name);
	tree_release(tree);
}

void
spf_look_ahead(struct dns_session *dns, const char *domain, const struct addr *client)
{
	struct tree *tree = calloc(1, sizeof *tree);

	/* Without memory nothing is asked ahead; the evaluation asks, later. */
	if (tree == NULL)
		return;
	tree->client = *client;
	atomic_init(&tree->references, 1);
	ask_then(tree, dns, domain, DNS_TXT, then_record);
	tree_release(tree);
}
