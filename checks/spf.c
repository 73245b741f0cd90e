/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The questions go out at MAIL, for both identities at once; the evaluation
 * runs at the first recipient, on answers that have arrived by then.  Behind
 * one of our relays it runs at the end of the message, when the Received
 * field is known that says who the client was.
 */
#include "config.h"

#include <string.h>

#include "checks/spf.h"
#include "checks/spf/spf.h"
#include "checks/spf/trace.h"
#include "lib/ascii.h"
#include "lib/buf.h"

/* A result for each enum spf_result, no-mail, and one each for that of the HELO name. */
enum { NO_MAIL = SPF_RESULT_COUNT, HELO };

/* RFC 7372 3.2: X.7.23 validation failed, X.7.24 validation error. */
/* clang-format off */
static const struct result results[] = {
	[SPF_NONE]      = {"none",      WORD_NONE,      ACTION_PASS,    NULL,         NULL},
	[SPF_NEUTRAL]   = {"neutral",   WORD_NEUTRAL,   ACTION_PASS,    NULL,         NULL},
	[SPF_PASS]      = {"pass",      WORD_PASS,      ACTION_PASS,    NULL,         NULL},
	[SPF_FAIL]      = {"fail",      WORD_FAIL,      ACTION_SUSPECT, "550 5.7.23", "451 4.7.23"},
	[SPF_SOFTFAIL]  = {"softfail",  WORD_SOFTFAIL,  ACTION_SUSPECT, "550 5.7.23", "451 4.7.23"},
	[SPF_TEMPERROR] = {"temperror", WORD_TEMPERROR, ACTION_PASS,    "550 5.7.24", "451 4.7.24"},
	[SPF_PERMERROR] = {"permerror", WORD_PERMERROR, ACTION_PASS,    "550 5.7.24", "451 4.7.24"},
	[NO_MAIL]       = {"no-mail",   WORD_FAIL,      ACTION_REJECT,  "550 5.7.23", "451 4.7.23"},
	/* Evidence about the host alone: the HELO name of many an honest one has no record. */
	[HELO + SPF_NONE]      = {"helo-none",      WORD_NONE,      ACTION_PASS, NULL,         NULL},
	[HELO + SPF_NEUTRAL]   = {"helo-neutral",   WORD_NEUTRAL,   ACTION_PASS, NULL,         NULL},
	[HELO + SPF_PASS]      = {"helo-pass",      WORD_PASS,      ACTION_PASS, NULL,         NULL},
	[HELO + SPF_FAIL]      = {"helo-fail",      WORD_FAIL,      ACTION_PASS, "550 5.7.23", "451 4.7.23"},
	[HELO + SPF_SOFTFAIL]  = {"helo-softfail",  WORD_SOFTFAIL,  ACTION_PASS, "550 5.7.23", "451 4.7.23"},
	[HELO + SPF_TEMPERROR] = {"helo-temperror", WORD_TEMPERROR, ACTION_PASS, "550 5.7.24", "451 4.7.24"},
	[HELO + SPF_PERMERROR] = {"helo-permerror", WORD_PERMERROR, ACTION_PASS, "550 5.7.24", "451 4.7.24"},
	{.name = NULL},
};
/* clang-format on */

enum at { AT_EOM, AT_RCPT };

#ifdef HAVE_LIBSPF2
static spf_engine *const engines[] = {spf_native, spf_libspf2};
static const char *const engine_names[] = {"native", "libspf2", NULL};
#else
static spf_engine *const engines[] = {spf_native};
static const char *const engine_names[] = {"native", NULL};
#endif
static const char *const at_names[] = {"eom", "rcpt", NULL};

struct spf_options {
	unsigned engine;
	unsigned at;
	struct string_list skip_domains;
	struct cidr_list relays;
	bool received_spf;
};

#define AT(member) offsetof(struct spf_options, member)

