/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks both SPF engines through the real resolver.
 *
 *	spfcheck [-s SERVER]... [-t TIMEOUT_MS] [-r RECEIVER]
 *
 * Lines on standard input: "ENGINE\tCLIENT\tHELO\tSENDER"; on standard output
 * one for each: "RESULT\tEXPLANATION\tREASON".  SERVER is as in
 * bailey.conf(5), "127.0.0.1@5353"; without one resolv.conf is used.
 */
#include "config.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checks/spf/spf.h"
#include "lib/ascii.h"

#define SERVERS_MAX 8
#define WAIT_MS     20000 /* RFC 7208 4.6.4: "SHOULD allow at least 20 seconds" */

static const char *receiver = "mx.example.net";

/* One line, whatever is in it. */
static void
print_text(const char *s, char end)
{
	for (; s != NULL && *s != '\0'; s++)
		(void)putchar(ascii_is_printable(*s) ? *s : '?');
	(void)putchar(end);
}

static spf_engine *
engine(const char *name)
{
#ifdef HAVE_LIBSPF2
	if (strcmp(name, "libspf2") == 0)
		return spf_libspf2;
#endif
	if (strcmp(name, "native") == 0)
		return spf_native;
	errx(1, "no engine %s", name);
}

static void
check(struct dns_session *dns, struct arena *arena, char *line)
{
	const char *name = strsep(&line, "\t"), *client = strsep(&line, "\t");
	const char *helo = strsep(&line, "\t");
	struct spf_query q = {.helo = helo,
	    .sender = line,
	    .receiver = receiver,
	    .dns = dns,
	    .clock = &clock_real,
	    .deadline = clock_mono(&clock_real) + WAIT_MS,
	    .arena = arena};
	struct spf_identity id;
	struct spf_answer a;

	if (line == NULL || !addr_parse(&q.client, client))
		errx(1, "not a question: %s", name);
	if (spf_identity(&q, &id))
		spf_look_ahead(dns, id.domain, &q.client);
	engine(name)(&q, &a);
	print_text(spf_result_text(a.result), '\t');
	print_text(a.explanation, '\t');
	print_text(a.reason, '\n');
	dns_session_forget(dns);
	arena_reset(arena);
}

int
main(int argc, char **argv)
{
	const char *servers[SERVERS_MAX], *why;
	struct dns_options options = {
	    .servers = {.v = servers}, .timeout = 5000, .budget = WAIT_MS, .cache_size = 1 << 20};
	struct arena arena = {.cap = 1 << 20};
	struct dns_session *session;
	struct dns *dns;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int opt;

	while ((opt = getopt(argc, argv, "s:t:r:")) != -1) {
		if (opt == 's' && options.servers.n < SERVERS_MAX)
			servers[options.servers.n++] = optarg;
		else if (opt == 't')
			options.timeout = strtol(optarg, NULL, 10);
		else if (opt == 'r')
			receiver = optarg;
		else
			errx(2, "usage: spfcheck [-s server]... [-t ms] [-r receiver]");
	}
	dns = dns_open(&options, &clock_real, &why);
	if (dns == NULL)
		errx(1, "%s", why);
	session = dns_session_new(dns);
	if (session == NULL)
		errx(1, "out of memory");
	while ((len = getline(&line, &size, stdin)) > 0) {
		line[len - 1] = '\0';
		check(session, &arena, line);
	}
	free(line);
	arena_fini(&arena);
	dns_session_free(&session);
	dns_close(&dns);
	return 0;
}
