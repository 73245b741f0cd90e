/* SPDX-License-Identifier: BSD-2-Clause */
/* Which received Authentication-Results claim to be ours, and what our name is. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "milter/authres.h"
#include "milter/stage.h"
#include "t/tap.h"
#include "t/unit/fakechecks.h"

#define US "mx.example.org"

static const struct {
	const char *value;
	bool claims;
} cases[] = {
    /* clang-format off */
	{US "; spf=pass", true},
	{" " US "; none", true},
	{US, true},
	{"MX.Example.ORG; spf=pass", true},
	{"mx.example.org.; spf=pass", true},
	{"\"mx.example.org\"; spf=pass", true},
	{"\"mx.\\example.org\"; spf=pass", true},
	{"(hi) mx.example.org (ho) 1; spf=pass", true},
	{"(a (nested) \\) one)\n\tmx.example.org\n\t;\n\tspf=pass", true},
	{"\n\t mx.example.org ; spf=pass", true},
	{US "/12; spf=pass", true},
	{US " 1; spf=pass", true},
	{US " 99; spf=pass", true},
	{US "\x80; spf=pass", true},
	{"other.example; spf=pass", false},
	{"other.example 1; spf=pass", false},
	{"other.example (" US ") 1; spf=pass", false},
	{"other.example; spf=pass smtp.helo=" US, false},
	{"other.example", false},
	{"other.example 2; spf=pass", true},		/* a version nobody knows */
	{"notmx.example.org; spf=pass", false},
	{"mx.example.org.evil.example; spf=pass", false},
	{"example.org; spf=pass", false},
	{"", false},
	{"; spf=pass", false},
	{"; spf=pass by mX.example.org", true},		/* unparsable, names us */
	{"(never ends " US, true},
	{"\"never ends " US, true},
	{"\"never ends", false},
	{"other.example two words; " US, true},
	{"other.example two words; spf=pass", false},
	{"other.example = " US, true},
	{"<mx.example.org>; spf=pass", true},
	{"other.example (unclosed; " US, true},
    /* clang-format on */
};

static void
test_huge(void)
{
	size_t size = 60000;
	char *s = malloc(size + 20);

	if (s == NULL)
		abort();
	for (const char *c = "(\"\\ \n;x"; *c != '\0'; c++) {
		memset(s, *c, size);
		memcpy(s + size, US, sizeof US);
		tap_ok(authres_claims(s, US) || *c == '"', "60,000 of 0x%02x and our name", *c);
		s[size] = '\0';
		tap_ok(!authres_claims(s, US), "60,000 of 0x%02x alone", *c);
	}
	free(s);
}

static void
test_names(void)
{
	static const struct house house = {.clock = &clock_real};
	static char host[256];
	static const struct {
		const char *conf, *macro_j, *authserv_id, *hostname;
	} rows[] = {
	    {"authserv-id = a.example", "mx.example.org", "a.example", "mx.example.org"},
	    {"", "mx.example.org", "mx.example.org", "mx.example.org"},
	    {"", NULL, host, host},
	};

	(void)gethostname(host, sizeof host - 1);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct connection c = {.mta_name = "[client]", .hostname = rows[i].macro_j};
		struct conf *conf = fake_conf(rows[i].conf);
		struct stage_walk *w = stage_open(conf, &house, &c);

		conf_unref(&conf);
		tap_is(stage_txn(w)->site->authserv_id, rows[i].authserv_id, "authserv-id");
		tap_is(stage_txn(w)->site->hostname, rows[i].hostname, "host name");
		stage_close(&w);
	}
}

static void
test_login(void)
{
	static const struct house house = {.clock = &clock_real};
	static const struct {
		const char *conf, *user, *wanted;
	} rows[] = {
	    /* clang-format off */
	    {"", "joe", US "; none"},
	    {"report-login = yes", NULL, US "; none"},
	    {"report-login = yes", "joe", US ";\n\tauth=pass smtp.auth=joe"},
	    {"report-login = yes", "joe@a.example", US ";\n\tauth=pass smtp.auth=joe@a.example"},
	    {"report-login = yes", "a b;c", US ";\n\tauth=pass smtp.auth=\"a b;c\""},
	    {"report-login = yes", "x\n y", US ";\n\tauth=pass smtp.auth=\"x y\""},
	    /* clang-format on */
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct connection c = {.mta_name = "[client]", .hostname = US};
		struct conf *conf = fake_conf(rows[i].conf);
		struct stage_walk *w = stage_open(conf, &house, &c);
		char room[AUTHRES_SIZE];
		struct buf b;

		conf_unref(&conf);
		buf_init(&b, room, sizeof room);
		(void)stage_mail(w, "<a@b.example>", NULL, rows[i].user);
		authres_format(&b, w);
		tap_is(b.s, rows[i].wanted, "login %zu, \"%s\"", i, rows[i].conf);
		stage_close(&w);
	}
}

int
main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		tap_ok(authres_claims(cases[i].value, US) == cases[i].claims, "case %zu: %s", i,
		    cases[i].claims ? "ours" : "not ours");
	tap_ok(authres_claims("m\xc3\xbcller.example; none", "xn--mller-kva.example"),
	    "U-label for our A-label");
	tap_ok(authres_claims("xn--mller-kva.example; none", "m\xc3\xbcller.example"),
	    "A-label for our U-label");
	tap_ok(authres_claims("\"M\xc3\x9cLLER.example\"; none", "xn--mller-kva.example"),
	    "capital and quoted");
	test_huge();
	test_names();
	test_login();
	return tap_done();
}
