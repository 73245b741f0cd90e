/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tags: lists of "name=value" with semicolons between them (RFC 6376 3.2), as
 * in DKIM signatures and keys and in DMARC records.  Splitting never fails;
 * whether a piece that is no tag spoils the list is for the caller to say.
 */
#ifndef LIB_TAGS_H
#define LIB_TAGS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"

struct tag {
	const char	*name;		/* not terminated */
	size_t		 name_len;	/* 0: this piece is not NAME=VALUE */
	const char	*value;		/* not terminated; folds inside are kept */
	size_t		 value_len;
};

struct tags_cursor {
	const char	*s;
	size_t		 len;
};

/* Next piece, white space around name and value gone; false at the end.  Empty pieces are passed over. */
bool	tags_next(struct tags_cursor *, struct tag *);
/* Names are case-sensitive (RFC 6376 3.2). */
bool	tag_is(const struct tag *, const char *name);
bool	tag_value_is(const struct tag *, const char *value);	/* ignoring letter case */
/* The value without any white space. */
void	tag_collapse(const struct tag *, struct buf *out);

/*
 * The whole list is well-formed: each piece is a tag and no name comes twice.
 * Names that differ in case only are twins too: readers disagree which counts.
 */
#define TAGS_MAX	32	/* tags of one list; RFC 6376 knows 13, so the rest is noise */
bool	tags_are_valid(const char *s, size_t len);
/* The tag of that name in a valid list. */
bool	tags_find(const char *s, size_t len, const char *name, struct tag *);

#endif
