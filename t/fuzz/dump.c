/* SPDX-License-Identifier: BSD-2-Clause */
/* Dumps: a file is refused with a reason, or what was loaded comes out as a file that loads the same again. */
#include "t/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "db/dump.h"
#include "t/fuzz/input.h"

const char fuzz_name[] = "dump";

static struct store *
open_store(void)
{
	struct store_setup setup = {.options = {.type = STORE_MEMORY, .cache_size = 16 << 20},
	    .directory = "",
	    .clock = &clock_real,
	    .offline = true};
	char room[256];
	struct store *s;
	struct buf why;

	buf_init(&why, room, sizeof room);
	if (store_open(&s, &setup, &why) != STORE_OK)
		abort();
	return s;
}

struct dumping {
	FILE *file;
	uint64_t count;
};

static bool
dump_one(void *ctx, struct record_bytes key, struct record_bytes value)
{
	struct dumping *d = ctx;

	dump_put(d->file, key, value);
	d->count++;
	return true;
}

/* All of it, in memory. */
static char *
dump_all(struct store *s, size_t *size_r, uint64_t *count_r)
{
	char *text = NULL;
	struct dumping d = {.file = open_memstream(&text, size_r)};

	if (d.file == NULL)
		abort();
	fputs(DUMP_MAGIC "\n", d.file);
	(void)store_scan(s, (struct record_bytes){NULL, 0}, dump_one, &d);
	fprintf(d.file, "end %llu\n", (unsigned long long)d.count);
	(void)fclose(d.file);
	*count_r = d.count;
	return text;
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
		again = dump_all(s, size_r, count_r);
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
