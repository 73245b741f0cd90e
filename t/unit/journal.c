/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/journal.h"

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "t/tap.h"

static char folder[] = "/tmp/bailey-journal-XXXXXX";
static char path[sizeof folder + 10];
static int journal = -1;

static void
listen_again(void)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};

	if (journal >= 0)
		(void)close(journal);
	(void)unlink(path);
	journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	(void)snprintf(sun.sun_path, sizeof sun.sun_path, "%s", path);
	if (bind(journal, (struct sockaddr *)&sun, sizeof sun) < 0)
		abort();
}

/* The fields of the next datagram as "KEY=value\n"; "" if none came, "?" if it is malformed. */
static const char *
received(void)
{
	static char text[65536];
	char bytes[65536];
	ssize_t len = recv(journal, bytes, sizeof bytes, 0);
	size_t out = 0;

	text[0] = '\0';
	for (const char *p = bytes, *end = bytes + (len > 0 ? len : 0); p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		uint64_t n;

		if (nl == NULL || end - nl < 9)
			return "?";
		memcpy(&n, nl + 1, sizeof n);
		n = le64toh(n);
		if (n >= (uint64_t)(end - nl - 9) || nl[9 + n] != '\n')
			return "?";
		out += (size_t)snprintf(
		    text + out, sizeof text - out, "%.*s=%.*s\n", (int)(nl - p), p, (int)n, nl + 9);
		p = nl + 10 + n;
	}
	return text;
}

static void
test_fields(void)
{
	const struct log_field fields[] = {{"client", "192.0.2.1"}, {"helo-name", "a\nFAKE=1\n"},
	    {"missing", NULL}, {"from", ""}, {"reason", "\xff \"x\""}};

	tap_ok(journal_send(LOG_INFO, "prog", "client=192.0.2.1", fields, 5, false), "sent");
	tap_is(received(),
	    "PRIORITY=6\nSYSLOG_FACILITY=2\nSYSLOG_IDENTIFIER=prog\nMESSAGE=client=192.0.2.1\n"
	    "BAILEY_CLIENT=192.0.2.1\nBAILEY_HELO_NAME=a\nFAKE=1\n\nBAILEY_FROM=\n"
	    "BAILEY_REASON=\xff \"x\"\n",
	    "each fact is a field, whatever its value is");
	log_open("prog", LOG_TO_JOURNAL, LOG_LEVEL_INFO);
	log_err("cannot open %s", "x");
	tap_is(received(),
	    "PRIORITY=3\nSYSLOG_FACILITY=2\nSYSLOG_IDENTIFIER=prog\nMESSAGE=cannot open x\n",
	    "a line of the log");
	log_fields(LOG_LEVEL_NOTICE, fields, 1);
	tap_is(received(),
	    "PRIORITY=5\nSYSLOG_FACILITY=2\nSYSLOG_IDENTIFIER=prog\nMESSAGE=client=192.0.2.1\n"
	    "BAILEY_CLIENT=192.0.2.1\n",
	    "facts of the log");
	log_debug("x");
	tap_is(received(), "", "below the level");
}

/* More than any line has. */
static void
test_large(void)
{
	static char big[3 * LOG_LINE_MAX];
	struct log_field fields[100];
	const char *text;

	memset(big, 'x', sizeof big - 1);
	for (size_t i = 0; i < 100; i++)
		fields[i] = (struct log_field){"reason", big};
	tap_ok(journal_send(LOG_INFO, "prog", big, fields, 100, true), "much is sent");
	text = received();
	tap_ok(*text != '\0' && *text != '?', "and is well formed");
	tap_ok(strlen(text) < 3 * LOG_LINE_MAX, "and cut");
}

static void
test_gone(void)
{
	listen_again();
	tap_ok(journal_send(LOG_INFO, "prog", "x", NULL, 0, false) && *received() != '\0',
	    "a journal that was restarted");
	(void)close(journal);
	tap_ok(!journal_send(LOG_INFO, "prog", "x", NULL, 0, false), "one that is gone");
	(void)unlink(path);
	tap_ok(!journal_send(LOG_INFO, "prog", "x", NULL, 0, false), "none at all");
	errno = 0;
	log_err("a line for syslog");
	tap_ok(errno == 0, "its lines go elsewhere");
}

int
main(void)
{
	if (mkdtemp(folder) == NULL)
		abort();
	(void)snprintf(path, sizeof path, "%s/s", folder);
	journal_open(path);
	listen_again();
	test_fields();
	test_large();
	test_gone();
	(void)rmdir(folder);
	return tap_done();
}
