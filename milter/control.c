/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All signals are blocked in all threads; the main thread waits for one after
 * the other, so nothing here runs inside a handler.
 */
#include "config.h"

#include "milter/control.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "milter/census.h"
#include "milter/notify.h"

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
control_milter_ended(void)
{
	atomic_store(&milter_ended, true);
	(void)kill(getpid(), MILTER_ENDED);
}

void
control_init(void)
{
	static const int signals[] = {SIGHUP, SIGUSR1, SIGTERM, SIGINT, MILTER_ENDED};
	sigset_t all;

	(void)sigemptyset(&awaited);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		(void)sigaddset(&awaited, signals[i]);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, NULL);
}

static void
log_lines(char *lines)
{
	char *line;

	while ((line = strsep(&lines, "\n")) != NULL)
		if (*line != '\0')
			log_err("%s", line);
}

static void
log_restart(const struct conf *was, const struct conf *is)
{
	char *keys = conf_needs_restart(was, is);

	if (keys != NULL)
		log_notice("changed, but in force only after a restart: %s", keys);
	free(keys);
}

/* All or nothing: what cannot be taken over leaves the old configuration in force. */
static void
reload(const struct control *c)
{
	struct conf *was = conf_current(), *is;
	const char *why;
	char *errors;

	notify_reloading();
	is = conf_load(c->conf_path, &errors);
	if (is == NULL) {
		log_lines(errors);
		free(errors);
		log_err("%s is not in force, the old configuration stays", c->conf_path);
	} else if (dns_reconfigure(c->dns, &is->resolver, &why) < 0) {
		log_err("resolver: %s; the old configuration stays", why);
		conf_unref(&is);
	} else {
		log_open("bailey", is->log, is->log_level);
		log_restart(was, is);
		log_notice("configuration %s is in force for new connections", c->conf_path);
		conf_swap(is);
	}
	conf_unref(&was);
	notify_ready(c->status);
}

static void
stop(void)
{
	notify_stopping();
	if (!census_drain(DRAIN_MS))
		log_notice("not waiting longer for open messages; their senders will retry");
	(void)census_freeze(FREEZE_MS);
}

int
control_run(const struct control *c)
{
	for (;;) {
		switch (sigwaitinfo(&awaited, NULL)) {
		case SIGHUP:
		case SIGUSR1:
			reload(c);
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
