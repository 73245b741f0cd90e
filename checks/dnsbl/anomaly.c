/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Anomaly: the share of listed clients, now and in the long run.  Distinct
 * clients are counted, because one persistent client must not look like many;
 * they are remembered as keyed hashes in a small open table.
 */
#include "checks/dnsbl/anomaly.h"

#include <string.h>

/* The marks that make a client one of a group. */
static const unsigned group_marks[] = {
    [ANOMALY_ALL] = 0,
    [ANOMALY_OF_VOUCHED] = ANOMALY_VOUCHED,
    [ANOMALY_OF_PROVED] = ANOMALY_PROVED,
};

void
anomaly_init(struct anomaly *a, uint64_t seed)
{
	memset(a, 0, sizeof *a);
	a->seed = seed;
}

/* FNV-1a, keyed, finished by a multiply-shift; leaves room for marks, never 0. */
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
	h &= ~(uint64_t)ANOMALY_MARKS;
	return h == 0 ? ANOMALY_MARKS + 1 : h;
}

/* The client's place in this window; free if it is not seen yet. */
static uint64_t *
find(struct anomaly *a, uint64_t h)
{
	size_t i = h / (ANOMALY_MARKS + 1) % ANOMALY_SLOTS;

	while (a->seen[i] != 0 && (a->seen[i] & ~(uint64_t)ANOMALY_MARKS) != h)
		i = (i + 1) % ANOMALY_SLOTS;
	return &a->seen[i];
}

/* Whether now's share is above the limit, and more than `growth' times the past's. */
static bool
is_excessive(const struct anomaly *a, enum anomaly_group group, int64_t clients,
    const struct anomaly_limits *limits)
{
	const struct anomaly_share *now = &a->window[group], *past = &a->past[group];

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

	if (a->past[ANOMALY_ALL].asked < ANOMALY_PAST_MIN)
		return false;
	return is_excessive(a, ANOMALY_ALL, all, limits) ||
	       is_excessive(a, ANOMALY_OF_VOUCHED, vouched, limits) ||
	       (a->past[ANOMALY_OF_PROVED].asked >= ANOMALY_PAST_MIN &&
		   is_excessive(a, ANOMALY_OF_PROVED, all, limits));
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

	for (int i = 0; i < ANOMALY_GROUPS; i++)
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
	if (a->began == 0 || a->window[ANOMALY_ALL].asked >= ANOMALY_CLIENTS_MAX)
		return true;
	if (a->tripped && a->window[ANOMALY_ALL].asked < ANOMALY_RECOVERY_MIN)
		return false;
	return now - a->began >= limits->window;
}

/* The client moves from what was known of it to what is known now. */
static void
count(struct anomaly_share *share, unsigned group, bool seen, unsigned before, unsigned marks)
{
	bool was_in = seen && (before & group) == group, is_in = (marks & group) == group;

	share->asked += is_in && !was_in;
	share->listed +=
	    is_in && (marks & ANOMALY_LISTED) != 0 && !(was_in && (before & ANOMALY_LISTED) != 0);
}

bool
anomaly_observe(struct anomaly *a, const struct anomaly_limits *limits, int64_t now,
    const struct addr *client, unsigned marks)
{
	uint64_t h = hash(a, client), *slot;
	bool tripped = a->tripped, seen;
	unsigned before;

	if (window_is_over(a, limits, now))
		next_window(a, limits, now);
	slot = find(a, h);
	seen = *slot != 0;
	before = (unsigned)(*slot & ANOMALY_MARKS);
	marks |= before;
	*slot = h | marks;
	for (int i = 0; i < ANOMALY_GROUPS; i++)
		count(&a->window[i], group_marks[i], seen, before, marks);
	if (is_strange(a, limits))
		a->tripped = true;
	return a->tripped != tripped;
}
