/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What can be asked of the store and done to it: by the daemon for whoever
 * comes to its control socket, and by baileyctl itself when no daemon runs.
 *
 *	why ID			the receipts of an id or queue id: receipts[{}]
 *	shadow {since}		a part of what rules in shadow would have refused (shadow.h)
 *	dump {}			lines of a dump (db/dump.h): text
 *	load {text}		takes such lines: loaded, how many; none after the first bad one
 *	verify {}		reads every record: how many of each kind
 *	forget {address}	removed
 *	greylist-list {state client sender recipient}	records[{}]
 *	greylist-ask {client sender recipient}		answers[{}]: what the filter would say now
 *	greylist-allow {client}				allowed
 *	greylist-delete {client [sender recipient]}	removed
 *	greylist-flush {}				removed
 *
 * One request is one step, short and in bounded memory, whatever the size of
 * the store: what has not come to its end says in "next" where to go on, and
 * is asked again with that as "after".  "seen" counts the records of a step,
 * the first one says how many there are "about".  Nothing is held between two steps, so
 * it does not matter when, or whether, the next one comes.  A load may take
 * less than it was given; the rest is sent again.
 */
#ifndef MILTER_ANSWER_MEMORY_H
#define MILTER_ANSWER_MEMORY_H

#include <jansson.h>

#include "milter/conf.h"

#define MEMORY_LOAD_MS	100	/* a step of loading; other clients wait no longer */

struct answer_memory {
	struct store		*store;		/* NULL: there is none now */
	const struct conf	*conf;		/* says how keys are made; NULL: it cannot be read */
};

/* Fill out; *ok_r false: its "error" says why.  False: it is none of these requests. */
bool	answer_memory(const struct answer_memory *, const char *request, json_t *out, bool *ok_r);

#endif
