/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Greylisting.  At RCPT each recipient is a triplet of its own; a message
 * without a sender (a bounce, or somebody verifying an address of ours) is
 * deferred at its end, because verifiers take a deferred RCPT for a refusal.
 * Registered last, so that all evidence is in.
 */
#include "checks/greylist.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "checks/access/tables.h"
#include "checks/correspondent.h"
#include "checks/greylist_key.h"
#include "checks/rdns.h"
#include "db/store.h"
#include "lib/log.h"
#include "lib/name.h"
#include "lib/orgdomain.h"

#define DELAY_REPORT_MAX 200 /* bytes of an X-Greylist value */

enum { NEW, EARLY, PASSED, KNOWN, ALLOWED, CORRESPONDENT, EXEMPT, NOT_SUSPECT, TEMPERROR, AGAIN };

/* clang-format off */
static const struct result results[] = {
	[NEW]		= { "new", WORD_NONE, ACTION_TEMPFAIL, NULL, NULL },
	[EARLY]		= { "early", WORD_NONE, ACTION_TEMPFAIL, NULL, NULL },
	[PASSED]	= { "passed", WORD_PASS, ACTION_PASS, NULL, NULL },
	[KNOWN]		= { "known", WORD_PASS, ACTION_PASS, NULL, NULL },
	[ALLOWED]	= { "allowed", WORD_PASS, ACTION_PASS, NULL, NULL },
	[CORRESPONDENT]	= { "correspondent", WORD_PASS, ACTION_PASS, NULL, NULL },
	[EXEMPT]	= { "exempt", WORD_NONE, ACTION_PASS, NULL, NULL },
	[NOT_SUSPECT]	= { "not-suspect", WORD_NONE, ACTION_PASS, NULL, NULL },
	[TEMPERROR]	= { "temperror", WORD_TEMPERROR, ACTION_PASS, NULL, "451 4.3.0" },
	/* A result of its own: who defers the other does not mean this one. */
	[AGAIN]		= { "temperror-again", WORD_TEMPERROR, ACTION_PASS, NULL, "451 4.3.0" },
	{ .name = NULL },
};

static const char *const apply_words[] = { "suspects", "all", "off", NULL };

#define AT(field) offsetof(struct greylist_options, field)
#define MINUTE	INT64_C(60000)	/* ms */
#define DAY	(1440 * MINUTE)
static const struct option options[] = {
	/* Whom it asks to come again: those other checks suspect, everybody, nobody. */
	{"apply", OPTION_CHOICE, AT(apply), "suspects", .choices = apply_words},
	/* From the first attempt to acceptance. */
	{"delay", OPTION_DURATION, AT(delay), "5m", .min = 1000, .max = DAY},
	/* A triplet that has not passed within this begins anew. */
	{"retry-window", OPTION_DURATION, AT(retry_window), "2d", .min = MINUTE, .max = 30 * DAY},
	/* Passed triplets and allowed clients are forgotten unused. */
	{"max-age", OPTION_DURATION, AT(max_age), "35d", .min = DAY, .max = 3660 * DAY},
	/* Whom our people write to may answer at once, for so long; 0: this is not remembered. */
	{"remember-recipients", OPTION_DURATION, AT(remember_recipients), "60d", .min = 0, .max = 3660 * DAY},
	/* Hosts of one network count as one client. */
	{"ipv4-prefix", OPTION_INT, AT(ipv4_prefix), "24", .min = 8, .max = 32},
	{"ipv6-prefix", OPTION_INT, AT(ipv6_prefix), "64", .min = 16, .max = 128},
	/* Triplets that must pass, at most one an hour, until a client is not asked any more; 0: never. */
	{"auto-allow-after", OPTION_INT, AT(auto_allow_after), "5", .min = 0, .max = 1000000},
	/* What the client is told; %s: seconds left, %r: the recipient's domain. */
	{"text", OPTION_STRING, AT(text), "Greylisted, come back in %s seconds", .min = 1, .max = 300},
	/* "user@domain", "user@", "domain", "/regex/": only these; "!..." before one: not this. */
	{"recipients", OPTION_STRINGS, AT(recipients), .value = NULL},
	/* A table as of access, "mysql:..."; only those recipients it has. */
	{"recipients-table", OPTION_STRING, AT(recipients_table), .value = NULL, .min = 0, .max = 1000},
	/* Files like postgrey's whitelist_clients and whitelist_recipients. */
	{"client-lists", OPTION_STRINGS, AT(client_lists), .value = NULL},
	{"recipient-lists", OPTION_STRINGS, AT(recipient_lists), .value = NULL},
	/* Addresses are kept as HMAC-SHA-256 under the key in this file; "": in clear. */
	{"key-file", OPTION_STRING, AT(key_file), .value = NULL},
	{.key = NULL},
};
#undef AT
/* clang-format on */

