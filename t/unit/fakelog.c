/* SPDX-License-Identifier: BSD-2-Clause */
/* Syslog is replaced by name, in this program only. */
#undef _FORTIFY_SOURCE /* would make syslog() an inline function */
#include "t/unit/fakelog.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

struct fakelog_line fakelog_syslog;

static FILE *caught;

/* Ours instead of libc's, by either name it is called. */
void __syslog_chk(int, int, const char *, ...);

void
syslog(int priority, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fmt;
	fakelog_syslog.priority = priority;
	(void)snprintf(
	    fakelog_syslog.text, sizeof fakelog_syslog.text, "%s", va_arg(ap, const char *));
	va_end(ap);
}

void
__syslog_chk(int priority, int flag, const char *fmt, ...)
{
	va_list ap;

	(void)flag;
	va_start(ap, fmt);
	syslog(priority, "%s", va_arg(ap, const char *));
	va_end(ap);
}

void
fakelog_catch(void)
{
	caught = tmpfile();
	if (caught == NULL || dup2(fileno(caught), STDERR_FILENO) == -1)
		abort();
}

const char *
fakelog_caught(char *out, size_t size)
{
	ssize_t n = pread(fileno(caught), out, size - 1, 0);

	out[n > 0 ? n : 0] = '\0';
	if (ftruncate(fileno(caught), 0) == -1 || lseek(STDERR_FILENO, 0, SEEK_SET) == -1)
		abort();
	return out;
}
