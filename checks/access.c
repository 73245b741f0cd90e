/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tables say becomes verdicts here.  Client, HELO name and sender are
 * looked up once a message, a recipient when he comes.  Everything is found at
 * RCPT; at end of message what concerns all of the message is told again,
 * since verdicts on one recipient are gone by then, and the author joins in.
 *
 * Whoever writes an envelope or a From field can write anything.  So what is
 * good for a sender, an author or a HELO name is only believed when SPF or DKIM
 * proves the domain (verdict.proof), or where the table says unproven = yes.
 */
#include "checks/access.h"

#include <string.h>

#include "checks/access/find.h"
#include "checks/access/tables.h"
#include "checks/author.h"
#include "checks/rdns.h"
#include "lib/log.h"
#include "lib/name.h"

#define STATE_BYTES_MAX (256 * 1024) /* entries found for one message */
#define TEXT_SHOWN_MAX  300 /* bytes of what the other side wrote, in a reason */
#define NO_TABLE        SIZE_MAX

enum { OK, REJECT, DEFER, DISCARD, HOLD, SKIP, GREYLIST, SHADOW, INVALID, SPLIT, TEMPERROR };

/* clang-format off */
static const struct result results[] = {
	[OK]		= {"ok",	 WORD_PASS,	 ACTION_ACCEPT,	    NULL, NULL},
	[REJECT]	= {"reject",	 WORD_FAIL,	 ACTION_REJECT,	    "554 5.7.1", "450 4.7.1"},
	[DEFER]		= {"defer",	 WORD_FAIL,	 ACTION_TEMPFAIL,   "554 5.7.1", "450 4.7.1"},
	[DISCARD]	= {"discard",	 WORD_POLICY,	 ACTION_DISCARD,    NULL, NULL},
	[HOLD]		= {"hold",	 WORD_POLICY,	 ACTION_QUARANTINE, NULL, NULL},
	[SKIP]		= {"skip",	 WORD_NEUTRAL,	 ACTION_PASS,	    NULL, NULL},
	[GREYLIST]	= {"greylist",	 WORD_NEUTRAL,	 ACTION_PASS,	    NULL, NULL},
	[SHADOW]	= {"shadow",	 WORD_NEUTRAL,	 ACTION_PASS,	    NULL, NULL},
	[INVALID]	= {"invalid-entry", WORD_PERMERROR, ACTION_PASS,    NULL, NULL},
	[SPLIT]		= {"split",	 WORD_NEUTRAL,	 ACTION_TEMPFAIL,   "550 5.5.3", "452 4.5.3"},
	[TEMPERROR]	= {"temperror",	 WORD_TEMPERROR, ACTION_PASS,	    NULL, "451 4.3.0"},
	{.name = NULL},
};

static const int result_of[] = {
	[RHS_OK] = OK, [RHS_REJECT] = REJECT, [RHS_DEFER] = DEFER, [RHS_DISCARD] = DISCARD,
	[RHS_HOLD] = HOLD, [RHS_SKIP] = SKIP, [RHS_GREYLIST] = GREYLIST, [RHS_SHADOW] = SHADOW,
};

static const char *const parent_words[] = {"plain", "dotted", NULL};

static int table_finish(void *, struct arena *, const char **);

#define AT(member) offsetof(struct access_table, member)
static const struct option table_options[] = {
	/* What it is asked for. */
	{.key = "for", .type = OPTION_STRINGS, .offset = AT(subjects), .value = "client, helo, sender, recipient, author"},
	/* An OK for a sender, author or HELO name counts without SPF or DKIM. */
	{.key = "unproven", .type = OPTION_BOOL, .offset = AT(unproven), .value = "no"},
	{.key = NULL},
};
#undef AT
static const struct option_section table_section = {sizeof(struct access_table), table_options, table_finish};

