/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line is built on the stack and leaves in one syslog(3) or write(2), so
 * threads need no lock.  Target and level are atomic because a reload changes
 * them while others log; a line in between goes to the one or the other.
 */
#include "lib/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/journal.h"
#include "lib/text.h"

#define CUT_ROOM    16 /* bytes kept for the mark that facts are missing, and the end of the line */
#define PREFIX_MAX  100 /* bytes before the text of a line */
#define MESSAGE_MAX 2000 /* bytes; JSON may need three times as many */

static const char *_Atomic program = "bailey";
static _Atomic enum log_target target = LOG_TO_STDERR;
static _Atomic enum log_level most = LOG_LEVEL_INFO;

/* clang-format off */
static const struct { const char *name; int priority; } levels[] = {
	[LOG_LEVEL_ERR] = {"err", LOG_ERR},
	[LOG_LEVEL_NOTICE] = {"notice", LOG_NOTICE},
	[LOG_LEVEL_INFO] = {"info", LOG_INFO},
	[LOG_LEVEL_DEBUG] = {"debug", LOG_DEBUG},
};
/* clang-format on */

void
log_open(const char *name, enum log_target to, enum log_level up_to)
{
	program = name;
	most = up_to;
	if (to == LOG_TO_SYSLOG || to == LOG_TO_JOURNAL)
		openlog(name, LOG_PID | LOG_NDELAY, LOG_MAIL);
	target = to;
}

void
log_close(void)
{
	if (target == LOG_TO_SYSLOG || target == LOG_TO_JOURNAL)
		closelog();
	target = LOG_TO_STDERR;
}

bool
log_would(enum log_level level)
{
	return level <= most;
}

/* Nothing can be done about a log that does not take the line. */
static void
write_line(const struct buf *b)
{
	while (write(STDERR_FILENO, b->s, b->len) == -1 && errno == EINTR)
		continue;
}

static void
json_begin(struct buf *b, enum log_level level)
{
	struct timespec now;
	struct tm tm;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &tm);
	buf_printf(b, "{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ\",\"level\":\"%s\"",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
	    now.tv_nsec / 1000000, levels[level].name);
}

/* A whole message; in JSON it is one fact, "message"; the journal has its facts one by one as well. */
static void
emit(enum log_level level, const char *message, const struct log_field *fields, size_t count,
    bool cut)
{
	char room[PREFIX_MAX + LOG_LINE_MAX + 2];
	enum log_target to = target;
	struct buf b;

	buf_init(&b, room, sizeof room);
	switch (to) {
	case LOG_TO_JOURNAL:
		if (journal_send(levels[level].priority, program, message, fields, count, cut))
			return;
		/* FALLTHROUGH */
	case LOG_TO_SYSLOG:
		syslog(levels[level].priority, "%s", message);
		return;
	case LOG_TO_STDERR:
		buf_printf(&b, "%s: %s: %s\n", program, levels[level].name, message);
		break;
	case LOG_TO_JSON:
		json_begin(&b, level);
		buf_puts(&b, ",\"message\":");
		text_json(&b, message, MESSAGE_MAX);
		buf_puts(&b, "}\n");
		break;
	}
	write_line(&b);
}

static void __attribute__((format(printf, 2, 0)))
emit_format(enum log_level level, const char *fmt, va_list ap)
{
	char message[MESSAGE_MAX + 1];
	int saved_errno = errno;
	bool plain;
	size_t len;

	if (!log_would(level))
		return;
	(void)vsnprintf(message, sizeof message, fmt, ap);
	for (char *p = message; *p != '\0'; p += len) {
		len = text_char(p, &plain);
		if (!plain)
			memset(p, '?', len);
	}
	emit(level, message, NULL, 0, false);
	errno = saved_errno;
}

#define LOG_FUNCTION(name, level)            \
	void name(const char *fmt, ...)      \
	{                                    \
		va_list ap;                  \
                                             \
		va_start(ap, fmt);           \
		emit_format(level, fmt, ap); \
		va_end(ap);                  \
	}

LOG_FUNCTION(log_err, LOG_LEVEL_ERR)
LOG_FUNCTION(log_notice, LOG_LEVEL_NOTICE)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)

/* As far as they fit into a line of text, whatever the target: how many. */
static size_t
put_text(struct buf *b, const struct log_field *f, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t before = b->len;

		if (f[i].value == NULL)
			continue;
		buf_printf(b, "%s%s=", before > 0 ? " " : "", f[i].key);
		text_log(b, f[i].value, LOG_VALUE_MAX);
		if (b->cut) {
			b->len = before;
			b->s[before] = '\0';
			return i;
		}
	}
	return count;
}

static void
write_json(enum log_level level, const struct log_field *f, size_t count, bool cut)
{
	char room[LOG_JSON_MAX + 1];
	struct buf b;

	buf_init(&b, room, sizeof room);
	json_begin(&b, level);
	for (size_t i = 0; i < count; i++) {
		if (f[i].value == NULL)
			continue;
		buf_printf(&b, ",\"%s\":", f[i].key);
		text_json(&b, f[i].value, LOG_VALUE_MAX);
	}
	buf_puts(&b, cut ? ",\"cut\":\"yes\"}\n" : "}\n");
	write_line(&b);
}

void
log_fields(enum log_level level, const struct log_field *fields, size_t count)
{
	char room[LOG_LINE_MAX + 1];
	struct buf b;
	int saved_errno = errno;
	size_t fit;

	if (!log_would(level))
		return;
	buf_init(&b, room, sizeof room - CUT_ROOM);
	fit = put_text(&b, fields, count);
	b.size = sizeof room;
	if (fit < count)
		buf_puts(&b, " cut=yes");
	if (target == LOG_TO_JSON)
		write_json(level, fields, fit, fit < count);
	else
		emit(level, b.s, fields, fit, fit < count);
	errno = saved_errno;
}
