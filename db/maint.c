/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Maintenance: one thread does all chores of a store, one after the other, in
 * steps short enough that the log flush is never late: flush, checkpoint,
 * sweep of expired records, compaction after a sweep that removed much, and
 * the text snapshot that a damaged store is restored from.
 *
 * A clock set wrong by months would have the sweep take everything for
 * expired.  Hence, when it leaps ahead of the monotonic clock, or is far
 * beyond the last snapshot at the start, nothing is swept for a day.
 */
#include "db/backend.h"
#include "db/dump.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STEP_TIME     20 /* ms of sweep or snapshot between two looks at the clock */
#define COMPACT_WORTH 10000 /* removed records that leave enough empty pages behind */
#define STOP_WAIT     5 /* s */
#define LEAP          3600 /* s; what is less removes little that would not go anyway */
#define LEAP_CALM     (INT64_C(86400) * 1000) /* ms; time to see that a clock is wrong */

struct maint {
	struct store *store;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop, ended; /* under lock */

	/* The thread's own; times are clock_mono ms. */
	int64_t next_sweep, next_snapshot;
	int64_t offset; /* s from the monotonic to the wall clock */
	struct store_cursor cursor;
	uint64_t removed; /* in this round */
	bool sweeping, compacting;
	struct dump_writer *snapshot;
};

static void
sweep_step(struct maint *m, int64_t now)
{
	struct store *s = m->store;
	uint64_t removed;
	enum store_status status =
	    store_sweep_step(s, &m->cursor, now / 1000 + m->offset, &removed);

	m->removed += removed;
	if (status == STORE_OK && !m->cursor.ended)
		return;
	m->sweeping = false;
	m->compacting = m->removed >= COMPACT_WORTH && s->backend->compact != NULL;
	m->next_sweep = now + STORE_SWEEP_EVERY;
}

static void
snapshot_step(struct maint *m, int64_t now)
{
	struct store *s = m->store;
	char room[256];
	struct buf why;
	int more;

	buf_init(&why, room, sizeof room);
	more = m->snapshot != NULL ? dump_step(m->snapshot, &why)
	       : (m->snapshot = dump_begin(s, s->setup.directory, &why)) != NULL ? 1
										 : -1;
	if (more > 0)
		return;
	if (more == 0)
		atomic_store(&s->snapshot_time, clock_wall(s->setup.clock));
	else
		store_say(s, STORE_TROUBLE, "no snapshot of the store: %s", why.s);
	dump_end(&m->snapshot);
	m->next_snapshot = now + s->setup.options.snapshot;
}

/* Whether there is more to do at once. */
static bool
work_step(struct maint *m, int64_t now)
{
	struct store *s = m->store;

	if (s->backend->remote)
		return false;
	if (!m->sweeping && now >= m->next_sweep) {
		m->sweeping = true;
		m->removed = 0;
		m->cursor = (struct store_cursor){.started = false};
	}
	if (m->sweeping)
		sweep_step(m, now);
	else if (m->compacting)
		m->compacting = s->backend->compact(s);
	else if (m->snapshot != NULL || (s->setup.options.snapshot > 0 &&
					    s->backend->flush != NULL && now >= m->next_snapshot))
		snapshot_step(m, now);
	return m->sweeping || m->compacting || m->snapshot != NULL;
}

static void
hold_sweep(struct maint *m, int64_t now, const char *what, int64_t ahead)
{
	m->sweeping = false;
	m->next_sweep = now + LEAP_CALM;
	store_say(m->store, STORE_NOTICE,
	    "%s %" PRId64
	    " s ahead of what was expected; for a day nothing is removed from the store in %s",
	    what, ahead, m->store->setup.directory);
}

static void
watch_clock(struct maint *m, int64_t now)
{
	int64_t before = m->offset;

	m->offset = clock_wall(m->store->setup.clock) - now / 1000;
	if (m->offset - before > LEAP)
		hold_sweep(m, now, "the clock went", m->offset - before);
}

