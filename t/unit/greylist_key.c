/* SPDX-License-Identifier: BSD-2-Clause */
/* The words an attempt is remembered by, and the lists of those never asked. */
#include "checks/greylist_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checks/postgrey_lists.h"
#include "lib/buf.h"
#include "t/scratch.h"
#include "t/tap.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct arena arena = {.cap = 1 << 20};

/* clang-format off */
static const struct { const char *sender, *wanted; } senders[] = {
	{ "<Joe@A.Example>", "joe@a.example" },
	{ "<>", "" },
	{ "joe", "joe" },
	{ "<joe+tag@a.example>", "joe@a.example" },
	{ "<+tag@a.example>", "@a.example" },
	{ "<list-bounce+joe=b.example@a.example>", "list-bounce@a.example" },
	{ "<bounce-2843-17@a.example>", "bounce-#-#@a.example" },
	{ "<2843@a.example>", "#@a.example" },
	{ "<a12@a.example>", "a12@a.example" },
	{ "<12a@a.example>", "12a@a.example" },
	{ "<b_12.34x.56@a.example>", "b_12.34x.#@a.example" },
	{ "<bounce-1@123.example>", "bounce-#@123.example" },
	{ "<prvs=2843abcdef=joe@a.example>", "joe@a.example" },
	{ "<PRVS=joe=2843abcdef@a.example>", "joe@a.example" },
	{ "<prvs=2843abcdef=joe+x@a.example>", "joe@a.example" },
	{ "<prvs=2843abcdef=bounce-7=b.example@a.example>", "bounce-#=b.example@a.example" },
	{ "<prvs=283b1d7f0=joe@a.example>", "joe@a.example" },
	{ "<prvs=friedrichs.post=2843abcdef@a.example>", "friedrichs.post@a.example" },
	{ "<prvs=friedrichspost=2843abcdef@a.example>", "friedrichspost@a.example" },
	{ "<prvs=joe@a.example>", "prvs=joe@a.example" },
	{ "<prvs=a=b=c@a.example>", "prvs=a=b=c@a.example" },
	{ "<btv1==02143f9e8d==joe@a.example>", "joe@a.example" },
	{ "<SRS0=x9Bk=TT=b.example=joe@a.example>", "srs0=#=#=b.example=joe@a.example" },
	{ "<srs0+q8Zz=TU=b.example=joe@a.example>", "srs0=#=#=b.example=joe@a.example" },
	{ "<SRS0=x9Bk=TT=b.example=n-17@a.example>", "srs0=#=#=b.example=n-#@a.example" },
	{ "<SRS1=hh=c.example==x9Bk=TT=b.example=joe@a.example>", "srs1=#=c.example==#=#=b.example=joe@a.example" },
	{ "<SRS1=broken@a.example>", "srs1=broken@a.example" },
	{ "<SRS0=@a.example>", "srs0=@a.example" },
	{ "<srsly@a.example>", "srsly@a.example" },
};
/* clang-format on */

