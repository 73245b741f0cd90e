/* SPDX-License-Identifier: BSD-2-Clause */
/* greylist: what greylisting remembers, and what an administrator changes in it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/commands.h"
#include "ctl/greylist_show.h"
#include "ctl/keeper.h"
#include "ctl/show.h"

/* clang-format off */
static const struct command_option options[] = {
	{"state", "STATE", "list: new, early, passed, known, counted, allowed or correspondent"},
	{"client", "CLIENT", "list: an address, a network, or the domain of proven senders"},
	{"sender", "SENDER", "list: an address or a domain"},
	{"recipient", "RECIPIENT", "list: an address or a domain"},
	{"limit", "N", "list: no more records"},
	{"yes", NULL, "flush: do not ask"},
	{.name = NULL}
};
/* clang-format on */

struct listing {
	const struct call *call;
	uint64_t shown, limit; /* limit 0: none */
	int64_t now;
};

static bool
show_records(void *ctx, const json_t *answer)
{
	struct listing *l = ctx;
	const json_t *records = json_object_get(answer, "records");

	for (size_t i = 0; i < json_array_size(records); i++) {
		if (l->limit > 0 && l->shown == l->limit)
			return false;
		if (l->call->json)
			daemon_print(json_array_get(records, i));
		else {
			if (l->shown == 0)
				greylist_show_head();
			greylist_show_record(json_array_get(records, i), l->now);
		}
		l->shown++;
	}
	return fflush(stdout) == 0;
}

static int
walk(struct keeper *k, json_t *argument, struct listing *l)
{
	l->call = k->call;
	l->now = clock_wall(&clock_real);
	/* Lines of progress between those of a list would help nobody. */
	return keeper_walk(k, "greylist-list", argument, false, show_records, l);
}

static int
list(struct keeper *k, json_t *argument)
{
	const char *limit = call_value(k->call, "limit", 0);
	struct listing l = {.limit = limit != NULL ? strtoull(limit, NULL, 10) : 0};

	return walk(k, argument, &l) < 0 ? k->status : EXIT_DONE;
}

/* What there is, and if it is asked for one mail, what would become of that now. */
static int
show(struct keeper *k, json_t *argument)
{
	json_t *question = json_copy(argument), *answer;
	struct listing l = {.shown = 0};
	int status = EXIT_DONE;

	if (walk(k, argument, &l) < 0) {
		status = k->status;
	} else if (k->call->argc < 4) {
		if (l.shown == 0 && !k->call->json)
			status = call_fail(k->call, "nothing is remembered of that");
	} else if ((answer = keeper_ask(k, "greylist-ask", json_incref(question))) == NULL) {
		status = k->status;
	} else {
		(k->call->json ? daemon_print : greylist_show_answers)(answer);
		json_decref(answer);
	}
	json_decref(question);
	return status;
}

/* Ask once; the answer's only number is how many. */
static int
change(struct keeper *k, const char *word, json_t *argument, const char *key)
{
	json_t *answer = keeper_ask(k, word, argument);

	if (answer == NULL)
		return k->status;
	if (k->call->json)
		daemon_print(answer);
	else
		(void)printf("%lld records %s\n", (long long)json_number_of(answer, key), key);
	json_decref(answer);
	return EXIT_DONE;
}

static int
allow(struct keeper *k, json_t *argument)
{
	return change(k, "greylist-allow", argument, "allowed");
}

static int delete (struct keeper *k, json_t *argument)
{
	return change(k, "greylist-delete", argument, "removed");
}

static int
flush(struct keeper *k, json_t *argument)
{
	return keeper_remove(k, "greylist-flush", argument);
}

/* clang-format off */
static const struct verb {
	const char *name, *operands;
	int least, most;		/* of them */
	const char *options;		/* with blanks around each */
	int (*run)(struct keeper *, json_t *argument);
} verbs[] = {
	{"list", "", 0, 0, " state client sender recipient limit ", list},
	{"show", "CLIENT [SENDER [RECIPIENT]]", 1, 3, "", show},
	{"allow", "CLIENT", 1, 1, "", allow},
	{"delete", "CLIENT [SENDER RECIPIENT]", 1, 3, "", delete},
	{"flush", "", 0, 0, " yes ", flush},
};
static const char *const states[] =
    {"new", "early", "passed", "known", "counted", "allowed", "correspondent", NULL};
