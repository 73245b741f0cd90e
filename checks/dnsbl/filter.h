/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Filter: which answers of a DNS list count, in Postfix's syntax:
 *
 *	filter = octet "." octet "." octet "." octet
 *	octet  = number / "[" item *( ";" item ) "]"
 *	item   = number / number ".." number
 *
 * Kept as one bitmap per octet, so a match is four bit tests.
 */
#ifndef CHECKS_DNSBL_FILTER_H
#define CHECKS_DNSBL_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

struct filter {
	uint8_t	octets[4][32];		/* bit n of octets[i]: value n at place i counts */
};

/* Every answer in 127.0.0.0/8. */
void	filter_any(struct filter *);
/*
 * The first len bytes of text.  Only 127.0.0.0/8 can be a listing (RFC 5782
 * 2.1), so the first octet must be 127.  0, or -1 with the mistake in *why_r.
 */
int	filter_parse(struct filter *, const char *text, size_t len, const char **why_r);
bool	filter_match(const struct filter *, const struct addr *);

#endif
