/* SPDX-License-Identifier: BSD-2-Clause */
/* Owner: as whom files of a store are written. */
#ifndef CTL_OWNER_H
#define CTL_OWNER_H

/*
 * What root leaves in the daemon's directory, the daemon cannot open: from now
 * on we are the owner of the directory, if we are root and that is somebody
 * else.  0, or -1: errno says why.
 */
int	owner_become(const char *directory);

#endif
