/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access tables.  Input: a letter, a key, a value, then a file: of a table as
 * text (f), or the configuration of one in SQL (c); for n the key is the name
 * of a table.
 */
#include "t/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "checks/access/keys.h"
#include "checks/access/postfix_cf.h"
#include "checks/access/rhs.h"
#include "checks/access/table.h"
#include "checks/access/tables.h"
#include "t/fuzz/input.h"

const char fuzz_name[] = "access";

static void
judge(const char *value)
{
	struct rhs rhs;
	const char *why = NULL;

	if (!rhs_parse(&rhs, value, &why) && why == NULL)
		abort();
}

/* By every key that a message with such a sender has. */
static void
ask(void *table, const char *key, struct arena *arena)
{
	static const struct key_style style = {.delimiters = "+-"};
	char room[TABLE_VALUE_SIZE], network[TABLE_VALUE_SIZE];
	struct keys keys = {.n = 0};
	struct path path;
	struct addr addr;
	struct buf b, net;

	buf_init(&b, room, sizeof room);
	if (path_parse(&path, key, arena) == 0)
		keys_path(&keys, &path, &style, arena);
	if (addr_parse(&addr, key)) {
		keys_addr(&keys, &addr, arena);
		buf_init(&net, network, sizeof network);
		if (table_file.find_network(table, &addr, &net, &b) == TABLE_FOUND)
			judge(b.s);
	}
	for (size_t i = 0; i < keys.n; i++) {
		buf_reset(&b);
		if (table_file.find(table, keys.v[i], 0, &b) == TABLE_FOUND)
			judge(b.s);
	}
}

static void
read_file(const char *path, const char *key, struct arena *arena)
{
	char room[TABLE_VALUE_SIZE];
	struct buf why;
	void *table = table_file.open(path, &clock_real);

	if (table == NULL)
		abort();
	buf_init(&why, room, sizeof room);
	if ((table_file.check(path, &why) != 0) != (why.len > 0))
		abort();
	ask(table, key, arena);
	(void)table_file.tick(table, &why);
	table_file.close(&table);
}

/* What a database would do: a quote is never left alone. */
static void
double_quotes(void *ctx, struct buf *b, const char *part, size_t len)
{
	(void)ctx;
	for (; len > 0; part++, len--)
		buf_printf(b, *part == '\'' ? "''" : "%c", *part);
}

static void
read_cf(const char *path, const char *key, const char *value)
{
	static const char *const known[] = {"hosts", "user", "password", "dbname", NULL};
	char room[CF_QUERY_SIZE];
	struct cf *cf;
	struct buf b;
	int64_t n;

	buf_init(&b, room, sizeof room);
	cf = cf_new(path, known, &b);
	if (cf == NULL) {
		if (b.len == 0)
			abort();
	} else {
		(void)cf_get_number(cf, "expansion_limit", 0, 1000, &n, &b);
		buf_reset(&b);
		(void)cf_query(cf, key, double_quotes, NULL, &b);
		buf_reset(&b);
		(void)cf_result(cf, key, value, &b);
		(void)cf_result(cf, key, value, &b);
		judge(b.s);
	}
	cf_free(&cf);
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct arena arena = {.cap = 1024 * 1024};
	struct input in;
	const char *what, *key, *value, *path, *why = NULL;

	input_open(&in, data, len);
	what = input_line(&in);
	key = input_line(&in);
	value = input_line(&in);
	path = input_file(0, in.rest, in.left);
	judge(value);
	if (*what == 'f')
		read_file(path, key, &arena);
	else if (*what == 'c')
		read_cf(path, key, value);
	/* Not one that is there: Berkeley DB trusts its files, and so must who names one. */
	else if (strncmp(key, "db:", 3) != 0 && tables_check(key, &arena, &why) == -1 &&
		 why == NULL)
		abort();
	arena_fini(&arena);
	input_close(&in);
}
