/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sqlite: sqlite_table(5).  One connection for each table, read-only; a file
 * that took the place of the old one is noticed, and a configuration that
 * changed is read again.
 */
#include "config.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "checks/access/file_watch.h"
#include "checks/access/postfix_cf.h"
#include "checks/access/table.h"

#define BUSY_MS      500 /* wait for a writer */
#define QUERY_MS     2000
#define PROGRESS_OPS 1000 /* steps of the virtual machine between looks at the clock */

static const char *const known[] = {"dbpath", NULL};

struct sqlite_table {
	const struct clock *clock;
	struct file_watch watch; /* of the configuration; by tick alone, after open */
	pthread_mutex_t lock; /* of all below */
	struct cf *cf; /* NULL: it cannot be read */
	sqlite3 *db; /* NULL: not open */
	struct stat opened;
	int64_t give_up_at; /* clock_mono: of the query that runs */
};

static struct cf *
read_cf(const char *path, struct buf *why)
{
	struct cf *cf = cf_new(path, known, why);

	if (cf != NULL && cf_get(cf, "dbpath", NULL) == NULL) {
		buf_puts(why, "no dbpath");
		cf_free(&cf);
	}
	return cf;
}

static int
table_check(const char *path, struct buf *why)
{
	struct cf *cf = read_cf(path, why);
	int rc = cf != NULL ? 0 : -1;

	cf_free(&cf);
	return rc;
}

/* The configuration was good when it was checked; if it is not now, there is none. */
static void *
table_open(const char *path, const struct clock *clock)
{
	struct sqlite_table *t = calloc(1, sizeof *t);
	char room[TABLE_VALUE_SIZE];
	struct buf why;

	if (t == NULL || file_watch_init(&t->watch, path) == -1) {
		free(t);
		return NULL;
	}
	buf_init(&why, room, sizeof room);
	t->clock = clock;
	(void)pthread_mutex_init(&t->lock, NULL);
	t->cf = read_cf(path, &why);
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
	file_watch_fini(&t->watch);
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
	const char *path = cf_get(t->cf, "dbpath", "");

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
		if (value != NULL && cf_result(t->cf, key, value, out) &&
		    ++rows > t->cf->expansion_limit && t->cf->expansion_limit > 0)
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

/* By t->lock. */
static enum table_status
find(struct sqlite_table *t, const char *key, int64_t deadline, struct buf *out)
{
	int64_t now = clock_mono(t->clock);
	char room[CF_QUERY_SIZE];
	struct buf query;

	if (t->cf == NULL) {
		buf_puts(out, "its configuration cannot be read");
		return TABLE_TEMPERROR;
	}
	buf_init(&query, room, sizeof room);
	if (!cf_query(t->cf, key, escape, NULL, &query))
		return TABLE_NONE;
	/* Others were in the database before. */
	if (now > deadline) {
		buf_puts(out, "no time left to ask");
		return TABLE_TEMPERROR;
	}
	t->give_up_at = deadline < now + QUERY_MS ? deadline : now + QUERY_MS;
	if (t->db == NULL && connect_db(t, out) == -1)
		return TABLE_TEMPERROR;
	return fetch(t, key, query.s, out);
}

static enum table_status
table_find(void *table, const char *key, int64_t deadline, struct buf *out)
{
	struct sqlite_table *t = table;
	enum table_status status;

	(void)pthread_mutex_lock(&t->lock);
	status = find(t, key, deadline, out);
	(void)pthread_mutex_unlock(&t->lock);
	return status;
}

/* The configuration changed. */
static int
read_again(struct sqlite_table *t, struct buf *why)
{
	struct cf *cf = read_cf(t->watch.path, why);

	if (cf == NULL) {
		buf_puts(why, t->cf != NULL ? FILE_WATCH_STAYS : "");
		return -1;
	}
	(void)pthread_mutex_lock(&t->lock);
	disconnect(t);
	cf_free(&t->cf);
	t->cf = cf;
	(void)pthread_mutex_unlock(&t->lock);
	buf_puts(why, "its configuration was read again");
	return 0;
}

static int
table_tick(void *table, struct buf *why)
{
	struct sqlite_table *t = table;
	int changed = file_watch_look(&t->watch, why);
	struct stat st;

	if (changed != 0)
		return changed > 0 ? read_again(t, why) : -1;
	if (t->cf == NULL || stat(cf_get(t->cf, "dbpath", ""), &st) == -1)
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
