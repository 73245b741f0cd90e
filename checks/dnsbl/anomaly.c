/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Anomaly: the share of listed clients, now and in the long run.  Distinct
 * clients are counted, because one persistent client must not look like many;
 * they are remembered as keyed hashes in a small open table.
 */
#include "checks/dnsbl/anomaly.h"

#include <string.h>

enum { EVERYBODY, VOUCHED };

void
anomaly_init(struct anomaly *a, uint64_t seed)
{
	memset(a, 0, sizeof *a);
	a->seed = seed;
}

/* FNV-1a, keyed, finished by a multiply-shift; never 0. */
static uint64_t
hash(const struct anomaly *a, const struct addr *client)
{
	uint64_t h = 0xcbf29ce484222325 ^ a->seed;

	for (size_t i = 0; i < addr_len(client); i++)
		h = (h ^ client->bytes[i]) * 0x100000001b3;
	h ^= a->seed >> 7;
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93;
	h ^= h >> 32;
	return h == 0 ? 1 : h;
}

/* True when this window has not seen the client yet. */
static bool
remember(struct anomaly *a, const struct addr *client)
{
	uint64_t h = hash(a, client);
	size_t i = h % ANOMALY_SLOTS;

	for (; a->seen[i] != 0; i = (i + 1) % ANOMALY_SLOTS)
		if (a->seen[i] == h)
			return false;
	a->seen[i] = h;
	return true;
}

/* Whether now's share is above the limit, and more than `growth' times the past's. */
static bool
is_excessive(const struct anomaly_share *now, const struct anomaly_share *past, int64_t clients,
    const struct anomaly_limits *limits)
{
	if (now->asked < clients || (int64_t)now->listed * 100 <= limits->share * now->asked)
		return false;
	if (past->asked == 0)
		return true;
	/* now.listed / now.asked > growth * past.listed / past.asked */
	return (int64_t)now->listed * past->asked > limits->growth * past->listed * now->asked;
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* To stay set aside takes fewer clients than to get there. */
static bool
is_strange(const struct anomaly *a, const struct anomaly_limits *limits)
{
	int64_t all = least(limits->clients, a->tripped ? ANOMALY_RECOVERY_MIN : INT64_MAX);
	int64_t vouched = least(limits->clients, a->tripped ? 1 : ANOMALY_VOUCHED_MIN);

	if (a->past[EVERYBODY].asked < ANOMALY_PAST_MIN)
		return false;
	return is_excessive(&a->window[EVERYBODY], &a->past[EVERYBODY], all, limits) ||
	       is_excessive(&a->window[VOUCHED], &a->past[VOUCHED], vouched, limits);
}

static void
fold(struct anomaly_share *past, const struct anomaly_share *window)
{
	past->asked += window->asked;
	past->listed += window->listed;
	if (past->asked > ANOMALY_PAST_MAX) {
		past->asked /= 2;
		past->listed /= 2;
	}
}

/* What an anomaly lists must not become the new normal: a strange window is not remembered. */
static void
next_window(struct anomaly *a, const struct anomaly_limits *limits, int64_t now)
{
	bool strange = is_strange(a, limits);

	for (int i = EVERYBODY; i <= VOUCHED; i++)
		if (!strange)
			fold(&a->past[i], &a->window[i]);
	a->tripped = a->tripped && strange;
	memset(a->window, 0, sizeof a->window);
	memset(a->seen, 0, sizeof a->seen);
	a->began = now;
}

static bool
window_is_over(const struct anomaly *a, const struct anomaly_limits *limits, int64_t now)
{
	if (a->began == 0 || a->window[EVERYBODY].asked >= ANOMALY_CLIENTS_MAX)
		return true;
	if (a->tripped && a->window[EVERYBODY].asked < ANOMALY_RECOVERY_MIN)
		return false;
	return now - a->began >= limits->window;
}

bool
anomaly_observe(struct anomaly *a, const struct anomaly_limits *limits, int64_t now,
    const struct addr *client, bool listed, bool vouched)
{
	bool before = a->tripped;

	if (window_is_over(a, limits, now))
		next_window(a, limits, now);
	if (!remember(a, client))
		return a->tripped != before;
	for (int i = EVERYBODY; i <= (vouched ? VOUCHED : EVERYBODY); i++) {
		a->window[i].asked++;
		a->window[i].listed += listed;
	}
	if (is_strange(a, limits))
		a->tripped = true;
	return a->tripped != before;
}
