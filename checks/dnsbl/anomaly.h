/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Anomaly: notices that a block list lists far more than it used to.  Pure:
 * no DNS, no log, time is an argument.
 *
 *	window  distinct clients of the last ten minutes: asked, listed
 *	past    the same over all earlier windows, old ones fading
 *
 * The list is set aside when it lists more than `share' per cent of at least
 * `clients' distinct clients, and this share is more than `growth' times that
 * of the past; or when the same holds for the clients that an allow list
 * vouches for, where fewer are enough; or for those whose mail passes DMARC,
 * where fewer are not, because forgers own domains, too.  It is believed again
 * after a window in which none of this holds.
 */
#ifndef CHECKS_DNSBL_ANOMALY_H
#define CHECKS_DNSBL_ANOMALY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"

/* Distinct clients one window remembers; the window ends early when they are all taken. */
#define ANOMALY_CLIENTS_MAX	1024
/* Power of two; twice the clients keeps probing short. */
#define ANOMALY_SLOTS		2048
/* A past shorter than this many clients proves nothing: the first day of a new server is quiet. */
#define ANOMALY_PAST_MIN	200
/* Beyond it the past is halved, so that it follows a list's slow growth. */
#define ANOMALY_PAST_MAX	20000
/* So many vouched clients weigh as much as `clients' strangers: they are hardly ever listed. */
#define ANOMALY_VOUCHED_MIN	10
/* A window with fewer clients goes on: too little to believe the list again. */
#define ANOMALY_RECOVERY_MIN	10

struct anomaly_limits {
	int64_t	window;		/* ms */
	int64_t	clients;	/* at least so many distinct ones; <= ANOMALY_CLIENTS_MAX */
	int64_t	share;		/* per cent */
	int64_t	growth;		/* times */
};

struct anomaly_share {
	unsigned	asked, listed;
};

/* What is known of a client; bits. */
enum anomaly_mark {
	ANOMALY_LISTED	= 1 << 0,
	ANOMALY_VOUCHED	= 1 << 1,	/* an allow list knows it */
	ANOMALY_PROVED	= 1 << 2,	/* its mail passed DMARC */
	ANOMALY_MARKS	= 7,
};

enum anomaly_group { ANOMALY_ALL, ANOMALY_OF_VOUCHED, ANOMALY_OF_PROVED, ANOMALY_GROUPS };

struct anomaly {
	bool			tripped;
	int64_t			began;		/* ms; of this window, 0: not begun */
	struct anomaly_share	window[ANOMALY_GROUPS], past[ANOMALY_GROUPS];
	uint64_t		seed;		/* clients must not be able to choose their slot */
	uint64_t		seen[ANOMALY_SLOTS];	/* this window's clients, hash | marks; 0: free */
};

void	anomaly_init(struct anomaly *, uint64_t seed);
/*
 * One client was asked for, or more is known of it: within a window its marks
 * add up.  Returns true when `tripped' has changed.
 */
bool	anomaly_observe(struct anomaly *, const struct anomaly_limits *, int64_t now,
	    const struct addr *client, unsigned marks);

#endif
