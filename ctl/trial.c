/* SPDX-License-Identifier: BSD-2-Clause */
/* The walk of milter/stage.h, with a reader of the result where libmilter would be. */
#include "config.h"

#include "ctl/trial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/message.h"
#include "milter/authres.h"
#include "milter/explain.h"

#define ID "offline" /* always the same, as is everything else */

static void
put_field(json_t *fields, const char *name, const char *value)
{
	json_t *o = json_object();

	explain_text(o, "name", name);
	explain_text(o, "value", value);
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
	explain_text(out, "origin", origin_text(stage_txn(w)->origin));
	explain_skipped(out, w);
	for (size_t i = 0; t->rcpts[i] != NULL; i++) {
		json_t *o = json_object();

		stage_rcpt(w, t->rcpts[i], &d);
		explain_text(o, "to", t->rcpts[i]);
		explain_decision(o, w, &d);
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
	explain_decision(o, w, &d);
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
	explain_text(out, "client", stage_txn(w)->client.addr_text);
	explain_text(out, "helo", t->helo);
	explain_text(out, "from", t->from);
	if (envelope(t, w, out, action_r))
		r = content(t, w, out, action_r);
	error = errno;
	explain_text(out, "action", action_text(*action_r));
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
