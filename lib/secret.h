/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Secret: DNS lists that are paid for have the subscriber's key as the first
 * label of their zone.  Whoever reads a reply, a header or a log must not
 * learn it.
 */
#ifndef LIB_SECRET_H
#define LIB_SECRET_H

#include <stddef.h>

/*
 * How many bytes in front of a zone's name, the dot included, are a key; 0 if
 * none.  name + secret_len(name) may be shown.  Anything behind the name
 * (a filter) does not matter.
 */
size_t	secret_len(const char *name);
/* Each byte of each copy of key that is a word of its own in text, in any letter case, becomes '*'. */
void	secret_hide(char *text, const char *key);

#endif
