/* SPDX-License-Identifier: BSD-2-Clause */
/* Buf: appending with a bound; what does not fit is cut, and the cut remembered. */
#include "lib/buf.h"

#include <stdio.h>
#include <string.h>

void
buf_init(struct buf *b, char *room, size_t size)
{
	*b = (struct buf){.s = room, .size = size};
	room[0] = '\0';
}

void
buf_reset(struct buf *b)
{
	buf_init(b, b->s, b->size);
}

void
buf_write(struct buf *b, const char *s, size_t len)
{
	size_t room = b->size - 1 - b->len;

	if (len > room) {
		len = room;
		b->cut = true;
	}
	memcpy(b->s + b->len, s, len);
	b->len += len;
	b->s[b->len] = '\0';
}

void
buf_putc(struct buf *b, char c)
{
	if (b->len + 1 >= b->size) {
		b->cut = true;
		return;
	}
	b->s[b->len++] = c;
	b->s[b->len] = '\0';
}

void
buf_puts(struct buf *b, const char *s)
{
	buf_write(b, s, strlen(s));
}

void
buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	size_t room = b->size - b->len;
	int len = vsnprintf(b->s + b->len, room, fmt, ap);

	if (len < 0 || (size_t)len >= room) {
		b->cut = true;
		b->len = len < 0 ? b->len : b->size - 1;
		b->s[b->len] = '\0';
		return;
	}
	b->len += (size_t)len;
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}
