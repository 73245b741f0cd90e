/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals: the main thread, once everything runs: waits for signals, reloads,
 * stops.
 *
 *	SIGHUP, SIGUSR1	read the configuration again
 *	SIGTERM, SIGINT	finish open messages, then end
 *
 * libmilter starts a thread that waits for HUP, TERM and INT as well and takes
 * each for "stop"; signals.c puts it to sleep.
 */
#ifndef MILTER_SIGNALS_H
#define MILTER_SIGNALS_H

/* Before any thread exists: from here on signals wait for signals_run(). */
void	signals_init(void);
/* In a process that will not run them after all, because another one does. */
void	signals_release(void);
/* From any thread: the milter's loop has ended by itself. */
void	signals_milter_ended(void);
/* Until told to stop; the exit status. */
int	signals_run(void);

#endif
