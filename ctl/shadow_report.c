/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shadow-report: what rules in shadow would have refused, and what of it
 * proved good.  The cases come in parts (milter/shadow.h), so that the
 * daemon answers others in between; they are added up here.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/commands.h"
#include "ctl/keeper.h"
#include "ctl/shadow_tally.h"
#include "ctl/show.h"
#include "lib/option.h"

/* clang-format off */
static const struct command_option options[] = {
	{"since", "DURATION", "only the mail of the last 12h, 7d"},
	{.name = NULL}
};
/* clang-format on */

struct report {
	const struct call *call;
	int64_t since;
	json_t *out; /* since now oldest read knows, and at last rules */
	struct tally tally;
	int rc; /* of the tally: -1 without memory */
};

/* The cases of one part; false without memory. */
static bool
take_part(void *ctx, const json_t *part)
{
	struct report *r = ctx;
	const json_t *cases = json_object_get(part, "cases");
	json_int_t read = json_number_of(r->out, "read") + json_number_of(part, "read");

	r->rc = tally_rules(&r->tally, json_object_get(part, "rules"));
	for (size_t i = 0; r->rc == 0 && i < json_array_size(cases); i++)
		r->rc = tally_case(&r->tally, json_array_get(cases, i));
	for (size_t i = 0; i < 2; i++) {
		static const char *const once[] = {"oldest", "knows"};

		if (json_object_get(part, once[i]) != NULL)
			(void)json_object_set(r->out, once[i], json_object_get(part, once[i]));
	}
	(void)json_object_set_new(r->out, "read", json_integer(read));
	return r->rc == 0;
}

/* All parts, one after the other.  An exit status. */
static int
collect(struct report *r, struct keeper *k)
{
	json_t *argument = json_pack("{sI}", "since", (json_int_t)r->since);

	if (keeper_walk(k, "shadow", argument, true, take_part, r) < 0)
		return k->status;
	if (r->rc != 0)
		return call_fail(r->call, "out of memory");
	tally_end(&r->tally);
	(void)json_object_set_new(r->out, "rules", tally_json(&r->tally));
	return EXIT_DONE;
}

/* ---- for people */

static void
show_examples(const json_t *list, const char *title)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *c = json_array_get(list, i);
		char text[32];

		(void)printf("  %-5s %s  %s  ", i == 0 ? title : "", json_text_of(c, "id"),
		    show_time(json_number_of(c, "time"), text));
		show_text(json_text_of(c, "client"), stdout);
		(void)fputs("  ", stdout);
		show_text(json_text_of(c, "from"), stdout);
		(void)fputs(" to ", stdout);
		show_text(json_text_of(c, "to"), stdout);
		for (size_t k = TALLY_DMARC; k < TALLY_COUNT; k++)
			if (json_is_true(json_object_get(c, tally_words[k])))
				(void)printf(" [%s]", tally_words[k]);
		(void)putchar('\n');
	}
}

/* A dash for what nobody can know. */
static void
show_count(const json_t *rule, const json_t *knows, const char *word)
{
	if (json_is_false(json_object_get(knows, word)))
		(void)printf(" %8s", "-");
	else
		(void)printf(" %8lld", (long long)json_number_of(rule, word));
}

static void
show_rule(const json_t *rule, const json_t *knows)
{
	const json_t *examples = json_object_get(rule, "examples");

	(void)printf("%-26s %-17s", json_text_of(rule, "rule"), json_text_of(rule, "action"));
	for (size_t k = 0; k < TALLY_COUNT; k++)
		show_count(rule, knows, tally_words[k]);
	(void)puts(json_is_true(json_object_get(rule, "shadow")) ? "" : "  not in shadow now");
	show_examples(json_object_get(examples, "good"), "good");
	show_examples(json_object_get(examples, "other"), "other");
}

static void
show(const json_t *o)
{
	const json_t *rules = json_object_get(o, "rules");
	int64_t since = json_number_of(o, "since"), oldest = json_number_of(o, "oldest");
	char text[32];

	show_key("since");
	(void)puts(show_time(since > oldest ? since : oldest, text));
	if (since < oldest)
		(void)printf("%-14s no receipt is older\n", "");
	show_key("receipts");
	(void)printf(
	    "%lld read\n\n%-26s %-17s", (long long)json_number_of(o, "read"), "rule", "action");
	for (size_t k = 0; k < TALLY_COUNT; k++)
		(void)printf(" %8s", tally_words[k]);
	(void)putchar('\n');
	for (size_t i = 0; i < json_array_size(rules); i++)
		show_rule(json_array_get(rules, i), json_object_get(o, "knows"));
	if (json_array_size(rules) == 0)
		(void)puts("no rule is in shadow that would refuse anything, or was");
}

static int
make(struct report *r)
{
	struct keeper k;
	int status;

	if (keeper_open(&k, r->call, KEEPER_OPEN) < 0)
		return k.status;
	status = collect(r, &k);
	keeper_close(&k);
	if (status == EXIT_DONE && r->call->json)
		daemon_print(r->out);
	else if (status == EXIT_DONE)
		show(r->out);
	return status;
}

static int
run(const struct call *call)
{
	const char *since = call_value(call, "since", 0);
	int64_t now = clock_wall(&clock_real), ms = 0;
	struct report *r;
	int status;

	if (since != NULL && (!option_duration(since, &ms) || ms < 1000))
		return call_misused(call, "--since %s: not a duration like 12h or 7d", since);
	r = calloc(1, sizeof *r);
	if (r == NULL)
		return call_fail(call, "out of memory");
	r->call = call;
	r->since = since != NULL ? now - ms / 1000 : 0;
	r->out = json_pack(
	    "{sb, sI, sI}", "ok", 1, "since", (json_int_t)r->since, "now", (json_int_t)now);
	status = make(r);
	json_decref(r->out);
	tally_free(&r->tally);
	free(r);
	return status;
}

/* clang-format off */
const struct command command_shadow_report = {
	.name = "shadow-report",
	.operands = "",
	.summary = "show what rules in shadow would have refused, and what of it proved good",
	.options = options,
	.stopped = true,
	.run = run,
};
/* clang-format on */