#define AT(member) offsetof(struct access_options, member)
static const struct option options[] = {
	/* Asked in this order. */
	{.key = "table", .type = OPTION_SECTIONS, .offset = AT(tables), .section = &table_section},
	/* As Postfix's recipient_delimiter. */
	{.key = "recipient-delimiter", .type = OPTION_STRING, .offset = AT(delimiter), .value = "+", .min = 0, .max = 8},
	/* Whether "example.com" or ".example.com" means names below example.com, too. */
	{.key = "parent-domains", .type = OPTION_CHOICE, .offset = AT(parents), .value = "plain", .choices = parent_words},
	{.key = NULL},
};
#undef AT
/* clang-format on */

static int
table_finish(void *section, struct arena *a, const char **why_r)
{
	struct access_table *t = section;

	for (size_t i = 0; i < t->subjects.n; i++) {
		size_t s = 0;

		while (s < SUBJECT_COUNT && strcmp(subject_words[s], t->subjects.v[i]) != 0)
			s++;
		if (s == SUBJECT_COUNT) {
			*why_r = arena_printf(a,
			    "for: \"%s\" is none of client, helo, sender, recipient, author",
			    t->subjects.v[i]);
			return -1;
		}
		t->asked |= 1U << s;
	}
	return tables_check(t->title, a, why_r);
}

/* Of one message. */
struct state {
	struct arena arena;
	const struct access_options *options; /* that found was made with; NULL: not yet */
	struct entry *found[SUBJECT_RECIPIENT]; /* client, HELO name, sender: by table */
	size_t allowed; /* recipients who have an OK of their own; who needs none is not counted */
	size_t allowed_by; /* the last table that one of them has it from */
};

static void
access_connect(struct txn *t)
{
	const struct access_options *o = t->options;

	if (t->client.addr.family != ADDR_NONE && o->tables.n > 0)
		check_rdns.ask[STAGE_CONNECT](t); /* asked once, also if rdns does */
}

/* What concerns the message; looked up once, or once for each class that has tables of its own. */
static int
find_common(struct txn *t, struct state *s)
{
	const struct access_options *o = t->options;

	if (s->options == o)
		return 0;
	if (s->arena.cap == 0)
		arena_init(&s->arena, STATE_BYTES_MAX);
	for (size_t i = 0; i < SUBJECT_RECIPIENT; i++) {
		s->found[i] = arena_array(&s->arena, o->tables.n, sizeof *s->found[i]);
		if (s->found[i] == NULL ||
		    access_find(t, (enum subject)i, &s->arena, s->found[i]) == -1)
			return -1;
	}
	s->options = o;
	return 0;
}

/* The domain that an OK for this subject needs proven; NULL: none. */
static const char *
proof_of(struct txn *t, enum subject subject)
{
	struct author author;
	char name[NAME_TEXT_SIZE];

	switch (subject) {
	case SUBJECT_CLIENT:
	case SUBJECT_RECIPIENT:
	case SUBJECT_COUNT:
		return NULL;
	case SUBJECT_HELO:
		(void)name_canon(t->helo, name);
		return arena_strdup(t->arena, name);
	case SUBJECT_SENDER:
		return t->sender.domain;
	case SUBJECT_AUTHOR:
		author_find(&author, t);
		return arena_strdup(t->arena, author.domain);
	}
	return NULL;
}

static void
report_trouble(
    struct txn *t, const struct access_table *table, const struct entry *e, const char *name)
{
	if (e->kind == ENTRY_TEMPERROR) {
		(void)report(t, TEMPERROR, "table %s cannot be asked for %s: %s", table->title,
		    name, e->why);
		return;
	}
	tables_complain(t->service, "table %s: key \"%s\": \"%.100s\": %s", table->title, e->key,
	    e->value, e->why);
	(void)report(t, INVALID, "table %s: key \"%s\": \"%.100s\": %s", table->title, e->key,
	    e->value, e->why);
}