/* clang-format off */
static const struct option options[] = {
	{.key = "engine", .type = OPTION_CHOICE, .offset = AT(engine), .value = "native", .choices = engine_names},
	/* Where anything but no-mail is acted upon: at the end DKIM has had its say, too. */
	{.key = "at", .type = OPTION_CHOICE, .offset = AT(at), .value = "eom", .choices = at_names},
	/* Not looked at: these domains of reverse-paths and HELO names, and all below them. */
	{.key = "skip-domains", .type = OPTION_DOMAINS, .offset = AT(skip_domains)},
	/* Forwarders and backup MX of one's own: their clients are looked at instead. */
	{.key = "relays", .type = OPTION_CIDRS, .offset = AT(relays)},
	{.key = "received-spf", .type = OPTION_BOOL, .offset = AT(received_spf), .value = "no"},
	{.key = NULL},
};
/* clang-format on */

static bool
is_skipped(const struct spf_options *o, const char *domain)
{
	for (size_t i = 0; i < o->skip_domains.n; i++)
		if (name_within(domain, o->skip_domains.v[i]))
			return true;
	return false;
}

static bool
is_relay(const struct txn *txn)
{
	const struct spf_options *o = txn->options;

	return cidr_any(o->relays.v, o->relays.n, &txn->client.addr);
}

/* --- questions ------------------------------------------------------------ */

struct identities {
	struct spf_query mailfrom, helo;
	const char *relay; /* that told who the client is; NULL: none was needed */
};

/* U-labels as A-labels, so that %{h} makes a name; anything else as it was typed. */
static const char *
helo_name(const char *typed, struct arena *arena)
{
	char name[NAME_TEXT_SIZE];

	for (const char *s = typed; s != NULL && *s != '\0'; s++)
		if (ascii_is_eight_bit(*s))
			return name_canon(typed, name) == NAME_OK ? arena_strdup(arena, name)
								  : typed;
	return typed;
}

static void
identify(const struct txn *txn, const struct addr *client, const char *helo, struct identities *id)
{
	id->mailfrom = (struct spf_query){.client = *client,
	    .helo = helo_name(helo, txn->arena),
	    .receiver = txn->site->hostname,
	    .dns = txn->dns,
	    .clock = txn->clock,
	    .deadline = txn->deadline,
	    .arena = txn->arena};
	id->helo = id->mailfrom;
	id->helo.sender = "";
	id->mailfrom.sender = txn->sender.null ? ""
					       : arena_printf(txn->arena, "%s@%s",
						     txn->sender.local, txn->sender.domain);
}

static void
look_ahead(const struct txn *txn, const struct spf_query *q)
{
	struct spf_identity id;

	if (q->sender != NULL && spf_identity(q, &id) && !is_skipped(txn->options, id.domain))
		spf_look_ahead(q->dns, id.domain, &q->client);
}

static void
ask(struct txn *txn)
{
	struct identities id;

	if (is_relay(txn))
		return;
	identify(txn, &txn->client.addr, txn->helo, &id);
	look_ahead(txn, &id.mailfrom);
	if (!txn->sender.null)
		look_ahead(txn, &id.helo);
}

/* --- verdicts ------------------------------------------------------------- */

/* RFC 7208 6.2: the text must be marked as the domain's own words, not ours. */
static void
say_explanation(const struct txn *txn, struct verdict *v, const struct spf_answer *a)
{
	if (a->explanation != NULL)
		v->reply = arena_printf(txn->arena, "%s; %s explains: \"%s\"",
		    v->reason != NULL ? v->reason : "SPF fail", a->domain, a->explanation);
}

static struct verdict *
report_answer(
    struct txn *txn, const struct spf_query *q, const struct spf_answer *a, unsigned result)
{
	static const char *const may[SPF_RESULT_COUNT] = {
	    [SPF_PASS] = "may", [SPF_FAIL] = "may not", [SPF_SOFTFAIL] = "probably may not"};
	const struct spf_options *o = txn->options;
	char text[ADDR_TEXT_SIZE];
	struct verdict *v;

	if (may[a->result] == NULL)
		v = report(txn, result, "%s", a->reason);
	else
		v = report(txn, result, "%s %s send mail as %s: %s%s",
		    addr_format(&q->client, text), may[a->result], a->domain,
		    a->mechanism != NULL ? "its SPF record says " : "",
		    a->mechanism != NULL ? a->mechanism : a->reason);
	say_explanation(txn, v, a);
	/* A domain that sends no mail has no DKIM signature to wait for. */
	if (o->at == AT_EOM && result != NO_MAIL)
		v->acts_at = STAGE_EOM;
	return v;
}

