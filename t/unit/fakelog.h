/* SPDX-License-Identifier: BSD-2-Clause */
/* Fakelog: what goes to syslog, and to standard error, for the test to read. */
#ifndef T_UNIT_FAKELOG_H
#define T_UNIT_FAKELOG_H

#include <stddef.h>

#include "lib/log.h"

/* The last line to syslog, which never goes further. */
extern struct fakelog_line {
	int	priority;
	char	text[LOG_LINE_MAX + 1];
} fakelog_syslog;

/* Standard error goes to a file from here on. */
void	fakelog_catch(void);
/* All that went there since the last time, cut at size.  Returns out. */
const char *fakelog_caught(char *out, size_t size);

#endif