static void
test_senders(void)
{
	char got[GREYLIST_TEXT_SIZE], longest[2000];
	struct path p;

	for (size_t i = 0; i < COUNT(senders); i++) {
		(void)path_parse(&p, senders[i].sender, &arena);
		greylist_key_sender(p.local, p.domain, got);
		tap_is(got, senders[i].wanted, "%s", senders[i].sender);
	}
	memset(longest, '1', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	greylist_key_sender(longest, longest, got);
	tap_is_int((int64_t)strlen(got), RECORD_FIELD_MAX, "a long one is cut");
}

static const char *
key_text(const struct record_key *k, char *out, size_t size)
{
	struct buf b;

	buf_init(&b, out, size);
	for (size_t i = 0; i < k->len; i++)
		buf_putc(&b, k->bytes[i] == '\0' ? '|' : (char)k->bytes[i]);
	return out;
}

static void
test_keys(void)
{
	/* clang-format off */
	static const struct { const char *client, *proven, *triplet, *counted; } cases[] = {
		{ "192.0.2.77", NULL, "g192.0.2.0/24|joe@a.example|me@b.example", "c192.0.2.77" },
		{ "2001:db8:1:2:3::4", NULL, "g2001:db8:1:2::/64|joe@a.example|me@b.example", "c2001:db8:1:2:3::4" },
		{ "192.0.2.77", "a.example", "ga.example|joe@a.example|me@b.example", "ca.example" },
	};
	/* clang-format on */
	static const uint8_t secret[] = "0123456789abcdef";
	struct keyhash hide = {secret, sizeof secret - 1};
	char text[2000], other[2000];
	struct record_key triplet, client;
	struct path sender, rcpt;
	struct addr addr;

	(void)path_parse(&sender, "<Joe+x@a.example>", &arena);
	(void)path_parse(&rcpt, "<Me@b.example>", &arena);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct greylist_who who = {&addr, 24, 64, cases[i].proven, &sender, &rcpt, NULL};

		(void)addr_parse(&addr, cases[i].client);
		greylist_keys(&who, &triplet, &client);
		tap_is(key_text(&triplet, text, sizeof text), cases[i].triplet, "triplet");
		tap_is(key_text(&client, text, sizeof text), cases[i].counted, "counted client");
		who.hide = &hide;
		greylist_keys(&who, &triplet, &client);
		(void)key_text(&triplet, text, sizeof text);
		tap_ok(strstr(text, "example") == NULL && strstr(text, "192") == NULL &&
			   triplet.len == 1 + 3 * 33 + 2,
		    "hidden: %s", text);
		greylist_keys(&who, &triplet, &client);
		tap_is(key_text(&triplet, other, sizeof other), text, "hidden alike again");
	}
	/* RFC 4231 has no case of this form; this one was computed with openssl dgst -mac HMAC. */
	tap_is(keyhash_text(&hide, "joe@a.example", text), "#2b81dba4818c394c998868a24b775363",
	    "HMAC-SHA-256");
}

