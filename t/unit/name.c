/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/name.h"

#include <stdlib.h>
#include <string.h>

#include "t/tap.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define L9           "abcdefghi"
#define L63          L9 L9 L9 L9 L9 L9 L9
#define N253         L63 "." L63 "." L63 ".abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijz"

/* clang-format off */
static const struct { const char *in; enum name_fault fault; const char *out; } names[] = {
	{"example.org", NAME_OK, "example.org"},
	{"MX1.Example.ORG.", NAME_OK, "mx1.example.org"},
	{"localhost", NAME_OK, "localhost"},
	{"_dmarc.example.org", NAME_OK, "_dmarc.example.org"},
	{"win_pc.example", NAME_OK, "win_pc.example"},
	{"1.2.0.192.in-addr.arpa", NAME_OK, "1.2.0.192.in-addr.arpa"},
	{"3com.example", NAME_OK, "3com.example"},
	{"xn--bcher-kva.example", NAME_OK, "xn--bcher-kva.example"},
	{"b\xc3\xbc" "cher.example", NAME_OK, "xn--bcher-kva.example"},
	{"B\xc3\x9c" "CHER.Example.", NAME_OK, "xn--bcher-kva.example"},
	{"fa\xc3\x9f.example", NAME_OK, "xn--fa-hia.example"},
	{"b\xc3\xbc" "cher\xe3\x80\x82" "example", NAME_OK, "xn--bcher-kva.example"},
	{"_x.b\xc3\xbc" "cher.example", NAME_OK, "_x.xn--bcher-kva.example"},
	{L63 ".example", NAME_OK, L63 ".example"},
	{N253, NAME_OK, N253},
	{N253 ".", NAME_OK, N253},
	{"", NAME_EMPTY, ""}, {".", NAME_EMPTY, ""},
	{"..", NAME_BAD_LABEL, ""}, {".example", NAME_BAD_LABEL, ""}, {"a..b", NAME_BAD_LABEL, ""},
	{"example.org..", NAME_BAD_LABEL, ""}, {"-a.example", NAME_BAD_LABEL, ""},
	{"a-.example", NAME_BAD_LABEL, ""}, {"-", NAME_BAD_LABEL, ""},
	{"a b.example", NAME_BAD_CHARACTER, ""}, {"a\r\n.example", NAME_BAD_CHARACTER, ""},
	{"\x01", NAME_BAD_CHARACTER, ""}, {"a\x7f", NAME_BAD_CHARACTER, ""},
	{"[192.0.2.1]", NAME_BAD_CHARACTER, ""}, {"a,b", NAME_BAD_CHARACTER, ""},
	{"2001:db8::1", NAME_BAD_CHARACTER, ""}, {"<a.example>", NAME_BAD_CHARACTER, ""},
	{"192.0.2.1", NAME_ALL_NUMERIC, ""}, {"a.1", NAME_ALL_NUMERIC, ""}, {"7", NAME_ALL_NUMERIC, ""},
	{L63 "j.example", NAME_TOO_LONG, ""},
	{N253 "z", NAME_TOO_LONG, ""}, {N253 "..", NAME_TOO_LONG, ""},
	{"\xff\xfe.example", NAME_BAD_IDN, ""}, {"b\xc3", NAME_BAD_IDN, ""},
	{"\xe2\x98\x83\xe2\x80\x8b\xf0\x9f\x92\xa9\xed\xa0\x80", NAME_BAD_IDN, ""},
	{"xn--zzzzzzzzz.b\xc3\xbc.example", NAME_BAD_IDN, ""},
	{"\xc3\xbc" L63, NAME_TOO_LONG, ""},
	{"\xc3\xbc b.example", NAME_BAD_IDN, ""},
};

static const struct { const char *name; int labels; const char *parent; } parents[] = {
	{"a.b.example", 3, "b.example"}, {"example", 1, NULL}, {"", 0, NULL},
};

static const struct { const char *name, *domain; bool within; } within[] = {
	{"example.org", "example.org", true}, {"a.b.example.org", "example.org", true},
	{"xexample.org", "example.org", false}, {"org", "example.org", false},
	{"example.org", "org", true}, {"example.org", "", false}, {"", "", false}, {"", "org", false},
};
/* clang-format on */

static void
test_huge(void)
{
	size_t size = 1 << 20;
	char *huge = malloc(size), out[NAME_TEXT_SIZE];

	if (huge == NULL)
		abort();
	memset(huge, 'a', size - 1);
	huge[size - 1] = '\0';
	tap_is_int(name_canon(huge, out), NAME_TOO_LONG, "a megabyte of letters");
	memset(huge, '.', size - 1);
	tap_is_int(name_canon(huge, out), NAME_TOO_LONG, "a megabyte of dots");
	memset(huge, 0xff, size - 1);
	tap_is_int(name_canon(huge, out), NAME_TOO_LONG, "a megabyte of 0xff");
	free(huge);
}

int
main(void)
{
	char out[NAME_TEXT_SIZE];

	for (size_t i = 0; i < COUNT(names); i++) {
		tap_is_int(name_canon(names[i].in, out), names[i].fault, "fault of '%.80s'",
		    strpbrk(names[i].in, "\r\n") ? "(line end)" : names[i].in);
		tap_is(out, names[i].out, "... and its canonical form");
	}
	test_huge();
	for (size_t i = 0; i < COUNT(parents); i++) {
		tap_is_int((int64_t)name_labels(parents[i].name), parents[i].labels,
		    "labels of '%s'", parents[i].name);
		tap_is(name_parent(parents[i].name), parents[i].parent, "parent of '%s'",
		    parents[i].name);
	}
	for (size_t i = 0; i < COUNT(within); i++)
		tap_ok(name_within(within[i].name, within[i].domain) == within[i].within,
		    "'%s' within '%s'", within[i].name, within[i].domain);
	return tap_done();
}
