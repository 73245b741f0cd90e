/* SPDX-License-Identifier: BSD-2-Clause */
/* Two rings of readings: fine for the last hour, coarse for the days before. */
#include "milter/history.h"

#include <stdlib.h>

#define MINUTE_MS 60000
#define HOUR_MS   (60 * MINUTE_MS)

struct reading {
	int64_t wall;
	struct stats stats;
};

struct ring {
	struct reading **v; /* a place is NULL until it is used */
	size_t size, next;
	int64_t every, due; /* ms */
};

static struct reading *minutes[HISTORY_MINUTES], *hours[HISTORY_HOURS];
static struct ring rings[] = {
    {minutes, HISTORY_MINUTES, 0, MINUTE_MS, 0}, {hours, HISTORY_HOURS, 0, HOUR_MS, 0}};

#define RINGS (sizeof rings / sizeof *rings)

/* Without memory that reading is missing, and an older one will do. */
static void
take(struct ring *r, int64_t wall)
{
	struct reading **at = &r->v[r->next];

	if (*at == NULL && (*at = malloc(sizeof **at)) == NULL)
		return;
	(*at)->wall = wall;
	stats_read(&(*at)->stats);
	r->next = (r->next + 1) % r->size;
}

int64_t
history_tick(int64_t now, int64_t wall)
{
	int64_t next = MINUTE_MS;

	for (size_t i = 0; i < RINGS; i++) {
		struct ring *r = &rings[i];

		if (r->due == 0)
			r->due = now + r->every;
		if (now >= r->due) {
			take(r, wall);
			/* A process that was stopped does not catch up. */
			r->due = now + r->every;
		}
		if (r->due - now < next)
			next = r->due - now;
	}
	return next;
}

void
history_since(int64_t seconds, int64_t wall, struct stats *out, int64_t *since_r)
{
	const struct reading *best = NULL;

	for (size_t i = 0; seconds > 0 && i < RINGS; i++) {
		for (size_t k = 0; k < rings[i].size; k++) {
			const struct reading *r = rings[i].v[k];

			if (r != NULL && r->wall <= wall - seconds &&
			    (best == NULL || r->wall > best->wall))
				best = r;
		}
	}
	stats_read(out);
	*since_r = 0;
	if (best == NULL)
		return;
	stats_subtract(out, &best->stats);
	*since_r = best->wall;
}
