/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The questions of every walk that may be needed go out at the end of the
 * header, when From and signatures are known; at the end of the message spf
 * and dkim have spoken and only their words count, never a header field.
 */
#include "checks/dmarc.h"

#include <stdio.h>
#include <string.h>

#include "checks/author.h"
#include "checks/dkim_signature.h"
#include "checks/dmarc/align.h"
#include "checks/dmarc/lookup.h"
#include "checks/dmarc/psl.h"
#include "checks/dmarc_facts.h"

#define AHEAD_MAX 8 /* walks from signing domains that are asked in advance */

/* The policies that a message can fail come first, as in enum dmarc_policy. */
enum { FAIL_NONE, FAIL_QUARANTINE, FAIL_REJECT, NO_RECORD, PASS, TEMPERROR, PERMERROR };

/* RFC 7372 3.3: X.7.26 multiple authentication checks failed. */
/* clang-format off */
static const struct result results[] = {
	[FAIL_NONE]       = {"none",       WORD_FAIL,      ACTION_PASS,              "550 5.7.26", "451 4.7.26"},
	[FAIL_QUARANTINE] = {"quarantine", WORD_FAIL,      ACTION_PASS,              "550 5.7.26", "451 4.7.26"},
	[FAIL_REJECT]     = {"reject",     WORD_FAIL,      ACTION_REJECT_IF_SUSPECT, "550 5.7.26", "451 4.7.26"},
	[NO_RECORD]       = {"no-record",  WORD_NONE,      ACTION_PASS,              "550 5.7.26", "451 4.7.26"},
	[PASS]            = {"pass",       WORD_PASS,      ACTION_PASS,              NULL,         NULL},
	[TEMPERROR]       = {"temperror",  WORD_TEMPERROR, ACTION_PASS,              "550 5.7.26", "451 4.7.26"},
	[PERMERROR]       = {"permerror",  WORD_PERMERROR, ACTION_PASS,              "550 5.7.26", "451 4.7.26"},
	{.name = NULL},
};
/* clang-format on */

struct dmarc_options {
	unsigned discovery;
	struct cidr_list relays;
	struct string_list enforce, ignore; /* canonical names */
	int64_t keep_reports; /* ms; 0: not at all */
};

static const char *const discovery_names[] = {"walk", "psl", NULL};
/* RFC 9990's words for them. */
static const char *const discovery_methods[] = {"treewalk", "psl"};
static const struct dmarc_discovery *const discoveries[] = {&dmarc_by_walk, &dmarc_by_psl};

#define DAY        (INT64_C(86400) * 1000) /* ms */
#define AT(member) offsetof(struct dmarc_options, member)
/* clang-format off */
static const struct option options[] = {
	{.key = "discovery", .type = OPTION_CHOICE, .offset = AT(discovery), .value = "walk", .choices = discovery_names},
	{.key = "relays", .type = OPTION_CIDRS, .offset = AT(relays)},
	{.key = "enforce-domains", .type = OPTION_DOMAINS, .offset = AT(enforce)},
	{.key = "ignore-domains", .type = OPTION_DOMAINS, .offset = AT(ignore)},
	/* Reports are about a day of UTC, and made on the next ones. */
	{.key = "keep-reports", .type = OPTION_DURATION, .offset = AT(keep_reports), .value = "3d", .min = 0, .max = 31 * DAY},
	{.key = NULL},
};
/* clang-format on */

struct state { /* of one message */
	struct author author;
	struct dmarc_walk walk; /* from the author's domain */
	enum dmarc_policy policy; /* published, for this domain; UNSAID: none */
	enum dmarc_proof dkim, spf; /* of the author, where there is a policy */
	struct verdict *verdict; /* of a message that failed */
	const char
	    *override; /* why another policy than the published one counts; NULL: it counts */
};

static int
finish(void *section, struct arena *arena, const char **why_r)
{
	const struct dmarc_options *o = section;

	(void)arena;
	*why_r = "discovery: this program was built without libpsl; \"walk\" needs none";
	if (discoveries[o->discovery] == &dmarc_by_psl && !dmarc_psl_is_there())
		return -1;
	return 0;
}

