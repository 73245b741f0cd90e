/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables by their names, on files that change: text, and SQLite where it is built in. */
#include "config.h"

#include "checks/access/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef HAVE_SQLITE
#include "t/unit/tables_sqlite.h"
#endif
#include "t/tap.h"

static struct clock_fake now;
static char dir[] = "/tmp/bailey-tables.XXXXXX";
static char said[4000]; /* by tables_tick() */

static void
say(bool bad, const char *text)
{
	const char *base = strrchr(text, '/');

	(void)snprintf(said + strlen(said), sizeof said - strlen(said), "%c%s\n", bad ? '!' : ' ',
	    base != NULL ? base + 1 : text);
}

static const char *
tick(struct tables *t)
{
	said[0] = '\0';
	tables_tick(t, say);
	return said;
}

static const char *
write_file(const char *name, const char *text)
{
	static char path[300];
	char real[200];
	FILE *fp;

	(void)snprintf(real, sizeof real, "%s/%s", dir, name);
	(void)snprintf(path, sizeof path, "file:%s", real);
	fp = fopen(real, "w");
	if (fp == NULL || fputs(text, fp) == EOF || fclose(fp) != 0)
		abort();
	return path;
}

static const char *
find_until(struct tables *t, const char *name, const char *key, int64_t deadline)
{
	static char room[TABLE_VALUE_SIZE];
	struct buf out;

	buf_init(&out, room, sizeof room);
	switch (tables_find(t, name, key, deadline, &out)) {
	case TABLE_FOUND:
		return room;
	case TABLE_NONE:
		return "none";
	case TABLE_TEMPERROR:
		break;
	}
	return "temperror";
}

static const char *
find(struct tables *t, const char *name, const char *key)
{
	return find_until(t, name, key, clock_mono(&now.clock) + 1000);
}

static const char *
find_network(struct tables *t, const char *name, const char *addr)
{
	static char text[300];
	char room[TABLE_VALUE_SIZE], net[100];
	struct buf out, key;
	struct addr a;

	(void)addr_parse(&a, addr);
	buf_init(&out, room, sizeof room);
	buf_init(&key, net, sizeof net);
	if (tables_find_network(t, name, &a, &key, &out) != TABLE_FOUND)
		return "none";
	(void)snprintf(text, sizeof text, "%.90s %.100s", net, room);
	return text;
}

static void
test_text(struct tables *t)
{
	const char *name =
	    write_file("text", "# comment\nA@b\tvalue  one \nlong\n  # comment\n   two\n"
			       "A@b again\n192.0.2.0/24 net\n192.0.2.128/25 half\n"
			       "2001:DB8::/32 six\n192.0.2.0/23 bad\n10.0.0.1/8 not\n");

	tap_is(find(t, name, "a@b"), "value  one", "a key in lower case, the first of two");
	tap_is(find(t, name, "long"), "two", "a line goes on");
	tap_is(find(t, name, "none"), "none", "no key");
	tap_is(find_network(t, name, "192.0.2.1"), "192.0.2.0/24 net", "a network");
	tap_is(find_network(t, name, "192.0.2.200"), "192.0.2.128/25 half", "the longest");
	tap_is(find_network(t, name, "192.0.3.1"), "192.0.2.0/23 bad", "the shortest");
	tap_is(find_network(t, name, "2001:db8:1::1"), "2001:db8::/32 six", "IPv6");
	tap_is(find_network(t, name, "10.0.0.1"), "none", "host bits make no network");
	tap_is(find(t, name, "10.0.0.1/8"), "not", "but a key like any other");
}

static void
test_change(struct tables *t)
{
	const char *name = write_file("change", "a one\n");
	char path[300];

	tap_is(find(t, name, "a"), "one", "before");
	tap_is(tick(t), "", "nothing happened");
	(void)write_file("change", "a second\n");
	tap_is(tick(t), "", "a change is seen");
	tap_is(find(t, name, "a"), "one", "... but it may not be complete");
	(void)write_file("change", "a third value\n");
	tap_is(tick(t), "", "it was not");
	tap_is(tick(t), " change: read again, 1 entries\n", "the file is quiet");
	tap_is(find(t, name, "a"), "third value", "after");
	(void)write_file("change", "a\n");
	(void)tick(t);
	tap_is(tick(t), "!change: line 1: key \"a\" has no value; what was read before stays\n",
	    "a mistake");
	tap_is(tick(t), "", "... is told once");
	tap_is(find(t, name, "a"), "third value", "... and not taken");
	(void)snprintf(path, sizeof path, "%s", name + 5);
	(void)unlink(path);
	tap_is(tick(t), "!change: No such file or directory; what was read before stays\n",
	    "the file has gone");
	tap_is(tick(t), "", "... is told once");
	tap_is(find(t, name, "a"), "third value", "... and kept in memory");
	(void)write_file("change", "a fourth\n");
	(void)tick(t);
	tap_is(tick(t), " change: read again, 1 entries\n", "it is back");
	tap_is(find(t, name, "a"), "fourth", "... with a new value");
}

static void
test_late(struct tables *t)
{
	char name[200];

	(void)snprintf(name, sizeof name, "file:%s/late", dir);
	tap_is(find(t, name, "a"), "temperror", "a file that is not there yet");
	tap_is(tick(t), "!late: the file cannot be read\n", "... is told");
	(void)find(t, name, "a");
	tap_is(tick(t), "", "... once");
	now.mono_ms += 3600000;
	(void)find(t, name, "a");
	tap_is(tick(t), "!late: the file cannot be read\n", "... an hour");
	(void)write_file("late", "a b\n");
	(void)tick(t);
	tap_is(tick(t), " late: read again, 1 entries\n", "it comes");
	tap_is(find(t, name, "a"), "b", "... and is used");
}

