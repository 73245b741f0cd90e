/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decide: what greylisting says about one attempt.  Pure: a record, the time
 * and the rules in, an outcome and the changed record out.  Every back end
 * follows these functions; a store that decides on its server mirrors them.
 *
 *            attempt            attempt, delay over           attempt
 *   (none) ----------> pending ---------------------> passed ---------> passed
 *     ^                 | |  ^                          |
 *     |  retry-window   | +--+ attempt, too early       |  max-age idle
 *     +-----------------+-------------------------------+
 *
 * The delay counts from the first attempt; early retries never restart it.
 */
#ifndef DB_DECIDE_H
#define DB_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

/* A passed record's last use is written at most this often: a pass is then a read. */
#define GREYLIST_REFRESH	3600	/* s */

struct greylist_params {
	int64_t		delay;		/* s from the first attempt to acceptance */
	int64_t		retry_window;	/* s from the first attempt within which it must succeed */
	int64_t		max_age;	/* s a passed triplet or an allowed client lives unused */
	uint32_t	auto_allow_after; /* passed triplets that make a client allowed; 0: never */
};

/* All times are seconds since 1970; all zero: no such record. */
struct greylist_record {
	int64_t		first;		/* first attempt of this round */
	int64_t		last;		/* latest use; of a passed record at most GREYLIST_REFRESH late */
	int64_t		passed;		/* first acceptance, 0 while pending */
	uint32_t	count;		/* attempts while pending, uses counted once passed; credits of a client */
};

enum greylist_outcome {
	GREYLIST_NEW,		/* first attempt, or the first of a new round: wait */
	GREYLIST_EARLY,		/* still too early: wait */
	GREYLIST_PASSED,	/* waited long enough, just now */
	GREYLIST_KNOWN,		/* passed before */
	GREYLIST_ALLOWED,	/* the client has passed so often that it is not asked any more */
};

struct greylist_answer {
	enum greylist_outcome	outcome;
	int64_t			wait;		/* s left; NEW and EARLY */
	int64_t			delayed;	/* s since the first attempt; PASSED */
	uint32_t		count;		/* attempts of this triplet, with this one */
};

/* Both return whether the record changed and must be written. */
bool	greylist_decide(struct greylist_record *, int64_t now, const struct greylist_params *,
	    struct greylist_answer *);
/* Whether the client record allows; *changed_r: must be written. */
bool	greylist_client_allowed(struct greylist_record *, int64_t now,
	    const struct greylist_params *, bool *changed_r);
/* One more triplet of this client passed; counted at most once in GREYLIST_REFRESH. */
bool	greylist_client_credit(struct greylist_record *, int64_t now,
	    const struct greylist_params *);

/* Last second in which the record still means something. */
int64_t	greylist_expires(const struct greylist_record *, const struct greylist_params *);

#endif