static const struct dmarc_discovery *
discovery(const struct txn *txn)
{
	const struct dmarc_options *o = txn->options;

	return discoveries[o->discovery];
}

/* --- questions ------------------------------------------------------------ */

static void
ask_walk(struct txn *txn, const char *domain)
{
	const char *names[DMARC_WALK_MAX];
	size_t n = discovery(txn)->names(domain, names);
	char query[DMARC_QUERY_SIZE];

	for (size_t i = 0; i < n; i++)
		if (dmarc_query_name(names[i], query) != NULL)
			dns_ask(txn->dns, query, DNS_TXT);
}

/* Names without even the last label in common have no common organization. */
static bool
may_align(const char *a, const char *b)
{
	const char *x = strrchr(a, '.'), *y = strrchr(b, '.');

	return x != NULL && y != NULL && strcmp(x, y) == 0 && strcmp(a, b) != 0;
}

/* The domain MAIL FROM proves, or HELO in its place (RFC 9989 4.4.2); "" if none. */
static const char *
envelope_domain(const struct txn *txn, char out[NAME_TEXT_SIZE])
{
	out[0] = '\0';
	if (!txn->sender.null)
		(void)name_canon(txn->sender.domain, out);
	else if (txn->helo != NULL)
		(void)name_canon(txn->helo, out);
	return out;
}

/* Also whether it exists. */
static void
ask_author(struct txn *txn, const char *domain)
{
	ask_walk(txn, domain);
	dns_ask(txn->dns, domain, DNS_A);
}

/* Most write from the domain of the envelope: without a signature nothing is left to ask then. */
static void
ask_mail(struct txn *txn)
{
	char domain[NAME_TEXT_SIZE];

	if (*envelope_domain(txn, domain) != '\0')
		ask_author(txn, domain);
}

static void
ask_eoh(struct txn *txn)
{
	struct state *st = txn_msg_state(txn);
	const char *author = st->author.domain;
	char domain[NAME_TEXT_SIZE];
	size_t n = 0;

	author_find(&st->author, txn);
	if (st->author.fault != AUTHOR_OK)
		return;
	ask_author(txn, author);
	if (may_align(envelope_domain(txn, domain), author))
		ask_walk(txn, domain);
	for (const struct header *h = txn->headers; h != NULL && n < AHEAD_MAX; h = h->next) {
		if (!signature_is_field(h) || !signature_domain(h, domain) ||
		    !may_align(domain, author))
			continue;
		ask_walk(txn, domain);
		n++;
	}
}

/* --- answers -------------------------------------------------------------- */

static struct dmarc_asker
asker(const struct txn *txn)
{
	return (struct dmarc_asker){txn->dns, txn->deadline};
}

static enum dmarc_proof
proof_of(const struct verdict *v)
{
	enum word word = v->check->results[v->result].word;

	if (word == WORD_PASS)
		return DMARC_PROVED;
	return word == WORD_TEMPERROR ? DMARC_UNPROVED : DMARC_DISPROVED;
}

/* The strongest proof that one method has for the author; UNPROVED if it did not run. */
static enum dmarc_proof
best_proof(struct txn *txn, const char *check, const char *ptype, const char *property)
{
	struct state *st = txn_msg_state(txn);
	enum dmarc_proof best = DMARC_DISPROVED;
	struct dmarc_asker dns = asker(txn);
	const struct verdict *v = txn_verdict(txn, check, 0);

	if (v == NULL)
		return DMARC_UNPROVED;
	for (size_t i = 0; v != NULL && best != DMARC_PROVED; v = txn_verdict(txn, check, ++i)) {
		const char *value = dmarc_prop(v, ptype, property), *at;
		struct dmarc_identifier id = {
		    .spf = strcmp(ptype, "smtp") == 0, .proof = proof_of(v)};
		char domain[NAME_TEXT_SIZE];
		enum dmarc_proof proof;

		if (value == NULL)
			continue;
		at = strrchr(value, '@');
		if (name_canon(at != NULL ? at + 1 : value, domain) != NAME_OK)
			continue;
		id.domain = domain;
		proof = dmarc_align(&st->walk, &id, discovery(txn), dmarc_look_up, &dns);
		best = proof != DMARC_DISPROVED ? proof : best;
	}
	return best;
}

