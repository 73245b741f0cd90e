/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list only grows: a table that no configuration names any more costs a
 * stat a second, and one that comes back with the next reload is warm.
 */
#include "config.h"

#include "checks/access/tables.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLES_MAX     64 /* names in all configurations of one process */
#define COMPLAINTS_MAX 32 /* different ones remembered */
#define COMPLAINT_SIZE 400
#define COMPLAIN_EVERY 3600000 /* ms */

static const struct table_type *const types[] = {
    &table_file,
    &table_db,
#ifdef HAVE_MYSQL
    &table_mysql,
#endif
#ifdef HAVE_SQLITE
    &table_sqlite,
#endif
    NULL,
};

struct table {
	char *name;
	const struct table_type *type;
	void *handle;
};

struct complaint {
	char text[COMPLAINT_SIZE];
	int64_t at; /* clock_mono, when it was noted anew */
	bool told;
};

struct tables {
	const struct clock *clock;
	pthread_mutex_t lock; /* of adding to the list, and of complaints */
	struct table list[TABLES_MAX];
	atomic_size_t count; /* entries before it never change */
	struct complaint complaints[COMPLAINTS_MAX];
};

/* The type, and the path behind it; NULL: no such type. */
static const struct table_type *
type_of(const char *name, const char **path_r)
{
	size_t len = strcspn(name, ":");

	*path_r = name + len + (name[len] == ':');
	for (size_t i = 0; types[i] != NULL; i++)
		if (name[len] == ':' && strlen(types[i]->name) == len &&
		    strncmp(types[i]->name, name, len) == 0)
			return types[i];
	return NULL;
}

int
tables_check(const char *name, struct arena *a, const char **why_r)
{
	char words[100] = "", room[TABLE_VALUE_SIZE];
	const char *path;
	const struct table_type *type = type_of(name, &path);
	struct buf list, why;

	buf_init(&list, words, sizeof words);
	buf_init(&why, room, sizeof room);
	for (size_t i = 0; types[i] != NULL; i++)
		buf_printf(&list, "%s%s:", i > 0 ? ", " : "", types[i]->name);
	if (type == NULL) {
		*why_r = arena_printf(a, "begins with none of the types built in: %s", words);
		return -1;
	}
	if (path[0] != '/') {
		*why_r = "an absolute path must follow the type";
		return -1;
	}
	if (type->check(path, &why) == -1) {
		*why_r = arena_strdup(a, why.s);
		return -1;
	}
	return 0;
}

struct tables *
tables_new(const struct clock *clock)
{
	struct tables *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->clock = clock;
	(void)pthread_mutex_init(&s->lock, NULL);
	return s;
}

void
tables_free(struct tables **sp)
{
	struct tables *s = *sp;

	*sp = NULL;
	if (s == NULL)
		return;
	for (size_t i = 0; i < atomic_load(&s->count); i++) {
		s->list[i].type->close(&s->list[i].handle);
		free(s->list[i].name);
	}
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

static const struct table *
look(const struct tables *s, const char *name)
{
	size_t n = atomic_load_explicit(&s->count, memory_order_acquire);

	for (size_t i = 0; i < n; i++)
		if (strcmp(s->list[i].name, name) == 0)
			return &s->list[i];
	return NULL;
}

/* By s->lock. */
static const struct table *
add(struct tables *s, const char *name)
{
	size_t n = atomic_load(&s->count);
	struct table t = {.name = strdup(name)};
	const char *path;

	t.type = type_of(name, &path);
	if (t.name != NULL && t.type != NULL && n < TABLES_MAX &&
	    (t.handle = t.type->open(path, s->clock)) != NULL) {
		s->list[n] = t;
		atomic_store_explicit(&s->count, n + 1, memory_order_release);
		return &s->list[n];
	}
	free(t.name);
	return NULL;
}

static const struct table *
get(struct tables *s, const char *name)
{
	const struct table *t = look(s, name);

	if (t != NULL)
		return t;
	(void)pthread_mutex_lock(&s->lock);
	t = look(s, name);
	if (t == NULL)
		t = add(s, name);
	(void)pthread_mutex_unlock(&s->lock);
	return t;
}

void
tables_prepare(struct tables *s, const char *name)
{
	(void)get(s, name);
}

static enum table_status
note(struct tables *s, const char *name, enum table_status status, const struct buf *out)
{
	if (status == TABLE_TEMPERROR)
		tables_complain(s, "table %s: %s", name, out->s);
	return status;
}

enum table_status
tables_find(struct tables *s, const char *name, const char *key, int64_t deadline, struct buf *out)
{
	const struct table *t = s != NULL ? get(s, name) : NULL;

	buf_reset(out);
	if (t == NULL) {
		buf_puts(out, "not open");
		return TABLE_TEMPERROR;
	}
	return note(s, name, t->type->find(t->handle, key, deadline, out), out);
}

enum table_status
tables_find_first(struct tables *s, const char *name, const struct keys *keys, int64_t deadline,
    const char **key_r, struct buf *out)
{
	enum table_status status = TABLE_NONE;

	for (size_t i = 0; i < keys->n && status == TABLE_NONE; i++) {
		*key_r = keys->v[i];
		status = tables_find(s, name, keys->v[i], deadline, out);
	}
	return status;
}

enum table_status
tables_find_network(
    struct tables *s, const char *name, const struct addr *addr, struct buf *key, struct buf *out)
{
	const struct table *t = s != NULL ? get(s, name) : NULL;

	buf_reset(key);
	buf_reset(out);
	if (t == NULL || t->type->find_network == NULL)
		return TABLE_NONE; /* for the keys it was said already */
	return note(s, name, t->type->find_network(t->handle, addr, key, out), out);
}

void
tables_complain(struct tables *s, const char *fmt, ...)
{
	char text[COMPLAINT_SIZE];
	struct complaint *c, *oldest;
	int64_t now;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (s == NULL)
		return;
	now = clock_mono(s->clock);
	(void)pthread_mutex_lock(&s->lock);
	oldest = c = s->complaints;
	while (c < s->complaints + COMPLAINTS_MAX && strcmp(c->text, text) != 0) {
		oldest = c->at < oldest->at ? c : oldest;
		c++;
	}
	if (c == s->complaints + COMPLAINTS_MAX) {
		c = oldest;
		memcpy(c->text, text, sizeof text);
		c->at = now;
		c->told = false;
	} else if (now - c->at >= COMPLAIN_EVERY) {
		c->at = now;
		c->told = false;
	}
	(void)pthread_mutex_unlock(&s->lock);
}

static void
tell_complaints(struct tables *s, tables_say *say)
{
	for (size_t i = 0; i < COMPLAINTS_MAX; i++) {
		struct complaint *c = &s->complaints[i], copy;

		(void)pthread_mutex_lock(&s->lock);
		copy = *c;
		c->told = true;
		(void)pthread_mutex_unlock(&s->lock);
		if (copy.text[0] != '\0' && !copy.told)
			say(true, copy.text);
	}
}

void
tables_tick(struct tables *s, tables_say *say)
{
	size_t n = atomic_load_explicit(&s->count, memory_order_acquire);
	char room[TABLE_VALUE_SIZE], text[TABLE_VALUE_SIZE + 300];
	struct buf why;

	for (size_t i = 0; i < n; i++) {
		const struct table *t = &s->list[i];
		int rc;

		buf_init(&why, room, sizeof room);
		rc = t->type->tick(t->handle, &why);
		if (why.len == 0)
			continue;
		(void)snprintf(text, sizeof text, "table %.250s: %s", t->name, why.s);
		say(rc == -1, text);
	}
	tell_complaints(s, say);
}
