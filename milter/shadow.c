/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Receipts are JSON of some kilobytes, few of them about shadow: one look for
 * the mark of those spares reading the others.
 */
#include "config.h"

#include "milter/shadow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks/correspondent.h"
#include "checks/dmarc.h"
#include "checks/greylist.h"
#include "checks/greylist_key.h"
#include "db/store.h"
#include "milter/explain.h"
#include "milter/stage.h"

#define MARK \
	"\"shadow\":true" /* as json_dumps() writes it; in a text the quotes would be escaped */
#define ARENA_MAX 16384 /* bytes for two addresses */
#define SESSION_MAX \
	86400 /* s: an id tells when the session began, a receipt is as old as its message */

/* A receipt and one of its recipients, as greylisting sees them. */
struct mail {
	struct addr client;
	struct path from, to;
	struct record_key triplet, counted;
};

static const char *
text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL ? s : "";
}

static bool
read_mail(struct mail *m, const json_t *receipt, size_t nth, const struct greylist_options *o,
    struct arena *a)
{
	const char *to = json_string_value(json_array_get(json_object_get(receipt, "to"), nth));
	struct greylist_who who = {.client = &m->client,
	    .ipv4_prefix = (unsigned)o->ipv4_prefix,
	    .ipv6_prefix = (unsigned)o->ipv6_prefix,
	    .proven = json_string_value(json_object_get(receipt, "proven")),
	    .sender = &m->from,
	    .rcpt = &m->to,
	    .hide = greylist_hiding(o)};

	if (to == NULL || !addr_parse(&m->client, text_of(receipt, "client")) ||
	    path_parse(&m->from, text_of(receipt, "from"), a) == -1 || m->from.null ||
	    path_parse(&m->to, to, a) == -1)
		return false;
	greylist_keys(&who, &m->triplet, &m->counted);
	return true;
}

static struct record_key
delivered_key(const struct mail *m)
{
	struct record_key k = m->triplet;

	k.bytes[0] = RECORD_SHADOW;
	return k;
}

void
shadow_learn(struct store *s, const struct conf *conf, const char *text)
{
	const struct greylist_options *o = conf_options(conf, &check_greylist);
	const struct greylist_params params = {.max_age = o->max_age / 1000};
	struct arena arena = {.cap = ARENA_MAX};
	json_t *receipt = json_loads(text, 0, NULL);
	enum store_status status = STORE_OK;
	struct mail m;

	for (size_t i = 0;
	     i < SHADOW_RCPTS_MAX && status == STORE_OK && read_mail(&m, receipt, i, o, &arena);
	     i++) {
		struct record_key key = delivered_key(&m);

		status = store_credit(
		    s, &key, json_integer_value(json_object_get(receipt, "time")), &params);
		arena_reset(&arena);
	}
	arena_fini(&arena);
	json_decref(receipt);
}

/* ---- proofs */

static struct greylist_record
get(const struct shadow_query *q, const struct record_key *key)
{
	uint8_t value[RECORD_GREYLIST_SIZE];
	struct greylist_record r = {.first = 0};
	size_t len;

	record_head_put(value, 0);
	if (store_get(q->store, key, q->now, value + RECORD_HEAD, sizeof value - RECORD_HEAD,
		&len) != STORE_OK ||
	    len != sizeof value - RECORD_HEAD ||
	    !record_greylist_get((struct record_bytes){value, sizeof value}, &r))
		return (struct greylist_record){.first = 0};
	return r;
}

static bool
came_again(const struct shadow_query *q, const struct mail *m, const struct greylist_options *o)
{
	struct record_key delivered = delivered_key(m);

	return get(q, &delivered).count > 1 || get(q, &m->triplet).passed != 0 ||
	       (o->auto_allow_after > 0 && get(q, &m->counted).count >= o->auto_allow_after);
}

