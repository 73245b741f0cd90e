/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All signals but one are blocked in all threads; the main thread waits for one
 * after the other, so nothing here runs inside a handler.
 */
#include "config.h"

#include "milter/signals.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "lib/log.h"
#include "milter/census.h"
#include "milter/notify.h"
#include "milter/reload.h"

/*
 * A service manager waits far longer, an administrator does not: an open
 * message that is slower than this is tempfailed by its MTA, and comes again.
 */
#define DRAIN_MS  3000
#define FREEZE_MS 1500

#define MILTER_ENDED SIGUSR2 /* sent by ourselves, with milter_ended set */

static sigset_t awaited;
static atomic_bool milter_ended;

/*
 * Called by libmilter's signal thread only: a definition in the program comes
 * before libc's.  Otherwise the kernel would choose who gets a signal, that
 * thread or we, and now and then a reload by SIGHUP would be a stop.
 */
int
sigwait(const sigset_t *set, int *signal_r)
{
	(void)set;
	(void)signal_r;
	for (;;)
		(void)pause();
}

void
signals_milter_ended(void)
{
	atomic_store(&milter_ended, true);
	(void)kill(getpid(), MILTER_ENDED);
}

void
signals_init(void)
{
	static const int signals[] = {SIGHUP, SIGUSR1, SIGTERM, SIGINT, MILTER_ENDED};
	sigset_t all;

	(void)sigemptyset(&awaited);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		(void)sigaddset(&awaited, signals[i]);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigfillset(&all);
	/* How a service manager ends who is stuck: systemd.service(5), WatchdogSec=. */
	(void)sigdelset(&all, SIGABRT);
	(void)pthread_sigmask(SIG_BLOCK, &all, NULL);
}

void
signals_release(void)
{
	sigset_t all;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_UNBLOCK, &all, NULL);
}

static void
stop(void)
{
	notify_stopping();
	if (!census_drain(DRAIN_MS))
		log_notice("not waiting longer for open messages; their senders will retry");
	(void)census_freeze(FREEZE_MS);
}

/*
 * The next signal; meanwhile the service manager hears that we live, unless
 * callbacks have begun and none comes to its end: then it shall start us anew.
 */
static int
next_signal(void)
{
	int64_t ms = notify_watchdog_interval();
	struct timespec interval = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
	int sig;

	if (ms == 0)
		return sigwaitinfo(&awaited, NULL);
	while ((sig = sigtimedwait(&awaited, NULL, &interval)) < 0)
		if (census_moves())
			notify_alive();
	return sig;
}

int
signals_run(void)
{
	for (;;) {
		switch (next_signal()) {
		case SIGHUP:
		case SIGUSR1:
			(void)reload_now(NULL, NULL, NULL);
			break;
		case SIGTERM:
		case SIGINT:
			log_notice("stopping");
			stop();
			log_notice("stopped");
			return 0;
		case MILTER_ENDED:
			if (!atomic_load(&milter_ended))
				break;
			log_err("libmilter cannot go on, see its own lines in syslog");
			stop();
			return 1;
		}
	}
}