/* SKIP, GREYLIST, MODE: something to remember. */
static void
apply(struct txn *t, const struct entry *e)
{
	if (e->rhs.action == RHS_SKIP)
		txn_skip(t, e->rhs.rows);
	else if (e->rhs.action == RHS_GREYLIST)
		txn_greylist(t);
	else if (e->rhs.action == RHS_SHADOW)
		txn_shadow(t);
}

/* As Postfix words it. */
static const char *
reply_of(struct txn *t, const struct entry *e, enum subject subject)
{
	static const char *const words[SUBJECT_COUNT] = {
	    [SUBJECT_CLIENT] = "Client host",
	    [SUBJECT_HELO] = "Helo command",
	    [SUBJECT_SENDER] = "Sender address",
	    [SUBJECT_RECIPIENT] = "Recipient address",
	    [SUBJECT_AUTHOR] = "Author domain",
	};

	return arena_printf(t->arena, "%s rejected: %s", words[subject],
	    e->rhs.text[0] != '\0' ? e->rhs.text : "Access denied");
}

/* Whether this entry ends the search. */
static bool
report_entry(struct txn *t, const struct access_table *table, const struct entry *e,
    enum subject subject, const char *name)
{
	enum rhs_action action = e->rhs.action;
	bool decides = action != RHS_SKIP && action != RHS_GREYLIST && action != RHS_SHADOW;
	const char *proof = table->unproven ? NULL : proof_of(t, subject);
	struct verdict *v;

	if (proof != NULL && (action == RHS_SKIP || action == RHS_SHADOW)) {
		struct entry lame = *e;

		lame.kind = ENTRY_INVALID;
		lame.why = "for a sender, author or HELO name this needs unproven = yes";
		report_trouble(t, table, &lame, name);
		return false;
	}
	/* These happen at the end, where they are told; here they only end the search. */
	if ((action == RHS_DISCARD || action == RHS_HOLD) && t->rcpt != NULL &&
	    subject != SUBJECT_RECIPIENT)
		return true;
	v = report(t, (unsigned)result_of[action], "%.*s: table %s, key %s: %s", TEXT_SHOWN_MAX,
	    name, table->title, e->key, e->value);
	if (action == RHS_OK)
		v->proof = proof;
	if (e->rhs.codes[0] != '\0')
		v->codes = arena_strdup(t->arena, e->rhs.codes);
	v->reply = reply_of(t, e, subject);
	apply(t, e);
	return decides && !(action == RHS_OK && proof != NULL);
}

/*
 * Table by table, in each the subjects in their order; the entry that decided,
 * or NULL.  At the end of a message that every recipient is allowed, what
 * stands behind the table they have that from decides no more than at RCPT.
 */
static const struct entry *
search(struct txn *t, struct entry *const by_subject[SUBJECT_COUNT], size_t allowed_by)
{
	const struct access_options *o = t->options;
	const struct access_table *tables = o->tables.v;

	for (size_t i = 0; i < o->tables.n; i++) {
		for (enum subject s = SUBJECT_CLIENT; s < SUBJECT_COUNT; s++) {
			const struct entry *e = by_subject[s] != NULL ? &by_subject[s][i] : NULL;

			if (s == SUBJECT_RECIPIENT && i == allowed_by) {
				(void)report(t, OK, "every recipient is allowed this message");
				return NULL;
			}
			if (e == NULL || e->kind == ENTRY_NONE)
				continue;
			if (e->kind != ENTRY_RHS)
				report_trouble(t, &tables[i], e, access_name(t, s, t->arena));
			else if (report_entry(t, &tables[i], e, s, access_name(t, s, t->arena)))
				return e;
		}
	}
	return NULL;
}

