/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Buf: text built up in memory the caller owns, always ending in NUL, never
 * longer than its room.  What does not fit is cut and remembered, so a caller
 * checks once, at the end.
 */
#ifndef LIB_BUF_H
#define LIB_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
	char	*s;		/* NUL-terminated */
	size_t	 len;		/* without the NUL */
	size_t	 size;		/* room, with the NUL; at least 1 */
	bool	 cut;		/* something did not fit */
};

void	 buf_init(struct buf *, char *room, size_t size);
void	 buf_reset(struct buf *);
void	 buf_putc(struct buf *, char);
void	 buf_puts(struct buf *, const char *);
void	 buf_write(struct buf *, const char *, size_t len);
void	 buf_printf(struct buf *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	 buf_vprintf(struct buf *, const char *fmt, va_list)
	    __attribute__((format(printf, 2, 0)));

#endif
