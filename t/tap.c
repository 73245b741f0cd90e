/* SPDX-License-Identifier: BSD-2-Clause */
/* Tap: numbers the cases, tells what was wanted of those that failed, prints the plan. */
#include "t/tap.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int run, failed;

static bool __attribute__((format(printf, 2, 0))) line(bool good, const char *fmt, va_list ap)
{
	run++;
	failed += !good;
	printf("%sok %d - ", good ? "" : "not ", run);
	vprintf(fmt, ap);
	putchar('\n');
	fflush(stdout);
	return good;
}

bool
tap_ok(bool good, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line(good, fmt, ap);
	va_end(ap);
	return good;
}

bool
tap_is(const char *got, const char *wanted, const char *fmt, ...)
{
	bool good = got != NULL && wanted != NULL ? strcmp(got, wanted) == 0 : got == wanted;
	va_list ap;

	va_start(ap, fmt);
	line(good, fmt, ap);
	va_end(ap);
	if (!good)
		printf("#      got: %s\n#   wanted: %s\n", got ? got : "(null)",
		    wanted ? wanted : "(null)");
	return good;
}

bool
tap_is_int(int64_t got, int64_t wanted, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line(got == wanted, fmt, ap);
	va_end(ap);
	if (got != wanted)
		printf("#      got: %lld\n#   wanted: %lld\n", (long long)got, (long long)wanted);
	return got == wanted;
}

void
tap_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("# ");
	vprintf(fmt, ap);
	putchar('\n');
	va_end(ap);
}

int
tap_done(void)
{
	printf("1..%d\n", run);
	return failed == 0 && run > 0 ? 0 : 1;
}
