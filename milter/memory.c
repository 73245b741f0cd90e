/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store of the daemon.  Berkeley DB cannot be opened again in a process in
 * which it panicked, since threads that wait inside it never wake; so the
 * process ends and its supervisor starts a new one, which recovers.
 */
#include "milter/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/log.h"

/* ms between two attempts to open; a disk that fails half way lets each take a recovery */
#define RETRY_EVERY 10000
#define SAY_EVERY   60000 /* ms between two lines about that */

static struct {
	_Atomic(struct store *) store;
	struct store_setup setup;
	pthread_mutex_t lock; /* whoever tries to open */
	_Atomic int64_t retry_at; /* clock_mono; 0: never */
	int64_t said; /* clock_mono of the last line that there is none, 0: none; by lock */

	pthread_mutex_t why_lock; /* never held while the disk is waited for */
	char why[512]; /* there is no store */
} memory = {.lock = PTHREAD_MUTEX_INITIALIZER, .why_lock = PTHREAD_MUTEX_INITIALIZER};

static void *
end_process(void *unused)
{
	struct timespec grace = {MEMORY_GRACE / 1000, MEMORY_GRACE % 1000 * 1000000L};

	(void)unused;
	(void)nanosleep(&grace, NULL);
	_exit(MEMORY_EXIT_BROKEN);
}

static void
tell(void *ctx, enum store_event event, const char *text)
{
	pthread_t thread;

	(void)ctx;
	switch (event) {
	case STORE_NOTICE:
		log_notice("%s", text);
		break;
	case STORE_TROUBLE:
		log_err("%s", text);
		break;
	case STORE_BROKEN:
		log_err("%s; ending, to be started anew", text);
		if (pthread_create(&thread, NULL, end_process, NULL) != 0)
			_exit(MEMORY_EXIT_BROKEN);
		(void)pthread_detach(thread);
		break;
	}
}

/* Without one mail goes on, and it is tried again. */
static enum store_status
try_open(struct buf *why)
{
	struct store *s;
	enum store_status status = store_open(&s, &memory.setup, why);

	if (status == STORE_OK)
		atomic_store(&memory.store, s);
	atomic_store(&memory.retry_at,
	    status == STORE_OK ? 0 : clock_mono(memory.setup.clock) + RETRY_EVERY);
	return status;
}

static void
say_missing(const char *why)
{
	int64_t now = clock_mono(memory.setup.clock);

	(void)pthread_mutex_lock(&memory.why_lock);
	(void)snprintf(memory.why, sizeof memory.why, "%s", why);
	(void)pthread_mutex_unlock(&memory.why_lock);
	if (memory.said != 0 && now - memory.said < SAY_EVERY)
		return;
	memory.said = now;
	log_err("no store: %s; mail goes on without it", why);
}

void
memory_missing(struct buf *why)
{
	(void)pthread_mutex_lock(&memory.why_lock);
	buf_puts(why, memory.why);
	(void)pthread_mutex_unlock(&memory.why_lock);
}

int
memory_prepare(const struct conf *conf, uid_t uid, gid_t gid, struct buf *why)
{
	const char *path = conf->state_directory;
	struct stat st;
	int fd, rc = -1;

	if (conf->store.type == STORE_MEMORY)
		return 0;
	if (mkdir(path, 0700) == -1 && errno != EEXIST) {
		buf_printf(why, "state-directory: cannot make %s: %s", path, strerror(errno));
		return -1;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd != -1 && fstat(fd, &st) == 0)
		rc = st.st_uid == 0 && uid != 0 ? fchown(fd, uid, gid) : 0;
	if (rc == -1)
		buf_printf(why, "state-directory: %s: %s", path, strerror(errno));
	if (fd != -1)
		(void)close(fd);
	return rc;
}

int
memory_open(const struct conf *conf, struct buf *why)
{
	enum store_status status;

	memory.setup = (struct store_setup){.options = conf->store,
	    .directory = strdup(conf->state_directory),
	    .clock = &clock_real,
	    .tell = tell};
	if (memory.setup.directory == NULL) {
		buf_puts(why, "out of memory");
		return -1;
	}
	status = try_open(why);
	if (status != STORE_OK && status != STORE_FULL && status != STORE_AWAY)
		return -1;
	if (status != STORE_OK)
		say_missing(why->s);
	return 0;
}

static void
retry(void)
{
	char room[512];
	struct buf why;

	if (pthread_mutex_trylock(&memory.lock) != 0)
		return;
	buf_init(&why, room, sizeof room);
	if (atomic_load(&memory.store) == NULL) {
		if (try_open(&why) == STORE_OK)
			log_notice("store in %s is open", memory.setup.directory);
		else
			say_missing(why.s);
	}
	(void)pthread_mutex_unlock(&memory.lock);
}

struct store *
memory_store(void)
{
	return atomic_load(&memory.store);
}

struct store *
memory_try(void)
{
	int64_t at = atomic_load(&memory.retry_at);

	if (at != 0 && clock_mono(memory.setup.clock) >= at)
		retry();
	return memory_store();
}

void
memory_close(void)
{
	struct store *s;

	atomic_store(&memory.retry_at, 0);
	(void)pthread_mutex_lock(&memory.lock);
	s = atomic_load(&memory.store);
	if (s != NULL)
		(void)store_stop(s);
	(void)pthread_mutex_unlock(&memory.lock);
}
