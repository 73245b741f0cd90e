/* SPDX-License-Identifier: BSD-2-Clause */
/* Dumps: a file is refused with a reason, or what was loaded comes out as a file that loads the same again. */
#include "t/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "db/dump.h"
#include "t/fuzz/input.h"
#include "t/unit/teststore.h"

const char fuzz_name[] = "dump";

static struct store *
open_store(void)
{
	struct store_setup setup = {.options = {.type = STORE_MEMORY, .cache_size = 16 << 20},
	    .directory = "",
	    .clock = &clock_real,
	    .offline = true};
	struct store *s = teststore_open(&setup);

	if (s == NULL)
		abort();
	return s;
}

/* Loads and writes again; NULL: refused. */
static char *
pass(const void *text, size_t len, size_t *size_r, uint64_t *count_r)
{
	FILE *in = input_stream(text, len);
	struct store *s = open_store();
	struct dump_report report = {0};
	char room[512], *again = NULL;
	struct buf why;

	buf_init(&why, room, sizeof room);
	if (dump_load(s, in, &report, &why) == 0) {
		*count_r = teststore_dump(s, &again, size_r);
		if (*count_r > report.loaded)
			abort();
	} else if (why.len == 0) {
		abort();
	}
	(void)fclose(in);
	store_close(&s);
	return again;
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	size_t size, size2;
	uint64_t count, count2;
	char *once, *twice;

	once = pass(data, len, &size, &count);
	if (once == NULL)
		return;
	twice = pass(once, size, &size2, &count2);
	if (twice == NULL || count != count2 || size != size2 || memcmp(once, twice, size) != 0)
		abort();
	free(once);
	free(twice);
}
