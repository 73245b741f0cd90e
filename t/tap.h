/* SPDX-License-Identifier: BSD-2-Clause */
/* Tap: the few words a unit test needs to print TAP. */
#ifndef T_TAP_H
#define T_TAP_H

#include <stdbool.h>
#include <stdint.h>

/* Each prints one line and returns whether it held; the format names the case. */
bool	tap_ok(bool, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool	tap_is(const char *got, const char *wanted, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
bool	tap_is_int(int64_t got, int64_t wanted, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
void	tap_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Prints the plan; the exit status of main(). */
int	tap_done(void);

#endif
