/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_host(), as RFC 7208 4 defines it: find the record of a domain, take
 * its terms from left to right, follow its redirect; and, for a fail, fetch
 * the explanation (6.2).  The text of the RFC stands beside the lines that
 * obey it.
 */
#include <string.h>

#include "checks/spf/eval.h"
#include "lib/buf.h"

const char *
spf_result_text(enum spf_result r)
{
	static const char *const text[SPF_RESULT_COUNT] = {
	    "none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"};

	return text[r];
}

const struct dns_answer *
eval_get(struct evaluation *e, const char *name, enum dns_type type)
{
	e->answer->lookups++;
	return dns_get(e->query->dns, name, type, e->query->deadline);
}

void
eval_why(struct evaluation *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	e->answer->reason = arena_vprintf(e->query->arena, fmt, ap);
	va_end(ap);
}

/* --- RFC 7208 4: check_host() --------------------------------------------- */

/* 6.1: "The result of this new evaluation of check_host() is then considered the result". */
static enum spf_result
redirect(struct evaluation *e, struct spf_text spec, bool included)
{
	char name[NAME_TEXT_SIZE];
	enum spf_result result;

	if (!match_may_ask(e))
		return SPF_PERMERROR;
	if (!macro_target(&e->values, spec, name)) {
		eval_why(e, "%s: redirect=%.*s names no possible domain", e->values.domain,
		    (int)spec.len, spec.s);
		return SPF_PERMERROR;
	}
	result = eval_check_host(e, name, included);
	/* "... if no SPF record is found ... the result is a "permerror" rather than "none"". */
	return result == SPF_NONE ? SPF_PERMERROR : result;
}

#define FAULT_SHOWN 40 /* bytes of a record, from its mistake on */

static void
explain_fault(struct evaluation *e, struct spf_text record, const struct spf_fault *fault)
{
	size_t shown = record.len - fault->at;

	eval_why(e, "%s: %s at byte %zu of its record: \"%.*s\"", e->values.domain, fault->what,
	    fault->at, (int)(shown < FAULT_SHOWN ? shown : FAULT_SHOWN), record.s + fault->at);
}

/* A directive that matched decides. */
static enum spf_result
decide(struct evaluation *e, struct spf_text record, const struct spf_term *term, bool included)
{
	struct spf_answer *a = e->answer;

	if (included)
		return term->qualifier;
	a->mechanism = arena_strndup(e->query->arena, term->text.s, term->text.len);
	/* No term yet: this is the domain's own record, not that of a redirect. */
	a->no_mail = a->terms == 0 && spf_record_forbids_all(record);
	eval_why(e, "%s in the record of %s", a->mechanism, e->values.domain);
	return term->qualifier;
}

/* 4.6, 4.7: the terms from left to right, then redirect, else neutral. */
static enum spf_result
evaluate(struct evaluation *e, struct spf_text record, bool included)
{
	struct spf_modifiers modifiers;
	struct spf_fault fault;
	struct spf_reader reader;
	struct spf_term term;

	/* 4.6: "The syntax of the record is validated first". */
	if (spf_record_check(record, &modifiers, &fault) == -1) {
		explain_fault(e, record, &fault);
		return SPF_PERMERROR;
	}
	if (!included) {
		e->exp = modifiers.exp;
		e->exp_domain = e->values.domain;
	}
	spf_reader_init(&reader, record);
	while (spf_reader_next(&reader, &term, &fault) == 1) {
		if (spf_is_modifier(&term))
			continue;
		switch (match_term(e, &term)) {
		case MATCHES:
			return decide(e, record, &term, included);
		case DIFFERS:
			break;
		case MATCH_TEMPERROR:
			return SPF_TEMPERROR;
		case MATCH_PERMERROR:
			return SPF_PERMERROR;
		}
	}
	if (modifiers.redirect.len > 0)
		return redirect(e, modifiers.redirect, included);
	eval_why(e, "no term in the record of %s matches", e->values.domain);
	return SPF_NEUTRAL;
}

