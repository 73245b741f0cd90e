/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/spf.h"

#include <stdio.h>
#include <string.h>

#include "checks/spf/trace.h"
#include "lib/option.h"
#include "t/tap.h"
#include "t/unit/fakedns_mem.h"
#include "t/unit/faketxn.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* clang-format off */
static const struct fakedns_row rows[] = {
	{"pass.example", DNS_TXT, DNS_OK, "v=spf1 ip4:192.0.2.1 -all"},
	{"fail.example", DNS_TXT, DNS_OK, "v=spf1 ip4:198.51.100.1 -all exp=why.example"},
	{"why.example", DNS_TXT, DNS_OK, "ask %{d}"},
	{"soft.example", DNS_TXT, DNS_OK, "v=spf1 ~all"},
	{"local.example", DNS_TXT, DNS_OK, "v=spf1 exists:%{l}.who.example -all"},
	{"joe.who.example", DNS_A, DNS_OK, "127.0.0.2"},
	{"nomail.example", DNS_TXT, DNS_OK, "v=spf1 -all"},
	{"broken.example", DNS_TXT, DNS_OK, "v=spf1 ip4:192.0.2 -all"},
	{"slow.example", DNS_TXT, DNS_TIMEOUT, NULL},
	{NULL, DNS_A, DNS_OK, NULL},
};

static const struct {
	const char *helo, *sender;
	const char *results, *props;	/* all; of the first */
} cases[] = {
	{"host.none.example", "<a@pass.example>", "pass helo-none", "smtp.mailfrom=pass.example"},
	{"pass.example", "<a@fail.example>", "fail helo-pass", "smtp.mailfrom=fail.example"},
	{"fail.example", "<a@pass.example>", "pass helo-fail", "smtp.mailfrom=pass.example"},
	{"soft.example", "<a@pass.example>", "pass helo-softfail", "smtp.mailfrom=pass.example"},
	{"single", "<a@soft.example>", "softfail", "smtp.mailfrom=soft.example"},
	{"[192.0.2.1]", "<a@nomail.example>", "no-mail", "smtp.mailfrom=nomail.example"},
	{"nomail.example", "<a@pass.example>", "pass helo-fail", "smtp.mailfrom=pass.example"},
	{NULL, "<joe@local.example>", "pass", "smtp.mailfrom=joe@local.example"},
	{"h", "<a@broken.example>", "permerror", "smtp.mailfrom=broken.example"},
	{"h", "<a@slow.example>", "temperror", "smtp.mailfrom=slow.example"},
	{"pass.example", "<>", "pass", "smtp.mailfrom=postmaster@pass.example"},
	{"fail.example", "<>", "fail", "smtp.mailfrom=postmaster@fail.example"},
	{"h", "<a@none.example>", "none", "smtp.mailfrom=none.example"},
	{"h", "<a@skipped.example>", "none", "smtp.mailfrom=skipped.example"},
	{"h", "<a@[192.0.2.1]>", "none", "smtp.mailfrom=[192.0.2.1]"},
};
/* clang-format on */

/* Options with one of them set, at the place its row names. */
static void *
options(struct arena *arena, const char *key, const void *value, size_t size)
{
	char *o = arena_alloc(arena, check_spf.options_size);

	for (const struct option *row = check_spf.options; row->key != NULL && key != NULL; row++)
		if (strcmp(row->key, key) == 0)
			memcpy(o + row->offset, value, size);
	return o;
}

static void
begin(struct faketxn *f, struct dns *dns, const char *client, const char *helo, const char *sender)
{
	faketxn_init(f, &check_spf, dns, client);
	f->txn.helo = helo;
	f->txn.options = options(&f->arena, NULL, NULL, 0);
	(void)path_parse(&f->txn.sender, sender, &f->arena);
}

static void
test_cases(void)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dns dns = {.rows = rows};
		struct faketxn f;

		begin(&f, &dns, "192.0.2.1", cases[i].helo, cases[i].sender);
		faketxn_ask(&f, STAGE_MAIL);
		faketxn_judge(&f, STAGE_RCPT);
		tap_is(faketxn_results(&f), cases[i].results, "HELO %s, MAIL FROM:%s",
		    cases[i].helo != NULL ? cases[i].helo : "-", cases[i].sender);
		tap_is(faketxn_props(&f), cases[i].props, "properties");
		faketxn_judge(&f, STAGE_EOM);
		tap_is_int((int64_t)f.count, 0, "judged once");
		faketxn_fini(&f);
	}
}

