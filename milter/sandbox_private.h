/* SPDX-License-Identifier: BSD-2-Clause */
/* The two halves of sandbox; each says why it cannot be had. */
#ifndef MILTER_SANDBOX_PRIVATE_H
#define MILTER_SANDBOX_PRIVATE_H

#include "lib/buf.h"

enum fence_right { FENCE_READ, FENCE_WRITE, FENCE_REMOVE };

/* sandbox_files.c: a descriptor, or -1 with why. */
int	fence_new(struct buf *why);
/* That folder and all below, or that file; what is not there is left out. */
void	fence_allow(int fence, const char *path, enum fence_right);
/* For good; the descriptor is closed.  0, or -1 with why. */
int	fence_close(int fence, struct buf *why);

/* sandbox_calls.c.  0, or -1 with why. */
int	calls_deny(struct buf *why);

#endif
