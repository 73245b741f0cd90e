/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store when things go wrong: killed under load, disk full, files
 * damaged, panics, a second daemon.  Each store lives in a child process, as
 * the daemon would, so that a death is a death.
 */
#include "config.h"

#include "db/store.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/bdb_fault.h"
#include "db/dump.h"
#include "t/scratch.h"
#include "t/tap.h"

#define T0      1700000000
#define KILLS   50
#define THREADS 4

static const struct greylist_params usual = {300, 172800, 3024000, 0};

/* Shared with the children. */
static struct shared {
	_Atomic int64_t acked[THREADS]; /* attempts answered of each thread */
	_Atomic int events[STORE_BROKEN + 1];
	char said[512]; /* the last event */
} * shared;

static void
hear(void *ctx, enum store_event event, const char *text)
{
	(void)ctx;
	shared->events[event]++;
	(void)snprintf(shared->said, sizeof shared->said, "%s", text);
}

static enum store_status opened; /* how the last open ended */

static struct store *
open_store(const char *dir, bool offline, struct buf *why)
{
	struct store_setup setup = {.options = {.type = STORE_DISK, .cache_size = 4 << 20},
	    .directory = dir,
	    .clock = &clock_real,
	    .tell = hear,
	    .offline = offline};
	struct store *s;

	opened = store_open(&s, &setup, why);
	return s;
}

static enum store_status
attempt(struct store *s, int thread, int64_t n, int64_t now, struct greylist_answer *a)
{
	char client[32], sender[32];
	const char *fields[] = {client, sender, "rcpt@example.org"};
	struct record_key triplet, from;

	(void)snprintf(client, sizeof client, "client-%d", thread);
	(void)snprintf(sender, sizeof sender, "%lld@example.com", (long long)n);
	record_key_make(&triplet, RECORD_TRIPLET, fields, 3);
	record_key_make(&from, RECORD_CLIENT, fields, 1);
	return store_greylist(s, &(struct store_attempt){&triplet, &from, now, &usual}, a);
}

/* Run in a child; its exit status, or -1 if a signal ended it. */
static int
in_child(int (*run)(const char *), const char *dir)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(run(dir));
	(void)waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct worker {
	struct store *store;
	int thread;
};

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct greylist_answer a;

	for (;; shared->acked[w->thread]++)
		if (attempt(w->store, w->thread, shared->acked[w->thread], T0, &a) != STORE_OK)
			break;
	return NULL;
}

/* Works until it is killed. */
static int
load(const char *dir)
{
	char room[256];
	struct buf why;
	struct store *s;
	struct worker workers[THREADS];
	pthread_t threads[THREADS];

	buf_init(&why, room, sizeof room);
	s = open_store(dir, false, &why);
	if (s == NULL)
		return 1;
	for (int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){s, i};
		(void)pthread_create(&threads[i], NULL, work, &workers[i]);
	}
	for (int i = 0; i < THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	return 2;
}

/* Every attempt that was answered is remembered: it is early, not new. */
static int
check_all(const char *dir)
{
	char room[256];
	struct buf why;
	struct store *s;
	struct greylist_answer a;
	int lost = 0;

	buf_init(&why, room, sizeof room);
	s = open_store(dir, false, &why);
	if (s == NULL)
		return 255;
	for (int t = 0; t < THREADS; t++)
		for (int64_t n = 0; n < shared->acked[t]; n++)
			lost +=
			    attempt(s, t, n, T0 + 1, &a) != STORE_OK || a.outcome != GREYLIST_EARLY;
	store_close(&s);
	return lost < 254 ? lost : 254;
}

static void
test_kill(void)
{
	char dir[SCRATCH_SIZE], aside[SCRATCH_SIZE], room[256];
	int refused = 0, status;
	struct buf why;
	pid_t pid;

	scratch_make(dir);
	for (int i = 0; i < KILLS; i++) {
		int64_t before = shared->acked[0];

		pid = fork();
		if (pid == 0)
			_exit(load(dir));
		/* Killed in the middle of work, at an arbitrary point of it. */
		for (int n = 0; n < 1000 && shared->acked[0] == before; n++)
			(void)usleep(2000);
		(void)usleep((useconds_t)(random() % 30000));
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, &status, 0);
		refused += !WIFSIGNALED(status);
	}
	tap_is_int(refused, 0, "started again by itself after each of %d kills", KILLS);
	tap_is_int(in_child(check_all, dir), 0, "nothing that was answered is lost");
	tap_note("%lld attempts by thread 0", (long long)shared->acked[0]);
	scratch_find(dir, "store.bad", aside);
	tap_is(aside, "", "nothing was set aside");
	buf_init(&why, room, sizeof room);
	tap_is_int(store_verify_files(dir, &why), STORE_OK, "and the files are sound %s", why.s);
	scratch_remove(dir);
}

