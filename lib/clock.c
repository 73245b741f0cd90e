/* SPDX-License-Identifier: BSD-2-Clause */
/* Clock: the real one asks the system, the fake one stands until it is moved. */
#include "lib/clock.h"

#include <time.h>

static int64_t
real_mono(const struct clock *c)
{
	struct timespec ts;

	(void)c;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t
real_wall(const struct clock *c)
{
	(void)c;
	return (int64_t)time(NULL);
}

const struct clock clock_real = {real_mono, real_wall};

static int64_t
fake_mono(const struct clock *c)
{
	return ((const struct clock_fake *)c)->mono_ms;
}

static int64_t
fake_wall(const struct clock *c)
{
	return ((const struct clock_fake *)c)->wall_s;
}

void
clock_fake_init(struct clock_fake *c, int64_t mono_ms, int64_t wall_s)
{
	c->clock = (struct clock){fake_mono, fake_wall};
	c->mono_ms = mono_ms;
	c->wall_s = wall_s;
}
