/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Command: what baileyctl can do.  A subcommand is one const table, exported
 * by one file, with a line in commands.c and a paragraph in baileyctl(8);
 * usage, help and completion of the shell are made from the tables.
 */
#ifndef CTL_COMMAND_H
#define CTL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What every subcommand may exit with; those of its own stand in its file and in baileyctl(8). */
enum exit_status {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,	/* it could not be done, or the answer is no; standard error says why */
	EXIT_USAGE = 2,
	EXIT_NO_DAEMON = 3,	/* nobody answers at the control socket, or we may not ask; nor is the store ours to open */
};

struct command_option {
	const char	*name;		/* without "--"; NULL ends a table */
	const char	*argument;	/* "FILE", as in the manual; NULL: a flag */
	const char	*summary;
};

#define PATIENCE_MS		60000	/* a reload may look up many things */
#define COMMAND_VALUES_MAX	1000	/* options on one command line: recipients of a message */

struct call {				/* a command line, taken apart */
	const struct command	*command;
	const char		*conf_path;
	const char		*socket;	/* of the daemon; NULL: as the configuration says */
	const char		*directory;	/* of a stopped store, to open instead; NULL: none */
	bool			 json;
	int64_t			 patience;	/* ms to wait for one answer of the daemon */
	int			 argc;		/* operands */
	char			**argv;		/* NULL-terminated */
	size_t			 count;
	struct { const struct command_option *option; const char *value; } values[COMMAND_VALUES_MAX];
};

struct command {
	const char		*name;		/* "status" */
	const char		*operands;	/* "[FILE]", "shadow | enforce"; "" if none */
	int			 least, most;	/* of them */
	const char		*summary;	/* one line, lower case */
	const struct command_option *options;	/* NULL: none */
	/* Words an operand may be, for completion; NULL-terminated, NULL: none, or files. */
	const char *const	*words;
	bool			 stopped;	/* works on a stopped store, too: -d makes sense */
	int			(*run)(const struct call *);	/* an exit status */
};

extern const struct command *const command_table[];	/* NULL-terminated */

/* The n-th (from 0) value of an option of the command; "" for a flag that was given; NULL beyond the last. */
const char	*call_value(const struct call *, const char *option, size_t n);
/* "baileyctl: NAME: ..." to standard error; returns EXIT_FAILED. */
int	 call_fail(const struct call *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same with how it is called; returns EXIT_USAGE. */
int	 call_misused(const struct call *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
