/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys: what is looked up in an access table, and in which order; that of
 * Postfix access(5), so that its tables can be used as they are.
 *
 *	client		host.example.com example.com com, then
 *			192.0.2.1 192.0.2 192.0 192 (2001:db8::1 2001:db8: 2001:db8 2001)
 *	HELO		host.example.com example.com com
 *	sender,		user+ext@example.com user@example.com
 *	recipient	example.com com user+ext@ user@; the null sender is <>
 *
 * All keys are in lower case.  Networks are not keys but a look-up of their
 * own (table.h).
 */
#ifndef CHECKS_ACCESS_KEYS_H
#define CHECKS_ACCESS_KEYS_H

#include "lib/addr.h"
#include "lib/arena.h"
#include "lib/path.h"

#define KEYS_PARENTS_MAX	16	/* parent domains asked for, the shortest; a name of 127 labels must not cost 127 queries */
#define KEYS_MAX		(1 + KEYS_PARENTS_MAX + 8)	/* a client's name, its parents, eight parts of an address */

struct key_style {
	const char	*delimiters;	/* between user and extension: "+"; NULL: no extensions */
	bool		 dotted;	/* sub-domains are meant by ".example.com", not by "example.com" */
};

struct keys {
	const char	*v[KEYS_MAX];
	size_t		 n;
	bool		 failed;	/* no memory for one of them, or no room */
};

/* Each appends.  A domain, then its parents. */
void	keys_domain(struct keys *, const char *domain, const struct key_style *, struct arena *);
void	keys_addr(struct keys *, const struct addr *, struct arena *);
void	keys_path(struct keys *, const struct path *, const struct key_style *, struct arena *);

#endif
