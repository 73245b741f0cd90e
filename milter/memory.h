/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory: the one store of the process, and what happens when it fails.  Mail
 * never waits for it: without a store the checks report temperror.
 */
#ifndef MILTER_MEMORY_H
#define MILTER_MEMORY_H

#include <sys/types.h>

#include "milter/conf.h"

/* How the process ends when the store is broken: sysexits(3) EX_TEMPFAIL, so that it is started anew. */
#define MEMORY_EXIT_BROKEN	75
/* ms mail still goes on after that, so that sessions can fail open and the log gets out. */
#define MEMORY_GRACE		1000

/* Make the state directory if there is none, and give one of root's to the user who will run; as root. */
int		 memory_prepare(const struct conf *, uid_t, gid_t, struct buf *why);
/*
 * Open the store in conf's state-directory; after daemonising, with rights
 * given up.  -1: why (in use by another process, not allowed ...).  A disk that
 * is full, read-only or fails is no failure: it is said, and tried again.
 */
int		 memory_open(const struct conf *, struct buf *why);
/* NULL while there is none. */
struct store	*memory_store(void);
/* For a session of mail, which waits if it is time to try again. */
struct store	*memory_try(void);
/* Why there is none, for people. */
void		 memory_missing(struct buf *why);
/* Write everything out; threads that come later are told that it is down. */
void		 memory_close(void);

#endif