static int
finish_recipients(struct greylist_options *o, struct arena *a, const char **why_r)
{
	for (size_t i = 0; i < o->recipients.n; i++) {
		const char *text = o->recipients.v[i], *why;
		bool spare = text[0] == '!';

		if (patterns_add(spare ? &o->spared : &o->chosen, text + spare,
			PATTERNS_OF_RECIPIENTS, a, &why) == -1) {
			*why_r = arena_printf(a, "recipients: \"%s\": %s", text, why);
			return -1;
		}
	}
	return 0;
}

static int
greylist_finish(void *section, struct arena *a, const char **why_r)
{
	struct greylist_options *o = section;

	if (o->retry_window <= o->delay) {
		*why_r = "retry-window must be longer than delay";
		return -1;
	}
	if (patterns_load(&o->client_lists, PATTERNS_OF_CLIENTS, a, &o->clients, why_r) == -1 ||
	    patterns_load(&o->recipient_lists, PATTERNS_OF_RECIPIENTS, a, &o->spared, why_r) ==
		-1 ||
	    finish_recipients(o, a, why_r) == -1)
		return -1;
	if (o->recipients_table != NULL && tables_check(o->recipients_table, a, why_r) == -1) {
		*why_r =
		    arena_printf(a, "recipients-table: \"%s\": %s", o->recipients_table, *why_r);
		return -1;
	}
	return o->key_file != NULL ? keyhash_load(&o->key, o->key_file, a, why_r) : 0;
}

/* What SPF says of the reverse-path itself, not only of the HELO name. */
static enum word
spf_word(const struct txn *t)
{
	const struct verdict *v;

	for (size_t n = 0; (v = txn_verdict(t, "spf", n)) != NULL; n++)
		for (unsigned i = 0; i < v->prop_count; i++)
			if (strcmp(v->props[i].property, "mailfrom") == 0)
				return v->check->results[v->result].word;
	return WORD_NONE;
}

const char *
greylist_proven_domain(const struct txn *t)
{
	const char *domain = t->sender.domain, *org, *host;

	if (t->sender.null || t->sender.literal || domain[0] == '\0')
		return NULL;
	if (spf_word(t) == WORD_PASS)
		return domain;
	org = orgdomain(domain);
	host = rdns_verified_name(t);
	return org != NULL && host != NULL && name_within(host, org) ? org : NULL;
}

static const char *
reply_text(struct txn *t, const struct rcpt *r, int64_t wait)
{
	const struct greylist_options *o = t->options;
	char room[512];
	struct buf b;

	buf_init(&b, room, sizeof room);
	for (const char *p = o->text; *p != '\0'; p++) {
		if (p[0] == '%' && p[1] == 's')
			buf_printf(&b, "%lld", (long long)wait);
		else if (p[0] == '%' && p[1] == 'r')
			buf_puts(&b, r->path.domain);
		else
			buf_putc(&b, *p);
		p += p[0] == '%' && (p[1] == 's' || p[1] == 'r' || p[1] == '%');
	}
	return arena_strdup(t->arena, b.s);
}

/* Once a message, whatever the number of its recipients. */
static void
add_field(struct txn *t, int64_t delayed)
{
	bool *done = txn_msg_state(t);
	char value[DELAY_REPORT_MAX], date[64];
	const char *host = t->site->hostname;
	time_t now = (time_t)clock_wall(t->clock);
	struct tm tm;

	if (done == NULL || *done)
		return;
	*done = true;
	(void)strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", gmtime_r(&now, &tm));
	(void)snprintf(value, sizeof value, "delayed %lld seconds by bailey at %.100s; %s",
	    (long long)delayed, host != NULL ? host : t->site->authserv_id, date);
	(void)txn_add_header(t, "X-Greylist", value);
}

/*
 * Whether this triplet was reported as temperror before.  An administrator may
 * have temperror deferred; then a store in trouble must not defer a mail for
 * ever.  A table that forgets only errs towards one more delay.
 */
