/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Author: who a message says it is from (RFC 5322 3.6.2).  DKIM and DMARC
 * speak of the domain found here, never of another one.
 */
#ifndef CHECKS_AUTHOR_H
#define CHECKS_AUTHOR_H

#include "checks/check.h"
#include "lib/mailbox.h"

enum author_fault {
	AUTHOR_OK, AUTHOR_MISSING, AUTHOR_MULTIPLE, AUTHOR_INVALID,
	AUTHOR_CUT,		/* the header is too large: there may be a From field nobody looked at */
};

struct author {
	enum author_fault	 fault;
	enum mailbox_fault	 why;			/* of AUTHOR_INVALID */
	size_t			 fields;		/* From fields */
	char			 local[MAILBOX_LOCAL_SIZE];	/* of the first author; "" on a fault, or if too long */
	char			 domain[NAME_TEXT_SIZE];	/* canonical; "" on a fault */
	char			 other[NAME_TEXT_SIZE];	/* of AUTHOR_MULTIPLE in one field: a second domain */
};

/* From the end of the header on. */
void	author_find(struct author *, const struct txn *);

/* The check "author": no author, several, or nobody can tell. */
extern const struct check check_author;

#endif
