/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * baileyctl: takes the command line apart as the tables say, then runs one
 * subcommand.  Options that stand before the subcommand are ours.
 */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/daemon.h"
#include "ctl/show.h"
#include "ctl/usage.h"
#include "lib/descriptors.h"

#define OPTIONS_MAX    32 /* of one subcommand */
#define COMPLAINT_SIZE 1000 /* it may quote what was typed, or pasted from a log */

const char *
call_value(const struct call *call, const char *name, size_t n)
{
	for (size_t i = 0; i < call->count; i++)
		if (strcmp(call->values[i].option->name, name) == 0 && n-- == 0)
			return call->values[i].value;
	return NULL;
}

static void __attribute__((format(printf, 2, 0)))
complain(const struct call *call, const char *fmt, va_list ap)
{
	char text[COMPLAINT_SIZE];

	(void)vsnprintf(text, sizeof text, fmt, ap);
	(void)fprintf(stderr, "baileyctl: %s: ", call->command->name);
	show_text(text, stderr);
	(void)fputc('\n', stderr);
}

int
call_fail(const struct call *call, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(call, fmt, ap);
	va_end(ap);
	return EXIT_FAILED;
}

int
call_misused(const struct call *call, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(call, fmt, ap);
	va_end(ap);
	usage_one(call->command, stderr);
	return EXIT_USAGE;
}

/* The options of the subcommand for getopt_long(3), which tells the row. */
static void
spell_options(const struct command *c, struct option out[static OPTIONS_MAX + 3])
{
	size_t n = 0;

	for (const struct command_option *o = c->options; o != NULL && o->name != NULL; o++, n++)
		if (n < OPTIONS_MAX)
			out[n] = (struct option){.name = o->name,
			    .has_arg = o->argument != NULL ? required_argument : no_argument,
			    .val = 256 + (int)n};
	out[n] = (struct option){.name = "json", .val = 'j'};
	out[n + 1] = (struct option){.name = "help", .val = 'h'};
	out[n + 2] = (struct option){.name = NULL};
}

/* Everything from the name of the subcommand on.  0, or -1 after the mistake was told. */
static int
take_options(struct call *call, int argc, char **argv)
{
	struct option spelt[OPTIONS_MAX + 3];
	int c;

	spell_options(call->command, spelt);
	optind = 0;
	while ((c = getopt_long(argc, argv, "hj", spelt, NULL)) != -1) {
		if (c == '?')
			return -1;
		if (c == 'h') {
			usage_one(call->command, stdout);
			exit(fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED);
		}
		if (c == 'j') {
			call->json = true;
			continue;
		}
		if (call->count == COMMAND_VALUES_MAX) {
			(void)call_fail(call, "more than %d options", COMMAND_VALUES_MAX);
			return -1;
		}
		call->values[call->count].option = &call->command->options[c - 256];
		call->values[call->count++].value = optarg != NULL ? optarg : "";
	}
	call->argc = argc - optind;
	call->argv = argv + optind;
	if (call->argc < call->command->least || call->argc > call->command->most) {
		(void)call_fail(call, "%s",
		    call->argc < call->command->least ? "something is missing" : "too many words");
		return -1;
	}
	return 0;
}

static int
usage(void)
{
	usage_all(stderr);
	return EXIT_USAGE;
}

/* Ours; returns where the subcommand stands, or -1. */
static int
take_globals(struct call *call, int argc, char **argv)
{
	static const struct option spelt[] = {
	    {.name = "json", .val = 'j'}, {.name = "help", .val = 'h'}, {.name = NULL}};
	int c;

	/* "+": stop at the subcommand. */
	while ((c = getopt_long(argc, argv, "+c:d:hjs:t:", spelt, NULL)) != -1) {
		switch (c) {
		case 'c':
			call->conf_path = optarg;
			break;
		case 'd':
			call->directory = optarg;
			break;
		case 'h':
			usage_all(stdout);
			exit(fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED);
		case 'j':
			call->json = true;
			break;
		case 's':
			call->socket = optarg;
			break;
		case 't':
			if (daemon_patience(optarg, &call->patience))
				break;
			(void)fprintf(stderr,
			    "baileyctl: -t %s: not a duration from 1ms to 1d, like 5s\n", optarg);
			return -1;
		default:
			return -1;
		}
	}
	return optind;
}

int
main(int argc, char **argv)
{
	static struct call call = {
	    .conf_path = SYSCONFDIR "/bailey/bailey.conf", .patience = PATIENCE_MS};
	int at, status;

	if (descriptors_open_standard() < 0)
		return EXIT_FAILED;
	at = take_globals(&call, argc, argv);
	if (at < 0 || at == argc)
		return usage();
	call.command = usage_find(argv[at]);
	if (call.command == NULL) {
		(void)fprintf(stderr, "baileyctl: there is no subcommand \"%s\"\n", argv[at]);
		return usage();
	}
	/* getopt_long(3) begins its complaints with the first word. */
	if (take_options(&call, argc - at, argv + at) < 0) {
		usage_one(call.command, stderr);
		return EXIT_USAGE;
	}
	if (call.directory != NULL && (call.socket != NULL || !call.command->stopped))
		return call_misused(&call,
		    call.socket != NULL ? "-d or -s, not both" : "takes no -d: it needs a daemon");
	status = call.command->run(&call);
	if (fflush(stdout) != 0 || ferror(stdout))
		return call_fail(&call, "cannot write: %s", strerror(errno));
	return status;
}
