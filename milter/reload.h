/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reload: puts another configuration in force, whoever asks for it: a signal
 * or the control socket.  One at a time; mail goes on meanwhile, connections
 * under way keep the configuration they began with.
 */
#ifndef MILTER_RELOAD_H
#define MILTER_RELOAD_H

#include "milter/conf.h"

/*
 * Log what would keep the file from being read again, now that rights have
 * been given up: better at a start than when somebody is in a hurry.
 */
void	reload_rehearse(const char *path);
/* Before anybody may ask.  All is borrowed; status is for the service manager. */
void	reload_prepare(const char *path, struct dns *, const char *status);

/*
 * Read the file again; what came of it is logged.  All or nothing: 0, after
 * every change was told to fn (may be NULL); -1, with one line per mistake in
 * *errors_r (may be NULL), which the caller frees, and nothing changed.
 * A forced mode stays.
 */
int	reload_now(conf_change *, void *arg, char **errors_r);

/*
 * Force a mode, whatever the file says, until the process ends; MODE_COUNT:
 * no longer.  0, or -1 without memory.
 */
int	reload_mode(enum mode);
/* The one forced; MODE_COUNT: none. */
enum mode reload_forced_mode(void);

/* Seconds since 1970 when the configuration in force was read. */
int64_t	reload_when(void);

#endif
