/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notify: tells the service manager how we are (sd_notify(3)); nothing
 * happens without systemd, or when it did not ask (NOTIFY_SOCKET).
 */
#ifndef MILTER_NOTIFY_H
#define MILTER_NOTIFY_H

#include <stdint.h>

void	notify_ready(const char *status);
void	notify_reloading(void);
void	notify_stopping(void);
/* ms between two signs of life it wants, as WatchdogSec says; 0: none. */
int64_t	notify_watchdog_interval(void);
void	notify_alive(void);

#endif
