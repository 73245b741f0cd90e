/* SPDX-License-Identifier: BSD-2-Clause */
/* The only file that knows whether there is systemd. */
#include "config.h"

#include "milter/notify.h"

#include <time.h>

#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#else
#define sd_watchdog_enabled(unset, us) ((void)(us), 0)
#define sd_notify(unset, state)        ((void)(state), 0)
#define sd_notifyf(unset, fmt, arg)    ((void)(arg), 0)
#endif

void
notify_ready(const char *status)
{
	(void)sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

/* Type=notify-reload wants the time, so that it does not take an old READY for the new one. */
void
notify_reloading(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=reading configuration",
	    (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

void
notify_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1\nSTATUS=finishing open messages");
}

/* Half of what it allows, so that one may come late (sd_watchdog_enabled(3)). */
int64_t
notify_watchdog_interval(void)
{
	uint64_t us = 0;

	return sd_watchdog_enabled(0, &us) > 0 ? (int64_t)(us / 2000) : 0;
}

void
notify_alive(void)
{
	(void)sd_notify(0, "WATCHDOG=1");
}
