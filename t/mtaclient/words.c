/* SPDX-License-Identifier: BSD-2-Clause */
/* Any byte can be written in a line of text, and many of them with few. */
#include "t/mtaclient/words.h"

#include <stdlib.h>
#include <string.h>

static int
hex(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = strchr(digits, c | 0x20);

	return c != '\0' && at != NULL ? (int)(at - digits) : 0;
}

/* \{60000*ab}: p behind the brace; returns behind its end. */
static const char *
repeat(struct buf *out, const char *p)
{
	char *star;
	unsigned long n = strtoul(p, &star, 10);
	const char *end = strchr(p, '}');

	if (end == NULL || *star != '*')
		return p;
	while (n-- > 0 && !out->cut)
		buf_write(out, star + 1, (size_t)(end - star - 1));
	return end + 1;
}

void
words_unescape(struct buf *out, const char *p)
{
	while (*p != '\0') {
		if (*p != '\\') {
			buf_putc(out, *p++);
			continue;
		}
		switch (*++p) {
		case 'n':
			buf_putc(out, '\n');
			break;
		case 'r':
			buf_putc(out, '\r');
			break;
		case 't':
			buf_putc(out, '\t');
			break;
		case '0':
			buf_putc(out, '\0');
			break;
		case 'x':
			buf_putc(out, (char)(hex(p[1]) << 4 | hex(p[2])));
			p += 2;
			break;
		case '{':
			p = repeat(out, p + 1) - 1;
			break;
		case '\0':
			return;
		default:
			buf_putc(out, *p);
		}
		p++;
	}
}

char *
words_next(char **rest)
{
	char *p = *rest, *end = p + strcspn(p, " ");

	*rest = *end == '\0' ? end : end + 1;
	*end = '\0';
	return p;
}
