/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hash of chains in an arena, which is given back as a whole when the next
 * one takes its place.  Networks are keys in their canonical spelling; which
 * lengths of prefixes occur is remembered, so an address costs one look-up for
 * each of these.
 */
#include "checks/access/map.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks/access/file_watch.h"
#include "lib/arena.h"
#include "lib/ascii.h"

#define BUCKETS_MIN  64
#define NETWORK_SIZE (ADDR_TEXT_SIZE + 4) /* "/128" */

struct entry {
	struct entry *next;
	uint64_t hash;
	const char *key, *value;
};

struct map {
	struct arena arena;
	struct entry **buckets;
	size_t bucket_count, count;
	bool v4_prefixes[33], v6_prefixes[129];
};

struct map_table {
	map_reader *read;
	struct file_watch watch; /* by tick alone, after open */
	pthread_rwlock_t lock; /* of map */
	struct map *map; /* NULL: never read */
};

static uint64_t
hash_of(const char *s, size_t len)
{
	uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * UINT64_C(1099511628211);
	return h;
}

static void
map_free(struct map **mp)
{
	if (*mp != NULL) {
		arena_fini(&(*mp)->arena);
		free((*mp)->buckets);
	}
	free(*mp);
	*mp = NULL;
}

static struct map *
map_new(void)
{
	struct map *m = calloc(1, sizeof *m);

	if (m == NULL)
		return NULL;
	arena_init(&m->arena, MAP_BYTES_MAX);
	m->bucket_count = BUCKETS_MIN;
	m->buckets = calloc(m->bucket_count, sizeof *m->buckets);
	if (m->buckets == NULL)
		map_free(&m);
	return m;
}

static void
grow(struct map *m)
{
	size_t n = 2 * m->bucket_count;
	struct entry **more = calloc(n, sizeof *more), *next;

	if (more == NULL)
		return; /* longer chains then */
	for (size_t i = 0; i < m->bucket_count; i++) {
		for (struct entry *e = m->buckets[i]; e != NULL; e = next) {
			next = e->next;
			e->next = more[e->hash & (n - 1)];
			more[e->hash & (n - 1)] = e;
		}
	}
	free(m->buckets);
	m->buckets = more;
	m->bucket_count = n;
}

static const struct entry *
map_get(const struct map *m, const char *key)
{
	uint64_t h = hash_of(key, strlen(key));
	const struct entry *e = m->buckets[h & (m->bucket_count - 1)];

	while (e != NULL && (e->hash != h || strcmp(e->key, key) != 0))
		e = e->next;
	return e;
}

/* "192.0.2.0/24" in canonical spelling; single addresses need no prefix. */
static const char *
network_text(const struct cidr *c, char out[NETWORK_SIZE])
{
	char text[ADDR_TEXT_SIZE];

	(void)snprintf(out, NETWORK_SIZE, "%s/%u", addr_format(&c->net, text), c->prefix);
	return out;
}

int
map_add(struct map *m, const char *key, size_t key_len, const char *value, size_t value_len,
    struct buf *why)
{
	struct entry *e = arena_alloc(&m->arena, sizeof *e);
	char *lower = arena_strndup(&m->arena, key, key_len), text[NETWORK_SIZE];
	struct cidr net;

	if (e != NULL)
		e->value = arena_strndup(&m->arena, value, value_len);
	if (e == NULL || lower == NULL || e->value == NULL || m->count == MAP_ENTRIES_MAX) {
		buf_puts(why, "too big to be kept in memory");
		return -1;
	}
	for (char *c = lower; *c != '\0'; c++)
		*c = ascii_lower(*c);
	e->key = lower;
	if (strchr(lower, '/') != NULL && cidr_parse(&net, lower)) {
		(net.net.family == ADDR_V4 ? m->v4_prefixes : m->v6_prefixes)[net.prefix] = true;
		e->key = arena_strdup(&m->arena, network_text(&net, text));
		if (e->key == NULL)
			return -1;
	}
	if (map_get(m, e->key) != NULL)
		return 0;
	if (++m->count > m->bucket_count)
		grow(m);
	e->hash = hash_of(e->key, strlen(e->key));
	e->next = m->buckets[e->hash & (m->bucket_count - 1)];
	m->buckets[e->hash & (m->bucket_count - 1)] = e;
	return 0;
}

