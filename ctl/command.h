/* SPDX-License-Identifier: BSD-2-Clause */
/* Command: what baileyctl can do, one row each in baileyctl.c. */
#ifndef CTL_COMMAND_H
#define CTL_COMMAND_H

struct command {
	const char	*name;
	const char	*usage;		/* arguments */
	const char	*purpose;	/* one line */
	int		(*run)(int argc, char **argv);	/* argv[0] is the name; exit status, or COMMAND_USAGE */
};

#define COMMAND_USAGE	(-1)

int	keygen_command(int argc, char **argv);

#endif
