/* SPDX-License-Identifier: BSD-2-Clause */
/* Envelope: what is wrong with an address of MAIL or RCPT by RFC 5321 alone. */
#ifndef CHECKS_ENVELOPE_H
#define CHECKS_ENVELOPE_H

#include "checks/check.h"

/* The gravest oddity in words ("is not between < and >"), or NULL.  The path is text of the client. */
const char	*envelope_fault(const struct txn *, const struct path *);
/* Whether the domain is a name of at least two labels or an address literal. */
bool		 envelope_is_qualified(const struct path *);

#endif
