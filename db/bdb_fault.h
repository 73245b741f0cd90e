/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What surrounds the files of the Berkeley DB store when something is wrong.
 *
 *   DIRECTORY/store/		the environment: store.db and its log
 *   DIRECTORY/store.lock	locked by the process that owns it; says which
 *   DIRECTORY/store.panics	times of past panics
 *   DIRECTORY/store.dump	last text snapshot (dump.h)
 *   DIRECTORY/store.restore	the environment has yet to get what the snapshot holds
 *   DIRECTORY/store.bad-DATE	an environment that could not be used
 */
#ifndef DB_BDB_FAULT_H
#define DB_BDB_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "db/store.h"

#define FAULT_ROOM_MIN	(4 * 1024 * 1024)	/* bytes free: recovery writes pages and a checkpoint, and must not fail half way */
#define FAULT_AGAIN	600			/* s between two panics that condemn the files */

/* What an error of the system means: FULL, AWAY for a disk that fails, FAILED for the administrator's mistake. */
enum store_status fault_status(int error);
/* OK and the descriptor; BUSY: another process owns the directory; or the status of what failed. */
enum store_status fault_lock(const char *directory, int *fd_r, struct buf *why);
/* OK; FULL: no space for a recovery; or the status of what failed. */
enum store_status fault_check_room(const char *directory, struct buf *why);
void	fault_note_panic(const char *directory, int64_t now);
/* Two panics within FAULT_AGAIN: a damaged page survives recovery and would panic for ever. */
bool	fault_is_condemned(const char *directory);
/*
 * Move DIRECTORY/store away; where to in name.  From then on, in later processes too, a restore is
 * due, until fault_restored().  OK, or the status of what failed.
 */
enum store_status fault_set_aside(const char *directory, int64_t now, struct buf *name, struct buf *why);
bool	fault_restore_is_due(const char *directory);
void	fault_restored(const char *directory);

#endif
