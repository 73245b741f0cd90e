/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/option.h"

#include "t/tap.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define BAD          (-1)

/* clang-format off */
static const struct { const char *text; int64_t ms; } durations[] = {
	{"0", 0}, {"0s", 0}, {"250ms", 250}, {"5s", 5000}, {"10m", 600000}, {"2h", 7200000},
	{"35d", INT64_C(3024000000)}, {"1w", INT64_C(604800000)}, {"007s", 7000},
	{"9223372036854775807ms", INT64_MAX}, {"9223372036854775808ms", BAD},
	{"9223372036854775s", INT64_C(9223372036854775000)}, {"9223372036854776s", BAD},
	{"", BAD}, {"5", BAD}, {"s", BAD}, {"-5s", BAD}, {"+5s", BAD}, {" 5s", BAD}, {"5 s", BAD},
	{"5s ", BAD}, {"5S", BAD}, {"5min", BAD}, {"1h30m", BAD}, {"1.5h", BAD}, {"0x5s", BAD},
	{"99999999999999999999999999999999999999999999w", BAD}, {"\xff", BAD},
	{"18446744073709551617s", BAD}, {"18446744073709551616s", BAD},
}, sizes[] = {
	{"0", 0}, {"4096", 4096}, {"64K", 65536}, {"10M", 10485760}, {"1G", 1073741824},
	{"8589934591G", INT64_C(9223372035781033984)}, {"8589934592G", BAD},
	{"", BAD}, {"K", BAD}, {"-1", BAD}, {"64k", BAD}, {"1T", BAD}, {"1KB", BAD}, {"1 K", BAD},
};

static const struct { int64_t ms; const char *text; } texts[] = {
	{0, "0s"}, {250, "250ms"}, {1000, "1s"}, {1500, "1500ms"}, {90000, "90s"}, {300000, "5m"},
	{7200000, "2h"}, {INT64_C(3024000000), "35d"}, {INT64_C(172800000), "2d"}, {1, "1ms"},
	{INT64_MAX, "9223372036854775807ms"},
};
/* clang-format on */

int
main(void)
{
	char out[32];

	for (size_t i = 0; i < COUNT(durations); i++) {
		int64_t ms = BAD;
		bool good = option_duration(durations[i].text, &ms);

		tap_ok(
		    good == (durations[i].ms != BAD), "duration tells of '%s'", durations[i].text);
		tap_is_int(ms, durations[i].ms, "duration '%s'", durations[i].text);
	}
	for (size_t i = 0; i < COUNT(sizes); i++) {
		int64_t bytes = BAD;
		bool good = option_size(sizes[i].text, &bytes);

		tap_ok(good == (sizes[i].ms != BAD), "size tells of '%s'", sizes[i].text);
		tap_is_int(bytes, sizes[i].ms, "size '%s'", sizes[i].text);
	}
	for (size_t i = 0; i < COUNT(texts); i++) {
		int64_t ms;

		tap_is(option_duration_text(texts[i].ms, out), texts[i].text, "text of %lld ms",
		    (long long)texts[i].ms);
		tap_ok(option_duration(out, &ms) && ms == texts[i].ms, "... and back");
	}
	return tap_done();
}
