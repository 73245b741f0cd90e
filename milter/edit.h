/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Edit: what is done to a message at its end: fields that forge our results
 * go, ours are put on top, quarantine.
 */
#ifndef MILTER_EDIT_H
#define MILTER_EDIT_H

#include <libmilter/mfapi.h>

#include "milter/stage.h"

/*
 * Nobody honest has one.  Every one must go, and Postfix reads the header again
 * for each (9,000 cost it 6.5 s), so beyond this the message is refused.
 */
#define EDIT_FORGED_MAX	200

/*
 * Received Authentication-Results fields that claim to be ours.  Noted here
 * and not found among the headers stage.c keeps, because those have a limit.
 */
struct edit_forged {
	uint32_t	 seen;		/* fields of that name so far */
	uint32_t	*nth;		/* those to delete, ascending, 1-based; NULL: none */
	size_t		 count;
	bool		 beyond;	/* there are more, or there is no memory */
};

/* What the MTA allows. */
struct edit_rights {
	bool	add, change, quarantine;
	bool	leading_space;		/* values bring their own */
};

void	edit_forged_note(struct edit_forged *, const char *name, const char *value,
	    const char *authserv_id);
void	edit_forged_reset(struct edit_forged *);

/* 0, or -1 when the MTA would not take an edit (it has gone). */
int	edit_message(SMFICTX *, const struct edit_rights *, const struct edit_forged *,
	    const struct stage_walk *, const struct decision *);

#endif