/* The client hangs up while look-ups are on their way (a leak is for the sanitizer to see). */
static void
test_ask(void)
{
	struct dns dns = {.rows = rows, .hold = true};
	struct faketxn f;

	begin(&f, &dns, "192.0.2.1", "pass.example", "<joe@local.example>");
	faketxn_ask(&f, STAGE_MAIL);
	tap_is(
	    dns.asked, "local.example/TXT pass.example/TXT ", "both identities are asked at MAIL");
	faketxn_fini(&f);
}

static void
test_texts(void)
{
	struct dns dns = {.rows = rows};
	struct faketxn f;

	begin(&f, &dns, "192.0.2.1", "h", "<a@fail.example>");
	faketxn_judge(&f, STAGE_RCPT);
	tap_is(faketxn_reason(&f),
	    "192.0.2.1 may not send mail as fail.example: its SPF record says -all",
	    "the reason of a fail");
	tap_is(f.verdicts[0].reply,
	    "192.0.2.1 may not send mail as fail.example: its SPF record says -all; fail.example "
	    "explains: \"ask fail.example\"",
	    "its reply quotes the domain");
	tap_is_int(f.verdicts[0].acts_at, STAGE_EOM, "a fail acts at the end");
	tap_is_int((int64_t)f.field_count, 0, "no Received-SPF unless wanted");
	faketxn_fini(&f);

	begin(&f, &dns, "192.0.2.1", "h", "<a@nomail.example>");
	faketxn_judge(&f, STAGE_RCPT);
	tap_ok(f.verdicts[0].acts_at != STAGE_EOM, "no-mail acts at RCPT");
	faketxn_fini(&f);
}

