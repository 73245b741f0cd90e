/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Macros: which ones we want of the MTA, and what they say of a connection.
 * Part of session.c's knowledge of libmilter.
 */
#ifndef MILTER_MACROS_H
#define MILTER_MACROS_H

#include <libmilter/mfapi.h>

#include "milter/stage.h"

/* In xxfi_negotiate, where the MTA lets us choose (SMFIF_SETSYMLIST). */
void		 macros_want(SMFICTX *);
/* NULL: it did not come.  Valid until the callback returns. */
const char	*macros_get(SMFICTX *, const char *name);
/* In xxfi_connect, from its arguments too; c points into both. */
void		 macros_connection(SMFICTX *, const char *host, const struct sockaddr *,
		    struct connection *c);

#endif
