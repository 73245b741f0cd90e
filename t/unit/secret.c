/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/secret.h"

#include <string.h>

#include "t/tap.h"

#define KEY "abcdef0123456789abcdef0123"

/* clang-format off */
static const struct { const char *name, *shown; } names[] = {
	{"zen.spamhaus.org", "zen.spamhaus.org"}, {"zen.dq.spamhaus.net", "zen.dq.spamhaus.net"},
	{KEY ".zen.dq.spamhaus.net", "zen.dq.spamhaus.net"}, {KEY ".ZEN.DQ.Spamhaus.NET.", "ZEN.DQ.Spamhaus.NET."},
	{"short.zen.dq.spamhaus.net", "zen.dq.spamhaus.net"}, {"short.zen.dq.spamhaus.net=127.0.0.2*3", "zen.dq.spamhaus.net=127.0.0.2*3"},
	{"zen.dq.spamhaus.net*3", "zen.dq.spamhaus.net*3"}, {"k.combined.mail.abusix.zone", "combined.mail.abusix.zone"},
	{KEY ".list.example", "list.example"}, {"averyveryverylongname.example", "averyveryverylongname.example"},
	{"12345678901234567890.example", "12345678901234567890.example"},
	{"a-very-long-name-of-2026.example", "a-very-long-name-of-2026.example"},
	{KEY, KEY}, {KEY ".", KEY "."}, {"", ""}, {".", "."}, {"dq.spamhaus.net", "dq.spamhaus.net"},
};
/* clang-format on */

/* clang-format off */
static const struct { const char *text, *wanted; } texts[] = {
	{"2.0.0.127." KEY ".zen.dq.spamhaus.net", "2.0.0.127.**************************.zen.dq.spamhaus.net"},
	{"see /ABCDEF0123456789ABCDEF0123/" KEY, "see /**************************/**************************"},
	{"x" KEY, "x" KEY}, {KEY "9", KEY "9"}, {"", ""}, {KEY, "**************************"},
};
/* clang-format on */

int
main(void)
{
	char room[100];

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		(void)strcpy(room, texts[i].text);
		secret_hide(room, KEY);
		tap_is(room, texts[i].wanted, "hidden in \"%s\"", texts[i].text);
	}
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		tap_is(
		    names[i].name + secret_len(names[i].name), names[i].shown, "%s", names[i].name);
	return tap_done();
}
