/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/access/postfix_cf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "t/tap.h"

static const char *const known[] = {"hosts", "user", NULL};

/* The why of a failed reading, "" of a good one. */
static const char *
read_text(struct cf **cf, const char *text, char room[200])
{
	char path[] = "/tmp/bailey-cf.XXXXXX";
	int fd = mkstemp(path);
	struct buf why;

	if (fd == -1 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	(void)close(fd);
	buf_init(&why, room, 200);
	*cf = cf_new(path, known, &why);
	(void)unlink(path);
	return room;
}

/* clang-format off */
static const struct { const char *text, *why, *query, *user; } files[] = {
	{"query = a\nuser = b\n", "", "a", "b"},
	{"query=a", "", "a", "-"},
	{"# c\n\n  # c\nquery = a\n  b\n# c\n\tc = d\nuser = x\n", "", "a   b     \tc = d", "x"},
	{"query = a\n\n  b\nuser = x\n", "", "a    b", "x"},
	{"query = a\nquery = b\n", "", "b", "-"},
	{"user =\nquery = a\n", "", "a", ""},
	{"table = t\nselect_field = s\nwhere_field = w\nadditional_conditions = and x = '1'\n", "",
	    "SELECT s FROM t WHERE w = '%s' and x = '1'", "-"},
	{"", "no query", "", ""},
	{"table = t\nselect_field = s\n", "no query", "", ""},
	{"quer = a\n", "line 1: unknown parameter \"quer\"", "", ""},
	{"\nuser = a\n\nnonsense\n", "line 4: neither \"name = value\" nor a comment", "", ""},
	{"query = a\nexpansion_limit = -1\n", "expansion_limit: \"-1\" is not a number from 0 to 1000000", "", ""},
	{"query = a\ndomain = a, hash:/etc/x\n", "domain: only names are understood here, not files or tables", "", ""},
};

/* "-": suppressed */
static const struct { const char *query, *domain, *key, *wanted; } queries[] = {
	{"x = '%s'", "", "a@b.example", "x = 'a@b.example'"},
	{"x = '%s'", "", "it's", "x = 'it''s'"},
	{"%u|%d", "", "a@b.example", "a|b.example"},
	{"%U|%D|%S", "", "a@b@c", "a@b|c|a@b@c"},
	{"%u", "", "b.example", "b.example"},
	{"%d", "", "b.example", "-"},
	{"%u", "", "@b.example", "-"},
	{"%1 %2 %3", "", "a@b.c.d", "d c b"},
	{"%4", "", "a@b.c.d", "-"},
	{"%1", "", "b.c", "c"},
	{"100%%", "", "x", "100%"},
	{"%x", "", "x", "-"},
	{"%", "", "x", "-"},
	{"%s", "b.example, c.example", "a@C.example", "a@C.example"},
	{"%s", "b.example, c.example", "a@d.example", "-"},
	{"%s", "b.example", "b.example", "-"},
	{"%s", "b.example", "@b.example", "-"},
	{"%s", "", "a\nb", "-"},
	{"%s", "", "a\x80", "-"},
	{"%s", "", "", "-"},
};

static const struct { const char *format, *key, *value, *wanted; } results[] = {
	{"%s", "k", "OK", "OK"},
	{"%s", "k", "", "-"},
	{"550 %u at %d", "k", "a@b", "550 a at b"},
	{"550 %d", "k", "a", "-"},
	{"%s for %S of %D", "k@d", "OK", "OK for k@d of d"},
	{"%D", "k", "OK", "-"},
	{"a%%b %s", "k", "%s", "a%b %s"},
};
/* clang-format on */

static void
double_quotes(void *ctx, struct buf *out, const char *part, size_t len)
{
	(void)ctx;
	for (size_t i = 0; i < len; i++)
		buf_puts(out, part[i] == '\'' ? "''" : (char[]){part[i], '\0'});
}

int
main(void)
{
	char room[CF_QUERY_SIZE];
	struct buf out;
	struct cf cf, *read;

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		tap_is(read_text(&read, files[i].text, room), files[i].why, "file %zu", i);
		if (files[i].why[0] != '\0')
			continue;
		tap_is(read->query, files[i].query, "... its query");
		tap_is(cf_get(read, "user", "-"), files[i].user, "... its user");
		cf_free(&read);
	}
	for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
		cf = (struct cf){.query = queries[i].query, .domain = queries[i].domain};
		buf_init(&out, room, sizeof room);
		tap_is(cf_query(&cf, queries[i].key, double_quotes, NULL, &out) ? out.s : "-",
		    queries[i].wanted, "\"%s\" of %s", queries[i].query, queries[i].key);
	}
	for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
		cf = (struct cf){.result_format = results[i].format};
		buf_init(&out, room, sizeof room);
		tap_is(cf_result(&cf, results[i].key, results[i].value, &out) ? out.s : "-",
		    results[i].wanted, "%s of %s", results[i].format, results[i].value);
	}
	cf = (struct cf){.result_format = "<%s>"};
	buf_init(&out, room, sizeof room);
	(void)cf_result(&cf, "k", "a", &out);
	(void)cf_result(&cf, "k", "", &out);
	(void)cf_result(&cf, "k", "b", &out);
	tap_is(out.s, "<a>,<b>", "several values");
	buf_init(&out, room, 8);
	cf = (struct cf){.query = "%s", .domain = ""};
	tap_ok(!cf_query(&cf, "longer than that", double_quotes, NULL, &out), "no room");
	return tap_done();
}
