/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/path.h"

#include <stdlib.h>
#include <string.h>

#include "t/tap.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define A64          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

enum {
	NB = PATH_NO_BRACKETS,
	SR = PATH_SOURCE_ROUTE,
	BQ = PATH_BAD_QUOTING,
	CT = PATH_CONTROL,
	EB = PATH_EIGHT_BIT,
	BD = PATH_BAD_DOMAIN,
	BL = PATH_BAD_LOCAL,
	TL = PATH_TOO_LONG,
	ND = PATH_NO_DOMAIN,
};

/* clang-format off */
static const struct { const char *typed, *text, *local, *domain; unsigned oddities; } paths[] = {
	{"<user@example.org>", "user@example.org", "user", "example.org", 0},
	{"<User+Tag@EXAMPLE.Org.>", "User+Tag@EXAMPLE.Org.", "User+Tag", "example.org", 0},
	{"user@example.org", "user@example.org", "user", "example.org", NB},
	{" <a@b.example>\t", "a@b.example", "a", "b.example", 0},
	{"<a@b.example", "a@b.example", "a", "b.example", NB},
	{"a@b.example>", "a@b.example", "a", "b.example", NB},
	{"<Postmaster>", "Postmaster", "Postmaster", "", ND},
	{"<a@>", "a@", "a", "", ND},
	{"<@>", "@", "", "", ND | BL},
	{"<@b.example>", "@b.example", "", "b.example", BL},
	{"<@r.example:u@d.example>", "u@d.example", "u", "d.example", SR},
	{"<@a,@[IPv6:2001:db8::1]:u@d.example>", "u@d.example", "u", "d.example", SR},
	{"<@" A64 ",@" A64 ",@" A64 ",@" A64 ":u@d.example>", "u@d.example", "u", "d.example", SR | TL},
	{"<@a.example:>", "", "", "", SR | ND | BL},
	{"<\"a b\"@x.example>", "\"a b\"@x.example", "a b", "x.example", 0},
	{"<\"a@b\"@x.example>", "\"a@b\"@x.example", "a@b", "x.example", 0},
	{"<\"a\\\"b\\\\\"@x.example>", "\"a\\\"b\\\\\"@x.example", "a\"b\\", "x.example", 0},
	{"<\"\"@x.example>", "\"\"@x.example", "", "x.example", 0},
	{"<\"a\".b@x.example>", "\"a\".b@x.example", "a.b", "x.example", BL},
	{"<a\\@b@x.example>", "a\\@b@x.example", "a@b", "x.example", BL},
	{"<a@b@x.example>", "a@b@x.example", "a@b", "x.example", BL},
	{"<\"a@x.example>", "\"a@x.example", "a", "x.example", BQ | BL},
	{"<\"@\"@\"@x.example>", "\"@\"@\"@x.example", "@@", "x.example", BQ | BL},
	{"<a@x.example\\>", "a@x.example\\", "a", "", BQ | BD},
	{"<.a@x.example>", ".a@x.example", ".a", "x.example", BL},
	{"<a.@x.example>", "a.@x.example", "a.", "x.example", BL},
	{"<a..b@x.example>", "a..b@x.example", "a..b", "x.example", BL},
	{"<a b@x.example>", "a b@x.example", "a b", "x.example", BL},
	{"<prvs=1a=u@x.example>", "prvs=1a=u@x.example", "prvs=1a=u", "x.example", 0},
	{"<a@[192.0.2.1]>", "a@[192.0.2.1]", "a", "[192.0.2.1]", 0},
	{"<a@[IPv6:2001:DB8::1]>", "a@[IPv6:2001:DB8::1]", "a", "[IPv6:2001:DB8::1]", 0},
	{"<a@[192.0.2.1>", "a@[192.0.2.1", "a", "", BD},
	{"<a@192.0.2.1>", "a@192.0.2.1", "a", "", BD},
	{"<a@b..example>", "a@b..example", "a", "", BD},
	{"<a@b c.example>", "a@b c.example", "a", "", BD},
	{"<j\xc3\xb6rg@b\xc3\xbc" "cher.example>", "j\xc3\xb6rg@b\xc3\xbc" "cher.example",
	    "j\xc3\xb6rg", "xn--bcher-kva.example", EB},
	{"<\xff@\xfe>", "\xff@\xfe", "\xff", "", EB | BD},
	{"<a\x01@b.example>", "a\x01@b.example", "a\x01", "b.example", CT | BL},
	{"<a@b.example\r\n>", "a@b.example\r\n", "a", "", CT | BD},
	{"<" A64 "@b.example>", A64 "@b.example", A64, "b.example", 0},
	{"<" A64 "a@b.example>", A64 "a@b.example", A64 "a", "b.example", TL},
	{"<a@" A64 ".example>", "a@" A64 ".example", "a", "", BD},
	{"<<a@b.example>>", "<a@b.example>", "<a", "", BL | BD},
};

static const struct { const char *typed; unsigned oddities; } nulls[] = {
	{"<>", 0}, {"", NB}, {" ", NB}, {"<", NB}, {">", NB}, {"<>  ", 0},
};
/* clang-format on */

static void
test_huge(struct arena *arena)
{
	size_t size = 60000;
	char *huge = malloc(size);
	struct path p;

	if (huge == NULL)
		abort();
	for (const char *c = "a\"\\@<.\xff"; *c != '\0'; c++) {
		arena_reset(arena);
		memset(huge, *c, size - 1);
		huge[size - 1] = '\0';
		tap_is_int(path_parse(&p, huge, arena), 0, "60 KB of %#x", (unsigned char)*c);
		tap_ok((p.oddities & PATH_TOO_LONG) != 0, "... are too long");
	}
	free(huge);
}

int
main(void)
{
	struct arena arena;
	struct path p;

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < COUNT(paths); i++) {
		const char *name = strpbrk(paths[i].typed, "\r\n") ? "(line end)" : paths[i].typed;

		tap_is_int(path_parse(&p, paths[i].typed, &arena), 0, "%s", name);
		tap_is(p.text, paths[i].text, "... text");
		tap_is(p.local, paths[i].local, "... local part");
		tap_is(p.domain, paths[i].domain, "... domain");
		tap_is_int(p.oddities, paths[i].oddities, "... oddities");
		tap_ok(!p.null && p.literal == (p.domain[0] == '['), "... literal, not null");
	}
	for (size_t i = 0; i < COUNT(nulls); i++) {
		tap_is_int(path_parse(&p, nulls[i].typed, &arena), 0, "null '%s'", nulls[i].typed);
		tap_ok(p.null && *p.text == '\0' && *p.local == '\0' && *p.domain == '\0',
		    "... is empty");
		tap_is_int(p.oddities, nulls[i].oddities, "... oddities");
	}
	test_huge(&arena);
	arena_fini(&arena);
	for (size_t cap = 0; cap < 48; cap += 16) {
		arena_init(&arena, cap);
		tap_is_int(path_parse(&p, "<user@example.org>", &arena), -1,
		    "without memory beyond %zu bytes", cap);
		arena_fini(&arena);
	}
	return tap_done();
}
