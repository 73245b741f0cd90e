/* SPDX-License-Identifier: BSD-2-Clause */
/* When panics condemn the files of a store: a clock that was set must not. */
#include "db/bdb_fault.h"

#include "t/scratch.h"
#include "t/tap.h"

#define T0   1700000000
#define YEAR 31536000

int
main(void)
{
	static const struct {
		const char *name;
		int64_t panics[3];
		bool condemned;
	} cases[] = {
	    {"no panic", {0}, false},
	    {"one", {T0}, false},
	    {"two, a quarter of an hour apart", {T0, T0 + 900}, false},
	    {"two within ten minutes", {T0, T0 + 900, T0 + 1000}, true},
	    {"two, the clock a minute back", {T0, T0 - 60}, true},
	    {"two, the clock a year back", {T0, T0 - YEAR}, false},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char dir[SCRATCH_SIZE];

		scratch_make(dir);
		for (size_t n = 0; n < 3 && cases[i].panics[n] != 0; n++)
			fault_note_panic(dir, cases[i].panics[n]);
		tap_ok(fault_is_condemned(dir) == cases[i].condemned, "%s", cases[i].name);
		scratch_remove(dir);
	}
	return tap_done();
}
