/* SPDX-License-Identifier: BSD-2-Clause */
/* The maintenance thread: it sweeps, compacts and takes snapshots while mail goes on. */
#include "db/store.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "t/scratch.h"
#include "t/tap.h"

#define T0         1700000000
#define RECORDS    20000
#define PATIENCE   3000 /* of 10 ms */
#define TWO_ROUNDS 1000000 /* us, of the thread */

/* A clock the test moves under the thread's feet, and how far somebody has set the wall clock wrong. */
static _Atomic int64_t seconds = T0, leap;
static _Atomic int leaps; /* said */

static int64_t
mono(const struct clock *c)
{
	(void)c;
	return seconds * 1000;
}

static int64_t
wall(const struct clock *c)
{
	(void)c;
	return seconds + leap;
}

static const struct clock test_clock = {mono, wall};

static void
told(void *unused, enum store_event event, const char *text)
{
	(void)unused;
	leaps += event == STORE_NOTICE && strstr(text, "for a day nothing is removed") != NULL;
}

static void
fill(struct store *s)
{
	for (int i = 0; i < RECORDS + 1; i++) {
		char client[32];
		const char *fields[] = {client, "joe@a.example", "me@b.example"};
		struct record_key k;

		(void)snprintf(client, sizeof client, "client-%d", i);
		record_key_make(&k, RECORD_TRIPLET, fields, 3);
		(void)store_put(s, &k, i < RECORDS ? T0 + 60 : 0, "0123456789abcdef", 16);
	}
}

/* The whole of the snapshot, "" if there is none. */
static const char *
read_snapshot(const char *dir, char *out, size_t size)
{
	char path[SCRATCH_SIZE + 16];
	size_t n = 0;
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/store.dump", dir);
	f = fopen(path, "r");
	if (f != NULL) {
		n = fread(out, 1, size - 1, f);
		(void)fclose(f);
	}
	out[n] = '\0';
	return out;
}

static void
test_sweep(struct store *s)
{
	struct store_stats before, after;

	store_stats(s, &before);
	tap_ok(before.bytes > 0 && before.swept == 0, "nothing is swept before its time");
	leap += 365 * 86400;
	for (int i = 0; i < PATIENCE && leaps == 0; i++)
		(void)usleep(10000);
	seconds += 2 * 3600;
	(void)usleep(TWO_ROUNDS);
	store_stats(s, &after);
	tap_is_int(leaps, 1, "a clock that is a year ahead is noticed");
	tap_is_int((int64_t)after.swept, 0, "and nothing is swept by it");
	leap = 0;
	seconds += 86400;
	for (int i = 0; i < PATIENCE; i++) {
		store_stats(s, &after);
		if (after.swept == RECORDS)
			break;
		(void)usleep(10000);
	}
	tap_is_int((int64_t)after.swept, RECORDS, "the expired are swept, the one for ever is not");
	for (int i = 0; i < PATIENCE && after.bytes >= before.bytes; i++) {
		(void)usleep(10000);
		store_stats(s, &after);
	}
	tap_ok(after.bytes < before.bytes, "and the file shrinks");
}

static int64_t
snapshot_at(struct store *s, int64_t wanted)
{
	struct store_stats stats;

	for (int i = 0; i < PATIENCE; i++) {
		store_stats(s, &stats);
		if (stats.snapshot == wanted)
			break;
		(void)usleep(10000);
	}
	return stats.snapshot;
}

static void
test_snapshot(struct store *s, const char *dir)
{
	char text[1000];
	struct stat st;

	tap_is_int(snapshot_at(s, seconds), seconds, "who has no snapshot takes one soon");
	seconds += 86400;
	tap_is_int(snapshot_at(s, seconds), seconds, "the next is taken when it is due");
	tap_is(read_snapshot(dir, text, sizeof text),
	    "bailey-dump 1\n"
	    "triplet\t0 808530483 875902519 943284578 "
	    "1667523942\tclient-20000\tjoe@a.example\tme@b.example\n"
	    "end 1\n",
	    "it is a dump");
	(void)snprintf(text, sizeof text, "%s/store.dump", dir);
	tap_ok(stat(text, &st) == 0 && (st.st_mode & 077) == 0, "which others cannot read");
	(void)snprintf(text, sizeof text, "%s/store.dump.part", dir);
	tap_ok(stat(text, &st) == -1, "and nothing unfinished is left");
}

/* The last snapshot is nearly a day old. */
static void
test_restart(const struct store_setup *setup)
{
	struct timespec made[2] = {{.tv_sec = seconds - 86390}, {.tv_sec = seconds - 86390}};
	char path[SCRATCH_SIZE + 16], room[256];
	struct buf why;
	struct store *s;

	(void)snprintf(path, sizeof path, "%s/store.dump", setup->directory);
	buf_init(&why, room, sizeof room);
	if (!tap_ok(
		utimensat(AT_FDCWD, path, made, 0) == 0 && store_open(&s, setup, &why) == STORE_OK,
		"opens again %s", why.s))
		return;
	tap_is_int(snapshot_at(s, made[0].tv_sec), made[0].tv_sec, "its snapshot is known");
	seconds += 61;
	tap_is_int(snapshot_at(s, seconds), seconds, "a restart does not put the next one off");
	store_close(&s);
	leaps = 0;
	made[0].tv_sec = made[1].tv_sec = seconds - 10 * 86400;
	(void)utimensat(AT_FDCWD, path, made, 0);
	if (tap_ok(store_open(&s, setup, &why) == STORE_OK, "opens ten days later"))
		store_close(&s);
	tap_is_int(leaps, 1, "which the clock may be wrong about");
}

int
main(void)
{
	char dir[SCRATCH_SIZE], room[256];
	struct store_setup setup = {.options = {.type = STORE_DISK,
					.cache_size = 4 << 20,
					.snapshot = 86400 * INT64_C(1000)},
	    .directory = dir,
	    .clock = &test_clock,
	    .tell = told};
	struct buf why;
	struct store *s;

	scratch_make(dir);
	buf_init(&why, room, sizeof room);
	if (!tap_ok(store_open(&s, &setup, &why) == STORE_OK, "opens %s", why.s))
		return tap_done();
	fill(s);
	test_sweep(s);
	test_snapshot(s, dir);
	store_close(&s);
	test_restart(&setup);
	scratch_remove(dir);
	return tap_done();
}
