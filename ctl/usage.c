/* SPDX-License-Identifier: BSD-2-Clause */
/* How baileyctl and its subcommands are called, from their tables. */
#include "ctl/usage.h"

#include <string.h>

const struct command *
usage_find(const char *name)
{
	for (size_t i = 0; command_table[i] != NULL; i++)
		if (strcmp(command_table[i]->name, name) == 0)
			return command_table[i];
	return NULL;
}

void
usage_all(FILE *fp)
{
	(void)fprintf(fp,
	    "usage: baileyctl [-hj] [-c file] [-d directory] [-s socket] [-t duration]\n"
	    "                 subcommand ...\n\n");
	for (size_t i = 0; command_table[i] != NULL; i++)
		(void)fprintf(
		    fp, "  %-14s %s\n", command_table[i]->name, command_table[i]->summary);
	(void)fprintf(fp,
	    "\n"
	    "  -h, --help     this, or behind a subcommand how that is used\n"
	    "  -j, --json     print for programs: one JSON object\n"
	    "  -c file        the configuration, instead of the daemon's usual one\n"
	    "  -d directory   a store that no daemon uses, instead of the configured one\n"
	    "  -s socket      the daemon's control socket, instead of the configured one\n"
	    "  -t duration    wait so long for one answer of the daemon: 60s\n"
	    "\n"
	    "baileyctl help SUBCOMMAND, and baileyctl(8), say more.\n");
}

void
usage_one(const struct command *c, FILE *fp)
{
	const struct command_option *o;
	char spelt[64];

	(void)fprintf(fp, "usage: baileyctl %s", c->name);
	for (o = c->options; o != NULL && o->name != NULL; o++)
		(void)fprintf(fp, " [--%s%s%s]", o->name, o->argument != NULL ? " " : "",
		    o->argument != NULL ? o->argument : "");
	(void)fprintf(fp, "%s%s\n  %s\n", *c->operands != '\0' ? " " : "", c->operands, c->summary);
	for (o = c->options; o != NULL && o->name != NULL; o++) {
		(void)snprintf(spelt, sizeof spelt, "--%s %s", o->name,
		    o->argument != NULL ? o->argument : "");
		(void)fprintf(fp, "    %-23s %s\n", spelt, o->summary);
	}
}
