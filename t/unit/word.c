/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of checks/ and dns/: each has one, no two share one, and reading undoes writing. */
#include "checks/check.h"

#include <stdbool.h>
#include <string.h>

#include "t/tap.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char *
action(int i)
{
	return action_text((enum action)i);
}

static const char *
mode(int i)
{
	return mode_text((enum mode)i);
}

static const char *
word(int i)
{
	return word_text((enum word)i);
}

static const char *
origin(int i)
{
	return origin_text((enum origin)(1 << i));
}

static const char *
status(int i)
{
	return dns_status_text((enum dns_status)i);
}

/* clang-format off */
static const struct { const char *name; const char *(*text)(int); int count; const char *last; } sets[] = {
	{"action", action, ACTION_COUNT, "accept"},
	{"mode", mode, MODE_COUNT, "off"},
	{"word", word, WORD_COUNT, "permerror"},
	{"origin", origin, 4, "local"},
	{"status", status, DNS_STATUS_COUNT, "BADRESP"},
};

static const struct { const char *addr, *name; enum dns_type type; } ptrs[] = {
	{"192.0.2.1", "1.2.0.192.in-addr.arpa", DNS_A},
	{"2001:db8::25",
	    "5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", DNS_AAAA},
	{"", "", DNS_A},
};
/* clang-format on */

int
main(void)
{
	static const int temporary[] = {DNS_SERVFAIL, DNS_REFUSED, DNS_TIMEOUT, DNS_BADRESP};
	int wrong = 0, n = 0;

	for (size_t s = 0; s < COUNT(sets); s++) {
		bool good = true;

		for (int i = 0; i < sets[s].count; i++)
			for (int j = 0; j < i; j++)
				good = good && strcmp(sets[s].text(i), sets[s].text(j)) != 0;
		tap_ok(good, "every %s has its own word", sets[s].name);
		tap_is(sets[s].text(sets[s].count - 1), sets[s].last, "... the last one");
	}
	for (int i = 0; i < ACTION_COUNT; i++) {
		enum action back;

		wrong += !action_parse(action(i), &back) || back != (enum action)i;
	}
	for (int i = 0; i < MODE_COUNT; i++) {
		enum mode back;

		wrong += !mode_parse(mode(i), &back) || back != (enum mode)i;
	}
	tap_is_int(wrong, 0, "actions and modes are read as they are written");
	tap_ok(!action_parse("Reject", &(enum action){0}) && !action_parse("", &(enum action){0}) &&
		   !action_parse("reject ", &(enum action){0}) &&
		   !mode_parse("on", &(enum mode){0}),
	    "other words are not");
	for (int i = 0; i < DNS_STATUS_COUNT; i++)
		n += dns_is_temporary((enum dns_status)i);
	for (size_t i = 0; i < COUNT(temporary); i++)
		n -= dns_is_temporary((enum dns_status)temporary[i]);
	tap_is_int(n, 0, "four statuses are temporary");
	tap_is(dns_type_text(DNS_AAAA), "AAAA", "AAAA");
	tap_is(dns_type_text(DNS_PTR), "PTR", "PTR");
	for (size_t i = 0; i < COUNT(ptrs); i++) {
		char out[DNS_PTR_NAME_SIZE];
		struct addr a;

		(void)addr_parse(&a, ptrs[i].addr);
		tap_is(dns_ptr_name(&a, out), ptrs[i].name, "PTR name of '%s'", ptrs[i].addr);
		tap_is_int(dns_addr_type(&a), ptrs[i].type, "... and its type");
	}
	return tap_done();
}
