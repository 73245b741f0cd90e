/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Name: domain names as text.  Lower case, A-labels, no trailing dot: that is
 * the canonical form, and name_canon() is the only way to get it.
 */
#ifndef LIB_NAME_H
#define LIB_NAME_H

#include <stdbool.h>
#include <stddef.h>

#define NAME_TEXT_SIZE	254	/* RFC 1035 2.3.4: 253 characters of text, and the NUL */
#define NAME_LABEL_MAX	63	/* RFC 1035 2.3.4 */

enum name_fault {
	NAME_OK,
	NAME_EMPTY,
	NAME_TOO_LONG,		/* name or label */
	NAME_BAD_LABEL,		/* empty label, leading or trailing hyphen */
	NAME_BAD_CHARACTER,	/* not letter, digit, hyphen, underscore */
	NAME_BAD_IDN,		/* U-labels that IDNA2008 refuses */
	NAME_ALL_NUMERIC,	/* last label all digits: an address, not a name */
};

/*
 * Canonical form of a host or domain name.  One trailing dot is tolerated,
 * underscores too (common in Windows hosts and DNS service names); UTF-8 is
 * turned into A-labels (IDNA2008 by libidn2).  out is "" on a fault.
 */
enum name_fault name_canon(const char *in, char out[NAME_TEXT_SIZE]);
const char *name_fault_text(enum name_fault);

/* Canonical names only from here on. */
size_t	 name_labels(const char *);
/* The name without its first label; NULL at the last label. */
const char *name_parent(const char *);
/* Equal to domain or below it; nothing is within "". */
bool	 name_within(const char *name, const char *domain);

#endif
