/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A store that is condemned while there is little room: at whichever point of
 * starting anew it runs out, a later open loads the whole snapshot.
 */
#include "db/store.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "db/bdb_fault.h"
#include "db/dump.h"
#include "t/scratch.h"
#include "t/tap.h"

#define T0      1700000000
#define RECORDS 500

static void
limit_files(rlim_t bytes)
{
	struct rlimit r;

	(void)getrlimit(RLIMIT_FSIZE, &r);
	r.rlim_cur = bytes == RLIM_INFINITY ? r.rlim_max : bytes;
	(void)setrlimit(RLIMIT_FSIZE, &r);
}

/* While files may only become so large; not while it is told, which may go to a file. */
static enum store_status
open_store(struct store **s, const char *dir, rlim_t limit)
{
	struct store_setup setup = {.options = {.type = STORE_DISK, .cache_size = 4 << 20},
	    .directory = dir,
	    .clock = &clock_real};
	char room[512];
	struct buf why;
	enum store_status status;

	buf_init(&why, room, sizeof room);
	limit_files(limit);
	status = store_open(s, &setup, &why);
	limit_files(RLIM_INFINITY);
	if (status != STORE_OK)
		tap_note("%s", why.s);
	return status;
}

static const struct record_key *
key_of(struct record_key *key, int n)
{
	char name[32];

	(void)snprintf(name, sizeof name, "client-%d", n);
	record_key_make(key, RECORD_CLIENT, (const char *const[]){name}, 1);
	return key;
}

/* With as many records as its snapshot, and two panics. */
static bool
make_condemned(const char *dir)
{
	struct dump_writer *w;
	struct record_key key;
	char room[256];
	struct buf why;
	struct store *s;
	int rc = 1;

	buf_init(&why, room, sizeof room);
	if (open_store(&s, dir, RLIM_INFINITY) != STORE_OK)
		return false;
	for (int n = 0; n < RECORDS; n++)
		(void)store_put(s, key_of(&key, n), 0, "known", 5);
	w = dump_begin(s, dir, &why);
	while (w != NULL && rc == 1)
		rc = dump_step(w, &why);
	dump_end(&w);
	store_close(&s);
	fault_note_panic(dir, T0);
	fault_note_panic(dir, T0 + 1);
	return rc == 0;
}

static int
count_known(struct store *s)
{
	struct record_key key;
	char value[8];
	size_t len;
	int known = 0;

	for (int n = 0; s != NULL && n < RECORDS; n++)
		known += store_get(s, key_of(&key, n), T0, value, sizeof value, &len) == STORE_OK;
	return known;
}

int
main(void)
{
	/* From no file at all over some of the log and some of the records to nearly all of them. */
	static const rlim_t limits[] = {0, 4096, 8192, 16384, 32768, 65536};
	char dir[SCRATCH_SIZE], aside[SCRATCH_SIZE];
	struct store *s;

	(void)signal(SIGXFSZ, SIG_IGN);
	scratch_make(dir);
	tap_ok(make_condemned(dir), "a condemned store, and its snapshot");
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		tap_is_int(open_store(&s, dir, limits[i]), STORE_FULL,
		    "files of %lu bytes: no room", (unsigned long)limits[i]);
		store_close(&s);
	}
	tap_is_int(open_store(&s, dir, RLIM_INFINITY), STORE_OK, "with room it opens");
	tap_is_int(count_known(s), RECORDS, "and has the whole snapshot");
	if (s != NULL)
		(void)store_remove(s, key_of(&(struct record_key){0}, 0));
	store_close(&s);
	scratch_find(dir, "store.bad-", aside);
	tap_ok(aside[0] != '\0', "its files were set aside");

	tap_is_int(open_store(&s, dir, RLIM_INFINITY), STORE_OK, "it opens again");
	tap_is_int(count_known(s), RECORDS - 1, "and the snapshot is not loaded twice");
	store_close(&s);
	scratch_remove(dir);
	return tap_done();
}
