/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Table: OpenDKIM's KeyTable and SigningTable as they are (opendkim.conf(5)):
 *
 *	KeyTable	NAME  DOMAIN:SELECTOR:PATH
 *			NAME  DOMAIN:SELECTOR:KEY
 *	SigningTable	PATTERN  NAME
 *
 * DOMAIN or NAME may be "%", the author's domain, and so is each "%" in PATH.
 * OpenDKIM looks for such a file when mail comes; here those that exist are
 * loaded at once, like all keys.  KEY is base64 of DER.  In a "refile:" a
 * PATTERN is matched against the author's address, with "*" for any text; in
 * other files it is one of user@host, host, user@.parent, .parent, user@*, *.
 */
#ifndef CHECKS_SIGN_TABLE_H
#define CHECKS_SIGN_TABLE_H

#include "checks/sign_key.h"

#define SIGN_TABLE_FILE_MAX	(4 * 1024 * 1024)	/* bytes of one file */

struct sign_named_key {
	const char	*name;
	const char	*domain;	/* canonical; NULL: the author's */
	const char	*author;	/* domain of the authors it is for; NULL: all */
	struct sign_key	 key;
};

struct sign_row {
	const char	*pattern;
	const char	*name;		/* NULL: the author's domain */
};

struct sign_table {
	struct sign_named_key	*keys;
	size_t			 key_count;
	struct sign_row		*rows;
	size_t			 row_count;
	bool			 wild;		/* refile: */
};

/* Both files, keys loaded too.  0, or -1 with "FILE:LINE: what is wrong". */
int	 sign_table_load(struct sign_table *, const char *key_table, const char *signing_table,
	    struct arena *, const char **why_r);
/*
 * Up to max keys for an author, in the order OpenDKIM looks.  local "" if it
 * is unknown.
 */
size_t	 sign_table_find(const struct sign_table *, const char *local, const char *domain,
	    const struct sign_named_key *out[], size_t max);

#endif
