/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocks of growing size in a list; a reset keeps the first block taken, which
 * is enough for nearly every message, so the steady state calls malloc never.
 */
#include "lib/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_FIRST 2048 /* bytes; what an ordinary message needs */

struct arena_block {
	struct arena_block *next;
	size_t size, used;
	alignas(max_align_t) unsigned char data[];
};

void
arena_init(struct arena *a, size_t cap)
{
	*a = (struct arena){.cap = cap};
}

void
arena_reset(struct arena *a)
{
	struct arena_block *b, *next;

	for (b = a->blocks; b != NULL && b->next != NULL; b = next) {
		next = b->next;
		free(b);
	}
	if (b != NULL)
		b->used = 0;
	a->blocks = b;
	a->used = 0;
}

void
arena_fini(struct arena *a)
{
	arena_reset(a);
	free(a->blocks);
	a->blocks = NULL;
}

static struct arena_block *
block_add(struct arena *a, size_t size)
{
	size_t room = a->blocks != NULL ? 2 * a->blocks->size
		      : a->first != 0   ? a->first
					: BLOCK_FIRST;
	struct arena_block *b;

	if (room < size)
		room = size;
	b = malloc(sizeof *b + room);
	if (b == NULL)
		return NULL;
	*b = (struct arena_block){.next = a->blocks, .size = room};
	a->blocks = b;
	return b;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	size_t align = alignof(max_align_t);
	struct arena_block *b = a->blocks;
	void *p;

	if (size > a->cap || a->used > a->cap - size)
		return NULL;
	size = (size + align - 1) / align * align;
	if (b == NULL || b->size - b->used < size)
		b = block_add(a, size);
	if (b == NULL)
		return NULL;
	p = b->data + b->used;
	b->used += size;
	a->used += size;
	return memset(p, 0, size);
}

void *
arena_array(struct arena *a, size_t count, size_t size)
{
	if (size != 0 && count > SIZE_MAX / size)
		return NULL;
	return arena_alloc(a, count * size);
}

char *
arena_strndup(struct arena *a, const char *s, size_t len)
{
	char *p;

	if (s == NULL || len == SIZE_MAX || (p = arena_alloc(a, len + 1)) == NULL)
		return NULL;
	memcpy(p, s, len);
	return p;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return s != NULL ? arena_strndup(a, s, strlen(s)) : NULL;
}

char *
arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	char *p = NULL;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, ap);
	if (len >= 0 && (p = arena_alloc(a, (size_t)len + 1)) != NULL)
		(void)vsnprintf(p, (size_t)len + 1, fmt, again);
	va_end(again);
	return p;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	p = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return p;
}
