/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The forward look-ups start on the resolver's thread the moment the PTR
 * answer arrives, so at RCPT all of them have usually been answered.  Nothing
 * is kept here: the answers stay with the DNS session, and reading them again
 * is cheap.
 */
#include "checks/rdns.h"

#include "lib/buf.h"

#define NAMES_SHOWN_MAX 3 /* in a reason */
#define REASON_SIZE     1000 /* bytes; three names of 253 and the words around them */

/* clang-format off */
static const struct result results[] = {
	[RDNS_PASS]      = {"pass",      WORD_PASS,      ACTION_PASS,    "550 5.7.25", "450 4.7.25"},
	[RDNS_NONE]      = {"none",      WORD_PERMERROR, ACTION_SUSPECT, "550 5.7.25", "450 4.7.25"},
	[RDNS_FAIL]      = {"fail",      WORD_FAIL,      ACTION_SUSPECT, "550 5.7.25", "450 4.7.25"},
	[RDNS_TEMPERROR] = {"temperror", WORD_TEMPERROR, ACTION_PASS,    "550 5.7.25", "450 4.7.25"},
	{.name = NULL},
};
/* clang-format on */

void
rdns_names_read(struct rdns_names *n, const struct dns_answer *ptr)
{
	*n = (struct rdns_names){.count = 0};
	for (size_t i = 0; i < ptr->count; i++) {
		/* "PTR ." says there is none, as null MX do. */
		if (ptr->rr[i].bad_name || ptr->rr[i].name[0] == '\0')
			n->bad++;
		else if (n->count == RDNS_NAMES_MAX)
			n->beyond++;
		else
			n->name[n->count++] = ptr->rr[i].name;
	}
}

/*
 * arg is the type to ask for, nothing to be released.  There is a session
 * whenever there are names.
 */
static void
ask_forward(struct dns_session *dns, const struct dns_answer *ptr, void *arg)
{
	struct rdns_names n;

	rdns_names_read(&n, ptr);
	for (size_t i = 0; i < n.count; i++)
		dns_ask(dns, n.name[i], (enum dns_type)(uintptr_t)arg);
}

static void
rdns_connect(struct txn *txn)
{
	char name[DNS_PTR_NAME_SIZE];
	uintptr_t type = dns_addr_type(&txn->client.addr);

	dns_ask_then(
	    txn->dns, dns_ptr_name(&txn->client.addr, name), DNS_PTR, ask_forward, (void *)type);
}

/* The PTR answer; NULL without an IP client. */
static const struct dns_answer *
get_names(const struct rdns_query *q, struct rdns_names *n)
{
	const struct dns_answer *ptr;
	char name[DNS_PTR_NAME_SIZE];

	*n = (struct rdns_names){.count = 0};
	if (q->client->family == ADDR_NONE)
		return NULL;
	ptr = dns_get(q->dns, dns_ptr_name(q->client, name), DNS_PTR, q->deadline);
	rdns_names_read(n, ptr);
	return ptr;
}

static bool
has_addr(const struct dns_answer *answer, const struct addr *addr)
{
	for (size_t i = 0; i < answer->count; i++)
		if (addr_equal(&answer->rr[i].addr, addr))
			return true;
	return false;
}

/*
 * The first name that has the client's address, NULL if there is none.
 * *unknown_r is then the first answer that nobody could give, or NULL.
 */
static const char *
verify(const struct rdns_query *q, const struct rdns_names *n, const struct dns_answer **unknown_r)
{
	*unknown_r = NULL;
	for (size_t i = 0; i < n->count; i++) {
		const struct dns_answer *forward =
		    dns_get(q->dns, n->name[i], dns_addr_type(q->client), q->deadline);

		if (has_addr(forward, q->client))
			return n->name[i];
		if (dns_is_temporary(forward->status) && *unknown_r == NULL)
			*unknown_r = forward;
	}
	return NULL;
}

