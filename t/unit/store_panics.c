/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What surrounds the files of a store: when panics condemn them (a clock that
 * was set must not), and which errors may pass by themselves.
 */
#include "db/bdb_fault.h"

#include <errno.h>
#include <string.h>

#include "t/scratch.h"
#include "t/tap.h"

#define T0   1700000000
#define YEAR 31536000

static void
test_errors(void)
{
	static const struct {
		int error;
		enum store_status status;
	} cases[] = {
	    {ENOSPC, STORE_FULL},
	    {EDQUOT, STORE_FULL},
	    {EFBIG, STORE_FULL},
	    {EROFS, STORE_AWAY},
	    {EIO, STORE_AWAY},
	    {EACCES, STORE_FAILED},
	    {EPERM, STORE_FAILED},
	    {ENOENT, STORE_FAILED},
	    {ENOTDIR, STORE_FAILED},
	    {ELOOP, STORE_FAILED},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		tap_is_int(
		    fault_status(cases[i].error), cases[i].status, "%s", strerror(cases[i].error));
}

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
	test_errors();
	return tap_done();
}
