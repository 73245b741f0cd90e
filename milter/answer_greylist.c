/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What greylisting remembers, for people: records with what the filter would
 * answer now, in the words of its results.
 */
#include "milter/answer_greylist.h"

#include <string.h>

#include "lib/name.h"
#include "milter/explain.h"

struct listing {
	struct greylist_words words;
	struct greylist_params params;
	int64_t now;
	const char *state; /* "": any */
	json_t *records;
};

/* What a record shows. */
struct shown {
	const char *kind, *state;
	char client[GREYLIST_TEXT_SIZE], sender[GREYLIST_TEXT_SIZE], rcpt[GREYLIST_TEXT_SIZE];
	struct greylist_record record;
	int64_t expires, let_in; /* let_in: s since 1970, 0: now, or never asked */
};

static const char *
outcome_word(enum greylist_outcome outcome)
{
	switch (outcome) {
	case GREYLIST_NEW:
		return "new";
	case GREYLIST_EARLY:
		return "early";
	case GREYLIST_PASSED:
		return "passed";
	case GREYLIST_KNOWN:
		return "known";
	case GREYLIST_ALLOWED:
		return "allowed";
	}
	return "?";
}

static void
take(char out[GREYLIST_TEXT_SIZE], struct record_bytes field)
{
	size_t n = field.n < GREYLIST_TEXT_SIZE ? field.n : GREYLIST_TEXT_SIZE - 1;

	memcpy(out, field.p, n);
	out[n] = '\0';
}

static bool
read_fields(struct shown *s, struct record_bytes key)
{
	struct record_bytes f[RECORD_FIELDS_MAX];

	switch ((enum record_kind)key.p[0]) {
	case RECORD_TRIPLET:
		s->kind = "triplet";
		if (!record_key_split(key, f, 3))
			return false;
		take(s->client, f[0]);
		take(s->sender, f[1]);
		take(s->rcpt, f[2]);
		return true;
	case RECORD_CLIENT:
		s->kind = "client";
		if (!record_key_split(key, f, 1))
			return false;
		take(s->client, f[0]);
		return true;
	case RECORD_CORRESPONDENT:
		s->kind = "correspondent";
		if (!record_key_split(key, f, 2))
			return false;
		take(s->sender, f[0]);
		take(s->rcpt, f[1]);
		return true;
	case RECORD_SHADOW:
	case RECORD_DMARC:
	case RECORD_RECEIPT:
	case RECORD_QUEUE_ID:
		break;
	}
	return false;
}

/* False: forgotten, or not ours. */
static bool
read_record(
    const struct listing *l, struct shown *s, struct record_bytes key, struct record_bytes value)
{
	struct greylist_record r;
	struct greylist_answer a;
	bool changed;

	*s = (struct shown){.state = "correspondent"};
	if (record_is_expired(value, l->now) || !record_greylist_get(value, &s->record) ||
	    !record_head_get(value, &s->expires) || !read_fields(s, key))
		return false;
	r = s->record;
	if (key.p[0] == RECORD_CLIENT)
		s->state = greylist_client_allowed(&r, l->now, &l->params, &changed) ? "allowed"
										     : "counted";
	if (key.p[0] == RECORD_TRIPLET) {
		(void)greylist_decide(&r, l->now, &l->params, &a);
		s->state = outcome_word(a.outcome);
		s->let_in = a.outcome == GREYLIST_EARLY ? l->now + a.wait : 0;
	}
	return true;
}

static bool
is_client(const struct listing *l, const struct shown *s, enum record_kind kind)
{
	const struct greylist_words *w = &l->words;
	struct cidr net;
	struct addr a;

	if (w->client == CLIENT_MISSING)
		return true;
	if (w->client == CLIENT_NETWORK && greylist_hiding(w->options) == NULL)
		return kind == RECORD_CLIENT
			   ? addr_parse(&a, s->client) && cidr_contains(&w->network, &a)
			   : cidr_parse(&net, s->client) && net.prefix >= w->network.prefix &&
				 cidr_contains(&w->network, &net.net);
	return strcmp(s->client, kind == RECORD_CLIENT ? w->counted : w->triplet) == 0;
}

/* text: the field as this kind of record has it. */
static bool
is_address(const struct greylist_address *a, const char *text, const char *field)
{
	const char *at = strrchr(field, '@');

	if (a->domain[0] != '\0')
		return at != NULL && name_within(at + 1, a->domain);
	return !a->given || strcmp(text, field) == 0;
}

static bool
list_one(void *ctx, struct record_bytes key, struct record_bytes value)
{
	struct listing *l = ctx;
	const struct greylist_words *w = &l->words;
	const char *rcpt = key.p[0] == RECORD_CORRESPONDENT ? w->writer : w->rcpt.text;
	struct shown s;
	json_t *o;

	if (!read_record(l, &s, key, value) ||
	    (l->state[0] != '\0' && strcmp(l->state, s.state) != 0) ||
	    !is_client(l, &s, (enum record_kind)key.p[0]) ||
	    !is_address(&w->sender, w->sender.text, s.sender) ||
	    !is_address(&w->rcpt, rcpt, s.rcpt))
		return true;
	o = json_object();
	answer_text(o, "kind", s.kind);
	answer_text(o, "state", s.state);
	answer_number(o, "first", (uint64_t)s.record.first);
	answer_number(o, "last", (uint64_t)s.record.last);
	answer_number(o, "passed", (uint64_t)s.record.passed);
	answer_number(o, "count", s.record.count);
	answer_number(o, "expires", (uint64_t)s.expires);
	if (s.let_in != 0)
		answer_number(o, "let-in", (uint64_t)s.let_in);
	if (key.p[0] != RECORD_CORRESPONDENT)
		explain_text(o, "client", s.client);
	if (key.p[0] != RECORD_CLIENT) {
		explain_text(o, "sender", s.sender);
		explain_text(o, "recipient", s.rcpt);
	}
	return json_array_append_new(l->records, o) == 0;
}

