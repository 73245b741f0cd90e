/* SPDX-License-Identifier: BSD-2-Clause */
/* Verdicts, decisions and DNS answers, member by member. */
#include "config.h"

#include "milter/explain.h"

#include <stdlib.h>
#include <string.h>

#include "lib/ascii.h"
#include "lib/name.h"
#include "lib/secret.h"
#include "milter/reply.h"
#include "milter/stage_private.h"

/* JSON is UTF-8. */
json_t *
explain_string(const char *s)
{
	json_t *text = json_string(s);
	char *copy;

	if (text != NULL || (copy = strdup(s)) == NULL)
		return text;
	for (char *p = copy; *p != '\0'; p++)
		if (ascii_is_eight_bit(*p))
			*p = '?';
	text = json_string(copy);
	free(copy);
	return text;
}

void
explain_text(json_t *o, const char *key, const char *value)
{
	if (value == NULL)
		return;
	(void)json_object_set_new(o, key, explain_string(value));
}

static void
put_cause(json_t *o, const char *key, const struct verdict *v)
{
	char name[100];

	if (v == NULL)
		return;
	(void)snprintf(
	    name, sizeof name, "%s.%s", v->check->name, v->check->results[v->result].name);
	explain_text(o, key, name);
}

/* As Authentication-Results has them: "smtp.mailfrom". */
static void
put_props(json_t *o, const struct verdict *v)
{
	json_t *props = v->prop_count > 0 ? json_object() : NULL;
	char name[64];

	for (unsigned i = 0; i < v->prop_count; i++) {
		(void)snprintf(name, sizeof name, "%s.%s", v->props[i].ptype, v->props[i].property);
		explain_text(props, name, v->props[i].value);
	}
	if (props != NULL)
		(void)json_object_set_new(o, "props", props);
}

static json_t *
verdict_of(const struct policy_input *in, const struct decision *d, const struct verdict *v)
{
	enum action would = policy_is_harmless(d->would) ? ACTION_PASS : policy_would(in, v);
	const struct result *row = &v->check->results[v->result];
	json_t *o = json_object();

	explain_text(o, "check", v->check->name);
	explain_text(o, "result", row->name);
	explain_text(o, "word", word_text(row->word));
	explain_text(o, "action", action_text(policy_configured(&in->rules, v)));
	explain_text(o, "mode", mode_text(policy_mode(&in->rules, v->check)));
	if (!policy_is_harmless(would))
		explain_text(o, "would", action_text(would));
	explain_text(o, "reason", v->reason);
	put_props(o, v);
	return o;
}

static void
put_reply(json_t *o, const struct stage_walk *w, const struct decision *d)
{
	char line[REPLY_TEXT_MAX + 20];
	struct reply r;

	if (!policy_refuses(d->action))
		return;
	reply_format(&r, stage_txn(w), stage_conf(w), d);
	(void)snprintf(line, sizeof line, "%s %s %s", r.code, r.xcode, r.text);
	explain_text(o, "reply", line);
}

void
explain_decision(json_t *o, const struct stage_walk *w, const struct decision *d)
{
	const struct verdict *all[STAGE_VERDICTS_MAX];
	struct policy_input in = walk_input(w, w->stage, all);
	json_t *verdicts = json_array();

	for (size_t i = 0; i < in.count; i++)
		(void)json_array_append_new(verdicts, verdict_of(&in, d, all[i]));
	(void)json_object_set_new(o, "verdicts", verdicts);
	explain_text(o, "action", action_text(d->action));
	put_cause(o, "cause", d->cause);
	if (d->exempt)
		(void)json_object_set_new(o, "exempt", json_true());
	if (d->would_cause != NULL)
		explain_text(o, "would", action_text(d->would));
	put_cause(o, "would-cause", d->would_cause);
	put_reply(o, w, d);
}

void
explain_skipped(json_t *out, const struct stage_walk *w)
{
	json_t *skipped = json_object();

	for (size_t i = 0; check_registry[i] != NULL; i++) {
		const char *why = stage_skipped(w, i);

		if (why != NULL)
			explain_text(skipped, check_registry[i]->name, why);
	}
	(void)json_object_set_new(out, "skipped", skipped);
}

/* Of all sections, since what was asked for one recipient is there for the next. */
static void
hide_secrets(char *text, const struct conf *conf)
{
	const struct conf_check *section;
	const char *secret;

	for (size_t i = 0; check_registry[i] != NULL; i++) {
		const struct check *c = check_registry[i];

		for (size_t s = 0;
		     c->secret != NULL && (section = conf_nth_section(conf, i, s)) != NULL; s++)
			for (size_t n = 0; (secret = c->secret(section->options, n)) != NULL; n++)
				secret_hide(text, secret);
	}
}

/* What was asked, or answered: both hold the keys of DNS lists. */
static json_t *
string_of_dns(const struct conf *conf, const char *s)
{
	char *copy = strdup(s);
	json_t *text;

	if (copy == NULL)
		return NULL;
	hide_secrets(copy, conf);
	text = explain_string(copy);
	free(copy);
	return text;
}

static json_t *
record_of(const struct conf *conf, const struct dns_answer *a, const struct dns_rr *rr)
{
	char text[NAME_TEXT_SIZE + 300], addr[ADDR_TEXT_SIZE];

	switch (a->type) {
	case DNS_A:
	case DNS_AAAA:
		return explain_string(addr_format(&rr->addr, addr));
	case DNS_TXT:
		return string_of_dns(conf, rr->txt.bytes);
	case DNS_MX:
		(void)snprintf(text, sizeof text, "%u %s", rr->preference, rr->name);
		return explain_string(text);
	case DNS_CNAME:
	case DNS_SOA:
	case DNS_PTR:
		break;
	}
	return explain_string(rr->name);
}

struct answers {
	json_t *list;
	const struct conf *conf;
};

static void
put_answer(const struct dns_answer *a, void *arg)
{
	const struct answers *to = arg;
	json_t *o = json_object(), *records = json_array();

	(void)json_object_set_new(o, "name", string_of_dns(to->conf, a->name));
	explain_text(o, "type", dns_type_text(a->type));
	explain_text(o, "status", dns_status_text(a->status));
	(void)json_object_set_new(o, "ttl", json_integer(a->ttl));
	for (size_t i = 0; i < a->count; i++)
		(void)json_array_append_new(records, record_of(to->conf, a, &a->rr[i]));
	(void)json_object_set_new(o, "records", records);
	(void)json_array_append_new(to->list, o);
}

void
explain_dns(json_t *o, const struct stage_walk *w)
{
	struct answers to = {json_array(), stage_conf(w)};

	if (stage_txn(w)->dns != NULL)
		dns_session_each(stage_txn(w)->dns, put_answer, &to);
	(void)json_object_set_new(o, "dns", to.list);
}
