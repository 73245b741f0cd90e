/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Comments nest, so depth is counted, not recursed into: sixty thousand
 * opening parentheses cost a counter and one pass.
 */
#include "lib/header.h"

#include "lib/ascii.h"

static void
skip(struct header_cursor *c, size_t n)
{
	c->s += n;
	c->len -= n;
}

static bool
fail_at_end(struct header_cursor *c)
{
	skip(c, c->len);
	return false;
}

/* From the opening parenthesis to behind the closing one. */
static bool
comment(struct header_cursor *c)
{
	unsigned depth = 0;

	for (size_t i = 0; i < c->len; i++) {
		if (c->s[i] == '\\')
			i++;
		else if (c->s[i] == '(' && ++depth > HEADER_COMMENT_DEPTH_MAX)
			break;
		else if (c->s[i] == ')' && --depth == 0) {
			skip(c, i + 1);
			return true;
		}
	}
	return fail_at_end(c);
}

bool
header_cfws(struct header_cursor *c)
{
	for (;;) {
		while (c->len > 0 && ascii_is_folding_space(*c->s))
			skip(c, 1);
		if (c->len == 0 || *c->s != '(')
			return true;
		if (!comment(c))
			return false;
	}
}

bool
header_char(struct header_cursor *c, char wanted)
{
	if (c->len == 0 || *c->s != wanted)
		return false;
	skip(c, 1);
	return true;
}

bool
header_token(struct header_cursor *c, struct buf *out)
{
	size_t n = 0;

	while (n < c->len && ascii_is_token(c->s[n]))
		n++;
	if (out != NULL)
		buf_write(out, c->s, n);
	skip(c, n);
	return n > 0;
}

bool
header_quoted(struct header_cursor *c, struct buf *out)
{
	if (c->len == 0 || *c->s != '"')
		return false;
	for (size_t i = 1; i < c->len; i++) {
		char ch = c->s[i];

		if (ch == '"') {
			skip(c, i + 1);
			return true;
		}
		if (ch == '\r' || ch == '\n')
			continue;
		if (ch == '\\' && ++i < c->len)
			ch = c->s[i];
		if (out != NULL && i < c->len)
			buf_putc(out, ch);
	}
	return fail_at_end(c);
}

void
header_unfold(struct buf *out, const char *value, size_t len)
{
	while (len > 0 && ascii_is_folding_space(*value)) {
		value++;
		len--;
	}
	while (len > 0 && ascii_is_folding_space(value[len - 1]))
		len--;
	for (size_t i = 0; i < len; i++)
		if (value[i] != '\r' && value[i] != '\n')
			buf_putc(out, value[i]);
}
