/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keyhash: text hidden behind a key (HMAC-SHA-256).  The same text gives the
 * same digest for whoever has the key, and nobody else can try addresses.
 */
#ifndef LIB_KEYHASH_H
#define LIB_KEYHASH_H

#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"

#define KEYHASH_KEY_MIN		16	/* bytes; a shorter key could be tried out */
#define KEYHASH_KEY_MAX		4096	/* bytes; beyond it somebody named the wrong file */
#define KEYHASH_TEXT_SIZE	34	/* '#', 32 hexadecimal digits (128 bits), NUL */

struct keyhash {
	const uint8_t	*key;
	size_t		 len;
};

/* The key in a file which only its owner (and group) may read.  0, or -1: why. */
int	keyhash_load(struct keyhash *, const char *path, struct arena *, const char **why_r);
/* "#" and digits.  Returns out. */
const char *keyhash_text(const struct keyhash *, const char *, char out[KEYHASH_TEXT_SIZE]);

#endif
