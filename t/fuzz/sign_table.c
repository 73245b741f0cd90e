/* SPDX-License-Identifier: BSD-2-Clause */
/* OpenDKIM's tables.  Input, with NUL between: an author, a SigningTable, a KeyTable, a private key. */
#include "t/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "checks/sign_table.h"
#include "lib/path.h"
#include "t/fuzz/input.h"

const char fuzz_name[] = "sign_table";

#define FOUND_MAX 8

static void
load(const char *keys, const char *rows, const struct path *author, struct arena *arena)
{
	const struct sign_named_key *found[FOUND_MAX];
	struct sign_table t = {.wild = false};
	const char *why = NULL;
	size_t n;

	if (sign_table_load(&t, keys, rows, arena, &why) == -1) {
		if (why == NULL)
			abort();
		return;
	}
	n = sign_table_find(&t, author->local, author->domain, found, FOUND_MAX);
	if (n > FOUND_MAX)
		abort();
	for (size_t i = 0; i < n; i++)
		if (found[i]->key.pem == NULL || found[i]->key.published == NULL)
			abort();
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct arena arena = {.cap = 4 * 1024 * 1024};
	const char *rows, *keys, *text, *why = NULL;
	struct sign_key key = {.selector = "s"};
	struct path author;
	struct input in;
	char wild[60];
	size_t n;

	input_open(&in, data, len);
	if (path_parse(&author, input_part(&in, '\0', NULL), &arena) != 0)
		abort();
	text = input_part(&in, '\0', &n);
	rows = input_file(0, text, n);
	text = input_part(&in, '\0', &n);
	keys = input_file(1, text, n);
	key.path = input_file(2, in.rest, in.left);
	if (sign_key_load(&key, &arena, &why) == -1 && why == NULL)
		abort();
	load(keys, rows, &author, &arena);
	(void)snprintf(wild, sizeof wild, "refile:%s", rows);
	load(keys, wild, &author, &arena);
	arena_fini(&arena);
	input_close(&in);
}
