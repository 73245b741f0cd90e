/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every text of a line is built in one buffer of bounded size; the list of
 * recipients, the only part that grows with the message, is cut and counted.
 */
#include "milter/summary.h"

#include <stdio.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/log.h"

/* Room for the parts that are put together; the log escapes and cuts each value at LOG_VALUE_MAX. */
#define PART_SIZE  (LOG_VALUE_MAX + 1)
#define FIELDS_MAX (24 + CHECKS_MAX)

struct line {
	struct log_field fields[FIELDS_MAX];
	size_t n;
};

static void
put(struct line *l, const char *key, const char *value)
{
	if (value != NULL && l->n < FIELDS_MAX)
		l->fields[l->n++] = (struct log_field){key, value};
}

/* All who get the message, as many as fit, and how many more. */
static void
list_recipients(struct buf *b, const struct stage_walk *w)
{
	const struct txn *t = stage_txn(w);
	size_t left = t->rcpts_seen - t->rcpt_count;

	for (size_t i = 0; i < t->rcpt_count; i++) {
		const struct rcpt *r = &t->rcpts[i];

		if (r->refused)
			continue;
		if (left > 0 || b->len + strlen(r->path.text) + 20 > b->size) {
			left++;
			continue;
		}
		buf_printf(b, "%s%s", b->len > 0 ? "," : "", r->path.text);
	}
	if (left > 0)
		buf_printf(b, "%s+%zu", b->len > 0 ? "," : "", left);
}

/* One word per check: its results, "none" left to those that reported it. */
static void
put_checks(struct line *l, const struct stage_walk *w, char rooms[CHECKS_MAX][PART_SIZE])
{
	const struct verdict *all[STAGE_VERDICTS_MAX];
	size_t n = stage_verdicts(w, all), row = 0;

	for (size_t i = 0; i < n; row++) {
		const struct check *c = all[i]->check;
		struct buf b;

		buf_init(&b, rooms[row], PART_SIZE);
		for (; i < n && all[i]->check == c; i++)
			buf_printf(
			    &b, "%s%s", b.len > 0 ? "," : "", c->results[all[i]->result].name);
		put(l, c->name, b.s);
	}
}

static void
list_skipped(struct buf *b, const struct stage_walk *w)
{
	for (size_t i = 0; check_registry[i] != NULL; i++) {
		const char *why = stage_skipped(w, i);

		if (why != NULL)
			buf_printf(
			    b, "%s%s:%s", b->len > 0 ? "," : "", check_registry[i]->name, why);
	}
}

/* "spf.fail", as in the configuration: which verdict brought it about. */
static const char *
name_verdict(struct buf *b, const struct verdict *v)
{
	if (v == NULL)
		return NULL;
	buf_printf(b, "%s.%s", v->check->name, v->check->results[v->result].name);
	return b->s;
}

static void
put_decision(struct line *l, const struct decision *d, struct buf *cause, struct buf *would)
{
	put(l, "action", action_text(d->action));
	put(l, "cause", name_verdict(cause, d->cause));
	put(l, "exempt", d->exempt ? "yes" : NULL);
	put(l, "would", d->would != ACTION_PASS ? action_text(d->would) : NULL);
	put(l, "would-cause", name_verdict(would, d->would_cause));
}

void
summary_log(const struct stage_walk *w, const struct rcpt *rcpt, const struct decision *d)
{
	const struct txn *t = stage_txn(w);
	char rooms[CHECKS_MAX][PART_SIZE], to_room[PART_SIZE], skipped_room[PART_SIZE];
	char cause_room[64], would_room[64], ms[24], dropped[12];
	struct buf to, skipped, cause, would;
	struct line l = {.n = 0};

	if (!log_would(LOG_LEVEL_INFO))
		return;
	buf_init(&to, to_room, sizeof to_room);
	buf_init(&skipped, skipped_room, sizeof skipped_room);
	buf_init(&cause, cause_room, sizeof cause_room);
	buf_init(&would, would_room, sizeof would_room);
	(void)snprintf(ms, sizeof ms, "%lld", (long long)stage_waited(w));
	(void)snprintf(dropped, sizeof dropped, "%u", stage_dropped(w));
	if (rcpt == NULL)
		list_recipients(&to, w);
	list_skipped(&skipped, w);
	/* What the other side chose comes last: the log leaves out what does not fit. */
	put(&l, "event", rcpt != NULL ? "recipient" : "message");
	put(&l, "id", t->id);
	put(&l, "queue", t->queue_id);
	put(&l, "client", t->client.addr_text);
	put(&l, "origin", origin_text(t->origin));
	put_decision(&l, d, &cause, &would);
	put_checks(&l, w, rooms);
	put(&l, "skipped", skipped.len > 0 ? skipped.s : NULL);
	put(&l, "dropped", stage_dropped(w) > 0 ? dropped : NULL);
	put(&l, "ms", ms);
	put(&l, "from", t->sender.null ? "<>" : t->sender.text);
	put(&l, "to", rcpt != NULL ? rcpt->path.text : to.s);
	put(&l, "helo-name", t->helo);
	put(&l, "client-name", t->client.mta_name);
	put(&l, "user", t->auth_user);
	put(&l, "reason", d->cause != NULL ? d->cause->reason : NULL);
	put(&l, "would-reason", d->would_cause != NULL ? d->would_cause->reason : NULL);
	log_fields(LOG_LEVEL_INFO, l.fields, l.n);
}
