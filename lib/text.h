/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text: words from outside made safe for the place they go to.  One function
 * per place, and no other way to get there.
 */
#ifndef LIB_TEXT_H
#define LIB_TEXT_H

#include <stdbool.h>

#include "lib/buf.h"

/* How many of at most max bytes to take, so that no UTF-8 character is cut. */
size_t	 text_fit(const char *, size_t max);
/*
 * The character at s, which is not at the end: how many bytes of UTF-8 it has,
 * and whether people may be shown it as it is.  They may not: controls, C1
 * among them (U+009B begins an escape sequence as ESC [ does), what turns the
 * direction of lines or ends them (UAX #9), bytes that are not UTF-8.
 */
size_t	 text_char(const char *s, bool *plain_r);
/*
 * SMTP reply: printable ASCII, others '?', no CR or LF, at most max bytes of
 * input.  Does not double '%'.
 */
void	 text_reply(struct buf *, const char *, size_t max);
/*
 * Value of a key=value log line: bare if it is made of safe characters, else
 * double-quoted with \" \\ and \xHH; at most max input bytes, "..." when cut.
 */
void	 text_log(struct buf *, const char *, size_t max);
/*
 * Into a header field.  Controls are dropped and 8-bit bytes become '?': only
 * internationalized messages may carry them, and which message that is is not
 * known here.
 */
/* Comment without its parentheses (RFC 5322 3.2.2): ( ) \ escaped; at most max input bytes. */
void	 text_comment(struct buf *, const char *, size_t max);
/* RFC 8601 2.2 value: RFC 2045 token as it is, anything else as quoted-string. */
void	 text_value(struct buf *, const char *);
/*
 * RFC 8601 pvalue: local@domain may stay bare where local is a dot-atom or
 * empty and domain a name; else as text_value().
 */
void	 text_pvalue(struct buf *, const char *);
/* JSON string with its quotes (RFC 8259 7); bytes that are not UTF-8 become U+FFFD, what text_char() would not show \uHHHH; at most max input bytes, "..." when cut. */
void	 text_json(struct buf *, const char *, size_t max);

#endif
