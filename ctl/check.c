/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check: what the daemon would do with a message, without a daemon or an MTA.
 * Unless -d names a store, there is an empty one in memory: everybody
 * is met for the first time.
 */
#include "config.h"

#include "ctl/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/commands.h"
#include "ctl/daemon.h"
#include "ctl/owner.h"
#include "ctl/trial.h"

/* Exit status by action, so that scripts need not read. */
enum { CHECK_TEMPFAIL = 10, CHECK_REJECT, CHECK_QUARANTINE, CHECK_DISCARD };

#define SOMEBODY \
	"somebody@recipient.example" /* when none is given; with nothing to be said against it */
#define SERVER "localhost" /* not the name of this host: a replay elsewhere must be the same */

/* clang-format off */
static const struct command_option options[] = {
	{"client", "ADDRESS", "the client's IP address; without it: mail of this host"},
	{"helo", "NAME", "what it greets with"},
	{"from", "ADDRESS", "sender; without it the null sender"},
	{"rcpt", "ADDRESS", "recipient; may be repeated"},
	{"auth", "USER", "the client has logged in"},
	{"mta", "NAME", "what the mail server calls itself; without it localhost"},
	{"record", "FILE", "save the DNS answers that were used"},
	{"replay", "FILE", "use these answers, and nothing else"},
	{.name = NULL}
};
/* clang-format on */

struct checking {
	const struct call *call;
	struct trial trial;
	struct clock_fake then; /* of the recording */
	char *from, *rcpts[COMMAND_VALUES_MAX + 1]; /* ours */
};

/* As a mail server would write it: people leave out the brackets.  On the heap; NULL without memory. */
static char *
path_of(const char *address)
{
	char *path;

	if (*address == '<')
		return strdup(address);
	return asprintf(&path, "<%s>", address) < 0 ? NULL : path;
}

/* Those below: 0, or an exit status after it was told what is wrong. */

static int
take_envelope(struct checking *c)
{
	const char *client = call_value(c->call, "client", 0), *address;
	const char *from = call_value(c->call, "from", 0), *mta = call_value(c->call, "mta", 0);
	size_t n = 0;

	if (client != NULL && !addr_parse(&c->trial.client, client) &&
	    !addr_parse_literal(&c->trial.client, client))
		return call_misused(c->call, "--client %s: not an IP address", client);
	c->trial.helo = call_value(c->call, "helo", 0);
	c->trial.user = call_value(c->call, "auth", 0);
	c->trial.hostname = mta != NULL ? mta : SERVER;
	c->trial.from = c->from = path_of(from != NULL ? from : "");
	do {
		address = call_value(c->call, "rcpt", n);
		c->rcpts[n++] = path_of(address != NULL ? address : SOMEBODY);
	} while (call_value(c->call, "rcpt", n) != NULL);
	c->trial.rcpts = (const char *const *)c->rcpts;
	return c->from != NULL && c->rcpts[n - 1] != NULL ? 0 : call_fail(c->call, "out of memory");
}

static int
open_file(const struct call *call, const char *path, const char *mode, FILE **fp_r)
{
	*fp_r = path == NULL ? NULL : fopen(path, mode);
	return path == NULL || *fp_r != NULL ? 0 : call_fail(call, "%s: %s", path, strerror(errno));
}

static int
open_dns(struct checking *c)
{
	const char *replay = call_value(c->call, "replay", 0), *why = NULL;
	int64_t wall = 0;
	FILE *fp;

	c->trial.house.clock = &clock_real;
	if (open_file(c->call, replay, "r", &fp) != 0)
		return EXIT_FAILED;
	if (fp != NULL) {
		c->trial.house.clock = &c->then.clock;
		c->trial.house.dns = dns_open_replay(fp, c->trial.house.clock, &wall, &why);
		clock_fake_init(&c->then, 0, wall);
		(void)fclose(fp);
	} else {
		c->trial.house.dns = dns_open(&c->trial.conf->resolver, &clock_real, &why);
	}
	if (c->trial.house.dns == NULL)
		return call_fail(c->call, "%s: %s", replay != NULL ? replay : "resolver", why);
	house_open(&c->trial.house, c->trial.conf);
	return 0;
}