enum rdns_result
rdns_find(const struct rdns_query *q, struct rdns_finding *f)
{
	const struct dns_answer *ptr = get_names(q, &f->names);

	f->verified = NULL;
	f->unknown = NULL;
	if (ptr == NULL)
		return RDNS_NONE;
	if (dns_is_temporary(ptr->status)) {
		f->unknown = ptr;
		return RDNS_TEMPERROR;
	}
	if (ptr->count == 0)
		return RDNS_NONE;
	f->verified = verify(q, &f->names, &f->unknown);
	if (f->verified != NULL)
		return RDNS_PASS;
	return f->unknown != NULL ? RDNS_TEMPERROR : RDNS_FAIL;
}

/* "reverse DNS of client 192.0.2.1 names a.example, which does not have that address" */
static void
describe_mismatch(struct buf *b, const char *client, const struct rdns_names *n)
{
	size_t total = n->count + n->beyond;

	if (total == 0) {
		buf_printf(b, "reverse DNS of client %s names no valid host", client);
		return;
	}
	buf_printf(b, "reverse DNS of client %s names ", client);
	for (size_t i = 0; i < n->count && i < NAMES_SHOWN_MAX; i++)
		buf_printf(b, "%s%s", i > 0 ? ", " : "", n->name[i]);
	if (total > NAMES_SHOWN_MAX)
		buf_printf(b, " and %zu more", total - NAMES_SHOWN_MAX);
	buf_printf(b, ", %s that address", total > 1 ? "none of which has" : "which does not have");
	if (n->beyond > 0)
		buf_printf(b, "; only the first %d were looked at", RDNS_NAMES_MAX);
	if (n->bad > 0)
		buf_printf(b, "; %zu invalid %s skipped", n->bad, n->bad > 1 ? "names" : "name");
}

static struct rdns_query
query_of(const struct txn *txn)
{
	return (struct rdns_query){&txn->client.addr, txn->dns, txn->deadline};
}

static void
describe(struct buf *b, const char *client, enum rdns_result result, const struct rdns_finding *f)
{
	switch (result) {
	case RDNS_PASS:
		buf_printf(b, "client %s is %s", client, f->verified);
		break;
	case RDNS_NONE:
		buf_printf(b, "client %s has no reverse DNS name (PTR)", client);
		break;
	case RDNS_FAIL:
		describe_mismatch(b, client, &f->names);
		break;
	case RDNS_TEMPERROR:
		if (f->unknown->type == DNS_PTR)
			buf_printf(b, "reverse DNS of client %s cannot be looked up (%s)", client,
			    dns_status_text(f->unknown->status));
		else
			buf_printf(b,
			    "reverse DNS of client %s names %s, whose address cannot be looked up "
			    "(%s)",
			    client, f->unknown->name, dns_status_text(f->unknown->status));
		break;
	}
}

static void
rdns_rcpt(struct txn *txn)
{
	struct rdns_query q = query_of(txn);
	const char *client = txn->client.addr_text;
	struct rdns_finding f;
	enum rdns_result result;
	struct verdict *v;
	char reason[REASON_SIZE];
	struct buf b;

	if (q.client->family == ADDR_NONE)
		return;
	result = rdns_find(&q, &f);
	buf_init(&b, reason, sizeof reason);
	describe(&b, client, result, &f);
	v = report(txn, result, "%s", b.s);
	verdict_prop(txn, v, "policy", "iprev", client);
}

const char *
rdns_verified_name(const struct txn *txn)
{
	struct rdns_query q = query_of(txn);
	struct rdns_finding f;

	(void)rdns_find(&q, &f);
	return f.verified;
}

bool
rdns_is_certain(const struct txn *txn)
{
	struct rdns_query q = query_of(txn);
	struct rdns_finding f;

	return q.client->family != ADDR_NONE && rdns_find(&q, &f) != RDNS_TEMPERROR;
}

const char *
rdns_claimed_name(const struct txn *txn)
{
	struct rdns_query q = query_of(txn);
	struct rdns_names n;

	(void)get_names(&q, &n);
	return n.count > 0 ? n.name[0] : NULL;
}

const struct check check_rdns = {
    .name = "rdns",
    .method = "iprev",
    .scope = SCOPE_CONNECTION,
    .origins = ORIGIN_OUTSIDE,
    .needs_ip = true,
    .results = results,
    .ask = {[STAGE_CONNECT] = rdns_connect},
    .judge = {[STAGE_RCPT] = rdns_rcpt},
};
