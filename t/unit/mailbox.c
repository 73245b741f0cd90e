/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/mailbox.h"

#include <stdlib.h>
#include <string.h>

#include "t/tap.h"

#define N ((size_t)-1) /* strlen */

/* clang-format off */
static const struct {
	const char *value;
	size_t len;
	enum mailbox_fault fault;
	const char *domain, *other;
	size_t count;
} cases[] = {
	/* Plain. */
	{" joe@example.com", N, MAILBOX_OK, "example.com", "", 1},
	{" Joe <joe@EXAMPLE.com>", N, MAILBOX_OK, "example.com", "", 1},
	{"<joe@example.com>", N, MAILBOX_OK, "example.com", "", 1},
	{" \"Joe Q. Public\" <john.q.public@example.com>", N, MAILBOX_OK, "example.com", "", 1},
	{" Joe Q. Public <john.q.public@example.com>", N, MAILBOX_OK, "example.com", "", 1},
	{"\n joe\n\t@example.com\n ", N, MAILBOX_OK, "example.com", "", 1},
	{" joe@example.com.", N, MAILBOX_SYNTAX, "", "", 0},
	/* "@" where it is none. */
	{" \"ceo@bank.example\" <x@evil.example>", N, MAILBOX_OK, "evil.example", "", 1},
	{" \"ceo@bank.example\\\" <x@evil.example>", N, MAILBOX_SYNTAX, "", "", 0},
	{" \"a \\\"@bank.example\" <x@evil.example>", N, MAILBOX_OK, "evil.example", "", 1},
	{" (ceo@bank.example) x@evil.example", N, MAILBOX_OK, "evil.example", "", 1},
	{" x@evil.example (ceo@bank.example)", N, MAILBOX_OK, "evil.example", "", 1},
	{" x@evil.example (ceo \\) @bank.example (nested))", N, MAILBOX_OK, "evil.example", "", 1},
	{" =?utf-8?q?ceo=40bank=2Eexample?= <x@evil.example>", N, MAILBOX_OK, "evil.example", "", 1},
	{" \"x@bank.example\"@evil.example", N, MAILBOX_OK, "evil.example", "", 1},
	{" x\\@bank.example@evil.example", N, MAILBOX_SYNTAX, "", "", 0},
	/* Two readings are none. */
	{" ceo@bank.example <x@evil.example>", N, MAILBOX_SYNTAX, "", "", 0},
	{" <ceo@bank.example> <x@evil.example>", N, MAILBOX_SYNTAX, "", "", 0},
	{" <ceo@bank.example> x@evil.example", N, MAILBOX_SYNTAX, "", "", 0},
	{" <ceo@bank.example>x", N, MAILBOX_SYNTAX, "", "", 0},
	{" a@bank.example@evil.example", N, MAILBOX_SYNTAX, "", "", 0},
	{" <a@bank.example@evil.example>", N, MAILBOX_SYNTAX, "", "", 0},
	{" a@bank.example b@evil.example", N, MAILBOX_SYNTAX, "", "", 0},
	{" <<x@evil.example>>", N, MAILBOX_SYNTAX, "", "", 0},
	{" <x@evil.example", N, MAILBOX_SYNTAX, "", "", 0},
	{" x@evil.example>", N, MAILBOX_SYNTAX, "", "", 0},
	{" x@evil.example (", N, MAILBOX_SYNTAX, "", "", 0},
	{" \"x@evil.example", N, MAILBOX_SYNTAX, "", "", 0},
	{" x@evil.example;", N, MAILBOX_SYNTAX, "", "", 0},
	{" a@bank.example\0<x@evil.example>", 32, MAILBOX_SYNTAX, "", "", 0},
	{" a\r@bank.example", N, MAILBOX_OK, "bank.example", "", 1},
	{" a\x01@bank.example", N, MAILBOX_SYNTAX, "", "", 0},
	{" .a@bank.example", N, MAILBOX_SYNTAX, "", "", 0},
	{" a..b@bank.example", N, MAILBOX_SYNTAX, "", "", 0},
	{" a.@bank.example", N, MAILBOX_SYNTAX, "", "", 0},
	{" a b@bank.example", N, MAILBOX_SYNTAX, "", "", 0},
	{" a@bank..example", N, MAILBOX_SYNTAX, "", "", 0},
	/* Several. */
	{" a@x.example, b@x.example", N, MAILBOX_OK, "x.example", "", 2},
	{" <a@x.example>, <b@y.example>", N, MAILBOX_OK, "x.example", "y.example", 2},
	{" a@x.example, \"b, c\" <b@X.EXAMPLE>, d@z.example", N, MAILBOX_OK, "x.example", "z.example", 3},
	{" , a@x.example,, ,", N, MAILBOX_OK, "x.example", "", 1},
	{" Doe, Joe <joe@x.example>", N, MAILBOX_NO_DOMAIN, "", "", 0},
	/* Groups. */
	{" undisclosed-recipients:;", N, MAILBOX_NONE, "", "", 0},
	{" Team: a@x.example, B <b@x.example>;", N, MAILBOX_OK, "x.example", "", 2},
	{" Team: a@x.example;, c@y.example", N, MAILBOX_OK, "x.example", "y.example", 2},
	{" A Team (x) : ; , B:c@y.example;", N, MAILBOX_OK, "y.example", "", 1},
	{" Team: a@x.example", N, MAILBOX_SYNTAX, "", "", 0},
	{" Team: Sub: a@x.example;;", N, MAILBOX_SYNTAX, "", "", 0},
	{" :a@x.example;", N, MAILBOX_SYNTAX, "", "", 0},
	/* Obsolete syntax. */
	{" <@bank.example:x@evil.example>", N, MAILBOX_OK, "evil.example", "", 1},
	{" <@bank.example, @b.example : x@evil.example>", N, MAILBOX_OK, "evil.example", "", 1},
	{" <@bank.example>", N, MAILBOX_SYNTAX, "", "", 0},
	{" @bank.example:x@evil.example", N, MAILBOX_SYNTAX, "", "", 0},
	{" Joe . Q <joe . q @ example . com (x)>", N, MAILBOX_OK, "example.com", "", 1},
	{" \"joe\".\"q\"@example.com", N, MAILBOX_OK, "example.com", "", 1},
	/* No name of a domain. */
	{"", N, MAILBOX_NONE, "", "", 0},
	{" ", N, MAILBOX_NONE, "", "", 0},
	{" <>", N, MAILBOX_SYNTAX, "", "", 0},
	{" root", N, MAILBOX_NO_DOMAIN, "", "", 0},
	{" Joe <root>", N, MAILBOX_NO_DOMAIN, "", "", 0},
	{" Joe Public", N, MAILBOX_SYNTAX, "", "", 0},
	{" joe@", N, MAILBOX_SYNTAX, "", "", 0},
	{" joe@[192.0.2.1]", N, MAILBOX_BAD_DOMAIN, "", "", 0},
	{" joe@192.0.2.1", N, MAILBOX_BAD_DOMAIN, "", "", 0},
	{" joe@bad!name.example", N, MAILBOX_BAD_DOMAIN, "", "", 0},
	{" joe@-x.example", N, MAILBOX_BAD_DOMAIN, "", "", 0},
	/* UTF-8 (RFC 6532), and what is not. */
	{" J\xc3\xb6 <j\xc3\xb6@b\xc3\xbc" "cher.example>", N, MAILBOX_OK, "xn--bcher-kva.example", "", 1},
	{" a@b\xc3\xbc" "cher.example, b@XN--bcher-KVA.example", N, MAILBOX_OK, "xn--bcher-kva.example", "", 2},
	{" J\xf6 <joe@example.com>", N, MAILBOX_OK, "example.com", "", 1},
	{" joe@b\xfc" "cher.example", N, MAILBOX_BAD_DOMAIN, "", "", 0},
};
/* clang-format on */

