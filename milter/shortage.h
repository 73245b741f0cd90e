/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shortage: libmilter out of descriptors or threads.  Left alone it turns round
 * accept() as fast as it can, and forgets a connection for which it got no
 * thread: the MTA waits for nothing, and the descriptor is lost for ever.
 */
#ifndef MILTER_SHORTAGE_H
#define MILTER_SHORTAGE_H

#include "lib/buf.h"

/* Before libmilter: from now on such connections wait until there is room.  0, or -1 with why. */
int	shortage_start(struct buf *why);

#endif
