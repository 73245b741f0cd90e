/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/header.h"

#include <stdlib.h>
#include <string.h>

#include "t/tap.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define OPEN10       "(((((((((("
#define CLOSE10      "))))))))))"
#define OPEN100      OPEN10 OPEN10 OPEN10 OPEN10 OPEN10 OPEN10 OPEN10 OPEN10 OPEN10 OPEN10
#define CLOSE100     CLOSE10 CLOSE10 CLOSE10 CLOSE10 CLOSE10 CLOSE10 CLOSE10 CLOSE10 CLOSE10 CLOSE10

typedef bool reader(struct header_cursor *, struct buf *);

static bool
cfws(struct header_cursor *c, struct buf *out)
{
	(void)out;
	return header_cfws(c);
}

/* clang-format off */
static const struct {
	reader *fn; const char *name, *in; bool good; const char *out, *rest;
} reads[] = {
	{cfws, "cfws", "", true, "", ""},
	{cfws, "cfws", "x", true, "", "x"},
	{cfws, "cfws", " \t\r\n x", true, "", "x"},
	{cfws, "cfws", "(a)x", true, "", "x"},
	{cfws, "cfws", " (a (b) c)\n\t(d) x", true, "", "x"},
	{cfws, "cfws", "(a \\) b)x", true, "", "x"},
	{cfws, "cfws", "(a \\( b)x", true, "", "x"},
	{cfws, "cfws", "(\"not quoted)x", true, "", "x"},
	{cfws, "cfws", ")x", true, "", ")x"},
	{cfws, "cfws", "(a x", false, "", ""},
	{cfws, "cfws", "((a) x", false, "", ""},
	{cfws, "cfws", "(a\\", false, "", ""},
	{cfws, "cfws", "(\\)", false, "", ""},
	{cfws, "cfws", OPEN100 CLOSE100 "x", true, "", "x"},
	{cfws, "cfws", "(" OPEN100 CLOSE100 ")x", false, "", ""},
	{header_token, "token", "", false, "", ""},
	{header_token, "token", "mx.example.org; x", true, "mx.example.org", "; x"},
	{header_token, "token", "a=b", true, "a", "=b"},
	{header_token, "token", "a(b)", true, "a", "(b)"},
	{header_token, "token", " a", false, "", " a"},
	{header_token, "token", "\"a\"", false, "", "\"a\""},
	{header_token, "token", "a\xff", true, "a", "\xff"},
	{header_token, "token", "a\x01", true, "a", "\x01"},
	{header_quoted, "quoted", "", false, "", ""},
	{header_quoted, "quoted", "a", false, "", "a"},
	{header_quoted, "quoted", "\"\"x", true, "", "x"},
	{header_quoted, "quoted", "\"a b\" x", true, "a b", " x"},
	{header_quoted, "quoted", "\"a\\\"b\\\\\"x", true, "a\"b\\", "x"},
	{header_quoted, "quoted", "\"a\r\n b\n\tc\"x", true, "a b\tc", "x"},
	{header_quoted, "quoted", "\"(a)\"x", true, "(a)", "x"},
	{header_quoted, "quoted", "\"\xff\x01\"", true, "\xff\x01", ""},
	{header_quoted, "quoted", "\"a", false, "a", ""},
	{header_quoted, "quoted", "\"a\\", false, "a", ""},
	{header_quoted, "quoted", "\"a\\\"", false, "a\"", ""},
	{header_quoted, "quoted", "\"", false, "", ""},
};

static const struct { const char *in, *out; } unfolds[] = {
	{"", ""}, {" ", ""}, {" a", "a"}, {" a\n\tb\r\n c \r\n", "a\tb c"}, {"\n\n", ""},
	{"a\rb", "ab"}, {"\xff \x01", "\xff \x01"},
};
/* clang-format on */

/* Every function is called until nothing is taken: no byte may be passed over twice. */
static void
test_huge(void)
{
	size_t size = 60000;
	char *huge = malloc(size);

	if (huge == NULL)
		abort();
	for (const char *c = "(\"\\) a;"; *c != '\0'; c++) {
		struct header_cursor cursor = {huge, size};
		size_t steps = 0;
		bool on = true;

		for (memset(huge, *c, size); on; steps++) {
			size_t before = cursor.len;

			(void)header_cfws(&cursor);
			(void)(header_token(&cursor, NULL) || header_quoted(&cursor, NULL));
			on = cursor.len < before;
		}
		tap_ok(steps <= size / 2 + 2 &&
			   (cursor.len == 0 || *c == ')' || *c == ';' || *c == '\\'),
		    "60 KB of '%c' in %zu steps", *c, steps);
	}
	free(huge);
}

int
main(void)
{
	char room[1000];
	struct buf b;

	for (size_t i = 0; i < COUNT(reads); i++) {
		struct header_cursor c = {reads[i].in, strlen(reads[i].in)};

		buf_init(&b, room, sizeof room);
		tap_ok(reads[i].fn(&c, &b) == reads[i].good, "%s, row %zu", reads[i].name, i);
		tap_is(b.s, reads[i].out, "... what it read");
		tap_is(c.s, reads[i].rest, "... what it left");
		tap_is_int((int64_t)c.len, (int64_t)strlen(reads[i].rest), "... and how much");
	}
	for (size_t i = 0; i < COUNT(unfolds); i++) {
		buf_init(&b, room, sizeof room);
		header_unfold(&b, unfolds[i].in, strlen(unfolds[i].in));
		tap_is(b.s, unfolds[i].out, "unfold, row %zu", i);
	}
	for (const char *in = "ab"; *in != '\0'; in++) {
		struct header_cursor c = {in, 1};

		tap_ok(header_char(&c, 'a') == (*in == 'a'), "'a' before '%c'", *in);
		tap_ok(c.len == (*in != 'a') && !header_char(&c, 'a'), "... taken once");
	}
	test_huge();
	return tap_done();
}
