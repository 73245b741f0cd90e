/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control: the main thread, once everything runs: waits for signals, reloads,
 * stops.
 *
 *	SIGHUP, SIGUSR1	read the configuration again
 *	SIGTERM, SIGINT	finish open messages, then end
 *
 * libmilter starts a thread that waits for HUP, TERM and INT as well and takes
 * each for "stop"; control.c puts it to sleep.
 */
#ifndef MILTER_CONTROL_H
#define MILTER_CONTROL_H

#include "lib/buf.h"
#include "milter/conf.h"

struct control {
	const char	*conf_path;	/* absolute */
	struct dns	*dns;
	const char	*status;	/* for the service manager, "serving on ..." */
};

/* Before any thread exists: from here on signals wait for control_run(). */
void	control_init(void);
/* From any thread: the milter's loop has ended by itself. */
void	control_milter_ended(void);
/* Until told to stop; the exit status. */
int	control_run(const struct control *);

#endif
