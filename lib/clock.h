/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clock: time as an argument.  Whatever depends on time takes a clock, so a
 * test can live through weeks in a millisecond.
 */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include <stdint.h>

/*
 * mono: milliseconds that never go back (CLOCK_MONOTONIC); deadlines.
 * wall: seconds since 1970; what is written to disk or into a header.
 */
struct clock {
	int64_t	(*mono)(const struct clock *);
	int64_t	(*wall)(const struct clock *);
};

extern const struct clock clock_real;

/* A clock that stands still until the test moves it; use &fake.clock. */
struct clock_fake {
	struct clock	clock;		/* first: a clock_fake is a clock */
	int64_t		mono_ms;
	int64_t		wall_s;
};
void	clock_fake_init(struct clock_fake *, int64_t mono_ms, int64_t wall_s);

static inline int64_t
clock_mono(const struct clock *c)
{
	return c->mono(c);
}

static inline int64_t
clock_wall(const struct clock *c)
{
	return c->wall(c);
}

#endif
