/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every function here takes any bytes and produces only what its place
 * allows; nothing from outside reaches a reply, a header or a log otherwise.
 */
#include "lib/text.h"

#include <stdint.h>
#include <string.h>

#include "lib/ascii.h"
#include "lib/name.h"

void
text_reply(struct buf *b, const char *s, size_t max)
{
	for (size_t i = 0; i < max && s[i] != '\0'; i++)
		buf_putc(b, ascii_is_printable(s[i]) ? s[i] : '?');
}

size_t
text_fit(const char *s, size_t max)
{
	size_t len = strnlen(s, max), back = 0;

	if (s[len] == '\0')
		return len;
	while (back < 3 && back < len && ((unsigned char)s[len - back] & 0xc0) == 0x80)
		back++;
	return len - back;
}

void
text_log(struct buf *b, const char *s, size_t max)
{
	size_t len = text_fit(s, max);
	bool cut = s[len] != '\0', bare = len > 0;

	for (size_t i = 0; i < len && bare; i++)
		bare = ascii_is_printable(s[i]) && strchr(" \"\\=", s[i]) == NULL;
	if (!bare)
		buf_putc(b, '"');
	for (size_t i = 0; i < len; i++) {
		if (!ascii_is_printable(s[i])) {
			buf_printf(b, "\\x%02x", (unsigned char)s[i]);
			continue;
		}
		if (s[i] == '"' || s[i] == '\\')
			buf_putc(b, '\\');
		buf_putc(b, s[i]);
	}
	if (cut)
		buf_puts(b, "...");
	if (!bare)
		buf_putc(b, '"');
}

/* Header text with a backslash before each of special; see the header for the rest. */
static void
escape(struct buf *b, const char *s, size_t max, const char *special)
{
	for (size_t i = 0; i < max && s[i] != '\0'; i++) {
		if (ascii_is_control(s[i]))
			continue;
		if (strchr(special, s[i]) != NULL)
			buf_putc(b, '\\');
		buf_putc(b, ascii_is_eight_bit(s[i]) ? '?' : s[i]);
	}
}

void
text_comment(struct buf *b, const char *s, size_t max)
{
	escape(b, s, max, "()\\");
}

void
text_value(struct buf *b, const char *s)
{
	size_t len = 0;

	while (ascii_is_token(s[len]))
		len++;
	if (len > 0 && s[len] == '\0') {
		buf_write(b, s, len);
		return;
	}
	buf_putc(b, '"');
	escape(b, s, SIZE_MAX, "\"\\");
	buf_putc(b, '"');
}

void
text_pvalue(struct buf *b, const char *s)
{
	const char *at = strrchr(s, '@');
	char domain[NAME_TEXT_SIZE];
	bool ascii = true;

	for (const char *p = s; *p != '\0'; p++)
		ascii = ascii && !ascii_is_eight_bit(*p);
	if (at != NULL && ascii && name_canon(at + 1, domain) == NAME_OK &&
	    (at == s || ascii_is_dot_atom(s, (size_t)(at - s))))
		buf_puts(b, s);
	else
		text_value(b, s);
}

/* Bytes of the UTF-8 character at s (RFC 3629 4), 0 if there is none. */
static size_t
utf8_len(const char *s, size_t room)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t len = u[0] < 0x80 ? 1 : u[0] < 0xc2 ? 0 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;

	if (u[0] > 0xf4 || len > room)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, beyond U+10FFFF. */
	if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f) ||
	    (u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] > 0x8f))
		return 0;
	return len;
}

static uint32_t
code_point(const char *s, size_t len)
{
	uint32_t c = (unsigned char)s[0];

	if (len > 1)
		c &= 0x7fU >> len;
	for (size_t i = 1; i < len; i++)
		c = c << 6 | ((unsigned char)s[i] & 0x3f);
	return c;
}

static bool
is_plain(uint32_t c)
{
	static const struct {
		uint32_t from, to;
	} hidden[] = {{0, 0x1f}, {0x7f, 0x9f}, {0x61c, 0x61c}, {0x200e, 0x200f}, {0x2028, 0x202e},
	    {0x2066, 0x2069}};

	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
		if (c >= hidden[i].from && c <= hidden[i].to)
			return false;
	return true;
}

size_t
text_char(const char *s, bool *plain_r)
{
	size_t len = utf8_len(s, strnlen(s, 4));

	*plain_r = len > 0 && is_plain(code_point(s, len));
	return len + (len == 0);
}

void
text_json(struct buf *b, const char *s, size_t max)
{
	size_t len = text_fit(s, max), n;

	buf_putc(b, '"');
	for (size_t i = 0; i < len; i += n + (n == 0)) {
		n = utf8_len(s + i, len - i);
		if (n == 0)
			buf_puts(b, "\xef\xbf\xbd");
		else if (s[i] == '"' || s[i] == '\\')
			buf_printf(b, "\\%c", s[i]);
		else if (!is_plain(code_point(s + i, n)))
			buf_printf(b, "\\u%04x", code_point(s + i, n));
		else
			buf_write(b, s + i, n);
	}
	if (s[len] != '\0')
		buf_puts(b, "...");
	buf_putc(b, '"');
}
