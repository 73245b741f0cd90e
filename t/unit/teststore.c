/* SPDX-License-Identifier: BSD-2-Clause */
/* Stores tell from threads of their own, hence the lock. */
#include "t/unit/teststore.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "db/dump.h"
#include "t/tap.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of told */
static char told[TESTSTORE_TOLD];

struct store *
teststore_open(const struct store_setup *setup)
{
	char room[256];
	struct buf why;
	struct store *s;

	buf_init(&why, room, sizeof room);
	if (store_open(&s, setup, &why) != STORE_OK)
		tap_note("%s", why.s);
	return s;
}

void
teststore_hear(void *unused, enum store_event event, const char *text)
{
	size_t len;

	(void)unused;
	(void)pthread_mutex_lock(&lock);
	len = strlen(told);
	(void)snprintf(
	    told + len, sizeof told - len, "%s%s\n", event == STORE_TROUBLE ? "! " : "", text);
	(void)pthread_mutex_unlock(&lock);
}

const char *
teststore_told(char out[TESTSTORE_TOLD])
{
	(void)pthread_mutex_lock(&lock);
	memcpy(out, told, sizeof told);
	told[0] = '\0';
	(void)pthread_mutex_unlock(&lock);
	return out;
}

bool
teststore_said(const char *wanted)
{
	char room[TESTSTORE_TOLD];
	bool found = strstr(teststore_told(room), wanted) != NULL;

	if (!found)
		tap_note("told: %s", room);
	return found;
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

uint64_t
teststore_dump(struct store *s, char **text_r, size_t *len_r)
{
	struct dumping d = {.file = open_memstream(text_r, len_r)};

	if (d.file == NULL)
		abort();
	fputs(DUMP_MAGIC "\n", d.file);
	(void)store_scan(s, (struct record_bytes){NULL, 0}, dump_one, &d);
	fprintf(d.file, "end %llu\n", (unsigned long long)d.count);
	(void)fclose(d.file);
	return d.count;
}