static void
add_received_spf(
    struct txn *txn, const struct spf_query *q, const struct spf_answer *a, const char *identity)
{
	const struct spf_options *o = txn->options;
	char room[TRACE_FIELD_SIZE];
	struct buf b;

	if (!o->received_spf || q->sender == NULL)
		return;
	buf_init(&b, room, sizeof room);
	trace_received_spf(&b, q, a, identity);
	(void)txn_add_header(txn, "Received-SPF", b.s);
}

static void
evaluate(const struct txn *txn, const struct spf_query *q, struct spf_answer *a)
{
	const struct spf_options *o = txn->options;
	struct spf_identity id;

	if (q->sender == NULL)
		*a = (struct spf_answer){
		    .result = SPF_TEMPERROR, .domain = "", .reason = "out of memory"};
	else if (spf_identity(q, &id) && is_skipped(o, id.domain))
		*a = (struct spf_answer){
		    .result = SPF_NONE, .domain = "", .reason = "skipped by skip-domains"};
	else
		engines[o->engine](q, a);
}

/* RFC 8601 2.7.2: the local part is only shown when the record looked at it. */
static const char *
mailfrom_value(const struct txn *txn, const struct spf_query *q, const struct spf_answer *a)
{
	if (txn->sender.null)
		return arena_printf(txn->arena, "postmaster@%s", q->helo != NULL ? q->helo : "");
	return a->used_local ? q->sender : txn->sender.domain;
}

static void
judge_mailfrom(struct txn *txn, const struct identities *id)
{
	const struct spf_query *q = &id->mailfrom;
	struct spf_answer a;
	struct verdict *v;

	evaluate(txn, q, &a);
	v = report_answer(txn, q, &a, a.no_mail ? NO_MAIL : (unsigned)a.result);
	verdict_prop(txn, v, "smtp", "mailfrom", mailfrom_value(txn, q, &a));
	if (id->relay != NULL)
		verdict_prop(txn, v, "policy", "relay", id->relay);
	add_received_spf(txn, q, &a, "mailfrom");
}

/* RFC 7208 2.3: only for names that could have a record. */
static void
judge_helo(struct txn *txn, const struct identities *id)
{
	const struct spf_query *q = &id->helo;
	struct spf_identity name;
	struct spf_answer a;
	struct verdict *v;

	if (txn->sender.null || !spf_identity(q, &name))
		return;
	evaluate(txn, q, &a);
	v = report_answer(txn, q, &a, HELO + (unsigned)a.result);
	verdict_prop(txn, v, "smtp", "helo", name.domain);
	if (id->relay != NULL)
		verdict_prop(txn, v, "policy", "relay", id->relay);
	add_received_spf(txn, q, &a, "helo");
}

static void
judge_rcpt(struct txn *txn)
{
	struct identities id = {0};

	if (is_relay(txn))
		return;
	identify(txn, &txn->client.addr, txn->helo, &id);
	judge_mailfrom(txn, &id);
	judge_helo(txn, &id);
}

static void
judge_eom(struct txn *txn)
{
	const struct spf_options *o = txn->options;
	struct identities id = {.relay = txn->client.addr_text};
	struct trace_client client;
	struct verdict *v;

	if (!is_relay(txn))
		return;
	if (!trace_find_client(txn->headers, &o->relays, &client)) {
		v = report(txn, SPF_NONE, "no Received field says who gave it to the relay");
		verdict_prop(txn, v, "policy", "relay", id.relay);
		return;
	}
	identify(txn, &client.addr, arena_strdup(txn->arena, client.helo), &id);
	judge_mailfrom(txn, &id);
	judge_helo(txn, &id);
}

const struct check check_spf = {
    .name = "spf",
    .method = "spf",
    .scope = SCOPE_MESSAGE,
    .origins = ORIGIN_OUTSIDE,
    .needs_ip = true,
    .results = results,
    .options = options,
    .options_size = sizeof(struct spf_options),
    .ask[STAGE_MAIL] = ask,
    .judge[STAGE_RCPT] = judge_rcpt,
    .judge[STAGE_EOM] = judge_eom,
};
