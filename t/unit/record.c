/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys and values, byte by byte: what one release writes the next must read. */
#include "db/record.h"

#include <string.h>

#include "t/tap.h"

/* clang-format off */
/* Times and counts have 32 bits: what does not fit is cut, never wrapped. */
static const struct { const char *name; int64_t in, out; } times[] = {
	{"nothing", 0, 0},
	{"now", 1700000000, 1700000000},
	{"beyond 2038", INT64_C(2147483648), INT64_C(2147483648)},
	{"the last second, in 2106", UINT32_MAX, UINT32_MAX},
	{"the second after it", INT64_C(4294967296), UINT32_MAX},
	{"for ever", INT64_MAX, UINT32_MAX},
	{"before 1970", -1, 0},
	{"long before", INT64_MIN, 0},
};

static const struct { const char *name; int64_t expires, now; bool expired; } ends[] = {
	{"never", 0, UINT32_MAX, false},
	{"its last second", 1700000000, 1700000000, false},
	{"the next one", 1700000000, 1700000001, true},
	{"what was cut lives to the end", INT64_MAX, UINT32_MAX, false},
};

/* A key's bytes, and how many fields there are in it. */
static const struct { const char *name, *bytes; size_t len, count; bool good; } keys[] = {
	{"three of three", "ga\0b\0c", 6, 3, true},
	{"three are not two", "ga\0b\0c", 6, 2, false},
	{"three are not four", "ga\0b\0c", 6, 4, false},
	{"one", "ca", 2, 1, true},
	{"an empty one", "c", 1, 1, true},
	{"empty ones", "g\0\0", 3, 3, true},
	{"no key", "", 0, 1, false},
};
/* clang-format on */

static void
test_times(void)
{
	uint8_t head[RECORD_HEAD], value[RECORD_GREYLIST_SIZE];
	struct record_bytes v = {value, sizeof value};
	int64_t expires = -1;

	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		struct greylist_record in = {times[i].in, times[i].in, times[i].in, 7}, out;

		record_head_put(head, times[i].in);
		(void)record_head_get((struct record_bytes){head, sizeof head}, &expires);
		tap_is_int(expires, times[i].out, "%s: of a head", times[i].name);
		record_greylist_put(value, &in, times[i].in);
		tap_ok(record_greylist_get(v, &out) && out.first == times[i].out &&
			   out.last == times[i].out && out.passed == times[i].out && out.count == 7,
		    "%s: of a greylist record", times[i].name);
	}
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		record_head_put(head, ends[i].expires);
		tap_ok(record_is_expired((struct record_bytes){head, sizeof head}, ends[i].now) ==
			   ends[i].expired,
		    "expires: %s", ends[i].name);
	}
}

static void
test_bytes(void)
{
	static const uint8_t wanted[RECORD_GREYLIST_SIZE] = {
	    1, 0x01, 0x02, 0x03, 0x04, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0, 8};
	struct greylist_record r = {5, 6, 7, 8};
	uint8_t value[RECORD_GREYLIST_SIZE];
	int64_t expires;

	record_greylist_put(value, &r, 0x01020304);
	tap_ok(memcmp(value, wanted, sizeof wanted) == 0, "the bytes are what they were");
	tap_ok(
	    !record_greylist_get((struct record_bytes){value, sizeof value - 1}, &r), "one short");
	tap_ok(!record_head_get((struct record_bytes){value, RECORD_HEAD - 1}, &expires),
	    "not even a head");
	value[0] = RECORD_VERSION + 1;
	tap_ok(!record_greylist_get((struct record_bytes){value, sizeof value}, &r) &&
		   !record_is_expired((struct record_bytes){value, sizeof value}, UINT32_MAX),
	    "of a newer release: not read, and never expired");
}

static void
test_keys(void)
{
	struct record_bytes fields[RECORD_FIELDS_MAX + 1];
	char longest[RECORD_FIELD_MAX + 2];
	const char *three[] = {longest, longest, longest};
	struct record_key key;

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		tap_ok(record_key_split(
			   (struct record_bytes){(const uint8_t *)keys[i].bytes, keys[i].len},
			   fields, keys[i].count) == keys[i].good,
		    "a key of %s", keys[i].name);
	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	record_key_make(&key, RECORD_TRIPLET, three, 3);
	tap_ok(key.len <= RECORD_KEY_MAX && record_key_split(record_key_bytes(&key), fields, 3) &&
		   fields[2].n == RECORD_FIELD_MAX,
	    "fields that are too long are cut");
}

int
main(void)
{
	test_times();
	test_bytes();
	test_keys();
	return tap_done();
}
