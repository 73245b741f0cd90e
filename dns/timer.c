/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers: a binary heap of queries; each knows its place, so it can move. */
#include <stdlib.h>

#include "dns/query.h"

static void
place(struct timers *t, size_t at, struct query *q)
{
	t->v[at] = q;
	q->timer = at;
}

static void
sift(struct timers *t, size_t at, struct query *q)
{
	size_t child;

	while (at > 0 && t->v[(at - 1) / 2]->due > q->due) {
		place(t, at, t->v[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	while ((child = 2 * at + 1) < t->count) {
		if (child + 1 < t->count && t->v[child + 1]->due < t->v[child]->due)
			child++;
		if (t->v[child]->due >= q->due)
			break;
		place(t, at, t->v[child]);
		at = child;
	}
	place(t, at, q);
}

int
timers_put(struct timers *t, struct query *q)
{
	struct query **v;

	if (q->timer != TIMER_NONE) {
		sift(t, q->timer, q);
		return 0;
	}
	if (t->count == t->size) {
		size_t size = t->size > 0 ? 2 * t->size : 64;

		if ((v = realloc(t->v, size * sizeof(*v))) == NULL)
			return -1;
		t->v = v;
		t->size = size;
	}
	t->v[t->count] = q;
	sift(t, t->count++, q);
	return 0;
}

void
timers_remove(struct timers *t, struct query *q)
{
	struct query *last;
	size_t at = q->timer;

	if (at == TIMER_NONE)
		return;
	q->timer = TIMER_NONE;
	last = t->v[--t->count];
	if (last != q)
		sift(t, at, last);
}
