/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "t/tap.h"
#include "t/unit/fakelog.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define THREADS      4
#define LINES        200

static char seen[1 << 20]; /* what went to stderr */

/* All lines since the last call. */
static const char *
stderr_text(void)
{
	return fakelog_caught(seen, sizeof seen);
}

/* As stderr_text(), the time replaced by T. */
static const char *
json_text(void)
{
	char *t;

	(void)stderr_text();
	t = strstr(seen, "\"time\":\"");
	if (t == NULL || strspn(t + 8, "0123456789-T:.") != 23 || t[31] != 'Z')
		return seen;
	memmove(t + 9, t + 32, strlen(t + 32) + 1);
	t[8] = 'T';
	return seen;
}

static const struct log_field fields[] = {
    {"id", "AB12"},
    {"missing", NULL},
    {"from", "a@b.example"},
    {"helo", "evil \"\n\xff"},
    {"empty", ""},
};

static void
test_targets(void)
{
	log_err("cannot open %s", "x");
	tap_is(stderr_text(), "bailey: err: cannot open x\n", "stderr before log_open");
	log_open("prog", LOG_TO_STDERR, LOG_LEVEL_INFO);
	log_notice("a\r\nb\x7f");
	tap_is(stderr_text(), "prog: notice: a??b?\n", "controls");
	log_fields(LOG_LEVEL_INFO, fields, COUNT(fields));
	tap_is(stderr_text(),
	    "prog: info: id=AB12 from=a@b.example helo=\"evil \\\"\\x0a\\xff\" empty=\"\"\n",
	    "fields on stderr");
	errno = ENOENT;
	log_info("%m");
	tap_is(stderr_text(), "prog: info: No such file or directory\n", "errno in a message");
	tap_is_int(errno, ENOENT, "errno is kept");
	log_open("prog", LOG_TO_JSON, LOG_LEVEL_INFO);
	log_fields(LOG_LEVEL_INFO, fields, COUNT(fields));
	tap_is(json_text(),
	    "{\"time\":\"T\",\"level\":\"info\",\"id\":\"AB12\",\"from\":\"a@b.example\","
	    "\"helo\":\"evil \\\"\\u000a\xef\xbf\xbd\",\"empty\":\"\"}\n",
	    "fields in JSON");
	log_err("\"%s\"", "x");
	tap_is(json_text(), "{\"time\":\"T\",\"level\":\"err\",\"message\":\"\\\"x\\\"\"}\n",
	    "message in JSON");
	log_fields(LOG_LEVEL_INFO, NULL, 0);
	tap_is(json_text(), "{\"time\":\"T\",\"level\":\"info\"}\n", "no fields");
}

static void
test_levels(void)
{
	static void (*const logs[])(const char *, ...) = {log_err, log_notice, log_info, log_debug};
	static const int priorities[] = {LOG_ERR, LOG_NOTICE, LOG_INFO, LOG_DEBUG};

	for (int most = LOG_LEVEL_ERR; most <= LOG_LEVEL_DEBUG; most++) {
		log_open("prog", LOG_TO_SYSLOG, (enum log_level)most);
		for (int level = LOG_LEVEL_ERR; level <= LOG_LEVEL_DEBUG; level++) {
			fakelog_syslog.priority = -1;
			fakelog_syslog.text[0] = '\0';
			logs[level]("%s", "hello");
			tap_is_int(fakelog_syslog.priority, level <= most ? priorities[level] : -1,
			    "level %d of %d", level, most);
			tap_is(fakelog_syslog.text, level <= most ? "hello" : "", "... its text");
			fakelog_syslog.priority = -1;
			log_fields((enum log_level)level, fields, 1);
			tap_is_int(fakelog_syslog.priority, level <= most ? priorities[level] : -1,
			    "... and fields");
			tap_ok(log_would((enum log_level)level) == (level <= most), "... as told");
		}
	}
	tap_is(fakelog_syslog.text, "id=AB12", "fields for syslog");
	tap_is(stderr_text(), "", "nothing on stderr");
	log_close();
	log_err("x");
	tap_is(stderr_text(), "prog: err: x\n", "stderr after log_close");
}

static void
test_huge(void)
{
	size_t size = 60000;
	char *huge = malloc(size);
	struct log_field many[100];

	if (huge == NULL)
		exit(1);
	memset(huge, 0xff, size - 1);
	huge[size - 1] = '\0';
	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = (struct log_field){"key", huge};
	for (int to = LOG_TO_STDERR; to <= LOG_TO_JSON; to++) {
		size_t len;

		log_open("prog", (enum log_target)to, LOG_LEVEL_INFO);
		log_err("%s", huge);
		len = strlen(stderr_text());
		tap_ok(len < LOG_LINE_MAX && strcspn(seen, "\n") == len - 1, "huge message");
		tap_ok(to != LOG_TO_JSON || strcmp(seen + len - 3, "\"}\n") == 0, "... is whole");
		log_fields(LOG_LEVEL_INFO, many, COUNT(many));
		len = strlen(stderr_text());
		tap_ok(len < (to == LOG_TO_JSON ? LOG_JSON_MAX : LOG_LINE_MAX + 100) &&
			   len > LOG_LINE_MAX / 2 && strcspn(seen, "\n") == len - 1,
		    "too many fields");
		tap_ok(
		    strstr(seen, to == LOG_TO_JSON ? "\"cut\":\"yes\"}\n" : "\" cut=yes\n") != NULL,
		    "... and it says so");
	}
	free(huge);
}

static void *
log_lines(void *arg)
{
	for (int i = 0; i < LINES; i++)
		log_info("%s", (const char *)arg);
	return NULL;
}

static void
test_threads(void)
{
	static char texts[THREADS][1000];
	pthread_t thread[THREADS];
	int whole = 0;

	log_open("p", LOG_TO_STDERR, LOG_LEVEL_INFO);
	for (int i = 0; i < THREADS; i++) {
		memset(texts[i], 'a' + i, sizeof texts[i] - 1);
		if (pthread_create(&thread[i], NULL, log_lines, texts[i]) != 0)
			exit(1);
	}
	for (int i = 0; i < THREADS; i++)
		(void)pthread_join(thread[i], NULL);
	(void)stderr_text();
	for (char *p = seen; strncmp(p, "p: info: ", 9) == 0; whole++) {
		char run[2] = {p[9], '\0'};

		if (strspn(p + 9, run) != sizeof texts[0] - 1 || p[9 + sizeof texts[0] - 1] != '\n')
			break;
		p += 9 + sizeof texts[0];
	}
	tap_is_int(whole, THREADS * LINES, "lines of threads do not mix");
}

int
main(void)
{
	fakelog_catch();
	test_targets();
	test_levels();
	test_huge();
	test_threads();
	return tap_done();
}