/* --- verdicts ------------------------------------------------------------- */

static bool
is_listed(const struct string_list *list, const char *domain)
{
	for (size_t i = 0; i < list->n; i++)
		if (name_within(domain, list->v[i]))
			return true;
	return false;
}

/* What is to be done with a message that failed, and why not what was published. */
static enum dmarc_policy
local_policy(const struct txn *txn, struct state *st)
{
	const struct dmarc_options *o = txn->options;
	enum dmarc_policy policy = st->policy;

	if (cidr_any(o->relays.v, o->relays.n, &txn->client.addr)) {
		st->override = "trusted_forwarder";
		return DMARC_NONE;
	}
	if (is_listed(&o->ignore, st->author.domain)) {
		st->override = "local_policy";
		return DMARC_NONE;
	}
	if (is_listed(&o->enforce, st->author.domain)) {
		if (policy != DMARC_REJECT)
			st->override = "local_policy";
		return DMARC_REJECT;
	}
	if (st->walk.policy->record.testing) {
		policy = dmarc_policy_lower(policy);
		if (policy != st->policy)
			st->override = "policy_test_mode";
	}
	return policy;
}

static void
add_props(struct txn *txn, struct verdict *v, const struct state *st, enum dmarc_policy policy)
{
	verdict_prop(txn, v, "header", "from", st->author.domain);
	if (policy != DMARC_UNSAID)
		verdict_prop(txn, v, "policy", "dmarc", dmarc_policy_text(policy));
}

static void
report_failure(struct txn *txn, struct state *st)
{
	enum dmarc_policy policy = local_policy(txn, st);
	struct verdict *v = report(txn, (unsigned)policy, "no aligned pass of SPF or DKIM");

	v->reply = arena_printf(txn->arena,
	    "mail from %s must be authenticated, as its DMARC policy asks (p=%s), and is not: "
	    "neither SPF nor DKIM passed for that domain",
	    st->author.domain, dmarc_policy_text(st->policy));
	add_props(txn, v, st, policy);
	st->verdict = v;
}

static void
judge_proofs(struct txn *txn, struct state *st)
{
	enum dmarc_proof dkim = best_proof(txn, "dkim", "header", "d"), spf = DMARC_DISPROVED;

	if (dkim != DMARC_PROVED)
		spf = best_proof(txn, "spf", "smtp", "mailfrom");
	st->dkim = dkim;
	st->spf = spf;
	if (dkim == DMARC_PROVED || spf == DMARC_PROVED)
		add_props(txn,
		    report(txn, PASS, "aligned %s", dkim == DMARC_PROVED ? "DKIM" : "SPF"), st,
		    st->policy);
	else if (dkim == DMARC_UNPROVED || spf == DMARC_UNPROVED)
		add_props(txn,
		    report(txn, TEMPERROR, "%s cannot tell now, and might have passed",
			dkim == DMARC_UNPROVED ? "DKIM" : "SPF"),
		    st, st->policy);
	else
		report_failure(txn, st);
}

static void
judge_eom(struct txn *txn)
{
	struct state *st = txn_msg_state(txn);
	const char *domain = st->author.domain;
	struct dmarc_asker dns = asker(txn);
	bool own, exists;

	/* Again: a message may come without an end of its header. */
	author_find(&st->author, txn);
	if (st->author.fault != AUTHOR_OK) {
		(void)report(txn, PERMERROR, "there is no single author domain to ask");
		return;
	}
	discovery(txn)->run(&st->walk, domain, dmarc_look_up, &dns);
	st->policy = DMARC_UNSAID;
	if (st->walk.policy != NULL) {
		own = st->walk.policy == &st->walk.step[0];
		exists = dns_get(txn->dns, domain, DNS_A, txn->deadline)->status != DNS_NXDOMAIN;
		st->policy = dmarc_record_policy(&st->walk.policy->record, own, exists);
	}
	if (st->policy != DMARC_UNSAID)
		judge_proofs(txn, st);
	else if (st->walk.policy == NULL && st->walk.unknown)
		add_props(txn, report(txn, TEMPERROR, "the policy cannot be looked up"), st,
		    DMARC_UNSAID);
	else
		add_props(txn, report(txn, NO_RECORD, "no policy published"), st, DMARC_UNSAID);
}