static void
begin(struct listing *l)
{
	l->params = greylist_rules(l->words.options);
	l->now = clock_wall(&clock_real);
}

/* The kinds that can match; a client that is known narrows each down to its own keys. */
static size_t
prefixes_of(const struct listing *l, struct record_key keys[static 3], struct record_bytes *out)
{
	const struct greylist_words *w = &l->words;
	bool exact = w->client == CLIENT_ADDRESS || w->client == CLIENT_NAME;
	size_t n = 0;

	record_key_make(
	    &keys[n++], RECORD_TRIPLET, (const char *const[]){w->triplet, ""}, exact ? 2 : 0);
	if (!w->sender.given && !w->rcpt.given)
		record_key_make(
		    &keys[n++], RECORD_CLIENT, (const char *const[]){w->counted}, exact);
	if (w->client == CLIENT_MISSING)
		record_key_make(&keys[n++], RECORD_CORRESPONDENT, NULL, 0);
	for (size_t i = 0; i < n; i++)
		out[i] = record_key_bytes(&keys[i]);
	return n;
}

bool
answer_greylist_list(const struct answer_memory *m, const json_t *argument, json_t *out)
{
	struct listing l = {.state = memory_text(argument, "state"), .records = json_array()};
	struct record_bytes prefixes[3];
	struct record_key keys[3];
	size_t n;

	(void)json_object_set_new(out, "records", l.records);
	if (!greylist_words_read(&l.words, m, argument, out))
		return false;
	begin(&l);
	n = prefixes_of(&l, keys, prefixes);
	return memory_step(m, argument, prefixes, n, list_one, &l, out);
}

/* What attempt() of greylist.c would find under that name of the client; nothing is written. */
static enum store_status
ask(const struct answer_memory *m, const struct listing *l, const char *client, const char *counted,
    const char *clear, json_t *answers)
{
	struct greylist_answer a = {.outcome = GREYLIST_ALLOWED};
	struct record_key triplet, counter;
	struct greylist_record r;
	enum store_status status;
	bool changed;
	json_t *o;

	greylist_words_triplet(&l->words, client, &triplet);
	record_key_make(&counter, RECORD_CLIENT, &counted, 1);
	status = greylist_words_get(m, &counter, l->now, &r);
	if (status == STORE_OK && !greylist_client_allowed(&r, l->now, &l->params, &changed)) {
		status = greylist_words_get(m, &triplet, l->now, &r);
		(void)greylist_decide(&r, l->now, &l->params, &a);
	}
	if (status != STORE_OK)
		return status;
	o = json_object();
	explain_text(o, "client", clear);
	answer_text(o, "result", outcome_word(a.outcome));
	answer_number(o, "wait", (uint64_t)a.wait);
	answer_number(o, "count", a.count);
	(void)json_array_append_new(answers, o);
	return STORE_OK;
}

static enum store_status
is_correspondent(const struct answer_memory *m, const struct listing *l, bool *is_r)
{
	const char *const fields[] = {l->words.writer, l->words.sender.text};
	struct record_key key;
	enum store_status status;
	size_t len;

	record_key_make(&key, RECORD_CORRESPONDENT, fields, 2);
	status = store_get(m->store, &key, l->now, NULL, 0, &len);
	*is_r = status == STORE_OK;
	return status == STORE_MISSING ? STORE_OK : status;
}

bool
answer_greylist_ask(const struct answer_memory *m, const json_t *argument, json_t *out)
{
	json_t *answers = json_array();
	struct listing l = {.state = ""};
	const struct greylist_words *w = &l.words;
	enum store_status status;
	bool correspondent;

	(void)json_object_set_new(out, "answers", answers);
	if (!greylist_words_read(&l.words, m, argument, out))
		return false;
	if (w->client == CLIENT_MISSING || !w->sender.given || !w->rcpt.given ||
	    w->sender.domain[0] != '\0' || w->rcpt.domain[0] != '\0')
		return answer_fail(
		    out, "needs a client and whole addresses of sender and recipient");
	begin(&l);
	status = is_correspondent(m, &l, &correspondent);
	if (status == STORE_OK)
		status = ask(m, &l, w->triplet, w->counted, w->clear[0], answers);
	if (status == STORE_OK && w->proven[0] != '\0' && w->client != CLIENT_NAME)
		status = ask(m, &l, w->proven, w->proven, w->clear[1], answers);
	(void)json_object_set_new(out, "correspondent", json_boolean(correspondent));
	return memory_status(status, out);
}
