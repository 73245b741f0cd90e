/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/buf.h"

#include <string.h>

#include "t/tap.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* clang-format off */
static const struct { size_t size; const char *text, *wanted; bool cut; } rows[] = {
	{1, "", "", false}, {1, "a", "", true}, {2, "a", "a", false}, {4, "abc", "abc", false},
	{4, "abcd", "abc", true}, {20, "abcd", "abcd", false},
};
/* clang-format on */

int
main(void)
{
	char room[20];
	struct buf b;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *text = rows[i].text;

		buf_init(&b, room, rows[i].size);
		buf_puts(&b, text);
		tap_ok(strcmp(b.s, rows[i].wanted) == 0 && b.cut == rows[i].cut &&
			   b.len == strlen(rows[i].wanted),
		    "puts '%s' into %zu", text, rows[i].size);
		buf_reset(&b);
		tap_ok(b.len == 0 && !b.cut && b.s[0] == '\0', "... reset");
		buf_printf(&b, "%s", text);
		tap_ok(strcmp(b.s, rows[i].wanted) == 0 && b.cut == rows[i].cut &&
			   b.len == strlen(rows[i].wanted),
		    "... printf");
		buf_reset(&b);
		for (; *text != '\0'; text++)
			buf_putc(&b, *text);
		tap_ok(strcmp(b.s, rows[i].wanted) == 0 && b.cut == rows[i].cut, "... putc");
	}
	buf_init(&b, room, 8);
	buf_puts(&b, "ab");
	buf_printf(&b, "%d", 12);
	buf_write(&b, "c\0d", 3);
	tap_ok(b.len == 7 && memcmp(b.s, "ab12c\0d", 8) == 0 && !b.cut, "one after the other");
	buf_printf(&b, "%s", "");
	buf_puts(&b, "");
	tap_ok(b.len == 7 && !b.cut, "nothing fits a full one");
	buf_putc(&b, 'x');
	tap_ok(b.len == 7 && b.cut, "and a character does not");
	return tap_done();
}
