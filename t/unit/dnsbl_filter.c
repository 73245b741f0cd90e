/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dnsbl/filter.h"

#include <string.h>

#include "t/tap.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* clang-format off */
static const struct { const char *filter, *answer; bool wanted; } matches[] = {
	{"127.0.0.2", "127.0.0.2", true}, {"127.0.0.2", "127.0.0.3", false},
	{"127.0.0.2", "127.0.1.2", false}, {"127.0.0.2", "127.1.0.2", false},
	{"127.0.0.[2..11]", "127.0.0.1", false}, {"127.0.0.[2..11]", "127.0.0.2", true},
	{"127.0.0.[2..11]", "127.0.0.11", true}, {"127.0.0.[2..11]", "127.0.0.12", false},
	{"127.0.0.[2;4;10..11]", "127.0.0.4", true}, {"127.0.0.[2;4;10..11]", "127.0.0.3", false},
	{"127.0.0.[2;4;10..11]", "127.0.0.11", true}, {"127.0.0.[7]", "127.0.0.7", true},
	{"127.0.[0..255].[1..3]", "127.0.10.3", true}, {"127.0.[0..255].[1..3]", "127.0.10.0", false},
	{"127.0.[0..255].[1..3]", "127.0.255.1", true}, {"127.[0;1].0.0", "127.1.0.0", true},
	{"127.0.0.[0..255]", "127.0.0.255", true}, {"127.0.0.[255..255]", "127.0.0.255", true},
	{"", "127.0.0.2", true}, {"", "127.255.255.254", true}, {"", "126.0.0.2", false},
	{"", "203.0.113.7", false}, {"", "::1", false}, {"127.0.0.2", "2001:db8::2", false},
};

static const struct { const char *filter, *why; } wrong[] = {
	{"", "a number was expected"}, {"127", "four octets were expected, like 127.0.0.[2..11]"},
	{"127.0.0", "four octets were expected, like 127.0.0.[2..11]"},
	{"127.0.0.", "a number was expected"}, {"127.0.0.2.", "something follows the fourth octet"},
	{"127.0.0.2 ", "something follows the fourth octet"},
	{"127.0.0.256", "a number is larger than 255"}, {"127.0.0.99999999999999999999", "a number is larger than 255"},
	{"127.0.0.[2..11", "a bracket is not closed"}, {"127.0.0.[]", "a number was expected"},
	{"127.0.0.[2.11]", "a range is written [a..b]"}, {"127.0.0.[2..]", "a number was expected"},
	{"127.0.0.[11..2]", "a range runs backwards"}, {"127.0.0.[2;]", "a number was expected"},
	{"127.0.0.[2,3]", "a bracket is not closed"}, {"127.0.0.-1", "a number was expected"},
	{"127.0.0.[2..11]]", "something follows the fourth octet"},
	{"192.0.2.1", "only answers in 127.0.0.0/8 can be listings"},
	{"[126..127].0.0.2", "only answers in 127.0.0.0/8 can be listings"},
};
/* clang-format on */

int
main(void)
{
	struct filter f;
	struct addr a;
	const char *why;

	for (size_t i = 0; i < COUNT(matches); i++) {
		if (matches[i].filter[0] == '\0')
			filter_any(&f);
		else
			tap_is_int(
			    filter_parse(&f, matches[i].filter, strlen(matches[i].filter), &why), 0,
			    "'%s' is a filter", matches[i].filter);
		(void)addr_parse(&a, matches[i].answer);
		tap_ok(filter_match(&f, &a) == matches[i].wanted, "'%s' and %s", matches[i].filter,
		    matches[i].answer);
	}
	for (size_t i = 0; i < COUNT(wrong); i++) {
		why = NULL;
		tap_is_int(filter_parse(&f, wrong[i].filter, strlen(wrong[i].filter), &why), -1,
		    "'%s' is none", wrong[i].filter);
		tap_is(why, wrong[i].why, "... and why");
	}
	tap_is_int(filter_parse(&f, "127.0.0.2*3", 9, &why), 0, "only so many bytes are read");
	return tap_done();
}
