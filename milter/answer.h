/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answer: what the daemon says of itself, and does, when asked by control.h.
 *
 *	status			version, uptime, mode, sessions, store, resolver, DNS lists
 *	reload			reads the configuration again; "errors" or "changes"
 *	mode WORD		shadow, enforce, off: forced until a restart; configured: no longer
 *	mta			what the MTA offered and sent (mta.h)
 *	stats [SECONDS]		what happened since the start, or lately
 *	...			and what answer_memory.h has
 *
 * Every answer has "ok"; if that is false, "error" says why.
 */
#ifndef MILTER_ANSWER_H
#define MILTER_ANSWER_H

#include "milter/house.h"

struct answer_about {
	const struct house *house;
	int64_t		 started;	/* clock_wall */
};

/*
 * One JSON object, without a line end, on the heap; NULL without memory.  May
 * take as long as reading a configuration does.  One thread only.
 */
char	*answer_make(const struct answer_about *, const char *request);

#endif
