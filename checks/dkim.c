/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys are asked for while the header still comes in, the body is hashed as it
 * passes, and at the end of the message the answers are there.
 */
#include "checks/dkim.h"

#include "checks/author.h"
#include "checks/dkim_key.h"
#include "checks/dkim_policy.h"

#define ANSWER_MAX \
	4096 /* bytes of TXT at one name; keys are short, and an SPF record may stand beside */
#define REPORTED_MAX 24 /* verdicts; VERDICTS_MAX is for all checks */
#define REASON_SIZE  256

/* FAIL_BODY: only the body was changed, as mailing lists do; FAIL: the signed header fields were. */
enum { NONE, PASS, FAIL, FAIL_BODY, NEUTRAL, POLICY, TEMPERROR, PERMERROR };

/* RFC 7372 3.1: X.7.20 no passing signature, X.7.21 none that is acceptable. */
/* clang-format off */
static const struct result results[] = {
	[NONE]      = {"none",      WORD_NONE,      ACTION_PASS, "550 5.7.20", "451 4.7.20"},
	[PASS]      = {"pass",      WORD_PASS,      ACTION_PASS, NULL,         NULL},
	[FAIL]      = {"fail",      WORD_FAIL,      ACTION_PASS, "550 5.7.20", "451 4.7.20"},
	[FAIL_BODY] = {"fail-body", WORD_FAIL,      ACTION_PASS, "550 5.7.20", "451 4.7.20"},
	[NEUTRAL]   = {"neutral",   WORD_NEUTRAL,   ACTION_PASS, "550 5.7.20", "451 4.7.20"},
	[POLICY]    = {"policy",    WORD_POLICY,    ACTION_PASS, "550 5.7.21", "451 4.7.21"},
	[TEMPERROR] = {"temperror", WORD_TEMPERROR, ACTION_PASS, "550 5.7.20", "451 4.7.20"},
	[PERMERROR] = {"permerror", WORD_PERMERROR, ACTION_PASS, "550 5.7.20", "451 4.7.20"},
	{.name = NULL},
};

#define AT(member) offsetof(struct dkim_policy, member)
static const struct option options[] = {
	{.key = "minimum-key-bits", .type = OPTION_INT, .offset = AT(minimum_key_bits), .value = "1024", .min = 512, .max = 4096},
	{.key = "maximum-signatures", .type = OPTION_INT, .offset = AT(maximum_signatures), .value = "8", .min = 1, .max = VERIFIER_SIGNATURES_MAX},
	{.key = "expiry-grace", .type = OPTION_DURATION, .offset = AT(expiry_grace), .value = "5m", .min = 0, .max = INT64_C(35) * 86400 * 1000},
	{.key = "partial-body", .type = OPTION_BOOL, .offset = AT(partial_body), .value = "false"},
	{.key = NULL},
};
/* clang-format on */

struct state { /* of one message */
	struct signature *first, *last; /* in the order of the header */
	struct verifier *verifier; /* NULL: no signature can be verified */
	int64_t asked; /* keys, before it was known which signatures are chosen */
	bool no_memory;
};

static void
on_header(struct txn *txn, const struct header *h)
{
	const struct dkim_policy *policy = txn->options;
	struct state *st = txn_msg_state(txn);
	struct signature *sig;

	if (!signature_is_field(h))
		return;
	if ((sig = signature_read(h, txn->arena)) == NULL) {
		st->no_memory = true;
		return;
	}
	*(st->last != NULL ? &st->last->next : &st->first) = sig;
	st->last = sig;
	/* Most messages have few, so these are those that will be chosen. */
	if (sig->fault == NULL && st->asked++ < policy->maximum_signatures)
		dns_ask(txn->dns, sig->key_name, DNS_TXT);
}

static int
feed(struct txn *txn, struct state *st)
{
	struct signature *next = st->first;

	for (const struct header *h = txn->headers; h != NULL; h = h->next) {
		struct signature *sig = NULL;

		if (next != NULL && next->field == h) {
			sig = next;
			next = next->next;
		}
		if (verifier_header(st->verifier, h, sig) == -1)
			return -1;
	}
	return verifier_eoh(st->verifier);
}

static void
ask_eoh(struct txn *txn)
{
	const struct dkim_policy *policy = txn->options;
	struct state *st = txn_msg_state(txn);
	struct author author;
	bool any = false;

	author_find(&author, txn);
	signature_choose(st->first, policy->maximum_signatures, author.domain);
	for (const struct signature *s = st->first; s != NULL; s = s->next) {
		if (!s->chosen)
			continue;
		dns_ask(txn->dns, s->key_name, DNS_TXT);
		any = true;
	}
	if (!any || st->no_memory || txn->headers_cut)
		return;
	st->verifier = verifier_new();
	st->no_memory = st->verifier == NULL || feed(txn, st) == -1;
	if (st->no_memory)
		verifier_free(&st->verifier);
}

static void
on_body(struct txn *txn, const unsigned char *bytes, size_t len)
{
	struct state *st = txn_msg_state(txn);

	if (st->verifier != NULL)
		verifier_body(st->verifier, bytes, len);
}

