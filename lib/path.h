/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Path: the address of MAIL FROM and RCPT TO as an MTA hands it to a milter
 * (seen: with or without angle brackets, source routes, quoted local parts,
 * 8-bit).  Reading is tolerant and never fails; what was odd is a flag, and
 * the check `sender' decides what that means.
 */
#ifndef LIB_PATH_H
#define LIB_PATH_H

#include <stdbool.h>

#include "lib/arena.h"

enum path_oddity {
	PATH_NO_BRACKETS	= 1 << 0,	/* one or both missing */
	PATH_SOURCE_ROUTE	= 1 << 1,	/* <@a,@b:user@d>; the route is dropped */
	PATH_BAD_QUOTING	= 1 << 2,	/* quote not closed, backslash at the end */
	PATH_CONTROL		= 1 << 3,	/* control characters */
	PATH_EIGHT_BIT		= 1 << 4,
	PATH_BAD_DOMAIN		= 1 << 5,	/* name_canon or addr_parse_literal refused it */
	PATH_BAD_LOCAL		= 1 << 6,	/* not dot-atom, not quoted-string */
	PATH_TOO_LONG		= 1 << 7,	/* RFC 5321 4.5.3.1: 64, 255, 256 */
	PATH_NO_DOMAIN		= 1 << 8,	/* "postmaster" alone */
};

struct path {
	const char	*text;		/* local@domain as written, without <> and route; "" is the null sender */
	const char	*local;		/* unquoted local part */
	const char	*domain;	/* canonical A-labels; "[...]" literals as typed; "" if none or bad */
	unsigned	 oddities;	/* enum path_oddity */
	bool		 null;		/* <>, or nothing at all (non-SMTP submission) */
	bool		 literal;	/* domain is an address literal */
};

/* 0, or -1 without memory. */
int	 path_parse(struct path *, const char *typed, struct arena *);

#endif
