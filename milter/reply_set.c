/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libmilter takes printf-like text: a lone % is dropped by Postfix and makes
 * Sendmail ignore the whole text, so each is doubled.  RFC 5321 4.5.3.1.5
 * limits a reply line to 512 octets; longer text goes out in several lines.
 */
#include "milter/reply_set.h"

#include <string.h>

#define LINE_MAX_BYTES 480 /* 512 without "550-5.7.25 ", CRLF and what Sendmail puts before it */
#define LINES          3 /* REPLY_TEXT_MAX in lines broken at a space */

/* Bytes of text that go into one line: all, or up to a space. */
static size_t
line_len(const char *text)
{
	size_t len = strlen(text), at = LINE_MAX_BYTES;

	if (len <= LINE_MAX_BYTES)
		return len;
	while (at > LINE_MAX_BYTES / 2 && text[at] != ' ')
		at--;
	return text[at] == ' ' ? at : LINE_MAX_BYTES;
}

static void
line_format(char out[2 * LINE_MAX_BYTES + 1], const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		*out++ = text[i];
		if (text[i] == '%')
			*out++ = '%';
	}
	*out = '\0';
}

sfsistat
reply_set(SMFICTX *ctx, const struct reply *r)
{
	char lines[LINES][2 * LINE_MAX_BYTES + 1];
	const char *text = r->text;
	size_t n = 0, len;

	do {
		len = line_len(text);
		line_format(lines[n++], text, len);
		text += len + (text[len] == ' ');
	} while (n < LINES && *text != '\0');

	/* The default text of the MTA must do when ours is refused; code and meaning stay. */
	(void)smfi_setmlreply(ctx, r->code, r->xcode, lines[0], n > 1 ? lines[1] : NULL,
	    n > 2 ? lines[2] : NULL, NULL);
	return r->code[0] == '5' ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}
