/* SPDX-License-Identifier: BSD-2-Clause */
/* The walk of milter/stage.h, with a reader of the result where libmilter would be. */
#include "config.h"

#include "ctl/trial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/message.h"
#include "lib/ascii.h"
#include "milter/authres.h"
#include "milter/reply.h"

#define ID "offline" /* always the same, as is everything else */

/* JSON is UTF-8; what is not becomes ASCII. */
static json_t *
text_of(const char *s)
{
	json_t *text = json_string(s != NULL ? s : "");
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

static void
put(json_t *o, const char *key, const char *value)
{
	(void)json_object_set_new(o, key, text_of(value));
}

static void
put_cause(json_t *o, const char *key, const struct verdict *v)
{
	char name[100];

	if (v == NULL)
		return;
	(void)snprintf(
	    name, sizeof name, "%s.%s", v->check->name, v->check->results[v->result].name);
	put(o, key, name);
}

static json_t *
verdict_of(const struct conf *conf, const struct verdict *v)
{
	const struct result *row = &v->check->results[v->result];
	json_t *o = json_object();

	put(o, "check", v->check->name);
	put(o, "result", row->name);
	put(o, "word", word_text(row->word));
	put(o, "action", action_text(policy_configured(conf, v)));
	put(o, "mode", mode_text(policy_mode(conf, v->check)));
	put(o, "reason", v->reason);
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
	put(o, "reply", line);
}

/* What was found and decided at RCPT or the end of the message. */
static void
put_verdicts(json_t *o, const struct stage_walk *w, const struct decision *d)
{
	const struct verdict *all[STAGE_VERDICTS_MAX];
	size_t n = stage_verdicts(w, all);
	json_t *verdicts = json_array();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(verdicts, verdict_of(stage_conf(w), all[i]));
	(void)json_object_set_new(o, "verdicts", verdicts);
	put(o, "action", action_text(d->action));
	put_cause(o, "cause", d->cause);
	if (d->exempt)
		(void)json_object_set_new(o, "exempt", json_true());
	if (d->would_cause != NULL)
		put(o, "would", action_text(d->would));
	put_cause(o, "would-cause", d->would_cause);
	put_reply(o, w, d);
}

static void
put_field(json_t *fields, const char *name, const char *value)
{
	json_t *o = json_object();

	put(o, "name", name);
	put(o, "value", value);
	(void)json_array_append_new(fields, o);
}

/* Top to bottom, as edit.c puts them. */
static void
put_fields(json_t *o, const struct stage_walk *w)
{
	char room[AUTHRES_SIZE];
	json_t *fields = json_array();
	struct buf b;

	buf_init(&b, room, sizeof room);
	authres_format(&b, w);
	put_field(fields, "Authentication-Results", room);
	for (const struct stage_field *f = stage_fields(w); f != NULL; f = f->next)
		put_field(fields, f->name, f->value);
	(void)json_object_set_new(o, "fields", fields);
}

static void
put_skipped(json_t *out, const struct stage_walk *w)
{
	json_t *skipped = json_object();

	for (size_t i = 0; check_registry[i] != NULL; i++) {
		const char *why = stage_skipped(w, check_registry[i]);

		if (why != NULL)
			put(skipped, check_registry[i]->name, why);
	}
	(void)json_object_set_new(out, "skipped", skipped);
}

/* Whether a recipient is left. */
static bool
envelope(const struct trial *t, struct stage_walk *w, json_t *out, enum action *action_r)
{
	const char *const params[] = {NULL};
	json_t *recipients = json_array();
	struct decision d;
	bool left = false;

	if (t->helo != NULL)
		stage_helo(w, t->helo);
	(void)json_object_set_new(out, "recipients", recipients);
	if (stage_mail(w, t->from, params, t->user) < 0)
		return false;
	put(out, "origin", origin_text(stage_txn(w)->origin));
	put_skipped(out, w);
	for (size_t i = 0; t->rcpts[i] != NULL; i++) {
		json_t *o = json_object();

		stage_rcpt(w, t->rcpts[i], &d);
		put(o, "to", t->rcpts[i]);
		put_verdicts(o, w, &d);
		(void)json_array_append_new(recipients, o);
		*action_r = d.action;
		left |= !policy_refuses(d.action);
	}
	return left;
}

static int
content(const struct trial *t, struct stage_walk *w, json_t *out, enum action *action_r)
{
	json_t *o = json_object();
	struct decision d;
	unsigned forged;

	(void)json_object_set_new(out, "message", o);
	if (message_feed(t->message, w, &forged) < 0)
		return -1;
	stage_eom(w, &d);
	put_verdicts(o, w, &d);
	if (!policy_refuses(d.action))
		put_fields(o, w);
	(void)json_object_set_new(o, "forged", json_integer(forged));
	*action_r = d.action;
	return 0;
}

static void
record(const struct dns_answer *a, void *fp)
{
	dns_record(fp, a);
}

json_t *
trial_run(const struct trial *t, enum action *action_r)
{
	struct connection c = {.client = t->client,
	    .mta_name = "unknown",
	    .hostname = t->hostname,
	    .local = t->client.family == ADDR_NONE,
	    .id = ID};
	struct stage_walk *w = stage_open(t->conf, &t->house, &c);
	json_t *out = json_object();
	int r = 0, error;

	errno = ENOMEM;
	if (w == NULL || out == NULL) {
		stage_close(&w);
		json_decref(out);
		return NULL;
	}
	stage_set_store(w, t->store);
	*action_r = ACTION_TEMPFAIL;
	put(out, "client", stage_txn(w)->client.addr_text);
	put(out, "helo", t->helo);
	put(out, "from", t->from);
	if (envelope(t, w, out, action_r))
		r = content(t, w, out, action_r);
	error = errno;
	put(out, "action", action_text(*action_r));
	if (t->record != NULL) {
		dns_record_begin(t->record, clock_wall(t->house.clock));
		dns_session_each(
		    (struct dns_session *)(uintptr_t)stage_txn(w)->dns, record, t->record);
	}
	stage_close(&w);
	if (r == 0)
		return out;
	json_decref(out);
	errno = error;
	return NULL;
}
