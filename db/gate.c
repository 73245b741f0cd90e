/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A counting semaphore that can be shut for good and waited empty.
 */
#include "db/gate.h"

#include <errno.h>
#include <time.h>

void
gate_init(struct gate *g, unsigned room)
{
	pthread_condattr_t attr;

	*g = (struct gate){.room = room};
	(void)pthread_mutex_init(&g->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&g->freed, &attr);
	(void)pthread_condattr_destroy(&attr);
}

void
gate_fini(struct gate *g)
{
	(void)pthread_cond_destroy(&g->freed);
	(void)pthread_mutex_destroy(&g->lock);
}

static struct timespec
from_now(int64_t ms)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += (time_t)(ms / 1000);
	t.tv_nsec += (long)(ms % 1000) * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

bool
gate_enter(struct gate *g, int64_t ms)
{
	struct timespec until;
	bool in;
	int rc = 0;

	(void)pthread_mutex_lock(&g->lock);
	if (g->inside >= g->room && !g->shut) {
		until = from_now(ms);
		while (g->inside >= g->room && !g->shut && rc != ETIMEDOUT)
			rc = pthread_cond_timedwait(&g->freed, &g->lock, &until);
	}
	in = !g->shut && g->inside < g->room;
	g->inside += in;
	(void)pthread_mutex_unlock(&g->lock);
	return in;
}

void
gate_leave(struct gate *g)
{
	(void)pthread_mutex_lock(&g->lock);
	g->inside--;
	(void)pthread_cond_signal(&g->freed);
	(void)pthread_mutex_unlock(&g->lock);
}

void
gate_shut(struct gate *g)
{
	(void)pthread_mutex_lock(&g->lock);
	g->shut = true;
	(void)pthread_cond_broadcast(&g->freed);
	(void)pthread_mutex_unlock(&g->lock);
}

bool
gate_drain(struct gate *g, int64_t ms)
{
	struct timespec until = from_now(ms);
	bool empty;
	int rc = 0;

	gate_shut(g);
	(void)pthread_mutex_lock(&g->lock);
	while (g->inside > 0 && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&g->freed, &g->lock, &until);
	empty = g->inside == 0;
	(void)pthread_mutex_unlock(&g->lock);
	return empty;
}
