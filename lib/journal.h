/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Journal: a line and its facts for systemd's journal, each fact a field of
 * its own (BAILEY_CLIENT=192.0.2.1), by the journal's native protocol:
 * https://systemd.io/JOURNAL_NATIVE_PROTOCOL/.  No library is needed for it.
 */
#ifndef LIB_JOURNAL_H
#define LIB_JOURNAL_H

#include <stdbool.h>

#include "lib/log.h"

#define JOURNAL_SOCKET	"/run/systemd/journal/socket"

/* Where the journal listens from now on; a test has its own.  Must outlive the process. */
void	journal_open(const char *path);
/*
 * One line, at once; blocks like syslog(3) while the journal is busy.  Fields
 * with a NULL value are left out, values cut at LOG_VALUE_MAX; cut: one more
 * says that facts are missing.  False: there is no journal.
 */
bool	journal_send(int priority, const char *program, const char *message,
	    const struct log_field *, size_t count, bool cut);

#endif
