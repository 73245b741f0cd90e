/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mailbox: whose domain stands in a From field.  Reads all of RFC 5322 3.4 and
 * 4.4 (comments, groups, source routes, obsolete spacing) and UTF-8 (RFC
 * 6532), and nothing else: where two programs could read two addresses there
 * is none.
 */
#ifndef LIB_MAILBOX_H
#define LIB_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/name.h"

enum mailbox_fault {
	MAILBOX_OK,
	MAILBOX_NONE,		/* no mailbox at all: empty, or groups without members */
	MAILBOX_SYNTAX,		/* not a list of addresses, or readable in two ways */
	MAILBOX_NO_DOMAIN,	/* "root" */
	MAILBOX_BAD_DOMAIN,	/* not a domain name, or an address literal */
};

#define MAILBOX_LOCAL_SIZE	65	/* RFC 5321 4.5.3.1.1: 64 octets, and the NUL */

struct mailbox_list {
	size_t	 count;			/* mailboxes */
	char	 local[MAILBOX_LOCAL_SIZE];	/* local part of the first, unquoted; "" if too long */
	char	 domain[NAME_TEXT_SIZE];	/* of the first, canonical */
	char	 other[NAME_TEXT_SIZE];		/* the first domain that differs; "" if all are the same */
};

/* A field's value as it came.  On a fault list->domain is "". */
enum mailbox_fault mailbox_read(const char *value, size_t len, struct mailbox_list *);
const char	*mailbox_fault_text(enum mailbox_fault);

#endif