static bool
was_deferred(const struct record_key *k)
{
	static _Atomic uint64_t seen[4096];
	uint64_t h = 14695981039346656037u; /* FNV-1a */

	for (size_t i = 0; i < k->len; i++)
		h = (h ^ k->bytes[i]) * 1099511628211u;
	h |= 1;
	return atomic_exchange(&seen[(h >> 32) % 4096], h) == h;
}

static void
report_answer(struct txn *t, const struct rcpt *r, const struct greylist_answer *a)
{
	struct verdict *v;

	switch (a->outcome) {
	case GREYLIST_NEW:
	case GREYLIST_EARLY:
		v = report(t, a->outcome == GREYLIST_NEW ? NEW : EARLY,
		    "attempt %u, %lld seconds left", a->count, (long long)a->wait);
		v->reply = reply_text(t, r, a->wait);
		break;
	case GREYLIST_PASSED:
		(void)report(t, PASSED, "after %lld seconds", (long long)a->delayed);
		add_field(t, a->delayed);
		break;
	case GREYLIST_KNOWN:
		(void)report(t, KNOWN, "this sender wrote to this recipient before");
		break;
	case GREYLIST_ALLOWED:
		(void)report(t, ALLOWED, "the client passed often enough");
		break;
	}
}

struct greylist_params
greylist_rules(const struct greylist_options *o)
{
	return (struct greylist_params){.delay = o->delay / 1000,
	    .retry_window = o->retry_window / 1000,
	    .max_age = o->max_age / 1000,
	    .auto_allow_after = (uint32_t)o->auto_allow_after};
}

const struct keyhash *
greylist_hiding(const struct greylist_options *o)
{
	return o->key.len > 0 ? &o->key : NULL;
}

static void
make_keys(
    struct txn *t, const struct rcpt *r, struct record_key *triplet, struct record_key *client)
{
	const struct greylist_options *o = t->options;
	struct greylist_who who = {.client = &t->client.addr,
	    .ipv4_prefix = (unsigned)o->ipv4_prefix,
	    .ipv6_prefix = (unsigned)o->ipv6_prefix,
	    .proven = greylist_proven_domain(t),
	    .sender = &t->sender,
	    .rcpt = &r->path,
	    .hide = greylist_hiding(o)};

	greylist_keys(&who, triplet, client);
}

/* Nobody can tell what is to be done. */
static void
report_trouble(struct txn *t, const struct rcpt *r, const char *what, const char *why)
{
	struct record_key triplet, client;

	make_keys(t, r, &triplet, &client);
	(void)report(t, was_deferred(&triplet) ? AGAIN : TEMPERROR, "%s: %s", what, why);
}

static void
attempt(struct txn *t, const struct rcpt *r)
{
	struct greylist_params params = greylist_rules(t->options);
	enum store_status status = STORE_DOWN;
	struct record_key triplet, client;
	struct greylist_answer a;

	make_keys(t, r, &triplet, &client);
	if (t->store != NULL)
		status = store_greylist(t->store,
		    &(struct store_attempt){&triplet, &client, clock_wall(t->clock), &params}, &a);
	if (status == STORE_OK)
		report_answer(t, r, &a);
	else
		report_trouble(
		    t, r, "store", t->store != NULL ? store_status_text(status) : "not open");
}

/*
 * This recipient wrote to the sender.  He need not be proven: whoever borrows
 * his name must know of the pair, and is spared the delay, no other check.  But
 * he must not be disproven.
 */
static bool
is_answer(const struct txn *t, const struct rcpt *r)
{
	const struct greylist_options *o = t->options;
	enum word word = spf_word(t);

	return o->remember_recipients > 0 && word != WORD_FAIL && word != WORD_SOFTFAIL &&
	       correspondent_is_known(t, &r->path, greylist_hiding(o));
}

/* What the table has for a recipient; what it says of him does not matter, unless that is DUNNO. */
static enum table_status
look_up(struct txn *t, const struct rcpt *r, const char **why_r)
{
	const struct greylist_options *o = t->options;
	const struct key_style style = {.delimiters = "+"};
	char room[TABLE_VALUE_SIZE];
	enum table_status status = TABLE_TEMPERROR;
	struct keys keys = {.n = 0};
	struct buf text;
	const char *key;

	buf_init(&text, room, sizeof room);
	keys_path(&keys, &r->path, &style, t->arena);
	if (!keys.failed)
		status = tables_find_first(
		    t->service, o->recipients_table, &keys, t->deadline, &key, &text);
	*why_r = arena_strdup(t->arena, keys.failed ? "out of memory" : text.s);
	return status == TABLE_FOUND && strcasecmp(text.s, "DUNNO") == 0 ? TABLE_NONE : status;
}