static int
open_store(struct checking *c)
{
	const char *directory = c->call->directory;
	/* Nothing else of the configuration: what hosts share on a server is not ours to change. */
	struct store_setup setup = {
	    .options = {.type = directory != NULL ? STORE_DISK : STORE_MEMORY,
		.cache_size = c->trial.conf->store.cache_size},
	    .directory = directory != NULL ? directory : "",
	    .clock = c->trial.house.clock,
	    .offline = true};
	char room[512];
	struct buf why;

	if (directory != NULL && owner_become(directory) == -1)
		return call_fail(
		    c->call, "cannot become the owner of %s: %s", directory, strerror(errno));
	buf_init(&why, room, sizeof room);
	return store_open(&c->trial.store, &setup, &why) == STORE_OK
		   ? 0
		   : call_fail(c->call, "%s", why.s);
}

static int
load_conf(struct checking *c)
{
	char *errors;

	c->trial.conf = conf_load(c->call->conf_path, &errors);
	if (c->trial.conf != NULL)
		return 0;
	(void)fputs(errors, stderr);
	free(errors);
	return call_fail(c->call, "without a good configuration there is nothing to check by");
}

static int
status_of(enum action a)
{
	switch (a) {
	case ACTION_PASS:
	case ACTION_SUSPECT:
	case ACTION_ACCEPT:
	case ACTION_REJECT_IF_SUSPECT: /* never decided */
	case ACTION_COUNT:
		break;
	case ACTION_TEMPFAIL:
		return CHECK_TEMPFAIL;
	case ACTION_REJECT:
		return CHECK_REJECT;
	case ACTION_QUARANTINE:
		return CHECK_QUARANTINE;
	case ACTION_DISCARD:
		return CHECK_DISCARD;
	}
	return EXIT_DONE;
}

/* A question that is not in the file makes the case another one. */
static void
tell_missing(const struct checking *c)
{
	struct dns_stats stats;

	dns_get_stats(c->trial.house.dns, &stats);
	if (stats.missing > 0)
		(void)call_fail(c->call, "%s has no answer to %llu questions; they timed out",
		    call_value(c->call, "replay", 0), (unsigned long long)stats.missing);
}

static int
try_it(struct checking *c)
{
	enum action action;
	json_t *result = trial_run(&c->trial, &action);

	if (result == NULL)
		return call_fail(c->call, "%s: %s",
		    c->call->argc > 0 ? c->call->argv[0] : "standard input", strerror(errno));
	(c->call->json ? daemon_print : check_show)(result);
	json_decref(result);
	tell_missing(c);
	if (c->trial.record != NULL && (fflush(c->trial.record) != 0 || ferror(c->trial.record)))
		return call_fail(
		    c->call, "%s: %s", call_value(c->call, "record", 0), strerror(errno));
	return status_of(action);
}

static int
run(const struct call *call)
{
	static struct checking c;
	const char *path = call->argc > 0 ? call->argv[0] : NULL;
	int r;

	c.call = call;
	/* The store is last: its owner may not be allowed to open the rest. */
	if ((r = take_envelope(&c)) == 0 && (r = load_conf(&c)) == 0 && (r = open_dns(&c)) == 0 &&
	    (r = open_file(call, path, "r", &c.trial.message)) == 0 &&
	    (r = open_file(call, call_value(call, "record", 0), "w", &c.trial.record)) == 0 &&
	    (r = open_store(&c)) == 0) {
		if (path == NULL)
			c.trial.message = stdin;
		r = try_it(&c);
	}
	if (path != NULL && c.trial.message != NULL)
		(void)fclose(c.trial.message);
	if (c.trial.record != NULL)
		(void)fclose(c.trial.record);
	store_close(&c.trial.store);
	house_close(&c.trial.house);
	dns_close(&c.trial.house.dns);
	conf_unref(&c.trial.conf);
	free(c.from);
	for (size_t i = 0; i <= COMMAND_VALUES_MAX; i++)
		free(c.rcpts[i]);
	return r;
}

/* clang-format off */
const struct command command_check = {
	.name = "check",
	.operands = "[FILE]",
	.most = 1,
	.summary = "show what the daemon would do with a message",
	.options = options,
	.stopped = true,
	.run = run,
};
/* clang-format on */