/* RFC 9989 9.1: p=, sp= as published, dis= as it came out. */
static void
say_outcome(const struct txn *txn, const struct state *st, enum dmarc_policy disposition)
{
	const struct dmarc_record *r = &st->walk.policy->record;
	const char *text;
	char room[100];
	struct buf b;

	buf_init(&b, room, sizeof room);
	buf_printf(&b, "p=%s", dmarc_policy_text(r->p != DMARC_UNSAID ? r->p : DMARC_NONE));
	if (r->sp != DMARC_UNSAID)
		buf_printf(&b, " sp=%s", dmarc_policy_text(r->sp));
	if (r->np != DMARC_UNSAID)
		buf_printf(&b, " np=%s", dmarc_policy_text(r->np));
	buf_printf(&b, " dis=%s", dmarc_policy_text(disposition));
	if (st->override != NULL)
		buf_printf(&b, "; %s", st->override);
	text = arena_strdup(txn->arena, b.s);
	st->verdict->reason = text != NULL ? text : st->verdict->reason;
}

/* --- facts for reports ---------------------------------------------------- */

/* RFC 9990: a reason is wanted where a failure has not the consequences published. */
static const char *
reason_of(const struct state *st, enum dmarc_policy disposition)
{
	if (st->verdict == NULL)
		return "";
	if (st->override != NULL)
		return st->override;
	return disposition != st->policy ? "local_policy" : "";
}

static void
keep_facts(struct txn *txn, struct state *st, enum dmarc_policy disposition)
{
	const struct dmarc_options *o = txn->options;
	struct dmarc_report r = {.author = st->author.domain,
	    .published = st->walk.policy->record,
	    .discovery = discovery_methods[o->discovery],
	    .disposition = disposition,
	    .reason = reason_of(st, disposition)};

	if (st->dkim == DMARC_PROVED) {
		/* Nobody waited for this yet, and nobody shall for a report alone. */
		txn->deadline = clock_mono(txn->clock);
		st->spf = best_proof(txn, "spf", "smtp", "mailfrom");
	}
	r.dkim = st->dkim == DMARC_PROVED;
	r.spf = st->spf == DMARC_PROVED;
	dmarc_facts_keep(txn, &r, st->walk.policy->domain, o->keep_reports);
}

static void
decided(struct txn *txn, enum action action, const struct verdict *cause)
{
	const struct dmarc_options *o = txn->options;
	struct state *st = txn_msg_state(txn);
	enum dmarc_policy disposition = DMARC_NONE;

	if (st->policy == DMARC_UNSAID || st->walk.policy == NULL)
		return;
	if (st->verdict != NULL && cause == st->verdict) {
		if (action == ACTION_REJECT || action == ACTION_DISCARD)
			disposition = DMARC_REJECT;
		if (action == ACTION_QUARANTINE)
			disposition = DMARC_QUARANTINE;
	}
	if (st->verdict != NULL)
		say_outcome(txn, st, disposition);
	/* What is deferred comes again and is counted then. */
	if (txn->store != NULL && o->keep_reports > 0 && action != ACTION_TEMPFAIL)
		keep_facts(txn, st, disposition);
}

static const char *const after[] = {"spf", "dkim", NULL};

const struct check check_dmarc = {
    .name = "dmarc",
    .method = "dmarc",
    .scope = SCOPE_MESSAGE,
    .origins = ORIGIN_OUTSIDE,
    .after = after,
    .results = results,
    .options = options,
    .options_size = sizeof(struct dmarc_options),
    .finish = finish,
    .msg_state = sizeof(struct state),
    .ask = {[STAGE_MAIL] = ask_mail, [STAGE_EOH] = ask_eoh},
    .judge = {[STAGE_EOM] = judge_eom},
    .decided = decided,
};
