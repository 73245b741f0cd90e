/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * db: a Berkeley DB hash or btree made by postmap(1), which writes into the
 * file in place under an exclusive lock.  So it is read as a whole under a
 * shared one, and nothing of the library is open while mail is judged.
 */
#include <db.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "checks/access/map.h"

#define PATH_SIZE 4096

/* As in Postfix the name stands without ".db". */
static const char *
real_path(const char *path, char out[PATH_SIZE])
{
	size_t len = strlen(path);
	const char *suffix = len > 3 && strcmp(path + len - 3, ".db") == 0 ? "" : ".db";

	(void)snprintf(out, PATH_SIZE, "%s%s", path, suffix);
	return out;
}

/* Postfix writes keys and values with or without a NUL at the end, as the system likes it. */
static size_t
text_len(const DBT *t)
{
	size_t len = t->size;

	return len > 0 && ((const char *)t->data)[len - 1] == '\0' ? len - 1 : len;
}

static int
read_all(struct map *m, DB *db, struct buf *why)
{
	DBT key = {.size = 0}, value = {.size = 0};
	DBC *cursor;
	int rc = db->cursor(db, NULL, &cursor, 0);

	if (rc != 0) {
		buf_puts(why, db_strerror(rc));
		return -1;
	}
	while ((rc = cursor->get(cursor, &key, &value, DB_NEXT)) == 0)
		if (map_add(m, key.data, text_len(&key), value.data, text_len(&value), why) == -1)
			break;
	(void)cursor->close(cursor);
	if (rc != 0 && rc != DB_NOTFOUND)
		buf_puts(why, db_strerror(rc));
	return rc == DB_NOTFOUND ? 0 : -1;
}

/* What the library would say on standard error is in its return value. */
static void
keep_quiet(const DB_ENV *env, const char *prefix, const char *message)
{
	(void)env;
	(void)prefix;
	(void)message;
}

/* Our own lock, taken before the library looks at the file. */
static int
lock_shared(const char *path, struct buf *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd != -1 && flock(fd, LOCK_SH) == 0)
		return fd;
	buf_printf(why, "cannot open: %s", strerror(errno));
	if (fd != -1)
		(void)close(fd);
	return -1;
}

static int
db_read(struct map *m, const char *path, struct buf *why)
{
	int fd = lock_shared(path, why), rc, ret = -1;
	DB *db;

	if (fd == -1)
		return -1;
	if ((rc = db_create(&db, NULL, 0)) == 0) {
		db->set_errcall(db, keep_quiet);
		if ((rc = db->open(db, NULL, path, NULL, DB_UNKNOWN, DB_RDONLY, 0)) == 0)
			ret = read_all(m, db, why);
		(void)db->close(db, 0);
	}
	if (rc != 0)
		buf_printf(why, "cannot open: %s", db_strerror(rc));
	(void)close(fd);
	return ret;
}

static int
db_check(const char *path, struct buf *why)
{
	char room[PATH_SIZE];

	return map_check(db_read, real_path(path, room), why);
}

static void *
db_open(const char *path, const struct clock *clock)
{
	char room[PATH_SIZE];

	(void)clock;
	return map_open(db_read, real_path(path, room));
}

const struct table_type table_db = {
    .name = "db",
    .check = db_check,
    .open = db_open,
    .find = map_find,
    .find_network = map_find_network,
    .tick = map_tick,
    .close = map_close,
};
