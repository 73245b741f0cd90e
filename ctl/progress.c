/* SPDX-License-Identifier: BSD-2-Clause */
/* A line of blanks wipes it, which every terminal understands. */
#include "ctl/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/clock.h"

void
progress_begin(struct progress *p, const char *what, bool wanted)
{
	*p = (struct progress){.what = wanted && isatty(STDERR_FILENO) ? what : NULL};
}

void
progress_show(struct progress *p, uint64_t records, uint64_t part, uint64_t whole)
{
	int64_t now = clock_mono(&clock_real);
	char percent[24] = "";
	int width;

	if (p->what == NULL || now < p->next)
		return;
	p->next = now + PROGRESS_EVERY_MS;
	if (whole > 0) /* an estimate may be too low */
		(void)snprintf(percent, sizeof percent, ", %" PRIu64 " %%",
		    part < whole ? (uint64_t)(100.0 * (double)part / (double)whole) : 100);
	width = fprintf(stderr, "\r%s: %" PRIu64 " records%s", p->what, records, percent) - 1;
	if (width < p->width)
		(void)fprintf(stderr, "%*s", p->width - width, "");
	p->width = width;
	(void)fflush(stderr);
}

void
progress_end(struct progress *p)
{
	if (p->what != NULL && p->width > 0)
		(void)fprintf(stderr, "\r%*s\r", p->width, "");
	p->width = 0;
}