static void
test_second(void)
{
	char dir[SCRATCH_SIZE], room[256], wanted[512];
	struct buf why;
	struct store *s, *second;
	int to[2], back[2];
	pid_t pid;
	char c;

	scratch_make(dir);
	if (pipe(to) == -1 || pipe(back) == -1)
		exit(1);
	pid = fork();
	if (pid == 0) {
		buf_init(&why, room, sizeof room);
		s = open_store(dir, false, &why);
		(void)!write(back[1], s != NULL ? "y" : "n", 1);
		(void)close(to[1]);
		(void)!read(to[0], &c, 1);
		store_close(&s);
		_exit(0);
	}
	tap_ok(read(back[0], &c, 1) == 1 && c == 'y', "a daemon owns its store");
	buf_init(&why, room, sizeof room);
	second = open_store(dir, false, &why);
	tap_ok(second == NULL && opened == STORE_BUSY, "a second one is refused");
	(void)snprintf(
	    wanted, sizeof wanted, "the store in %s is in use by process %d", dir, (int)pid);
	tap_is(why.s, wanted, "and told who has it");
	(void)close(to[1]);
	(void)waitpid(pid, NULL, 0);
	buf_reset(&why);
	second = open_store(dir, false, &why);
	tap_ok(second != NULL, "when the first is gone it may");
	store_close(&second);
	scratch_remove(dir);
}

/* Two ways to run out of space, and to have room again. */
static int
more_disk(const char *dir)
{
	return mount("tmpfs", dir, "tmpfs", MS_REMOUNT, "size=64m");
}

static int
limit_files(rlim_t bytes)
{
	struct rlimit r;

	(void)signal(SIGXFSZ, SIG_IGN);
	(void)getrlimit(RLIMIT_FSIZE, &r);
	r.rlim_cur = bytes;
	return setrlimit(RLIMIT_FSIZE, &r);
}

static int
more_file(const char *dir)
{
	(void)dir;
	return limit_files(RLIM_INFINITY);
}

/* Fill the disk with records until it says so. */
static int
fill(const char *dir, int (*more_room)(const char *))
{
	enum store_status status = STORE_OK;
	struct greylist_answer a;
	char room[256];
	struct buf why;
	struct store *s;
	int64_t n;

	buf_init(&why, room, sizeof room);
	s = open_store(dir, false, &why);
	if (s == NULL)
		return 1;
	for (n = 0; n < 1000000 && status == STORE_OK; n++)
		status = attempt(s, 1, n, T0, &a);
	if (status != STORE_FULL)
		return 2;
	if (shared->events[STORE_TROUBLE] != 1 || strstr(shared->said, "no space left") == NULL)
		return 3;
	for (int i = 0; i < 1000; i++)
		(void)attempt(s, 2, i, T0, &a);
	if (shared->events[STORE_TROUBLE] != 1) /* one loud line a minute, not a thousand */
		return 4;
	if (attempt(s, 1, 0, T0 + 1, &a) == STORE_OK && a.outcome != GREYLIST_EARLY)
		return 5;
	if (more_room(dir) == -1)
		return 6;
	for (n = 0; n < 1000; n++)
		if (attempt(s, 3, n, T0, &a) != STORE_OK)
			return 7;
	store_close(&s);
	return shared->events[STORE_BROKEN] == 0 ? 0 : 8;
}

static int
fill_disk(const char *dir)
{
	return fill(dir, more_disk);
}

static int
fill_file(const char *dir)
{
	return limit_files(6 << 20) == 0 ? fill(dir, more_file) : 9;
}

static void
test_limit(void)
{
	char dir[SCRATCH_SIZE];

	scratch_make(dir);
	memset(shared, 0, sizeof *shared);
	tap_is_int(
	    in_child(fill_file, dir), 0, "files must not grow: said once, goes on when they may");
	tap_note("%s", shared->said);
	scratch_remove(dir);
}

