/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/clock.h"

#include <time.h>

#include "t/tap.h"

int
main(void)
{
	struct clock_fake fake;
	int64_t before = clock_mono(&clock_real), wall = (int64_t)time(NULL);

	clock_fake_init(&fake, 5, 7);
	tap_is_int(clock_mono(&fake.clock), 5, "a fake clock stands");
	tap_is_int(clock_wall(&fake.clock), 7, "... for both");
	fake.mono_ms += 1000;
	fake.wall_s += 1;
	tap_is_int(clock_mono(&fake.clock), 1005, "until it is moved");
	tap_is_int(clock_wall(&fake.clock), 8, "... by hand");
	tap_ok(clock_mono(&clock_real) >= before, "the real one does not go back");
	tap_ok(clock_wall(&clock_real) >= wall, "... and knows the date");
	return tap_done();
}
