/* SPDX-License-Identifier: BSD-2-Clause */
/* baileyctl: the administrator's tool. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "ctl/command.h"

/* clang-format off */
static const struct command commands[] = {
	{"dkim-keygen", "[-d directory] [-t type] [-u user] domain [selector]",
	    "make keys to sign with, and print their DNS records", keygen_command},
};
/* clang-format on */

#define COMMAND_COUNT (sizeof commands / sizeof *commands)

static int
usage(const struct command *c)
{
	if (c != NULL) {
		(void)fprintf(stderr, "usage: baileyctl %s %s\n", c->name, c->usage);
		return 2;
	}
	(void)fprintf(stderr, "usage: baileyctl [-V] command [argument ...]\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		(void)fprintf(stderr, "\t%-15s %s\n", commands[i].name, commands[i].purpose);
	return 2;
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "-V") == 0) {
		(void)puts(PACKAGE_STRING);
		return 0;
	}
	for (size_t i = 0; argc > 1 && i < COMMAND_COUNT; i++) {
		int status;

		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		status = commands[i].run(argc - 1, argv + 1);
		return status == COMMAND_USAGE ? usage(&commands[i]) : status;
	}
	return usage(NULL);
}
