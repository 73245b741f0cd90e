/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What goes into Authentication-Results: whatever a sender wrote, it must be
 * one value or one comment to whoever reads the field, and end where we end it.
 */
#include "t/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "lib/header.h"
#include "lib/text.h"

const char fuzz_name[] = "quoting";

#define ROOM 20000

static void
must_be_one_value(const struct buf *b)
{
	struct header_cursor c = {b->s, b->len};

	if ((!header_token(&c, NULL) && !header_quoted(&c, NULL)) || c.len != 0)
		abort();
}

static void
must_be_plain(const struct buf *b)
{
	for (size_t i = 0; i < b->len; i++)
		if (b->s[i] < ' ' || b->s[i] > '~')
			abort();
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1), room[ROOM];
	struct header_cursor c;
	struct buf b;

	if (text == NULL)
		abort();
	memcpy(text, data, len);
	text[len] = '\0';
	buf_init(&b, room, sizeof room);
	text_value(&b, text);
	must_be_plain(&b);
	if (!b.cut)
		must_be_one_value(&b);

	buf_reset(&b);
	text_pvalue(&b, text);
	must_be_plain(&b);
	/* local@domain stays bare (RFC 8601 2.2); all else is one value. */
	c = (struct header_cursor){b.s, b.len};
	if (!b.cut && (b.s[0] == '"' || memchr(b.s, '@', b.len) == NULL))
		must_be_one_value(&b);
	else if (!b.cut && strpbrk(b.s, " ;()\"\\") != NULL)
		abort();

	buf_reset(&b);
	buf_putc(&b, '(');
	text_comment(&b, text, 200);
	buf_putc(&b, ')');
	must_be_plain(&b);
	c = (struct header_cursor){b.s, b.len};
	if (!header_cfws(&c) || c.len != 0)
		abort();
	free(text);
}
