/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Length: how long a body is once it is canonical (RFC 6376 3.4.3, 3.4.4).
 * The library does not tell for signatures with l=, which is where it matters.
 */
#ifndef CHECKS_DKIM_LENGTH_H
#define CHECKS_DKIM_LENGTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All-zero is the start. */
struct body_length {
	int64_t	simple, relaxed;		/* octets up to the last one that counts */
	int64_t	simple_lines, relaxed_lines;	/* line ends behind it */
	bool	cr, space;			/* seen, not yet counted */
};

void	body_length_add(struct body_length *, const unsigned char *, size_t);
int64_t	body_length_get(const struct body_length *, bool relaxed);

#endif