static bool
has_passed_dmarc(const json_t *receipt)
{
	const json_t *verdicts = json_object_get(receipt, "verdicts");
	bool passed = false;

	for (size_t i = 0; i < json_array_size(verdicts); i++) {
		const json_t *v = json_array_get(verdicts, i);

		passed |= strcmp(text_of(v, "check"), check_dmarc.name) == 0 &&
			  strcmp(text_of(v, "word"), word_text(WORD_PASS)) == 0;
	}
	return passed;
}

static void
put_proofs(json_t *out, const struct shadow_query *q, const json_t *receipt)
{
	const struct greylist_options *o = conf_options(q->conf, &check_greylist);
	struct arena arena = {.cap = ARENA_MAX};
	bool again = false, written = false;
	struct mail m;

	for (size_t i = 0; i < SHADOW_RCPTS_MAX && read_mail(&m, receipt, i, o, &arena); i++) {
		again = again || came_again(q, &m, o);
		written = written || correspondent_is_stored(
					 q->store, q->now, &m.to, &m.from, greylist_hiding(o));
		arena_reset(&arena);
	}
	arena_fini(&arena);
	(void)json_object_set_new(out, "again", json_boolean(again));
	(void)json_object_set_new(out, "written", json_boolean(written));
}

/* ---- cases */

/* "helo.invalid": what each would have done by itself. */
static json_t *
rules_of(const json_t *receipt)
{
	const json_t *verdicts = json_object_get(receipt, "verdicts");
	json_t *rules = json_object();
	char name[100];

	for (size_t i = 0; i < json_array_size(verdicts); i++) {
		const json_t *v = json_array_get(verdicts, i), *would = json_object_get(v, "would");

		if (would == NULL)
			continue;
		(void)snprintf(
		    name, sizeof name, "%s.%s", text_of(v, "check"), text_of(v, "result"));
		(void)json_object_set(rules, name, (json_t *)(uintptr_t)would);
	}
	return rules;
}

static bool
is_refused(const json_t *receipt)
{
	enum action a;

	return action_parse(text_of(receipt, "action"), &a) && !policy_is_harmless(a);
}

static json_t *
case_of(const struct shadow_query *q, const json_t *receipt)
{
	static const char *const copied[] = {"id", "mail", "event", "time", "client", "from"};
	json_t *o = json_object(), *rules = rules_of(receipt);
	bool refused = is_refused(receipt);

	for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
		(void)json_object_set(o, copied[i], json_object_get(receipt, copied[i]));
	(void)json_object_set(o, "to", json_array_get(json_object_get(receipt, "to"), 0));
	(void)json_object_set_new(o, "refused", json_boolean(refused));
	(void)json_object_set_new(o, "dmarc", json_boolean(!refused && has_passed_dmarc(receipt)));
	if (!refused && json_object_size(rules) > 0)
		put_proofs(o, q, receipt);
	(void)json_object_set_new(o, "rules", rules);
	return o;
}

struct part {
	const struct shadow_query *q;
	json_t *cases;
	json_int_t read;
};

static bool
look(void *ctx, struct record_bytes key, struct record_bytes value)
{
	struct part *p = ctx;
	json_t *receipt;

	(void)key;
	p->read++;
	if (value.n <= RECORD_HEAD || record_is_expired(value, p->q->now) ||
	    memmem(value.p, value.n, MARK, strlen(MARK)) == NULL)
		return true;
	receipt = json_loadb((const char *)value.p + RECORD_HEAD, value.n - RECORD_HEAD, 0, NULL);
	if (json_integer_value(json_object_get(receipt, "time")) >= p->q->since)
		(void)json_array_append_new(p->cases, case_of(p->q, receipt));
	json_decref(receipt);
	return true;
}

/* ---- the beginning */

static bool
is_in_shadow(const struct conf_rules *rules, size_t row, unsigned result)
{
	return policy_mode(rules, check_registry[row]) == MODE_SHADOW &&
	       !policy_is_harmless(rules->checks[row].actions[result]);
}

