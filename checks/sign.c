/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * At end of header it is known who the author is and so which keys sign; the
 * body is hashed as it passes; at the end of the message the signatures are
 * made.  Sender and envelope have no say (RFC 6376 5.1; DMARC asks for From).
 */
#include "checks/sign.h"

#include <string.h>
#include <strings.h>

#include "checks/author.h"
#include "checks/sign_make.h"
#include "checks/sign_watch.h"

enum { SIGNED, NONE, TEMPERROR };

/* clang-format off */
static const struct result results[] = {
	[SIGNED]    = {"signed",    WORD_PASS,      ACTION_PASS, NULL, NULL},
	[NONE]      = {"none",      WORD_NONE,      ACTION_PASS, NULL, NULL},
	[TEMPERROR] = {"temperror", WORD_TEMPERROR, ACTION_PASS, "550 5.7.20", "451 4.7.20"},
	{.name = NULL},
};

static const char *const canonicalizations[] = {
	[SIGN_RELAXED_RELAXED] = "relaxed/relaxed", [SIGN_RELAXED_SIMPLE] = "relaxed/simple",
	[SIGN_SIMPLE_RELAXED] = "simple/relaxed", [SIGN_SIMPLE_SIMPLE] = "simple/simple", NULL,
};

/* RFC 6376 5.4.1, and what was invented since. */
#define FIELDS	"From, Sender, Reply-To, Subject, Date, Message-ID, To, Cc, MIME-Version, Content-Type, " \
		"Content-Transfer-Encoding, Content-ID, Content-Description, Resent-From, Resent-Sender, " \
		"Resent-To, Resent-Cc, Resent-Date, Resent-Message-ID, In-Reply-To, References, List-Id, " \
		"List-Help, List-Unsubscribe, List-Unsubscribe-Post, List-Subscribe, List-Post, List-Owner, " \
		"List-Archive, Auto-Submitted"
#define SEALED	"From, To, Cc, Subject, Date, Message-ID, Reply-To, MIME-Version, Content-Type"

#define DOMAIN_AT(member) offsetof(struct sign_domain, member)
static const struct option domain_options[] = {
	{.key = "selectors", .type = OPTION_STRINGS, .offset = DOMAIN_AT(selectors)},
	{.key = "subdomains", .type = OPTION_BOOL, .offset = DOMAIN_AT(subdomains), .value = "false"},
	{.key = NULL},
};

static int finish_domain(void *, struct arena *, const char **why_r);
static const struct option_section domain_section = {
	.size = sizeof(struct sign_domain), .options = domain_options, .finish = finish_domain,
};

#define AT(member) offsetof(struct sign_options, member)
static const struct option options[] = {
	{.key = "domain", .type = OPTION_SECTIONS, .offset = AT(domains), .section = &domain_section},
	{.key = "key-directory", .type = OPTION_STRING, .offset = AT(key_directory), .value = "/etc/bailey/keys"},
	{.key = "key-table", .type = OPTION_STRING, .offset = AT(key_table), .value = ""},
	{.key = "signing-table", .type = OPTION_STRING, .offset = AT(signing_table), .value = ""},
	{.key = "multiple-signatures", .type = OPTION_BOOL, .offset = AT(multiple_signatures), .value = "false"},
	{.key = "relays", .type = OPTION_CIDRS, .offset = AT(relays), .value = ""},
	{.key = "canonicalization", .type = OPTION_CHOICE, .offset = AT(canonicalization), .value = "relaxed/relaxed", .choices = canonicalizations},
	{.key = "lifetime", .type = OPTION_DURATION, .offset = AT(lifetime), .value = "0s", .min = 0, .max = INT64_C(366) * 86400 * 1000},
	{.key = "fields", .type = OPTION_STRINGS, .offset = AT(fields), .value = FIELDS},
	{.key = "sealed", .type = OPTION_STRINGS, .offset = AT(sealed), .value = SEALED},
	{.key = NULL},
};
/* clang-format on */