/* 4.4, 4.5: find the record of a domain, then evaluate it. */
enum spf_result
eval_check_host(struct evaluation *e, const char *domain, bool included)
{
	const char *outer = e->values.domain;
	const struct dns_answer *a = eval_get(e, domain, DNS_TXT);
	struct spf_text record = {0};
	enum spf_result result;
	int found = spf_record_select(a, &record);

	if (dns_is_temporary(a->status)) {
		eval_why(e, "TXT of %s: %s", domain, dns_status_text(a->status));
		return SPF_TEMPERROR;
	}
	if (found == 0) {
		eval_why(e, "%s has no SPF record", domain);
		return SPF_NONE;
	}
	if (found == -1) {
		eval_why(e, "%s has several SPF records", domain);
		return SPF_PERMERROR;
	}
	/* Not `domain': e->exp_domain outlives the caller's array, the answer does, too. */
	e->values.domain = a->name;
	result = evaluate(e, record, included);
	e->values.domain = outer;
	return result;
}

/* --- RFC 7208 6.2: exp= --------------------------------------------------- */

/*
 * "If there are any DNS processing errors ..., or if no records are returned,
 * or if more than one record is returned, or if there are syntax errors in
 * the explanation string, then proceed as if no "exp" modifier was given."
 */
static const char *
explanation(struct evaluation *e)
{
	char name[NAME_TEXT_SIZE], room[SPF_EXPLANATION_MAX + 1];
	const struct dns_answer *a;
	struct spf_text text;
	struct buf out;

	if (e->exp.len == 0)
		return NULL;
	e->values.domain = e->exp_domain;
	if (!macro_target(&e->values, e->exp, name))
		return NULL;
	a = eval_get(e, name, DNS_TXT);
	if (a->status != DNS_OK || a->count != 1)
		return NULL;
	text = (struct spf_text){a->rr[0].txt.bytes, a->rr[0].txt.len};
	buf_init(&out, room, sizeof room);
	if (!macro_explain(&e->values, text, &out) || out.len == 0)
		return NULL;
	return arena_strndup(e->query->arena, out.s, out.len);
}

/* --- entry ---------------------------------------------------------------- */

bool
spf_identity(const struct spf_query *q, struct spf_identity *id)
{
	const char *at = strrchr(q->sender, '@');
	const char *domain = at != NULL ? at + 1 : q->sender;

	/* RFC 7208 2.4: null sender: "postmaster" at the HELO identity. */
	if (q->sender[0] == '\0')
		domain = q->helo != NULL ? q->helo : "";
	/* 4.3: "If the <sender> has no local-part, substitute the string "postmaster"". */
	id->local = "postmaster";
	id->local_len = strlen(id->local);
	if (at != NULL && at > q->sender) {
		id->local = q->sender;
		id->local_len = (size_t)(at - q->sender);
		if (id->local_len > SPF_LOCAL_MAX)
			id->local_len = SPF_LOCAL_MAX;
	}
	/* 4.3: malformed, or "not a multi-label domain name": "none". */
	return name_canon(domain, id->domain) == NAME_OK && name_labels(id->domain) > 1;
}

void
spf_native(const struct spf_query *q, struct spf_answer *answer)
{
	struct evaluation e = {.query = q, .answer = answer};

	*answer = (struct spf_answer){.result = SPF_NONE, .domain = ""};
	if (!spf_identity(q, &e.identity)) {
		answer->reason = "no full domain name to look at";
		return;
	}
	e.values = (struct macro_values){.query = q,
	    .identity = &e.identity,
	    .domain = e.identity.domain,
	    .validated = match_validated_name,
	    .arg = &e};
	answer->result = eval_check_host(&e, e.identity.domain, false);
	answer->used_local = e.values.used_local;
	if (answer->result == SPF_FAIL)
		answer->explanation = explanation(&e);
	answer->domain = arena_strdup(q->arena, e.identity.domain);
	if (answer->domain == NULL || answer->reason == NULL)
		*answer = (struct spf_answer){
		    .result = SPF_TEMPERROR, .domain = "", .reason = "out of memory"};
}
