/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters that any thread may change without a lock: closing a connection
 * must not wait for anybody.
 */
#include "milter/census.h"

#include <poll.h>
#include <stdatomic.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "milter/stats.h"

#define TURNED_AWAY_LOG_MS 60000
#define WAIT_STEP_MS       5 /* how often a stop looks whether all is quiet */
#define SEND_MS            50 /* libmilter sends a reply after its callback; nobody tells us when */

static struct {
	int64_t sessions_max;
	atomic_llong sessions, messages, callbacks;
	atomic_llong ended; /* callbacks, ever */
	long long ended_before; /* at the last census_moves() */
	atomic_bool draining, frozen;
	atomic_llong turned_away; /* since the last line about it */
	atomic_llong told_at; /* clock_mono of that line; 0: never */
} census;

void
census_limit(int64_t sessions)
{
	census.sessions_max = sessions;
}

/* Whoever moves the time on writes the line. */
static void
turn_away(void)
{
	long long now = clock_mono(&clock_real), last = atomic_load(&census.told_at);
	long long n = atomic_fetch_add(&census.turned_away, 1) + 1;

	if ((last != 0 && now - last < TURNED_AWAY_LOG_MS) ||
	    !atomic_compare_exchange_strong(&census.told_at, &last, now))
		return;
	atomic_fetch_sub(&census.turned_away, n);
	log_err("maximum-sessions: %lld connections are open, more are turned away with 451 4.3.2 "
		"(%lld since the last such line)",
	    (long long)census.sessions_max, n);
}

bool
census_session_enter(void)
{
	if (atomic_fetch_add(&census.sessions, 1) < census.sessions_max)
		return true;
	atomic_fetch_sub(&census.sessions, 1);
	stats_turned_away();
	turn_away();
	return false;
}

void
census_session_leave(void)
{
	atomic_fetch_sub(&census.sessions, 1);
}

bool
census_message_enter(void)
{
	atomic_fetch_add(&census.messages, 1);
	if (!atomic_load(&census.draining))
		return true;
	atomic_fetch_sub(&census.messages, 1);
	return false;
}

void
census_message_leave(void)
{
	atomic_fetch_sub(&census.messages, 1);
}

void
census_callback_enter(void)
{
	atomic_fetch_add(&census.callbacks, 1);
	if (!atomic_load(&census.frozen))
		return;
	atomic_fetch_sub(&census.callbacks, 1);
	for (;;)
		(void)pause();
}

void
census_callback_leave(void)
{
	atomic_fetch_sub(&census.callbacks, 1);
	atomic_fetch_add(&census.ended, 1);
}

bool
census_moves(void)
{
	long long ended = atomic_load(&census.ended), before = census.ended_before;

	census.ended_before = ended;
	return ended != before || atomic_load(&census.callbacks) == 0;
}

int64_t
census_sessions(void)
{
	return atomic_load(&census.sessions);
}

int64_t
census_sessions_max(void)
{
	return census.sessions_max;
}

int64_t
census_messages(void)
{
	return atomic_load(&census.messages);
}

static bool
wait_for_none(const atomic_llong *what, int64_t ms)
{
	int64_t until = clock_mono(&clock_real) + ms;

	while (atomic_load(what) > 0) {
		if (clock_mono(&clock_real) >= until)
			return false;
		(void)poll(NULL, 0, WAIT_STEP_MS);
	}
	return true;
}

bool
census_drain(int64_t ms)
{
	atomic_store(&census.draining, true);
	return wait_for_none(&census.messages, ms);
}

bool
census_freeze(int64_t ms)
{
	bool quiet;

	atomic_store(&census.frozen, true);
	quiet = wait_for_none(&census.callbacks, ms);
	(void)poll(NULL, 0, SEND_MS);
	return quiet;
}
