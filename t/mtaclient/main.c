/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mtaclient: plays an MTA to a milter, from a script on standard input.
 *
 *	mtaclient [-s SOCKET] < SCRIPT
 *
 * The language is described in script.h.  The exit status is 0 if every
 * expectation was met.
 */
#include "t/mtaclient/script.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	const char *where = "unix:/run/bailey/bailey.sock";
	struct script script;
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	int c;

	while ((c = getopt(argc, argv, "s:")) != -1) {
		if (c != 's') {
			(void)fputs("usage: mtaclient [-s SOCKET] < SCRIPT\n", stderr);
			return 2;
		}
		where = optarg;
	}
	script_init(&script, where);
	while ((len = getline(&line, &room, stdin)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		script_line(&script, line);
	}
	free(line);
	c = script.failed != 0;
	script_fini(&script);
	return c;
}