static struct map *
map_load(map_reader *read, const char *path, struct buf *why)
{
	struct map *m = map_new();

	if (m == NULL)
		buf_puts(why, "out of memory");
	else if (read(m, path, why) == -1)
		map_free(&m);
	return m;
}

int
map_check(map_reader *read, const char *path, struct buf *why)
{
	struct map *m = map_load(read, path, why);
	int rc = m != NULL ? 0 : -1;

	map_free(&m);
	return rc;
}

void *
map_open(map_reader *read, const char *path)
{
	struct map_table *t = calloc(1, sizeof *t);
	char room[TABLE_VALUE_SIZE];
	struct buf why;

	if (t == NULL)
		return NULL;
	buf_init(&why, room, sizeof room);
	t->read = read;
	if (file_watch_init(&t->watch, path) == -1) {
		free(t);
		return NULL;
	}
	(void)pthread_rwlock_init(&t->lock, NULL);
	t->map = map_load(read, path, &why);
	return t;
}

void
map_close(void **tp)
{
	struct map_table *t = *tp;

	map_free(&t->map);
	(void)pthread_rwlock_destroy(&t->lock);
	file_watch_fini(&t->watch);
	free(t);
	*tp = NULL;
}

int
map_tick(void *table, struct buf *why)
{
	struct map_table *t = table;
	struct map *m, *old;
	int changed = file_watch_look(&t->watch, why);

	if (changed <= 0)
		return changed;
	m = map_load(t->read, t->watch.path, why);
	if (m == NULL) {
		buf_puts(why, t->map != NULL ? FILE_WATCH_STAYS : "");
		return -1;
	}
	buf_printf(why, "read again, %zu entries", m->count);
	(void)pthread_rwlock_wrlock(&t->lock);
	old = t->map;
	t->map = m;
	(void)pthread_rwlock_unlock(&t->lock);
	map_free(&old);
	return 0;
}

/* By t->lock. */
static enum table_status
answer(const struct map_table *t, const struct entry *e, struct buf *out)
{
	if (t->map == NULL) {
		buf_puts(out, "the file cannot be read");
		return TABLE_TEMPERROR;
	}
	if (e != NULL)
		buf_puts(out, e->value);
	return e != NULL ? TABLE_FOUND : TABLE_NONE;
}

enum table_status
map_find(void *table, const char *key, int64_t deadline, struct buf *out)
{
	struct map_table *t = table;
	enum table_status status;

	(void)deadline;
	(void)pthread_rwlock_rdlock(&t->lock);
	status = answer(t, t->map != NULL ? map_get(t->map, key) : NULL, out);
	(void)pthread_rwlock_unlock(&t->lock);
	return status;
}

enum table_status
map_find_network(void *table, const struct addr *addr, struct buf *key, struct buf *out)
{
	struct map_table *t = table;
	const struct entry *e = NULL;
	enum table_status status;
	char text[NETWORK_SIZE];
	struct cidr net;

	(void)pthread_rwlock_rdlock(&t->lock);
	for (unsigned bits = (unsigned)addr_len(addr) * 8 + 1; t->map != NULL && bits-- > 0;) {
		if (!(addr->family == ADDR_V4 ? t->map->v4_prefixes : t->map->v6_prefixes)[bits])
			continue;
		addr_network(&net, addr, bits);
		e = map_get(t->map, network_text(&net, text));
		if (e != NULL)
			break;
	}
	if (e != NULL)
		buf_puts(key, e->key);
	status = answer(t, e, out);
	(void)pthread_rwlock_unlock(&t->lock);
	return status;
}
