/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From verdicts to facts.  Trouble with the store is counted and told by the
 * store; the mail has no part in it.
 */
#include "checks/dmarc_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/store.h"

const char *
dmarc_prop(const struct verdict *v, const char *ptype, const char *property)
{
	for (unsigned i = 0; i < v->prop_count; i++)
		if (strcmp(v->props[i].ptype, ptype) == 0 &&
		    strcmp(v->props[i].property, property) == 0)
			return v->props[i].value;
	return NULL;
}

static const char *
word_of(const struct verdict *v)
{
	return word_text(v->check->results[v->result].word);
}

static void
add_signatures(const struct txn *txn, struct dmarc_report *r)
{
	const struct verdict *v;

	for (size_t i = 0; (v = txn_verdict(txn, "dkim", i)) != NULL; i++) {
		const char *d = dmarc_prop(v, "header", "d"), *s = dmarc_prop(v, "header", "s");

		if (d == NULL || s == NULL || r->count == DMARC_REPORT_SIGNATURES)
			continue;
		r->signatures[r->count].domain = d;
		r->signatures[r->count].selector = s;
		r->signatures[r->count++].result = word_of(v);
	}
}

/* The MAIL FROM identity, or HELO in its place; that of HELO itself is no part of DMARC. */
static void
add_spf(const struct txn *txn, struct dmarc_report *r)
{
	const struct verdict *v;
	const char *value, *at;

	for (size_t i = 0; (v = txn_verdict(txn, "spf", i)) != NULL; i++) {
		if ((value = dmarc_prop(v, "smtp", "mailfrom")) == NULL)
			continue;
		at = strrchr(value, '@');
		r->spf_domain = at != NULL ? at + 1 : value;
		r->spf_result = word_of(v);
	}
}

/* Of the first recipient that gets the message: RFC 9990 has room for one domain. */
static const char *
recipient_domain(const struct txn *txn)
{
	for (size_t i = 0; i < txn->rcpt_count; i++)
		if (!txn->rcpts[i].refused)
			return txn->rcpts[i].path.domain;
	return "";
}

void
dmarc_facts_keep(struct txn *txn, struct dmarc_report *r, const char *policy_domain, int64_t keep)
{
	char payload[DMARC_REPORT_SIZE], id[64];
	struct record_key key;
	size_t len;

	r->time = clock_wall(txn->clock);
	r->source = txn->client.addr_text;
	r->to = recipient_domain(txn);
	r->from = txn->sender.null ? "" : txn->sender.domain;
	r->spf_domain = r->spf_result = "";
	add_spf(txn, r);
	add_signatures(txn, r);
	/* A connection may bring several messages. */
	(void)snprintf(id, sizeof id, "%s.%08x", txn->id, arc4random());
	dmarc_report_key(&key, r->time, policy_domain, id);
	len = dmarc_report_put(r, payload);
	if (len > 0)
		(void)store_put(txn->store, &key, r->time + keep / 1000, payload, len);
}