static void
test_names(void)
{
	static const struct {
		const char *name, *why;
	} cases[] = {
	    {"hash:/x", "begins with none of the types built in"},
	    {"file", "begins with none"},
	    {"", "begins with none"},
	    {"file:x", "an absolute path must follow the type"},
	    {"file:/nonexistent/x", "cannot open: No such file or directory"},
	    {"db:/nonexistent/x", "cannot open: No such file or directory"},
	};
	struct arena a;

	arena_init(&a, 100000);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *why = "";

		tap_is_int(tables_check(cases[i].name, &a, &why), -1, "%s", cases[i].name);
		tap_ok(strstr(why, cases[i].why) != NULL, "... %s", why);
	}
	tap_is_int(tables_check(write_file("good", "a b\n"), &a, &(const char *){NULL}), 0, "good");
	arena_fini(&a);
	tap_is(find(NULL, "file:/x", "a"), "temperror", "without a service nobody knows");
}

/* Text that says it is a database. */
static void
test_no_database(struct tables *t)
{
	char name[200];

	(void)write_file("text.db", "this is no database, however long it may go on\n");
	(void)snprintf(name, sizeof name, "db:%s/text", dir);
	tap_is(find(t, name, "a"), "temperror", "not a database");
}

#ifdef HAVE_SQLITE
/* Its configuration changes; the database has a DEFER for "a". */
static void
test_sqlite_cf(struct tables *t, const char *name, const char *database)
{
	char text[600];

	(void)write_file("sqlite.cf", "query = SELECT v FROM t\n");
	(void)tick(t);
	tap_is(tick(t), "!sqlite.cf: no dbpath; what was read before stays\n", "a mistake");
	tap_is(find(t, name, "a"), "DEFER", "... is not taken");
	(void)snprintf(text, sizeof text,
	    "dbpath = %s\nquery = SELECT v FROM t WHERE k = '%%s'\nresult_format = %%s later\n",
	    database);
	(void)write_file("sqlite.cf", text);
	tap_is(tick(t), "", "a change is seen");
	tap_is(tick(t), " sqlite.cf: its configuration was read again\n", "... and told");
	tap_is(find(t, name, "a"), "DEFER later", "... and taken");
	tap_is(find_until(t, name, "a", clock_mono(&now.clock) - 1), "temperror", "no time left");
}

static void
test_sqlite_late(struct tables *t)
{
	char name[200];

	(void)snprintf(name, sizeof name, "sqlite:%s/late.cf", dir);
	tap_is(find(t, name, "a"), "temperror", "no configuration yet");
	(void)tick(t);
	(void)write_file("late.cf", "query = SELECT v FROM t\n");
	(void)tick(t);
	tap_is(tick(t), "!late.cf: no dbpath\n", "a mistake, before which nothing was read");
}

static void
test_sqlite(struct tables *t)
{
	char name[200], path[200], text[600];

	(void)snprintf(path, sizeof path, "%s/data.sqlite", dir);
	(void)snprintf(text, sizeof text,
	    "dbpath = %s\nquery = SELECT v FROM t WHERE k = '%%s'\nexpansion_limit = 2\n", path);
	(void)write_file("sqlite.cf", text);
	(void)snprintf(name, sizeof name, "sqlite:%s/sqlite.cf", dir);
	tap_is(find(t, name, "a"), "temperror", "no database yet");
	sqlite_write(path,
	    "CREATE TABLE t (k TEXT, v TEXT);"
	    "INSERT INTO t VALUES ('a', 'REJECT'), ('it''s', 'OK'), ('n', NULL),"
	    "('two', 'x'), ('two', 'y'), ('three', 'x'), ('three', 'y'), ('three', 'z')");
	tap_is(find(t, name, "a"), "REJECT", "a value");
	tap_is(find(t, name, "b"), "none", "no value");
	tap_is(find(t, name, "it's"), "OK", "a quote");
	tap_is(find(t, name, "' OR 1=1 --"), "none", "SQL");
	tap_is(find(t, name, "n"), "none", "NULL");
	tap_is(find(t, name, "two"), "x,y", "two values");
	tap_is(find(t, name, "three"), "temperror", "more than the limit");
	sqlite_write(path, "UPDATE t SET v = 'OK' WHERE k = 'a'");
	tap_is(find(t, name, "a"), "OK", "a change");
	(void)unlink(path);
	sqlite_write(path, "CREATE TABLE t (k TEXT, v TEXT); INSERT INTO t VALUES ('a', 'DEFER')");
	(void)tick(t);
	tap_is(find(t, name, "a"), "DEFER", "another file in its place");
	test_sqlite_cf(t, name, path);
	sqlite_write(path, "DROP TABLE t");
	tap_is(find(t, name, "a"), "temperror", "no table");
	tap_ok(strstr(tick(t), "!sqlite.cf: no such table: t\n") != NULL, "... is told");
}
#endif

int
main(void)
{
	char command[100];
	struct tables *t;

	if (mkdtemp(dir) == NULL)
		abort();
	clock_fake_init(&now, 1000, 1795000000);
	t = tables_new(&now.clock);
	test_text(t);
	test_change(t);
	test_late(t);
	test_names();
	test_no_database(t);
#ifdef HAVE_SQLITE
	test_sqlite(t);
	test_sqlite_late(t);
#endif
	tables_free(&t);
	(void)snprintf(command, sizeof command, "rm -r %s", dir);
	if (system(command) != 0)
		return 1;
	return tap_done();
}