static const char *
write_file(const char *dir, const char *name, const char *text)
{
	char *path = arena_printf(&arena, "%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	fputs(text, f);
	(void)fclose(f);
	return path;
}

static const struct pattern *
load(const char *path, enum pattern_kind kind, const char **why_r)
{
	const struct pattern *list;

	*why_r = "";
	return patterns_load(&(struct string_list){&path, 1}, kind, &arena, &list, why_r) == 0
		   ? list
		   : NULL;
}

static void
test_clients(const char *dir)
{
	/* clang-format off */
	static const struct { const char *addr, *name, *wanted; } cases[] = {
		{ "203.0.113.1", "mx.friend.example", "friend.example" },
		{ "203.0.113.1", "FRIEND.example", "friend.example" },
		{ "203.0.113.1", "notfriend.example", NULL },
		{ "203.0.113.1", "friend.example.evil.test", NULL },
		{ "203.0.113.1", NULL, NULL },
		{ "203.0.113.1", "smtp17.isp.example", "/^smtp\\d+\\.isp\\.example$/" },
		{ "203.0.113.1", "smtpx.isp.example", NULL },
		{ "192.0.2.4", NULL, "192.0.2.4" },
		{ "192.0.2.5", NULL, NULL },
		{ "198.51.100.9", NULL, "198.51.100" },
		{ "10.9.8.7", NULL, "10.9" },
		{ "172.16.5.1", NULL, "172.16.4.9/22" },
		{ "2001:db8:5::1", NULL, "2001:db8:5::/48" },
		{ "2001:db8:6::1", NULL, "2001:db8:6::1" },
		{ "2001:db8:6::2", NULL, NULL },
	};
	/* clang-format on */
	const char *why;
	const struct pattern *list =
	    load(write_file(dir, "clients",
		     "# comment\n\nfriend.example  # a friend\n"
		     "/^smtp\\d+\\.isp\\.example$/\n192.0.2.4\n198.51.100\n10.9\n"
		     "172.16.4.9/22\n2001:db8:5::/48\n2001:db8:6::1\n"),
		PATTERNS_OF_CLIENTS, &why);
	struct addr addr;

	tap_is(why, "", "client list loads");
	for (size_t i = 0; i < COUNT(cases); i++) {
		(void)addr_parse(&addr, cases[i].addr);
		tap_is(patterns_client(list, &addr, cases[i].name), cases[i].wanted, "client %s %s",
		    cases[i].addr, cases[i].name != NULL ? cases[i].name : "-");
	}
}

static void
test_recipients(const char *dir)
{
	/* clang-format off */
	static const struct { const char *rcpt, *wanted; } cases[] = {
		{ "postmaster@any.example", "postmaster@" },
		{ "Postmaster+x@any.example", "postmaster@" },
		{ "postmaster2@any.example", NULL },
		{ "joe@b.example", "joe@b.example" },
		{ "joe+list@b.example", "joe@b.example" },
		{ "joe@x.b.example", NULL },
		{ "me@c.example", "c.example" },
		{ "me@x.c.example", "c.example" },
		{ "me@xc.example", NULL },
		{ "trap-1@d.example", "/^trap-.@/" },
	};
	/* clang-format on */
	const char *why;
	const struct pattern *list = load(
	    write_file(dir, "recipients", "postmaster@\njoe@b.example\nc.example\n/^trap-.@/\n"),
	    PATTERNS_OF_RECIPIENTS, &why);
	struct path p;

	tap_is(why, "", "recipient list loads");
	for (size_t i = 0; i < COUNT(cases); i++) {
		(void)path_parse(&p, cases[i].rcpt, &arena);
		tap_is(
		    patterns_recipient(list, &p), cases[i].wanted, "recipient %s", cases[i].rcpt);
	}
}

static void
test_bad_lists(const char *dir)
{
	struct addr addr = {.family = ADDR_V4};
	char name[254];
	const char *why;

	(void)load(write_file(dir, "bad", "a.example\n/(/\n"), PATTERNS_OF_CLIENTS, &why);
	tap_ok(strstr(why, "/bad:2: bad regular expression at character 2: ") != NULL, "%s", why);
	(void)load(write_file(dir, "bad", "two words\n"), PATTERNS_OF_CLIENTS, &why);
	tap_ok(
	    strstr(why, "/bad:1: not a name, network or /regular expression/") != NULL, "%s", why);
	(void)load(write_file(dir, "bad", "10.0.0.0/33\n"), PATTERNS_OF_CLIENTS, &why);
	tap_ok(strstr(why, "/bad:1: not a name") != NULL, "%s", why);
	(void)load("/nonexistent/clients", PATTERNS_OF_CLIENTS, &why);
	tap_is(
	    why, "cannot open /nonexistent/clients: No such file or directory", "a missing file");
	(void)load("/nonexistent/clients.local", PATTERNS_OF_CLIENTS, &why);
	tap_is(why, "", "a missing .local is empty");
	/* An expression that would run for years gives up and does not match. */
	memset(name, 'a', sizeof name - 2);
	name[sizeof name - 2] = '!';
	name[sizeof name - 1] = '\0';
	tap_is(
	    patterns_client(load(write_file(dir, "slow", "/^(a+)+$/\n"), PATTERNS_OF_CLIENTS, &why),
		&addr, name),
	    NULL, "a runaway expression is stopped");
}

static void
test_debian(void)
{
	const char *files[] = {
	    "/etc/postgrey/whitelist_clients", "/etc/postgrey/whitelist_recipients"};
	const char *why;
	struct addr addr;

	if (access(files[0], R_OK) == -1) {
		tap_ok(true, "Debian's lists # SKIP postgrey is not installed");
		return;
	}
	(void)addr_parse(&addr, "51.4.72.99");
	tap_is(patterns_client(load(files[0], PATTERNS_OF_CLIENTS, &why), &addr, NULL),
	    "51.4.72.0/24", "Debian's whitelist_clients");
	tap_ok(
	    load(files[1], PATTERNS_OF_RECIPIENTS, &why) != NULL, "Debian's whitelist_recipients");
}

int
main(void)
{
	char dir[SCRATCH_SIZE];

	scratch_make(dir);
	test_senders();
	test_keys();
	test_clients(dir);
	test_recipients(dir);
	test_bad_lists(dir);
	test_debian();
	scratch_remove(dir);
	arena_fini(&arena);
	return tap_done();
}
