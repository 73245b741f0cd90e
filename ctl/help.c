/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * help: how baileyctl is called, for people; and, with --words, what may come
 * next on its command line, for the completion of a shell.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/commands.h"
#include "ctl/usage.h"

/* clang-format off */
static const struct command_option options[] = {
	{"words", NULL, "only what may follow, one word a line"},
	{.name = NULL}
};
/* clang-format on */

static void
list_words(const struct command *c)
{
	for (const struct command_option *o = c->options; o != NULL && o->name != NULL; o++)
		(void)printf("--%s%s\n", o->name, o->argument != NULL ? "=" : "");
	for (const char *const *w = c->words; w != NULL && *w != NULL; w++)
		(void)puts(*w);
}

static int
run(const struct call *call)
{
	bool words = call_value(call, "words", 0) != NULL;
	const struct command *c;

	if (call->argc == 0) {
		for (size_t i = 0; words && command_table[i] != NULL; i++)
			(void)puts(command_table[i]->name);
		if (!words)
			usage_all(stdout);
		return EXIT_DONE;
	}
	c = usage_find(call->argv[0]);
	if (c == NULL)
		return call_fail(call, "there is no subcommand \"%s\"", call->argv[0]);
	if (words)
		list_words(c);
	else
		usage_one(c, stdout);
	return EXIT_DONE;
}

/* clang-format off */
const struct command command_help = {
	.name = "help",
	.operands = "[SUBCOMMAND]",
	.most = 1,
	.summary = "show how to use this program, or one subcommand",
	.options = options,
	.run = run,
};
/* clang-format on */
