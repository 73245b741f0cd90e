/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * History: readings of the stats, so that one can ask what happened lately.
 * One thread, that of the control socket, keeps it and asks it.
 */
#ifndef MILTER_HISTORY_H
#define MILTER_HISTORY_H

#include "milter/stats.h"

#define HISTORY_MINUTES	60	/* one reading each */
#define HISTORY_HOURS	48	/* one each; all together about 1.3 MB */

/* Take the readings that are due; ms until the next one. */
int64_t	history_tick(int64_t now_ms, int64_t wall);
/*
 * What happened in the last so many seconds, or a little longer; 0: since the
 * process began.  *since_r: wall time of its beginning, 0: of the process.
 */
void	history_since(int64_t seconds, int64_t wall, struct stats *, int64_t *since_r);

#endif
