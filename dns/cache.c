/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hash table with chains that doubles when it is full, and a list in the
 * order of use.  Bounded by bytes, since answers differ a hundredfold.
 */
#include "dns/cache.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS_MIN       1024
#define MALLOC_OVERHEAD 32 /* bytes, of the two blocks of a look-up */

/* FNV-1a with a secret start and a last mix, of name and type. */
static uint32_t
hash(uint32_t seed, const struct question *q)
{
	uint32_t h = seed ^ (uint32_t)q->type;
	const char *s;

	for (s = q->name; *s != '\0'; s++)
		h = (h ^ (uint8_t)*s) * 16777619;
	h ^= h >> 16;
	h *= 0x85ebca6b;
	return h ^ h >> 13;
}

int
cache_init(struct cache *c, size_t bytes_max)
{
	*c = (struct cache){.slot_count = SLOTS_MIN, .bytes_max = bytes_max};
	TAILQ_INIT(&c->lru);
	arc4random_buf(&c->seed, sizeof c->seed);
	c->slots = calloc(c->slot_count, sizeof *c->slots);
	return c->slots != NULL ? 0 : -1;
}

/* Without memory it stays as it is: chains get longer, nothing breaks. */
static void
grow(struct cache *c)
{
	size_t count = 2 * c->slot_count, i;
	struct lookup **slots = calloc(count, sizeof *slots), *l, *next;

	if (slots == NULL)
		return;
	for (i = 0; i < c->slot_count; i++)
		for (l = c->slots[i]; l != NULL; l = next) {
			next = l->chain;
			l->chain = slots[l->hash & (count - 1)];
			slots[l->hash & (count - 1)] = l;
		}
	free(c->slots);
	c->slots = slots;
	c->slot_count = count;
}

static void
take_out(struct cache *c, struct lookup *l)
{
	struct lookup **at = &c->slots[l->hash & (c->slot_count - 1)];

	while (*at != l)
		at = &(*at)->chain;
	*at = l->chain;
	c->count--;
	l->tabled = false;
	if (l->in_lru) {
		TAILQ_REMOVE(&c->lru, l, lru);
		l->in_lru = false;
		c->bytes -= l->size;
		c->done--;
	}
	lookup_unref(l);
}

void
cache_fini(struct cache *c)
{
	size_t i;

	for (i = 0; i < c->slot_count && c->slots != NULL; i++)
		while (c->slots[i] != NULL)
			take_out(c, c->slots[i]);
	free(c->slots);
	*c = (struct cache){0};
}

void
cache_limit(struct cache *c, size_t bytes_max)
{
	c->bytes_max = bytes_max;
	while (c->bytes > c->bytes_max)
		take_out(c, TAILQ_LAST(&c->lru, lookup_list));
}

struct lookup *
cache_find(struct cache *c, const struct question *q, int64_t now)
{
	uint32_t h = hash(c->seed, q);
	struct lookup *l = c->slots[h & (c->slot_count - 1)];

	while (l != NULL &&
	       (l->hash != h || l->nothing.type != q->type || strcmp(l->name, q->name) != 0))
		l = l->chain;
	if (l == NULL || !l->in_lru)
		return l;
	if (l->answer->expires <= now) {
		take_out(c, l);
		return NULL;
	}
	TAILQ_REMOVE(&c->lru, l, lru);
	TAILQ_INSERT_HEAD(&c->lru, l, lru);
	return l;
}

void
cache_insert(struct cache *c, struct lookup *l)
{
	if (c->count >= c->slot_count)
		grow(c);
	l->chain = c->slots[l->hash & (c->slot_count - 1)];
	c->slots[l->hash & (c->slot_count - 1)] = lookup_ref(l);
	l->tabled = true;
	c->count++;
}

void
cache_settle(struct cache *c, struct lookup *l, size_t size)
{
	if (!l->tabled)
		return;
	l->size += size;
	l->in_lru = true;
	TAILQ_INSERT_HEAD(&c->lru, l, lru);
	c->bytes += l->size;
	c->done++;
	cache_limit(c, c->bytes_max);
}

struct lookup *
lookup_new(const struct cache *c, const struct question *q)
{
	size_t name_size = strlen(q->name) + 1;
	struct lookup *l = calloc(1, sizeof *l + name_size);

	if (l == NULL)
		return NULL;
	memcpy(l->name, q->name, name_size);
	l->hash = hash(c->seed, q);
	l->refs = 1;
	l->size = sizeof *l + name_size + MALLOC_OVERHEAD;
	LIST_INIT(&l->waiters);
	STAILQ_INIT(&l->thens);
	l->nothing = (struct dns_answer){.status = DNS_TIMEOUT, .type = q->type, .name = l->name};
	return l;
}

struct lookup *
lookup_ref(struct lookup *l)
{
	l->refs++;
	return l;
}

void
lookup_unref(struct lookup *l)
{
	if (--l->refs > 0)
		return;
	if (l->answer != &l->nothing)
		free((struct dns_answer *)l->answer);
	free(l);
}
