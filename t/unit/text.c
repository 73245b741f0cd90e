/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/text.h"

#include <string.h>

#include "t/tap.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

typedef void capped(struct buf *, const char *, size_t);
typedef void whole(struct buf *, const char *);

/* clang-format off */
static const struct { capped *fn; const char *name, *in; size_t max; const char *out; } caps[] = {
	{text_reply, "reply", "", 9, ""},
	{text_reply, "reply", "see http://x.example/?a=1%2", 99, "see http://x.example/?a=1%2"},
	{text_reply, "reply", "a\r\n250 ok\t\x7f\xc3\xa4", 99, "a??250 ok????"},
	{text_reply, "reply", "abcdef", 3, "abc"},
	{text_reply, "reply", "abc", 0, ""},
	{text_log, "log", "user@example.org", 99, "user@example.org"},
	{text_log, "log", "<>", 99, "<>"},
	{text_log, "log", "", 99, "\"\""},
	{text_log, "log", "a b", 99, "\"a b\""},
	{text_log, "log", "a=b", 99, "\"a=b\""},
	{text_log, "log", "say \"hi\"\\", 99, "\"say \\\"hi\\\"\\\\\""},
	{text_log, "log", "a\nb\x01\xff", 99, "\"a\\x0ab\\x01\\xff\""},
	{text_log, "log", "abcdef", 6, "abcdef"},
	{text_log, "log", "abcdefg", 6, "abcdef..."},
	{text_log, "log", "abc efg", 6, "\"abc ef...\""},
	{text_log, "log", "abc", 0, "\"...\""},
	{text_comment, "comment", "domain of x (y) \\ z", 99, "domain of x \\(y\\) \\\\ z"},
	{text_comment, "comment", "a\r\nb\t\x7f" "c", 99, "abc"},
	{text_comment, "comment", "\xc3\xa4", 99, "??"},
	{text_comment, "comment", "((((", 2, "\\(\\("},
	{text_json, "json", "", 99, "\"\""},
	{text_json, "json", "a \"b\" \\", 99, "\"a \\\"b\\\" \\\\\""},
	{text_json, "json", "\n\x1f\x7f", 99, "\"\\u000a\\u001f\\u007f\""},
	{text_json, "json C1", "\xc2\x9b" "31m", 99, "\"\\u009b31m\""},
	{text_json, "json right to left", "a\xe2\x80\xae" "b", 99, "\"a\\u202eb\""},
	{text_json, "json", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 99,
	    "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\""},
	{text_json, "json", "\xff" "a", 99, "\"\xef\xbf\xbd" "a\""},
	{text_json, "json", "a\xc3", 99, "\"a\xef\xbf\xbd\""},
	{text_json, "json", "\xe2\x82", 99, "\"\xef\xbf\xbd\xef\xbf\xbd\""},
	{text_json, "json overlong", "\xc0\x80", 99, "\"\xef\xbf\xbd\xef\xbf\xbd\""},
	{text_json, "json surrogate", "\xed\xa0\x80", 99, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	{text_json, "json too big", "\xf4\x90\x80\x80", 99,
	    "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	{text_json, "json cut", "ab\xc3\xa4", 3, "\"ab...\""},
	{text_json, "json cut", "\xa4\xa4\xa4\xa4\xa4\xa4", 5, "\"\xef\xbf\xbd\xef\xbf\xbd...\""},
	{text_log, "log cut", "ab\xe2\x82\xac" "c", 4, "ab..."},
	{text_log, "log cut", "ab\xe2\x82\xac" "c", 5, "\"ab\\xe2\\x82\\xac...\""},
};

static const struct { whole *fn; const char *name, *in, *out; } wholes[] = {
	{text_value, "value", "example.org", "example.org"},
	{text_value, "value", "192.0.2.1", "192.0.2.1"},
	{text_value, "value", "", "\"\""},
	{text_value, "value", "2001:db8::1", "\"2001:db8::1\""},
	{text_value, "value", "a+b", "a+b"},
	{text_value, "value", "ab/c=", "\"ab/c=\""},
	{text_value, "value", "a \"b\" \\", "\"a \\\"b\\\" \\\\\""},
	{text_value, "value", "a\r\nX-Evil: 1", "\"aX-Evil: 1\""},
	{text_value, "value", "\xff", "\"?\""},
	{text_value, "value", "a@b.example", "\"a@b.example\""},
	{text_pvalue, "pvalue", "a@b.example", "a@b.example"},
	{text_pvalue, "pvalue", "@b.example", "@b.example"},
	{text_pvalue, "pvalue", "b.example", "b.example"},
	{text_pvalue, "pvalue", "prvs=1=a@b.example", "prvs=1=a@b.example"},
	{text_pvalue, "pvalue", "a b@b.example", "\"a b@b.example\""},
	{text_pvalue, "pvalue", "a@b@b.example", "\"a@b@b.example\""},
	{text_pvalue, "pvalue", "\"a\"@b.example", "\"\\\"a\\\"@b.example\""},
	{text_pvalue, "pvalue", "a.@b.example", "\"a.@b.example\""},
	{text_pvalue, "pvalue", "a@[192.0.2.1]", "\"a@[192.0.2.1]\""},
	{text_pvalue, "pvalue", "a@b\n.example", "\"a@b.example\""},
	{text_pvalue, "pvalue", "\xc3\xa4@b.example", "\"??@b.example\""},
	{text_pvalue, "pvalue", "a@b\xc3\xbc.example", "\"a@b??.example\""},
	{text_pvalue, "pvalue", "a@", "\"a@\""},
	{text_pvalue, "pvalue", "", "\"\""},
};
/* clang-format on */

/* clang-format off */
static const struct { const char *in; size_t len; bool plain; const char *name; } chars[] = {
	{"a", 1, true, "a letter"}, {"\xc3\xa4", 2, true, "two bytes"}, {"\xe2\x82\xac", 3, true, "three"},
	{"\xf0\x9f\x98\x80", 4, true, "four"}, {"\xe2\x82\xac" "abc", 3, true, "with others behind it"},
	{"\x1b[", 1, false, "ESC"}, {"\n", 1, false, "a line end"}, {"\x7f", 1, false, "DEL"},
	{"\xc2\x80", 2, false, "the first of C1"}, {"\xc2\x9b", 2, false, "CSI"}, {"\xc2\x9f", 2, false, "the last of C1"},
	{"\xc2\xa0", 2, true, "what follows C1"}, {"\x9b", 1, false, "CSI of one byte"}, {"\xc3", 1, false, "half of one"},
	{"\xe2\x80\x8f", 3, false, "a mark from right to left"}, {"\xe2\x80\xa7", 3, true, "what precedes line ends"},
	{"\xe2\x80\xa8", 3, false, "a line separator"}, {"\xe2\x80\xae", 3, false, "an override"},
	{"\xe2\x80\xaf", 3, true, "what follows overrides"}, {"\xe2\x81\xa9", 3, false, "an isolate"},
	{"\xd8\x9c", 2, false, "an Arabic mark"},
};
/* clang-format on */

static void
test_chars(void)
{
	for (size_t i = 0; i < COUNT(chars); i++) {
		bool plain;

		tap_is_int((long long)text_char(chars[i].in, &plain), (long long)chars[i].len, "%s",
		    chars[i].name);
		tap_ok(plain == chars[i].plain, "%s: %s", chars[i].name,
		    plain ? "shown" : "not shown");
	}
}

/* Much of each byte value into little room: nothing is written beyond, and no line end survives. */
static void
test_every_byte(void)
{
	static capped *const all_capped[] = {text_reply, text_log, text_comment, text_json};
	static whole *const all_whole[] = {text_value, text_pvalue};
	char huge[4000], room[100];
	struct buf b;
	int bad = 0;

	for (int c = 1; c < 256; c++) {
		memset(huge, c, sizeof huge);
		huge[sizeof huge - 1] = '\0';
		for (size_t i = 0; i < COUNT(all_capped); i++) {
			buf_init(&b, room, sizeof room);
			all_capped[i](&b, huge, sizeof huge);
			bad += strpbrk(b.s, "\r\n") != NULL || b.len >= sizeof room;
		}
		for (size_t i = 0; i < COUNT(all_whole); i++) {
			buf_init(&b, room, sizeof room);
			all_whole[i](&b, huge);
			bad += strpbrk(b.s, "\r\n") != NULL || b.len >= sizeof room;
		}
	}
	tap_is_int(bad, 0, "much of every byte, everywhere");
}

int
main(void)
{
	char room[1000];
	struct buf b;

	for (size_t i = 0; i < COUNT(caps); i++) {
		buf_init(&b, room, sizeof room);
		caps[i].fn(&b, caps[i].in, caps[i].max);
		tap_is(b.s, caps[i].out, "%s, row %zu", caps[i].name, i);
	}
	for (size_t i = 0; i < COUNT(wholes); i++) {
		buf_init(&b, room, sizeof room);
		wholes[i].fn(&b, wholes[i].in);
		tap_is(b.s, wholes[i].out, "%s, row %zu", wholes[i].name, i);
	}
	test_chars();
	test_every_byte();
	return tap_done();
}