/* Why this client or recipient is never asked, or NULL; *trouble_r: nobody can tell. */
static const char *
exemption(struct txn *t, const struct rcpt *r, const char **trouble_r)
{
	const struct greylist_options *o = t->options;
	const char *host = o->clients != NULL ? rdns_verified_name(t) : NULL;
	const char *hit = patterns_client(o->clients, &t->client.addr, host), *why;
	bool chosen = o->chosen == NULL && o->recipients_table == NULL;

	*trouble_r = NULL;
	if (hit == NULL)
		hit = patterns_recipient(o->spared, &r->path);
	if (hit != NULL || chosen || patterns_recipient(o->chosen, &r->path) != NULL)
		return hit;
	switch (o->recipients_table != NULL ? look_up(t, r, &why) : TABLE_NONE) {
	case TABLE_FOUND:
		return NULL;
	case TABLE_TEMPERROR:
		*trouble_r = why != NULL ? why : "out of memory";
		return NULL;
	case TABLE_NONE:
		break;
	}
	return "not chosen";
}

static void
judge(struct txn *t, const struct rcpt *r)
{
	const struct greylist_options *o = t->options;
	const char *exempt, *trouble;

	if (o->apply == GREYLIST_SUSPECTS && !txn_is_suspect(t)) {
		(void)report(t, NOT_SUSPECT, "no evidence");
		return;
	}
	exempt = exemption(t, r, &trouble);
	if (trouble != NULL)
		report_trouble(t, r, "recipients-table", trouble);
	else if (exempt != NULL)
		(void)report(t, EXEMPT, "listed: %s", exempt);
	else if (is_answer(t, r))
		(void)report(t, CORRESPONDENT, "the recipient wrote to this sender");
	else
		attempt(t, r);
}

static void
greylist_rcpt(struct txn *t)
{
	const struct greylist_options *o = t->options;

	if (o->apply != GREYLIST_OFF && !t->sender.null)
		judge(t, t->rcpt);
}

static void
greylist_eom(struct txn *t)
{
	const struct greylist_options *o = t->options;

	if (o->apply == GREYLIST_OFF || !t->sender.null)
		return;
	for (size_t i = 0; i < t->rcpt_count; i++)
		if (!t->rcpts[i].refused)
			judge(t, &t->rcpts[i]);
}

/* Of what our own people send, the recipients are worth remembering. */
static void
greylist_decided(struct txn *t, enum action action, const struct verdict *cause)
{
	const struct greylist_options *o = t->options;
	bool sent = action == ACTION_PASS || action == ACTION_SUSPECT || action == ACTION_ACCEPT;

	(void)cause;
	if (sent && t->origin != ORIGIN_OUTSIDE && o->remember_recipients > 0 &&
	    o->apply != GREYLIST_OFF)
		correspondent_learn(t, o->remember_recipients / 1000, greylist_hiding(o));
}

/* Its service is the table of recipients. */
static void *
greylist_open(const struct check_env *env)
{
	const struct greylist_options *o = env->options;
	struct tables *tables = tables_new(env->clock);

	if (tables != NULL && o->recipients_table != NULL)
		tables_prepare(tables, o->recipients_table);
	return tables;
}

static void
say(bool bad, const char *text)
{
	(bad ? log_err : log_notice)("greylist: %s", text);
}

static void
greylist_tick(void *service, const struct check_env *env)
{
	(void)env;
	tables_tick(service, say);
}

static void
greylist_close(void **service)
{
	struct tables *tables = *service;

	tables_free(&tables);
	*service = NULL;
}

const struct check check_greylist = {
    .name = "greylist",
    .scope = SCOPE_RECIPIENT,
    .origins = ORIGIN_OUTSIDE,
    .hears = ORIGIN_AUTHENTICATED | ORIGIN_TRUSTED | ORIGIN_LOCAL,
    .needs_ip = true,
    .after =
	(const char *const[]){"rdns", "spf", NULL}, /* and whatever evidence those before found */
    .results = results,
    .options = options,
    .options_size = sizeof(struct greylist_options),
    .finish = greylist_finish,
    .msg_state = sizeof(bool),
    .open = greylist_open,
    .tick = greylist_tick,
    .close = greylist_close,
    .judge = {[STAGE_RCPT] = greylist_rcpt, [STAGE_EOM] = greylist_eom},
    .decided = greylist_decided,
};
