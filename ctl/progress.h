/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Progress: one line on the terminal that tells how far something long has
 * come, rewritten in place and gone at its end.  Standard error that is no
 * terminal never sees it.
 */
#ifndef CTL_PROGRESS_H
#define CTL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#define PROGRESS_EVERY_MS	200

struct progress {
	const char	*what;		/* NULL: say nothing */
	int64_t		 next;		/* clock_mono */
	int		 width;		/* of what stands there */
};

void	progress_begin(struct progress *, const char *what, bool wanted);
/* part of whole in any unit; whole 0: nobody knows. */
void	progress_show(struct progress *, uint64_t records, uint64_t part, uint64_t whole);
void	progress_end(struct progress *);

#endif
