/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sqlite: sqlite_table(5).  One connection for each table, read-only; a file
 * that took the place of the old one is noticed.
 */
#include "config.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "checks/access/postfix_cf.h"
#include "checks/access/table.h"

#define BUSY_MS      500 /* wait for a writer */
#define QUERY_MS     2000
#define PROGRESS_OPS 1000 /* steps of the virtual machine between looks at the clock */

static const char *const known[] = {"dbpath", NULL};

struct sqlite_table {
	struct cf cf;
	const struct clock *clock;
	pthread_mutex_t lock; /* of all below */
	sqlite3 *db; /* NULL: not open */
	struct stat opened;
	int64_t give_up_at; /* clock_mono: of the query that runs */
};

static int
read_cf(struct cf *cf, const char *path, struct buf *why)
{
	if (cf_read(cf, path, known, why) == -1)
		return -1;
	if (cf_get(cf, "dbpath", NULL) != NULL)
		return 0;
	buf_puts(why, "no dbpath");
	cf_free(cf);
	return -1;
}

static int
table_check(const char *path, struct buf *why)
{
	struct cf cf;

	if (read_cf(&cf, path, why) == -1)
		return -1;
	cf_free(&cf);
	return 0;
}

/* The configuration was good when it was checked; if it is not now, there is no query. */
static void *
table_open(const char *path, const struct clock *clock)
{
	struct sqlite_table *t = calloc(1, sizeof *t);
	char room[TABLE_VALUE_SIZE];
	struct buf why;

	if (t == NULL)
		return NULL;
	buf_init(&why, room, sizeof room);
	t->clock = clock;
	(void)pthread_mutex_init(&t->lock, NULL);
	if (read_cf(&t->cf, path, &why) == -1)
		t->cf.query = NULL;
	return t;
}

static void
disconnect(struct sqlite_table *t)
{
	(void)sqlite3_close(t->db);
	t->db = NULL;
}

static void
table_close(void **tp)
{
	struct sqlite_table *t = *tp;

	disconnect(t);
	cf_free(&t->cf);
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
	*tp = NULL;
}

static int
is_over(void *table)
{
	const struct sqlite_table *t = table;

	return clock_mono(t->clock) > t->give_up_at;
}

static int
connect_db(struct sqlite_table *t, struct buf *why)
{
	const char *path = cf_get(&t->cf, "dbpath", "");

	if (stat(path, &t->opened) == 0 &&
	    sqlite3_open_v2(path, &t->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) ==
		SQLITE_OK) {
		(void)sqlite3_busy_timeout(t->db, BUSY_MS);
		sqlite3_progress_handler(t->db, PROGRESS_OPS, is_over, t);
		return 0;
	}
	buf_printf(why, "cannot open %s", path);
	disconnect(t);
	return -1;
}

/* SQL doubles a quote. */
static void
escape(void *ctx, struct buf *out, const char *part, size_t len)
{
	(void)ctx;
	for (size_t i = 0; i < len; i++) {
		if (part[i] == '\'')
			buf_putc(out, '\'');
		buf_putc(out, part[i]);
	}
}

static enum table_status
fetch(struct sqlite_table *t, const char *key, const char *query, struct buf *out)
{
	sqlite3_stmt *statement = NULL;
	int rc = sqlite3_prepare_v2(t->db, query, -1, &statement, NULL);
	int64_t rows = 0;

	while (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
		const char *value = (const char *)sqlite3_column_text(statement, 0);

		rc = SQLITE_OK;
		if (value != NULL && cf_result(&t->cf, key, value, out) &&
		    ++rows > t->cf.expansion_limit && t->cf.expansion_limit > 0)
			rc = SQLITE_TOOBIG;
	}
	if (rc != SQLITE_DONE) {
		buf_reset(out);
		buf_puts(out, rc == SQLITE_TOOBIG ? "more values than expansion_limit"
						  : sqlite3_errmsg(t->db));
	}
	(void)sqlite3_finalize(statement);
	return rc != SQLITE_DONE ? TABLE_TEMPERROR : rows > 0 ? TABLE_FOUND : TABLE_NONE;
}

static enum table_status
table_find(void *table, const char *key, int64_t deadline, struct buf *out)
{
	struct sqlite_table *t = table;
	char room[CF_QUERY_SIZE];
	enum table_status status = TABLE_TEMPERROR;
	int64_t latest = clock_mono(t->clock) + QUERY_MS;
	struct buf query;

	if (t->cf.query == NULL) {
		buf_puts(out, "its configuration cannot be read");
		return TABLE_TEMPERROR;
	}
	buf_init(&query, room, sizeof room);
	if (!cf_query(&t->cf, key, escape, NULL, &query))
		return TABLE_NONE;
	(void)pthread_mutex_lock(&t->lock);
	t->give_up_at = deadline < latest ? deadline : latest;
	if (t->db != NULL || connect_db(t, out) == 0)
		status = fetch(t, key, query.s, out);
	(void)pthread_mutex_unlock(&t->lock);
	return status;
}

static int
table_tick(void *table, struct buf *why)
{
	struct sqlite_table *t = table;
	struct stat st;

	if (t->cf.query == NULL || stat(cf_get(&t->cf, "dbpath", ""), &st) == -1)
		return 0; /* find() says so */
	(void)pthread_mutex_lock(&t->lock);
	if (t->db != NULL && (st.st_dev != t->opened.st_dev || st.st_ino != t->opened.st_ino)) {
		disconnect(t);
		buf_puts(why, "another file has taken its place");
	}
	(void)pthread_mutex_unlock(&t->lock);
	return 0;
}

const struct table_type table_sqlite = {
    .name = "sqlite",
    .check = table_check,
    .open = table_open,
    .find = table_find,
    .tick = table_tick,
    .close = table_close,
};