static void
put_rules_of(json_t *out, struct conf_rules rules)
{
	char name[100];

	for (size_t i = 0; check_registry[i] != NULL; i++) {
		const struct check *c = check_registry[i];

		for (unsigned k = 0; c->results[k].name != NULL; k++) {
			(void)snprintf(name, sizeof name, "%s.%s", c->name, c->results[k].name);
			if (is_in_shadow(&rules, i, k) && json_object_get(out, name) == NULL)
				explain_text(out, name, action_text(rules.checks[i].actions[k]));
		}
	}
}

static bool
take_time(void *oldest, struct record_bytes key, struct record_bytes value)
{
	json_t *receipt = NULL;

	(void)key;
	if (value.n > RECORD_HEAD)
		receipt =
		    json_loadb((const char *)value.p + RECORD_HEAD, value.n - RECORD_HEAD, 0, NULL);
	*(int64_t *)oldest = json_integer_value(json_object_get(receipt, "time"));
	json_decref(receipt);
	return false;
}

static void
begin(const struct shadow_query *q, struct record_bytes all, json_t *out)
{
	const struct greylist_options *o = conf_options(q->conf, &check_greylist);
	struct store_cursor first = {.started = false};
	json_t *rules = json_object(), *knows = json_object();
	const struct conf_class *class = q->conf->classes.v;
	int64_t oldest = 0;

	if (store_scan_step(q->store, all, &first, take_time, &oldest) == STORE_OK && oldest > 0)
		(void)json_object_set_new(out, "oldest", json_integer(oldest));
	put_rules_of(rules, conf_rules(q->conf, NULL));
	for (size_t i = 0; i < q->conf->classes.n; i++)
		put_rules_of(rules, conf_rules(q->conf, &class[i]));
	(void)json_object_set_new(out, "rules", rules);
	(void)json_object_set_new(knows, "dmarc", json_boolean(conf_uses(q->conf, &check_dmarc)));
	(void)json_object_set_new(knows, "written",
	    json_boolean(conf_uses(q->conf, &check_greylist) && o->apply != GREYLIST_OFF &&
			 o->remember_recipients > 0));
	(void)json_object_set_new(out, "knows", knows);
}

/* From which receipt on: the one after, or the first whose session can have had mail since. */
static void
place(struct store_cursor *c, int64_t since, const char *after)
{
	char id[STAGE_ID_SIZE] = "", number[9] = "";

	if (sscanf(after, "%12s %8s", id, number) != 2 && since > SESSION_MAX)
		stage_id_first(id, since - SESSION_MAX);
	record_key_make(&c->last, RECORD_RECEIPT, (const char *const[]){id, number}, 2);
	c->started = true;
}

bool
shadow_step(const struct shadow_query *q, const char *after, json_t *out)
{
	static const uint8_t kind = RECORD_RECEIPT;
	const struct record_bytes all = {&kind, 1};
	struct part p = {.q = q, .cases = json_array()};
	struct record_bytes fields[2];
	struct store_cursor cursor = {.started = false};
	enum store_status status;
	char next[STAGE_ID_SIZE + 10];

	place(&cursor, q->since, after);
	if (*after == '\0')
		begin(q, all, out);
	(void)json_object_set_new(out, "cases", p.cases);
	status = store_scan_step(q->store, all, &cursor, look, &p);
	(void)json_object_set_new(out, "read", json_integer(p.read));
	if (status != STORE_OK) {
		explain_text(out, "error", store_status_text(status));
		return false;
	}
	if (!cursor.ended && record_key_split(record_key_bytes(&cursor.last), fields, 2)) {
		(void)snprintf(next, sizeof next, "%.*s %.*s", (int)fields[0].n, fields[0].p,
		    (int)fields[1].n, fields[1].p);
		explain_text(out, "next", next);
	}
	return true;
}
