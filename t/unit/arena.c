/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "t/tap.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define CAP          65536

static bool
is_zero(const unsigned char *p, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (p[i] != 0)
			return false;
	return true;
}

/* Pieces of every size are aligned, zeroed and their own, before and after a reset. */
static void
test_pieces(struct arena *a)
{
	static const size_t sizes[] = {0, 1, 7, 16, 17, 255, 2048, 5000, 20000, 3};
	unsigned char *piece[COUNT(sizes)];
	int bad = 0;

	for (size_t i = 0; i < COUNT(sizes); i++) {
		piece[i] = arena_alloc(a, sizes[i]);
		if (piece[i] == NULL)
			abort();
		bad += (uintptr_t)piece[i] % alignof(max_align_t) != 0;
		bad += !is_zero(piece[i], sizes[i]);
		memset(piece[i], (int)i + 1, sizes[i]);
	}
	for (size_t i = 0; i < COUNT(sizes); i++)
		for (size_t n = 0; n < sizes[i]; n++)
			bad += piece[i][n] != i + 1;
	tap_is_int(bad, 0, "pieces are aligned, zeroed and apart");
}

int
main(void)
{
	struct arena a;
	char room[] = "abcdef";

	arena_init(&a, CAP);
	tap_ok(a.blocks == NULL, "no memory before the first piece");
	for (int i = 0; i < 3; i++) {
		test_pieces(&a);
		arena_reset(&a);
		tap_is_int((int64_t)a.used, 0, "nothing is used after a reset");
	}
	tap_ok(a.blocks != NULL, "one block is kept");

	tap_ok(arena_alloc(&a, CAP + 1) == NULL, "beyond the cap");
	tap_ok(arena_alloc(&a, SIZE_MAX) == NULL, "far beyond the cap");
	tap_ok(arena_alloc(&a, CAP) != NULL, "all of it");
	tap_ok(arena_alloc(&a, 1) == NULL, "and no more");
	tap_ok(arena_strdup(&a, "x") == NULL && arena_printf(&a, "x") == NULL, "... for nobody");
	arena_reset(&a);
	tap_ok(arena_array(&a, SIZE_MAX / 2, 4) == NULL, "an array that overflows");
	tap_ok(arena_array(&a, 10, 0) != NULL, "an array of nothing");
	tap_ok(arena_array(&a, 10, 10) != NULL && a.used >= 100, "an array");

	tap_is(arena_strdup(&a, "text"), "text", "strdup");
	tap_is(arena_strdup(&a, ""), "", "strdup of nothing");
	tap_is(arena_strdup(&a, NULL), NULL, "strdup of NULL");
	tap_is(arena_strndup(&a, room, 3), "abc", "strndup");
	tap_is(arena_strndup(&a, room, 0), "", "strndup of nothing");
	tap_ok(arena_strndup(&a, room, SIZE_MAX) == NULL, "strndup of everything");
	tap_is(arena_printf(&a, "%s %d", room, 7), "abcdef 7", "printf");
	arena_fini(&a);
	tap_ok(a.blocks == NULL && a.used == 0, "fini gives all back");
	return tap_done();
}