static void
test_long(void)
{
	static const char *const pieces[] = {
	    "(", "a,", "\"", "<", "@a,", "a:", "(((", ".", "a@b.c,", "\\"};
	struct mailbox_list list;
	size_t size = 1 << 20;
	char *text = malloc(size + 1);

	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0] && text != NULL; i++) {
		size_t n = strlen(pieces[i]);

		for (size_t at = 0; at < size; at++)
			text[at] = pieces[i][at % n];
		text[size] = '\0';
		(void)mailbox_read(text, size, &list);
		tap_ok(true, "a megabyte of %s is read", pieces[i]);
	}
	free(text);
}

static void
test_local(void)
{
	static const char *const locals[][2] = {
	    {" joe@d.ex", "joe"},
	    {" Joe Doe <joe.doe@d.ex>", "joe.doe"},
	    {" \"joe doe\"@d.ex", "joe doe"},
	    {" joe (x) . (y) doe@d.ex, b@d.ex", "joe.doe"},
	    {" friends: a@d.ex, b@d.ex;", "a"},
	    {" aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@d.ex", ""},
	    {" joe@d.ex <b@d.ex>", ""},
	};
	struct mailbox_list list;

	for (size_t i = 0; i < sizeof locals / sizeof *locals; i++) {
		(void)mailbox_read(locals[i][0], strlen(locals[i][0]), &list);
		tap_is(list.local, locals[i][1], "local part of%s", locals[i][0]);
	}
}

int
main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		size_t len = cases[i].len == N ? strlen(cases[i].value) : cases[i].len;
		struct mailbox_list list;
		enum mailbox_fault fault = mailbox_read(cases[i].value, len, &list);

		tap_is(mailbox_fault_text(fault), mailbox_fault_text(cases[i].fault), "%s",
		    cases[i].value);
		tap_is(list.domain, cases[i].domain, "its domain");
		tap_is(list.other, cases[i].other, "and another");
		if (fault == MAILBOX_OK)
			tap_is_int((int64_t)list.count, (int64_t)cases[i].count, "mailboxes");
	}
	test_long();
	test_local();
	return tap_done();
}