static int
finish_domain(void *section, struct arena *a, const char **why_r)
{
	struct sign_domain *d = section;
	char canon[NAME_TEXT_SIZE];
	enum name_fault fault = name_canon(d->title, canon);

	*why_r = name_fault_text(fault);
	if (fault != NAME_OK)
		return -1;
	*why_r = "selectors: name at least one";
	if (d->selectors.n == 0)
		return -1;
	*why_r = "selectors: more than a message gets signatures";
	if (d->selectors.n > SIGN_KEYS_MAX)
		return -1;
	*why_r = NULL;
	d->name = arena_strdup(a, canon);
	d->keys = arena_array(a, d->selectors.n, sizeof *d->keys);
	return d->name != NULL && d->keys != NULL ? 0 : -1;
}

static int
load_domain(const struct sign_domain *d, const char *directory, struct arena *a, const char **why_r)
{
	for (size_t i = 0; i < d->selectors.n; i++) {
		struct sign_key *k = &d->keys[i];

		k->selector = d->selectors.v[i];
		k->path = arena_printf(a, "%s/%s.%s.pem", directory, d->name, k->selector);
		if (k->path == NULL || sign_key_load(k, a, why_r) == -1)
			return -1;
	}
	return 0;
}

static bool
has_from(const struct string_list *names)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcasecmp(names->v[i], "From") == 0)
			return true;
	return false;
}

static int
finish(void *section, struct arena *a, const char **why_r)
{
	struct sign_options *o = section;
	const struct sign_domain *domains = o->domains.v;

	/* RFC 6376 5.4: it MUST be signed, and whoever can add another one needs no forgery. */
	*why_r = "sealed: From must be among them";
	if (!has_from(&o->sealed))
		return -1;
	for (size_t i = 0; i < o->domains.n; i++)
		if (load_domain(&domains[i], o->key_directory, a, why_r) == -1)
			return -1;
	if (o->key_table == NULL && o->signing_table == NULL)
		return 0;
	*why_r = "key-table and signing-table: one needs the other";
	if (o->key_table == NULL || o->signing_table == NULL)
		return -1;
	return sign_table_load(&o->table, o->key_table, o->signing_table, a, why_r);
}

void
sign_each_key(const struct sign_options *o, sign_key_fn *fn, void *arg)
{
	const struct sign_domain *d = o->domains.v;
	const struct sign_named_key *n = o->table.keys;

	for (size_t i = 0; i < o->domains.n; i++)
		for (size_t k = 0; k < d[i].selectors.n; k++)
			fn(&d[i].keys[k], d[i].name, arg);
	for (size_t i = 0; i < o->table.key_count; i++)
		if (n[i].domain != NULL)
			fn(&n[i].key, n[i].domain, arg);
}

/* ---- one message */

struct state {
	struct maker_style style;
	struct maker *maker; /* NULL: nothing is signed */
	struct {
		const struct sign_key *key;
		const char *domain;
	} uses[SIGN_KEYS_MAX];
	size_t count;
	const char *none; /* why not */
	bool no_memory;
};

static void
use(struct state *st, const struct sign_key *k, const char *domain)
{
	if (st->count == SIGN_KEYS_MAX)
		return;
	st->uses[st->count].key = k;
	st->uses[st->count++].domain = domain;
}

/* Ours, or below one that signs for its sub-domains; the nearest. */
static const struct sign_domain *
find_domain(const struct sign_options *o, const char *author)
{
	const struct sign_domain *d = o->domains.v, *best = NULL;

	for (size_t i = 0; i < o->domains.n; i++)
		if ((d[i].subdomains ? name_within(author, d[i].name)
				     : strcmp(author, d[i].name) == 0) &&
		    (best == NULL || strlen(d[i].name) > strlen(best->name)))
			best = &d[i];
	return best;
}

static void
choose_keys(struct txn *txn, const struct author *author)
{
	const struct sign_options *o = txn->options;
	const struct sign_domain *d = find_domain(o, author->domain);
	const struct sign_named_key *named[SIGN_KEYS_MAX];
	struct state *st = txn_msg_state(txn);
	size_t n;

	if (d != NULL) {
		for (size_t i = 0; i < d->selectors.n; i++)
			use(st, &d->keys[i], d->name);
		return;
	}
	n = sign_table_find(&o->table, author->local, author->domain, named,
	    o->multiple_signatures ? SIGN_KEYS_MAX : 1);
	for (size_t i = 0; i < n; i++)
		use(st, &named[i]->key,
		    named[i]->domain != NULL ? named[i]->domain
					     : arena_strdup(txn->arena, author->domain));
}

