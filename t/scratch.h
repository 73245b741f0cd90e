/* SPDX-License-Identifier: BSD-2-Clause */
/* Scratch: throw-away folders for tests, below TMPDIR. */
#ifndef T_SCRATCH_H
#define T_SCRATCH_H

#include <stddef.h>

#define SCRATCH_SIZE	256

/* Made anew; ends the test when that fails. */
void	scratch_make(char path[SCRATCH_SIZE]);
void	scratch_remove(const char *path);
/* The path of the only entry whose name begins with prefix, "" if none. */
void	scratch_find(const char *path, const char *prefix, char out[SCRATCH_SIZE]);

#endif