static void
round_of_chores(struct maint *m)
{
	struct store *s = m->store;
	int64_t start = clock_mono(s->setup.clock), now = start;

	watch_clock(m, now);
	store_flush(s);
	while (!atomic_load(&s->down) && work_step(m, now) && now - start < STEP_TIME)
		now = clock_mono(s->setup.clock);
}

static void *
maint_main(void *arg)
{
	struct maint *m = arg;
	struct timespec until;

	(void)pthread_mutex_lock(&m->lock);
	while (!m->stop) {
		(void)pthread_mutex_unlock(&m->lock);
		if (!atomic_load(&m->store->down))
			round_of_chores(m);
		(void)clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec +=
		    (m->sweeping || m->snapshot != NULL ? 100 : STORE_FLUSH_EVERY) * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		(void)pthread_mutex_lock(&m->lock);
		if (!m->stop)
			(void)pthread_cond_timedwait(&m->wake, &m->lock, &until);
	}
	m->ended = true;
	(void)pthread_cond_signal(&m->wake);
	(void)pthread_mutex_unlock(&m->lock);
	return NULL;
}

/* ms until it is due by the age of the last one, so that daily restarts do not put it off for ever. */
static int64_t
snapshot_wait(struct store *s)
{
	int64_t every = s->setup.options.snapshot, last = dump_snapshot_time(s->setup.directory);
	int64_t left = every - (clock_wall(s->setup.clock) - last) * 1000;

	atomic_store(&s->snapshot_time, last);
	if (left < STORE_CALM)
		left = STORE_CALM;
	return left < every ? left : every;
}

/* There should be a snapshot of less than two rounds' age. */
static void
check_age(struct maint *m, int64_t now)
{
	int64_t last = atomic_load(&m->store->snapshot_time);
	int64_t most = 2 * m->store->setup.options.snapshot / 1000 + LEAP;
	int64_t age = now / 1000 + m->offset - last;

	if (last != 0 && m->next_snapshot != 0 && age > most)
		hold_sweep(m, now, "after a long rest, or by mistake, the clock is", age - most);
}

int
maint_start(struct store *s)
{
	struct maint *m = calloc(1, sizeof *m);
	int64_t now = clock_mono(s->setup.clock);
	pthread_condattr_t attr;

	if (m == NULL)
		return -1;
	m->store = s;
	m->next_sweep = now + STORE_CALM;
	m->offset = clock_wall(s->setup.clock) - now / 1000;
	if (s->backend->flush != NULL && !s->backend->remote)
		m->next_snapshot = now + snapshot_wait(s);
	check_age(m, now);
	(void)pthread_mutex_init(&m->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&m->wake, &attr);
	(void)pthread_condattr_destroy(&attr);
	if (pthread_create(&m->thread, NULL, maint_main, m) != 0) {
		free(m);
		return -1;
	}
	s->maint = m;
	return 0;
}

/* Whether the thread came to its end in time; that of a broken store is not waited for. */
static bool
has_ended(struct maint *m, bool broken)
{
	struct timespec until;
	bool ended;
	int rc = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += broken ? 0 : STOP_WAIT;
	(void)pthread_mutex_lock(&m->lock);
	m->stop = true;
	(void)pthread_cond_signal(&m->wake);
	while (!m->ended && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&m->wake, &m->lock, &until);
	ended = m->ended;
	(void)pthread_mutex_unlock(&m->lock);
	return ended;
}

bool
maint_stop(struct store *s)
{
	struct maint *m = s->maint;

	if (m == NULL)
		return true;
	s->maint = NULL;
	/* It may be stuck in the back end for ever, or wait for the address of a server. */
	if (!has_ended(m, atomic_load(&s->down))) {
		(void)pthread_detach(m->thread);
		return false;
	}
	(void)pthread_join(m->thread, NULL);
	dump_end(&m->snapshot);
	(void)pthread_cond_destroy(&m->wake);
	(void)pthread_mutex_destroy(&m->lock);
	free(m);
	return true;
}