static void
test_options(void)
{
	static const char *const domains[] = {"fail.example"};
	struct string_list skip = {domains, 1};
	struct dns dns = {.rows = rows};
	char longest[2000];
	struct faketxn f;
	unsigned rcpt = 1;
	bool on = true;

	begin(&f, &dns, "192.0.2.1", "h", "<a@sub.fail.example>");
	f.txn.options = options(&f.arena, "skip-domains", &skip, sizeof skip);
	faketxn_ask(&f, STAGE_MAIL);
	faketxn_judge(&f, STAGE_RCPT);
	tap_is(faketxn_reason(&f), "skipped by skip-domains", "a domain below is skipped");
	tap_is(dns.asked, "", "and nothing is asked");
	faketxn_fini(&f);

	begin(&f, &dns, "192.0.2.1", "h", "<a@fail.example>");
	f.txn.options = options(&f.arena, "at", &rcpt, sizeof rcpt);
	faketxn_judge(&f, STAGE_RCPT);
	tap_ok(f.verdicts[0].acts_at != STAGE_EOM, "at = rcpt");
	faketxn_fini(&f);

	begin(&f, &dns, "192.0.2.1", "h \"(x", "<a@pass.example>");
	f.txn.options = options(&f.arena, "received-spf", &on, sizeof on);
	f.site.hostname = "mx.example.net";
	faketxn_judge(&f, STAGE_RCPT);
	tap_is(f.fields[0].name, "Received-SPF", "received-spf");
	tap_is(f.fields[0].value,
	    "pass (ip4:192.0.2.1 in the record of pass.example)\n\tidentity=mailfrom;"
	    "\n\tclient-ip=\"192.0.2.1\";\n\tenvelope-from=\"a@pass.example\";"
	    "\n\thelo=\"h \\\"(x\";\n\treceiver=\"mx.example.net\";"
	    "\n\tmechanism=\"ip4:192.0.2.1\"",
	    "its value");
	faketxn_fini(&f);

	/* Postfix lets a HELO name have two thousand bytes. */
	memset(longest, '"', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	begin(&f, &dns, "192.0.2.1", longest, "<a@pass.example>");
	f.txn.options = options(&f.arena, "received-spf", &on, sizeof on);
	f.site.hostname = "mx.example.net";
	faketxn_judge(&f, STAGE_RCPT);
	tap_ok(strstr(f.fields[0].value,
		   "\";\n\treceiver=\"mx.example.net\";\n\tmechanism=\"ip4:192.0.2.1\"") != NULL,
	    "a long HELO name is cut, what follows is not");
	faketxn_fini(&f);
}

/* --- relays --------------------------------------------------------------- */

/* clang-format off */
static const struct {
	const char *name, *received[3];		/* topmost first */
	const char *client, *helo;		/* NULL: not to be known */
} relayed[] = {
	{"Postfix", {"from h.example (name.example [192.0.2.1])\n\tby relay.example (Postfix)"}, "192.0.2.1", "h.example"},
	{"Postfix, IPv6", {"from h.example (unknown [IPv6:2001:db8::1])\n\tby relay"}, "2001:db8::1", "h.example"},
	{"Sendmail", {"from h.example (u@name.example [192.0.2.1] (may be forged))\n\tby relay"}, "192.0.2.1", "h.example"},
	{"Exim", {"from name.example ([192.0.2.1] helo=h.example)\n\tby relay with esmtp"}, "192.0.2.1", "h.example"},
	{"Exim, no name", {"from [192.0.2.1] (helo=h.example)\n\tby relay"}, "192.0.2.1", "h.example"},
	{"Exim, HELO with another address", {"from [192.0.2.1] (helo=[203.0.113.9])\n\tby relay"}, "192.0.2.1", "[203.0.113.9]"},
	{"HELO with another address", {"from [203.0.113.9] (name.example [192.0.2.1])\n\tby relay"}, "192.0.2.1", "[203.0.113.9]"},
	{"two relays", {"from r2 (r2 [198.51.100.2])\n\tby r1", "from h.example (x [192.0.2.1])\n\tby r2"}, "192.0.2.1", "h.example"},
	{"content filter", {"from localhost (localhost [127.0.0.1])\n\tby r1", "from h.example (x [192.0.2.1])\n\tby r1"}, "192.0.2.1", "h.example"},
	{"local hop", {"by r1 (Postfix, from userid 0)", "from h.example (x [192.0.2.1])\n\tby r1"}, "192.0.2.1", "h.example"},
	{"unknown format before a forged field", {"from h.example by r1", "from h (x [203.0.113.9])\n\tby r1"}, NULL, NULL},
	{"no field", {NULL}, NULL, NULL},
	{"not closed", {"from h (x [192.0.2.1"}, NULL, NULL},
	{"not an address", {"from h (x [192.0.2.1.5])"}, NULL, NULL},
};
/* clang-format on */

static void
test_trace(void)
{
	struct cidr net;
	struct cidr_list relays = {&net, 1};

	(void)cidr_parse(&net, "198.51.100.0/24");
	for (size_t i = 0; i < COUNT(relayed); i++) {
		struct header h[3] = {{0}};
		struct trace_client c;
		char text[ADDR_TEXT_SIZE];
		size_t n = 0;
		bool found;

		for (; n < 3 && relayed[i].received[n] != NULL; n++) {
			h[n] = (struct header){.name = "Received",
			    .value = relayed[i].received[n],
			    .value_len = strlen(relayed[i].received[n])};
			if (n > 0)
				h[n - 1].next = &h[n];
		}
		found = trace_find_client(n > 0 ? h : NULL, &relays, &c);
		tap_is_int(found, relayed[i].client != NULL, "Received: %s", relayed[i].name);
		if (!found || relayed[i].client == NULL)
			continue;
		tap_is(addr_format(&c.addr, text), relayed[i].client, "client");
		tap_is(c.helo, relayed[i].helo, "HELO name");
	}
}

static void
test_relays(void)
{
	struct header h = {
	    .name = "received", .value = "from fail.example (x [192.0.2.9]) by relay"};
	struct cidr net;
	struct cidr_list relays = {&net, 1};
	struct dns dns = {.rows = rows};
	struct faketxn f;

	h.value_len = strlen(h.value);
	(void)cidr_parse(&net, "198.51.100.0/24");
	begin(&f, &dns, "198.51.100.7", "relay.example", "<a@pass.example>");
	f.txn.options = options(&f.arena, "relays", &relays, sizeof relays);
	faketxn_judge(&f, STAGE_RCPT);
	tap_is_int((int64_t)f.count, 0, "behind a relay nothing is said at RCPT");
	f.txn.headers = &h;
	faketxn_judge(&f, STAGE_EOM);
	tap_is(faketxn_results(&f), "fail helo-fail", "the client of the relay is judged");
	tap_is(faketxn_props(&f), "smtp.mailfrom=pass.example policy.relay=198.51.100.7",
	    "and the relay named");
	f.txn.headers = NULL;
	faketxn_judge(&f, STAGE_EOM);
	tap_is(faketxn_results(&f), "none", "a client nobody knows is not judged");
	faketxn_fini(&f);
}

int
main(void)
{
	test_cases();
	test_ask();
	test_texts();
	test_options();
	test_trace();
	test_relays();
	return tap_done();
}