/* The entries for what concerns the message, and room for those of one more subject. */
static bool
gather(struct txn *t, enum subject more, struct entry *by_subject[SUBJECT_COUNT])
{
	const struct access_options *o = t->options;
	struct state *s = txn_msg_state(t);

	memset(by_subject, 0, SUBJECT_COUNT * sizeof *by_subject);
	by_subject[more] = arena_array(t->arena, o->tables.n, sizeof **by_subject);
	if (find_common(t, s) == -1 || by_subject[more] == NULL ||
	    access_find(t, more, t->arena, by_subject[more]) == -1) {
		(void)report(t, TEMPERROR, "out of memory");
		return false;
	}
	for (size_t i = 0; i < SUBJECT_RECIPIENT; i++)
		by_subject[i] = s->found[i];
	return true;
}

static void
access_rcpt(struct txn *t)
{
	const struct access_options *o = t->options;
	struct entry *by_subject[SUBJECT_COUNT], *own;
	const struct entry *decided;
	struct state *s = txn_msg_state(t);

	if (txn_must_split(t))
		(void)report(t, SPLIT,
		    "the recipients of this message have different rules; send it to this one "
		    "separately");
	if (o->tables.n == 0 || !gather(t, SUBJECT_RECIPIENT, by_subject))
		return;
	own = by_subject[SUBJECT_RECIPIENT];
	decided = search(t, by_subject, NO_TABLE);
	if (!t->rcpt->exempt && decided >= own && decided < own + o->tables.n &&
	    decided->rhs.action == RHS_OK) {
		size_t by = (size_t)(decided - own);

		s->allowed_by = by > s->allowed_by ? by : s->allowed_by;
		s->allowed++;
	}
}

/* Those who get the message have all been allowed, each by an entry of his own. */
static bool
all_allowed(const struct txn *t, const struct state *s)
{
	size_t n = 0;

	if (t->rcpt_count != t->rcpts_seen)
		return false;
	for (size_t i = 0; i < t->rcpt_count; i++)
		n += !t->rcpts[i].refused && !t->rcpts[i].exempt;
	return n > 0 && n == s->allowed;
}

static void
access_eom(struct txn *t)
{
	const struct access_options *o = t->options;
	const struct state *s = txn_msg_state(t);
	struct entry *by_subject[SUBJECT_COUNT];
	size_t by = NO_TABLE;

	if (o->tables.n == 0 || !gather(t, SUBJECT_AUTHOR, by_subject))
		return;
	/* The tables of several classes, which the message does not have, may be more. */
	if (all_allowed(t, s))
		by = s->allowed_by < o->tables.n ? s->allowed_by : o->tables.n - 1;
	(void)search(t, by_subject, by);
}

static void
access_done(struct txn *t)
{
	struct state *s = txn_msg_state(t);

	arena_fini(&s->arena);
	*s = (struct state){.allowed = 0};
}

static void *
access_open(const struct check_env *env)
{
	const struct access_options *o = env->options;
	const struct access_table *list = o->tables.v;
	struct tables *tables = tables_new(env->clock);

	for (size_t i = 0; tables != NULL && i < o->tables.n; i++)
		tables_prepare(tables, list[i].title);
	return tables;
}

static void
say(bool bad, const char *text)
{
	(bad ? log_err : log_notice)("access: %s", text);
}

static void
access_tick(void *service, const struct check_env *env)
{
	(void)env;
	tables_tick(service, say);
}

static void
access_close(void **service)
{
	struct tables *tables = *service;

	tables_free(&tables);
	*service = NULL;
}

const struct check check_access = {
    .name = "access",
    .scope = SCOPE_RECIPIENT,
    .origins = ORIGIN_OUTSIDE,
    .results = results,
    .options = options,
    .options_size = sizeof(struct access_options),
    .msg_state = sizeof(struct state),
    .open = access_open,
    .tick = access_tick,
    .close = access_close,
    .ask = {[STAGE_CONNECT] = access_connect},
    .judge = {[STAGE_RCPT] = access_rcpt, [STAGE_EOM] = access_eom},
    .done = access_done,
};
