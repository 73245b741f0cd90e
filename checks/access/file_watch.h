/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * File watch: whether a file should be read again.  It should when it is
 * another one than was read and looks the same in two rounds, so that one
 * being written is left alone.
 */
#ifndef CHECKS_ACCESS_FILE_WATCH_H
#define CHECKS_ACCESS_FILE_WATCH_H

#include <sys/stat.h>

#include "lib/buf.h"

#define FILE_WATCH_STAYS "; what was read before stays"

struct file_watch {
	char		*path;
	struct stat	 read_as, seen;
};

/* Before the file is read, so that what changes meanwhile is read again.  0, or -1 without memory. */
int	 file_watch_init(struct file_watch *, const char *path);
void	 file_watch_fini(struct file_watch *);
/* About once a second.  1: read it now; 0: not yet; -1: it cannot be looked at, which is said once. */
int	 file_watch_look(struct file_watch *, struct buf *why);

#endif
