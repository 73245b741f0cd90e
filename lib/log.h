/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Log: one line per thing worth knowing.  Levels say who must act: err the
 * operator now, notice a state changed, info one line per decision or
 * message, debug us.  Only milter/, ctl/ and background parts log; lib/,
 * dns/ and engines return reasons.
 */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_LEVEL_ERR, LOG_LEVEL_NOTICE, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_target { LOG_TO_SYSLOG, LOG_TO_STDERR, LOG_TO_JSON, LOG_TO_JOURNAL };

/* One fact of a structured line; a NULL value is left out. */
struct log_field {
	const char	*key;		/* ours: [a-z_-]+ */
	const char	*value;		/* escaped by the log for its target */
};

#define LOG_LINE_MAX	8000	/* bytes; syslog implementations cut at 8 KB */
#define LOG_JSON_MAX	(2 * LOG_LINE_MAX)	/* bytes of one in JSON, where escapes are longer */
#define LOG_VALUE_MAX	400	/* bytes of one value from outside */

/*
 * May be called again: a reload can change target and level.  program must
 * outlive the process.  Before the first call lines go to stderr, up to info.
 * err notice info debug are syslog's levels of these names, facility mail.
 * Where there is no journal, its lines go to syslog.
 */
void	 log_open(const char *program, enum log_target, enum log_level most);
void	 log_close(void);

/*
 * One line each, written at once: threads never mix theirs.  What text_char()
 * would not show becomes '?', errno is kept.
 */
void	 log_err(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	 log_notice(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	 log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	 log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/*
 * key=value key="v w" ... ; an object in JSON, with time and level; in the
 * journal fields of their own beside that line.  The same facts in each
 * target: those that would pass LOG_LINE_MAX as text are left out, and cut=yes
 * says so; a value beyond LOG_VALUE_MAX ends in "...".
 */
void	 log_fields(enum log_level, const struct log_field *, size_t count);
bool	 log_would(enum log_level);

#endif
