/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers with a unit.  The tables of units are all there is to say; a number
 * is digits only, so no sign, space or fraction slips through.
 */
#include "lib/option.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/ascii.h"

struct unit {
	const char *name;
	int64_t factor;
};

/* clang-format off */
static const struct unit durations[] = {		/* largest first */
	{"w",  INT64_C(7) * 24 * 60 * 60 * 1000},
	{"d",  INT64_C(24) * 60 * 60 * 1000},
	{"h",  INT64_C(60) * 60 * 1000},
	{"m",  INT64_C(60) * 1000},
	{"s",  1000},
	{"ms", 1},
	{NULL, 0},
};

static const struct unit sizes[] = {
	{"G", INT64_C(1024) * 1024 * 1024},
	{"M", INT64_C(1024) * 1024},
	{"K", 1024},
	{"",  1},
	{NULL, 0},
};
/* clang-format on */

static bool
number(const char *text, const struct unit *units, int64_t *value_r)
{
	const char *p = text;
	int64_t n = 0;

	for (; ascii_is_digit(*p); p++)
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *p - '0', &n))
			return false;
	if (p == text)
		return false;
	while (units->name != NULL && strcmp(units->name, p) != 0)
		units++;
	if (units->name == NULL || __builtin_mul_overflow(n, units->factor, &n))
		return false;
	*value_r = n;
	return true;
}

bool
option_duration(const char *text, int64_t *ms_r)
{
	return number(strcmp(text, "0") == 0 ? "0s" : text, durations, ms_r);
}

bool
option_size(const char *text, int64_t *bytes_r)
{
	return number(text, sizes, bytes_r);
}

const char *
option_duration_text(int64_t ms, char out[32])
{
	const struct unit *u = durations;

	/* Weeks are understood but seldom meant: days up to there. */
	while (ms % u->factor != 0 || u->name[0] == 'w')
		u++;
	if (ms == 0)
		(void)snprintf(out, 32, "0s");
	else
		(void)snprintf(out, 32, "%" PRId64 "%s", ms / u->factor, u->name);
	return out;
}