static void
test_full(void)
{
	char dir[SCRATCH_SIZE], path[SCRATCH_SIZE + 16], room[256];
	struct buf why;
	struct store *s;
	int fd;

	scratch_make(dir);
	if (mount("tmpfs", dir, "tmpfs", 0, "size=8m") == -1) {
		tap_note("a small file system cannot be mounted here");
		scratch_remove(dir);
		return;
	}
	memset(shared, 0, sizeof *shared);
	tap_is_int(in_child(fill_disk, dir), 0, "full disk: said once, goes on when there is room");
	tap_note("%s", shared->said);

	(void)snprintf(path, sizeof path, "%s/ballast", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	for (off_t at = 0; posix_fallocate(fd, at, 1 << 20) == 0; at += 1 << 20)
		continue;
	(void)close(fd);
	buf_init(&why, room, sizeof room);
	s = open_store(dir, false, &why);
	tap_ok(opened == STORE_FULL && strstr(why.s, "KB free in") != NULL,
	    "no recovery on a full disk: %s", why.s);
	(void)unlink(path);
	buf_reset(&why);
	s = open_store(dir, false, &why);
	tap_ok(s != NULL, "but when there is room");
	store_close(&s);
	(void)umount2(dir, MNT_DETACH);
	scratch_remove(dir);
}

/* A store with a hundred records and their snapshot. */
static int
make_with_snapshot(const char *dir)
{
	struct dump_writer *w;
	struct greylist_answer a;
	char room[256];
	struct buf why;
	struct store *s;
	int rc = 1;

	buf_init(&why, room, sizeof room);
	s = open_store(dir, false, &why);
	for (int64_t n = 0; s != NULL && n < 100; n++)
		(void)attempt(s, 1, n, T0, &a);
	w = s != NULL ? dump_begin(s, dir, &why) : NULL;
	while (w != NULL && rc == 1)
		rc = dump_step(w, &why);
	dump_end(&w);
	store_close(&s);
	return rc;
}

/* Still a hundred known records, and new ones can be written. */
static int
has_the_records(const char *dir)
{
	struct greylist_answer a;
	char room[256];
	struct buf why;
	struct store *s;
	int lost = 0;

	buf_init(&why, room, sizeof room);
	s = open_store(dir, false, &why);
	if (s == NULL)
		return 101;
	for (int64_t n = 0; n < 100; n++)
		lost += attempt(s, 1, n, T0 + 1, &a) != STORE_OK || a.outcome != GREYLIST_EARLY;
	store_close(&s);
	return lost;
}

static void
overwrite(const char *dir, const char *name, off_t from)
{
	char path[2 * SCRATCH_SIZE], junk[4096];
	struct stat st;
	int fd;

	(void)snprintf(path, sizeof path, "%s/store/%s", dir, name);
	memset(junk, 0x5a, sizeof junk);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &st) == -1)
		exit(1);
	for (off_t at = from; at < st.st_size; at += (off_t)sizeof junk)
		(void)!pwrite(fd, junk, sizeof junk, at);
	(void)close(fd);
}

static void
test_damage(void)
{
	static const struct damage {
		const char *name, *file;
		off_t from;
	} cases[] = {
	    {"database overwritten", "store.db", 0},
	    {"log overwritten", "log.0000000001", 0},
	};
	char dir[SCRATCH_SIZE], aside[SCRATCH_SIZE];

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		scratch_make(dir);
		memset(shared, 0, sizeof *shared);
		tap_is_int(in_child(make_with_snapshot, dir), 0, "%s: begin", cases[i].name);
		overwrite(dir, cases[i].file, cases[i].from);
		tap_is_int(in_child(has_the_records, dir), 0,
		    "%s: the snapshot's records are there", cases[i].name);
		scratch_find(dir, "store.bad-", aside);
		tap_ok(aside[0] != '\0', "%s: the files are set aside", cases[i].name);
		tap_ok(shared->events[STORE_TROUBLE] == 1, "%s: said loudly", cases[i].name);
		tap_note("%s", shared->said);
		scratch_remove(dir);
	}
}

/* Touches every record, as mail would; a bad page ends the store. */
static int
touch_until_broken(const char *dir)
{
	struct greylist_answer a;
	char room[256];
	struct buf why;
	struct store *s;

	buf_init(&why, room, sizeof room);
	s = open_store(dir, false, &why);
	if (s == NULL)
		return 1;
	for (int64_t n = 0; n < 100; n++)
		(void)attempt(s, 1, n, T0 + 2, &a);
	if (attempt(s, 1, 1, T0 + 2, &a) != STORE_DOWN)
		return 2;
	store_close(&s); /* must not hang */
	return shared->events[STORE_BROKEN] == 1 ? 75 : 3;
}

static void
test_panic(void)
{
	char dir[SCRATCH_SIZE], aside[SCRATCH_SIZE];

	scratch_make(dir);
	tap_is_int(in_child(make_with_snapshot, dir), 0, "bad page: begin");
	overwrite(dir, "store.db", 4096); /* the first page stays, so that it opens */
	memset(shared, 0, sizeof *shared);
	tap_is_int(in_child(touch_until_broken, dir), 75, "bad page: the daemon is told to end");
	tap_note("%s", shared->said);
	memset(shared, 0, sizeof *shared);
	tap_is_int(in_child(touch_until_broken, dir), 75, "bad page: again after the restart");
	tap_is_int(in_child(has_the_records, dir), 0, "bad page: then the snapshot serves");
	scratch_find(dir, "store.bad-", aside);
	tap_ok(aside[0] != '\0', "bad page: and the files are set aside");
	scratch_remove(dir);
}

int
main(void)
{
	shared =
	    mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	srandom((unsigned)getpid());
	test_kill();
	test_second();
	test_limit();
	test_full();
	test_damage();
	test_panic();
	return tap_done();
}