static int
no_key(struct txn *txn, struct signature *sig, bool temporary, const char *why)
{
	const char *text = arena_printf(txn->arena, "key %s: %s", sig->key_name, why);

	sig->key_trouble = text != NULL ? text : why;
	sig->key_temporary = temporary;
	return -1;
}

static int
get_key(struct signature *sig, struct key *key, void *arg)
{
	struct txn *txn = arg;
	const struct dns_answer *a = dns_get(txn->dns, sig->key_name, DNS_TXT, txn->deadline);
	const struct dns_rr *found = NULL;
	enum key_fault fault;
	size_t size = 0;

	if (dns_is_temporary(a->status))
		return no_key(txn, sig, true, dns_status_text(a->status));
	for (size_t i = 0; i < a->count; i++) {
		if ((size += a->rr[i].txt.len) > ANSWER_MAX)
			return no_key(txn, sig, false, "answer too large");
		if (!key_is_record(a->rr[i].txt.bytes, a->rr[i].txt.len))
			continue;
		if (found != NULL)
			return no_key(txn, sig, false, "several key records");
		found = &a->rr[i];
	}
	if (found == NULL)
		return no_key(txn, sig, false,
		    a->status == DNS_OK ? "no key record" : dns_status_text(a->status));
	fault = key_read(found->txt.bytes, found->txt.len, sig->a, key);
	return fault == KEY_OK ? 0 : no_key(txn, sig, false, key_fault_text(fault));
}

static unsigned
result_of(enum word word)
{
	unsigned r = 0;

	while (results[r].word != word)
		r++;
	return r;
}

static void
add_props(struct txn *txn, struct verdict *v, const struct state *st, const struct signature *sig)
{
	const char *d = sig->domain[0] != '\0' ? sig->domain : sig->d;

	if (d != NULL)
		verdict_prop(txn, v, "header", "d", d);
	if (sig->i != NULL)
		verdict_prop(txn, v, "header", "i", sig->i);
	if (sig->s != NULL)
		verdict_prop(txn, v, "header", "s", sig->s);
	if (sig->a != NULL)
		verdict_prop(txn, v, "header", "a", sig->a);
	if (sig->b != NULL) {
		const char *b = signature_b(sig, st->first, txn->arena);

		if (b != NULL)
			verdict_prop(txn, v, "header", "b", b);
	}
}

static void
report_signature(struct txn *txn, const struct state *st, const struct signature *sig)
{
	struct verifier_finding finding;
	char room[REASON_SIZE];
	struct buf reason;
	unsigned result = NEUTRAL;

	buf_init(&reason, room, sizeof room);
	if (sig->fault != NULL) {
		buf_puts(&reason, sig->fault);
	} else if (!sig->chosen) {
		buf_puts(&reason, "too many signatures");
	} else if (txn->headers_cut) {
		buf_puts(&reason, "the header is too large to be verified");
	} else if (st->no_memory) {
		buf_puts(&reason, "cannot be verified: out of memory");
		result = TEMPERROR;
	} else {
		verifier_find(st->verifier, sig, &finding);
		result = result_of(signature_judge(sig, &finding, txn->options,
		    clock_wall(txn->clock), finding.body_length, &reason));
		if (result == FAIL && finding.header_matches)
			result = FAIL_BODY;
	}
	add_props(txn, report(txn, result, "%s", reason.s), st, sig);
}

static void
judge_eom(struct txn *txn)
{
	struct state *st = txn_msg_state(txn);
	size_t reported = 0, total = 0;

	if (st->first == NULL && !st->no_memory) {
		if (txn->headers_cut)
			(void)report(
			    txn, NEUTRAL, "the header is too large for signatures to be seen");
		else
			(void)report(txn, NONE, "no signature");
		return;
	}
	if (st->verifier != NULL && verifier_eom(st->verifier, get_key, txn) == -1)
		st->no_memory = true;
	for (const struct signature *s = st->first; s != NULL; s = s->next, total++)
		if (s->chosen && ++reported > 0)
			report_signature(txn, st, s);
	for (const struct signature *s = st->first; s != NULL; s = s->next)
		if (!s->chosen && reported < REPORTED_MAX && ++reported > 0)
			report_signature(txn, st, s);
	if (total > reported)
		(void)report(txn, NEUTRAL, "%zu more signatures, too many", total - reported);
	if (total == 0)
		(void)report(txn, TEMPERROR, "cannot be verified: out of memory");
}

/* There is nothing to remember, only to prepare. */
static void *
prepare(const struct check_env *env)
{
	(void)env;
	verifier_prepare();
	return NULL;
}

static void
done(struct txn *txn)
{
	struct state *st = txn_msg_state(txn);

	if (st != NULL)
		verifier_free(&st->verifier);
}

const struct check check_dkim = {
    .name = "dkim",
    .method = "dkim",
    .scope = SCOPE_MESSAGE,
    .origins = ORIGIN_OUTSIDE,
    .results = results,
    .options = options,
    .options_size = sizeof(struct dkim_policy),
    .msg_state = sizeof(struct state),
    .ask = {[STAGE_EOH] = ask_eoh},
    .judge = {[STAGE_EOM] = judge_eom},
    .open = prepare,
    .header = on_header,
    .body = on_body,
    .done = done,
};