static void
begin(struct txn *txn)
{
	const struct sign_options *o = txn->options;
	struct state *st = txn_msg_state(txn);

	st->style =
	    (struct maker_style){.simple_header = o->canonicalization == SIGN_SIMPLE_RELAXED ||
						  o->canonicalization == SIGN_SIMPLE_SIMPLE,
		.simple_body = o->canonicalization == SIGN_RELAXED_SIMPLE ||
			       o->canonicalization == SIGN_SIMPLE_SIMPLE,
		.now = clock_wall(txn->clock),
		.lifetime = o->lifetime / 1000,
		.fields = &o->fields,
		.sealed = &o->sealed};
	st->maker = maker_new(&st->style, txn->headers);
	st->no_memory = st->maker == NULL;
}

static bool
is_relay(const struct txn *txn)
{
	const struct sign_options *o = txn->options;

	for (size_t i = 0; i < o->relays.n; i++)
		if (cidr_contains(&o->relays.v[i], &txn->client.addr))
			return txn->origin == ORIGIN_TRUSTED;
	return false;
}

static void
ask_eoh(struct txn *txn)
{
	struct state *st = txn_msg_state(txn);
	struct author author;

	author_find(&author, txn);
	if (is_relay(txn))
		st->none = "the client relays mail of others";
	else if (author.fault != AUTHOR_OK)
		st->none = "the message has not exactly one author domain";
	else
		choose_keys(txn, &author);
	if (st->count > 0)
		begin(txn);
	else if (st->none == NULL)
		st->none = arena_printf(txn->arena, "no key for author domain %s", author.domain);
}

static void
on_body(struct txn *txn, const unsigned char *bytes, size_t len)
{
	struct state *st = txn_msg_state(txn);

	if (st->maker != NULL)
		maker_body(st->maker, bytes, len);
}

static void
sign(struct txn *txn, const struct sign_key *k, const char *domain)
{
	struct state *st = txn_msg_state(txn);
	char name[SIGN_KEY_NAME_SIZE], room[MAKER_FIELD_MAX];
	const char *why = "out of memory";
	struct buf value;

	sign_key_name(k, domain != NULL ? domain : "", name);
	buf_init(&value, room, sizeof room);
	if (txn->headers_cut)
		(void)report(txn, TEMPERROR, "cannot sign as %s: the header is too large", name);
	else if (st->no_memory || domain == NULL ||
		 maker_sign(st->maker, k->pem, domain, k->selector, &value, &why) == -1 ||
		 (!txn->shadow && txn_add_header(txn, "DKIM-Signature", value.s) == -1))
		(void)report(txn, TEMPERROR, "cannot sign as %s: %s", name, why);
	else
		(void)report(txn, SIGNED, "%s", name);
}

static void
judge_eom(struct txn *txn)
{
	struct state *st = txn_msg_state(txn);

	for (size_t i = 0; i < st->count; i++)
		sign(txn, st->uses[i].key, st->uses[i].domain);
	if (st->count == 0)
		(void)report(txn, NONE, "%s", st->none != NULL ? st->none : "no key");
}

static void
done(struct txn *txn)
{
	struct state *st = txn_msg_state(txn);

	if (st != NULL)
		maker_free(&st->maker);
}

const struct check check_sign = {
    .name = "sign",
    .scope = SCOPE_MESSAGE,
    .origins = ORIGIN_AUTHENTICATED | ORIGIN_TRUSTED | ORIGIN_LOCAL,
    .results = results,
    .options = options,
    .options_size = sizeof(struct sign_options),
    .finish = finish,
    .msg_state = sizeof(struct state),
    .ask = {[STAGE_EOH] = ask_eoh},
    .judge = {[STAGE_EOM] = judge_eom},
    .body = on_body,
    .open = sign_watch_open,
    .tick = sign_watch_tick,
    .close = sign_watch_close,
    .done = done,
};
