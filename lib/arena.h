/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arena: memory that is given back all at once.  One per connection, one per
 * message (STYLE: no free() scattered over error paths).  Every arena has a
 * cap, so that a hostile client cannot make us grow: beyond it, and when the
 * system has no memory, the allocators return NULL and the caller reports
 * temperror.
 */
#ifndef LIB_ARENA_H
#define LIB_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block	*blocks;	/* newest first */
	size_t			 used;		/* bytes handed out since reset */
	size_t			 cap;		/* most bytes ever handed out */
	size_t			 first;		/* bytes of the first block; 0: what a message needs */
};

/* No memory is taken before the first allocation; a zeroed arena with cap set is valid. */
void	 arena_init(struct arena *, size_t cap);
/* Forget everything, keep at most one block for the next round. */
void	 arena_reset(struct arena *);
void	 arena_fini(struct arena *);

/* Zeroed, aligned for any type.  NULL beyond the cap or without memory. */
void	*arena_alloc(struct arena *, size_t size);
/* As arena_alloc for an array; NULL when count * size overflows. */
void	*arena_array(struct arena *, size_t count, size_t size);
/* Copies end in NUL.  NULL in, NULL out. */
char	*arena_strdup(struct arena *, const char *);
char	*arena_strndup(struct arena *, const char *, size_t len);
char	*arena_printf(struct arena *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
char	*arena_vprintf(struct arena *, const char *fmt, va_list)
	    __attribute__((format(printf, 2, 0)));

#endif
