/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a rule would have refused at RCPT is held open until the receipt of the
 * message tells what became of it, and whether it passed DMARC.
 */
#include "ctl/shadow_tally.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/show.h"

const char *const tally_words[TALLY_COUNT] = {
    [TALLY_REFUSED] = "refused",
    [TALLY_ANYWAY] = "anyway",
    [TALLY_GOOD] = "good",
    [TALLY_DMARC] = "dmarc",
    [TALLY_AGAIN] = "again",
    [TALLY_WRITTEN] = "written",
};

static struct tally_rule *
find(struct tally *t, const char *name, const char *action)
{
	struct tally_rule *r = t->rules;

	for (; r < t->rules + t->count; r++)
		if (strcmp(r->name, name) == 0)
			return r;
	if (t->count == TALLY_RULES_MAX)
		return NULL;
	*r = (struct tally_rule){.name = strdup(name),
	    .action = strdup(action),
	    .good = json_array(),
	    .other = json_array()};
	if (r->name == NULL || r->action == NULL)
		return NULL;
	t->count++;
	return r;
}

int
tally_rules(struct tally *t, const json_t *rules)
{
	const char *name;
	json_t *action;

	json_object_foreach ((json_t *)(uintptr_t)rules, name, action) {
		struct tally_rule *r = find(t, name, json_string_value(action));

		if (r == NULL)
			return -1;
		r->now = true;
	}
	return 0;
}

/* The latest few. */
static void
keep_example(json_t *list, json_t *example)
{
	if (json_array_size(list) == TALLY_EXAMPLES)
		(void)json_array_remove(list, 0);
	(void)json_array_append_new(list, example);
}

/* What was open is decided: refused by a rule in force, delivered, or given up. */
static void
settle(struct tally_rule *r, bool refused, bool dmarc)
{
	uint64_t *n = r->n, *open = r->open;

	if (open[TALLY_REFUSED] == 0)
		return;
	n[TALLY_REFUSED] += open[TALLY_REFUSED];
	if (refused) {
		n[TALLY_ANYWAY] += open[TALLY_REFUSED];
	} else {
		n[TALLY_ANYWAY] += open[TALLY_ANYWAY];
		open[TALLY_DMARC] = dmarc ? open[TALLY_REFUSED] - open[TALLY_ANYWAY] : 0;
		n[TALLY_DMARC] += open[TALLY_DMARC];
		n[TALLY_GOOD] += dmarc ? open[TALLY_DMARC] : open[TALLY_GOOD];
		n[TALLY_AGAIN] += open[TALLY_AGAIN];
		n[TALLY_WRITTEN] += open[TALLY_WRITTEN];
	}
	if (r->open_case != NULL && !refused) {
		bool good = dmarc || open[TALLY_GOOD] > 0;

		(void)json_object_set_new(r->open_case, "dmarc", json_boolean(dmarc));
		keep_example(good ? r->good : r->other, r->open_case);
	} else {
		json_decref(r->open_case);
	}
	r->open_case = NULL;
	memset(r->open, 0, sizeof r->open);
}

static void
settle_all(struct tally *t, bool refused, bool dmarc)
{
	for (size_t i = 0; i < t->count; i++)
		settle(&t->rules[i], refused, dmarc);
}

static json_t *
example_of(const json_t *c)
{
	static const char *const keys[] = {
	    "id", "time", "client", "from", "to", "again", "written"};
	json_t *o = json_object();

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		(void)json_object_set(o, keys[i], json_object_get(c, keys[i]));
	return o;
}

static void
open_case(struct tally_rule *r, const json_t *c)
{
	bool refused = json_is_true(json_object_get(c, "refused"));
	bool again = json_is_true(json_object_get(c, "again"));
	bool written = json_is_true(json_object_get(c, "written"));

	r->open[TALLY_REFUSED]++;
	r->open[TALLY_ANYWAY] += refused;
	r->open[TALLY_AGAIN] += again;
	r->open[TALLY_WRITTEN] += written;
	r->open[TALLY_GOOD] += again || written;
	if (refused)
		return;
	json_decref(r->open_case);
	r->open_case = example_of(c);
}

int
tally_case(struct tally *t, const json_t *c)
{
	const char *id = json_text_of(c, "id"), *name;
	json_int_t mail = json_number_of(c, "mail");
	json_t *action;

	if (strcmp(t->id, id) != 0 || t->mail != mail)
		settle_all(t, false, false);
	(void)snprintf(t->id, sizeof t->id, "%s", id);
	t->mail = mail;
	json_object_foreach (json_object_get(c, "rules"), name, action) {
		struct tally_rule *r = find(t, name, json_string_value(action));

		if (r == NULL)
			return -1;
		open_case(r, c);
	}
	if (strcmp(json_text_of(c, "event"), "message") == 0)
		settle_all(t, json_is_true(json_object_get(c, "refused")),
		    json_is_true(json_object_get(c, "dmarc")));
	return 0;
}

void
tally_end(struct tally *t)
{
	settle_all(t, false, false);
}

json_t *
tally_json(const struct tally *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->count; i++) {
		const struct tally_rule *r = &t->rules[i];
		json_t *o = json_pack(
		    "{ss, ss, sb}", "rule", r->name, "action", r->action, "shadow", r->now);

		for (size_t k = 0; k < TALLY_COUNT; k++)
			(void)json_object_set_new(
			    o, tally_words[k], json_integer((json_int_t)r->n[k]));
		(void)json_object_set_new(
		    o, "examples", json_pack("{sO, sO}", "good", r->good, "other", r->other));
		(void)json_array_append_new(list, o);
	}
	return list;
}

void
tally_free(struct tally *t)
{
	for (size_t i = 0; i < t->count; i++) {
		struct tally_rule *r = &t->rules[i];

		free((void *)(uintptr_t)r->name);
		free((void *)(uintptr_t)r->action);
		json_decref(r->good);
		json_decref(r->other);
		json_decref(r->open_case);
	}
}
