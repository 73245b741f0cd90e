/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Header: reading structured header fields (RFC 5322) piece by piece.  A
 * cursor stands before the text not yet read; each function takes one piece
 * off its front.  Text that is begun and never ended (a comment, a quoted
 * string) uses up all the rest, so a reader passes every byte once, whatever
 * the sender wrote.
 */
#ifndef LIB_HEADER_H
#define LIB_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"

struct header_cursor {
	const char	*s;		/* need not end in NUL */
	size_t		 len;		/* bytes left */
};

/* Nested comments; real fields have one or two levels, deeper ones are malformed to us. */
#define HEADER_COMMENT_DEPTH_MAX	100

/*
 * CFWS (RFC 5322 3.2.2), which may be empty: white space, folds, comments.
 * False when a comment does not end or nests too deep; nothing is left then.
 */
bool	header_cfws(struct header_cursor *);
/* Exactly this character, or false and nothing taken. */
bool	header_char(struct header_cursor *, char);
/*
 * The next two append what they read to *out, unquoted and unfolded, or
 * nowhere when out is NULL.  False when there is none.
 */
/* RFC 2045 5.1 token. */
bool	header_token(struct header_cursor *, struct buf *out);
/* RFC 5322 3.2.4 quoted-string.  When it does not end nothing is left. */
bool	header_quoted(struct header_cursor *, struct buf *out);

/*
 * A field's value on one line (RFC 5322 2.2.3): line ends go, the white space
 * behind them stays; none is left at the ends.
 */
void	header_unfold(struct buf *out, const char *value, size_t len);

#endif