static const char *const names[] = {"list", "show", "allow", "delete", "flush", NULL};
/* clang-format on */

/* Those below: EXIT_DONE, or an exit status after it was told what is wrong. */

static int
check_options(const struct call *call, const struct verb *w)
{
	const char *state = call_value(call, "state", 0), *limit = call_value(call, "limit", 0);
	char spelt[32];
	size_t i = 0;

	for (const struct command_option *o = options; o->name != NULL; o++) {
		(void)snprintf(spelt, sizeof spelt, " %s ", o->name);
		if (call_value(call, o->name, 0) != NULL && strstr(w->options, spelt) == NULL)
			return call_misused(call, "%s takes no --%s", w->name, o->name);
	}
	while (state != NULL && states[i] != NULL && strcmp(states[i], state) != 0)
		i++;
	if (state != NULL && states[i] == NULL)
		return call_misused(call, "--state %s: there is no such state", state);
	if (limit != NULL && (*limit < '1' || strspn(limit, "0123456789") != strlen(limit)))
		return call_misused(call, "--limit %s: not a number", limit);
	return EXIT_DONE;
}

static int
confirm(const struct call *call)
{
	char line[16];

	if (call_value(call, "yes", 0) != NULL)
		return EXIT_DONE;
	if (!isatty(STDIN_FILENO))
		return call_misused(call, "flush forgets every greylisted and known sender; "
					  "say --yes, as there is no terminal to ask at");
	(void)fputs(
	    "Forget every greylisted and known sender, and every allowed client? [y/N] ", stderr);
	if (fgets(line, sizeof line, stdin) == NULL || (line[0] != 'y' && line[0] != 'Y'))
		return call_fail(call, "nothing was changed");
	return EXIT_DONE;
}

/* NULL after it was told what is wrong. */
static json_t *
argument_of(const struct call *call)
{
	static const char *const keys[] = {"client", "sender", "recipient", "state"};
	json_t *o = json_object();

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		const char *text = call_value(call, keys[i], 0);

		if ((int)i + 1 < call->argc)
			text = call->argv[i + 1];
		if (text != NULL && json_object_set_new(o, keys[i], json_string(text)) < 0) {
			(void)call_misused(call, "%s: not UTF-8", keys[i]);
			json_decref(o);
			return NULL;
		}
	}
	return o;
}

static int
run(const struct call *call)
{
	const struct verb *w = verbs;
	struct keeper k;
	json_t *argument;
	int status;

	for (; w < verbs + sizeof verbs / sizeof *verbs; w++)
		if (strcmp(w->name, call->argv[0]) == 0)
			break;
	if (w == verbs + sizeof verbs / sizeof *verbs)
		return call_misused(call, "there is no \"%s\"", call->argv[0]);
	if (call->argc - 1 < w->least || call->argc - 1 > w->most)
		return call_misused(
		    call, "%s takes %s", w->name, *w->operands != '\0' ? w->operands : "nothing");
	status = check_options(call, w);
	if (status == EXIT_DONE && w->run == flush)
		status = confirm(call);
	if (status != EXIT_DONE)
		return status;
	argument = argument_of(call);
	if (argument == NULL)
		return EXIT_USAGE;
	if (keeper_open(&k, call, KEEPER_OPEN) < 0) {
		json_decref(argument);
		return k.status;
	}
	status = w->run(&k, argument);
	keeper_close(&k);
	return status;
}

/* clang-format off */
const struct command command_greylist = {
	.name = "greylist",
	.operands = "list | show CLIENT [SENDER [RECIPIENT]] | allow CLIENT | "
	    "delete CLIENT [SENDER RECIPIENT] | flush",
	.least = 1,
	.most = 4,
	.summary = "look at, and change, what greylisting remembers",
	.options = options,
	.words = names,
	.stopped = true,
	.run = run,
};
/* clang-format on */
