/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/sender.h"

#include <string.h>

#include "checks/recipient.h"
#include "t/tap.h"
#include "t/unit/fakedns_mem.h"
#include "t/unit/faketxn.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define A62          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define MX(n, m)                                                         \
	{                                                                \
		"many" n ".example", DNS_MX, DNS_OK, "10 m" m ".example" \
	}
#define MX10(n)                                                                             \
	MX(n, "0"), MX(n, "1"), MX(n, "2"), MX(n, "3"), MX(n, "4"), MX(n, "5"), MX(n, "6"), \
	    MX(n, "7"), MX(n, "8"), MX(n, "9")

/* clang-format off */
static const struct fakedns_row rows[] = {
	{"good.example", DNS_MX, DNS_OK, "10 mx.good.example"}, {"mx.good.example", DNS_A, DNS_OK, "192.0.2.1"},
	{"six.example", DNS_MX, DNS_OK, "10 mx.six.example"}, {"mx.six.example", DNS_AAAA, DNS_OK, "2001:db8::1"},
	{"plain.example", DNS_A, DNS_OK, "192.0.2.1"}, {"plain6.example", DNS_AAAA, DNS_OK, "2001:db8::1"},
	{"null.example", DNS_MX, DNS_OK, "0 "},
	{"nullplus.example", DNS_MX, DNS_OK, "0 "}, {"nullplus.example", DNS_MX, DNS_OK, "10 mx.good.example"},
	{"txtonly.example", DNS_TXT, DNS_OK, "v=spf1 -all"},
	{"loop.example", DNS_MX, DNS_OK, "10 mx.loop.example"}, {"mx.loop.example", DNS_A, DNS_OK, "127.0.0.1"},
	{"loop6.example", DNS_MX, DNS_OK, "10 mx.loop6.example"}, {"mx.loop6.example", DNS_AAAA, DNS_OK, "::1"},
	{"priv.example", DNS_MX, DNS_OK, "10 mx.priv.example"}, {"mx.priv.example", DNS_A, DNS_OK, "10.1.2.3"},
	{"privplus.example", DNS_MX, DNS_OK, "10 mx.priv.example"}, {"privplus.example", DNS_MX, DNS_OK, "20 mx.good.example"},
	{"privA.example", DNS_A, DNS_OK, "0.0.0.0"}, {"priva.example", DNS_A, DNS_OK, "0.0.0.0"},
	{"us.example", DNS_MX, DNS_OK, "10 mx.us.example"}, {"mx.us.example", DNS_A, DNS_OK, "198.51.100.25"},
	{"us2.example", DNS_MX, DNS_OK, "10 mx.us2.example"}, {"mx.us2.example", DNS_A, DNS_OK, "203.0.113.1"},
	{"sub.here.example", DNS_MX, DNS_OK, "10 mx.us.example"},
	{"nowhere.example", DNS_MX, DNS_OK, "10 mx.nowhere.example"},
	{"literal.example", DNS_MX, DNS_OK, "10 !192.0.2.1"},
	{"tempmx.example", DNS_MX, DNS_SERVFAIL, NULL},
	{"tempa.example", DNS_MX, DNS_OK, "10 mx.tempa.example"}, {"mx.tempa.example", DNS_A, DNS_TIMEOUT, NULL},
	{"tempplus.example", DNS_MX, DNS_OK, "10 mx.tempa.example"}, {"tempplus.example", DNS_MX, DNS_OK, "20 mx.good.example"},
	{"tempbogus.example", DNS_MX, DNS_OK, "10 mx.tempa.example"}, {"tempbogus.example", DNS_MX, DNS_OK, "20 mx.loop.example"},
	{"tempplain.example", DNS_A, DNS_SERVFAIL, NULL},
	MX10("10"), MX10("11"), MX("11", "10"),
	{NULL, DNS_A, DNS_OK, NULL},
};

static const struct {
	const char	*typed, *param, *wanted, *reason;	/* reason in part */
} senders[] = {
	{"<a@good.example>", NULL, "pass", "mail can be sent to sender domain good.example"},
	{"<A@GOOD.example>", NULL, "pass", "good.example"}, {"<a@six.example>", NULL, "pass", "six.example"},
	{"<a@plain.example>", NULL, "pass", "plain.example"}, {"<a@plain6.example>", NULL, "pass", "plain6"},
	{"<>", NULL, "pass", "null sender"}, {"<\"a b\"@good.example>", NULL, "pass", ""},
	{"<a@[192.0.2.1]>", NULL, "pass", "is an address"}, {"<a@[IPv6:2001:db8::1]>", NULL, "pass", "is an address"},

	{"a@good.example", NULL, "syntax", "sender address <a@good.example> is not written between < and >"},
	{"<@relay.example:a@good.example>", NULL, "syntax", "source route"},
	{"<\"a@good.example>", NULL, "syntax", "quote"}, {"<a b@good.example>", NULL, "syntax", "must be quoted"},
	{"<a..b@good.example>", NULL, "syntax", "must be quoted"}, {"<a\x01@good.example>", NULL, "syntax", "control characters"},
	{"<a@good\tx.example>", NULL, "syntax", "control characters"},
	{"<\xc3\xa4@good.example>", NULL, "syntax", "8-bit characters, which SMTPUTF8 did not announce"},
	{"<\xc3\xa4@good.example>", "SMTPUTF8", "pass", ""}, {"<\xc3\xa4@good.example>", "smtputf8", "pass", ""},
	{"<\xc3\xa4@good.example>", "BODY=8BITMIME", "syntax", "8-bit"},
	{"<aaa" A62 "@good.example>", NULL, "syntax", "longer than 64"},
	{"<a@good_.exa mple>", NULL, "syntax", "no domain name"}, {"<a@-x.example>", NULL, "syntax", "no domain name"},
	{"<a@192.0.2.1>", NULL, "syntax", "no domain name"},

	{"<a@>", NULL, "not-fqdn", ""}, {"<root@web3>", NULL, "not-fqdn", "sender address <root@web3> has no fully-qualified domain"},
	{"<root>", NULL, "not-fqdn", "<root>"}, {"<root@localhost.>", NULL, "not-fqdn", ""},

	{"<a@none.example>", NULL, "unresolvable", "sender domain none.example does not exist"},
	{"<a@txtonly.example>", NULL, "unresolvable", "no mail host of sender domain txtonly.example"},
	{"<a@nowhere.example>", NULL, "unresolvable", "no mail host"}, {"<a@literal.example>", NULL, "unresolvable", "no mail host"},
	{"<a@many10.example>", NULL, "unresolvable", "no mail host"}, {"<a@many11.example>", NULL, "pass", ""},

	{"<a@null.example>", NULL, "null-mx", "sender domain null.example accepts no mail (null MX)"},
	{"<a@nullplus.example>", NULL, "pass", ""},

	{"<a@loop.example>", NULL, "bogus-mx", "would go to 127.0.0.1, which is not on the public Internet"},
	{"<a@loop6.example>", NULL, "bogus-mx", "would go to ::1"}, {"<a@priv.example>", NULL, "bogus-mx", "10.1.2.3"},
	{"<a@priva.example>", NULL, "bogus-mx", "0.0.0.0"}, {"<a@privplus.example>", NULL, "pass", ""},
	{"<a@us.example>", NULL, "bogus-mx", "would go to 198.51.100.25, which is this server"},
	{"<a@us2.example>", NULL, "bogus-mx", "203.0.113.1, which is this server"},
	{"<a@sub.here.example>", NULL, "pass", ""},

	{"<a@tempmx.example>", NULL, "temperror", "cannot be looked up for now: SERVFAIL"},
	{"<a@tempa.example>", NULL, "temperror", "cannot be found for now"}, {"<a@tempplus.example>", NULL, "pass", ""},
	{"<a@tempbogus.example>", NULL, "temperror", ""}, {"<a@tempplain.example>", NULL, "temperror", ""},
};

static const struct {
	const char	*typed, *param, *wanted, *reason;
} recipients[] = {
	{"<b@here.example>", NULL, "pass", ""}, {"<Postmaster>", NULL, "pass", ""}, {"<b@[192.0.2.1]>", NULL, "pass", ""},
	{"<\"b c\"@here.example>", NULL, "pass", ""}, {"<b@none.example>", NULL, "pass", ""},
	{"b@here.example", NULL, "syntax", "recipient address <b@here.example> is not written between < and >"},
	{"<@relay.example:b@here.example>", NULL, "syntax", "source route"}, {"<b\x7f@here.example>", NULL, "syntax", "control"},
	{"<\"b@here.example>", NULL, "syntax", "quote"}, {"<\xc3\xa4@here.example>", NULL, "syntax", "8-bit"},
	{"<\xc3\xa4@here.example>", "SMTPUTF8", "pass", ""},
	{"<b@web3>", NULL, "not-fqdn", "recipient domain \"web3\" is not a fully-qualified name"},
};
/* clang-format on */

static struct dns dns = {.rows = rows};

static void
begin(struct faketxn *f, const struct check *check, const char *const *params)
{
	static const char *const domains[] = {"here.example"};
	static struct cidr us;

	(void)cidr_parse(&us, "198.51.100.24/29");
	faketxn_init(f, check, &dns, "192.0.2.99");
	f->site.local_domains = (struct string_list){domains, 1};
	f->site.local_addresses = (struct cidr_list){&us, 1};
	(void)addr_parse(&f->site.daemon_addr, "203.0.113.1");
	f->txn.sender_params = params;
}

static void
is_judged(struct faketxn *f, const char *typed, const char *wanted, const char *reason)
{
	tap_is(faketxn_results(f), wanted, "%s", typed);
	tap_ok(strstr(faketxn_reason(f), reason) != NULL, "... %s", faketxn_reason(f));
	faketxn_fini(f);
}

int
main(void)
{
	struct faketxn f;

	for (size_t i = 0; i < COUNT(senders); i++) {
		begin(&f, &check_sender, (const char *[]){senders[i].param, NULL});
		(void)path_parse(&f.txn.sender, senders[i].typed, &f.arena);
		faketxn_ask(&f, STAGE_MAIL);
		dns.unasked = 0;
		faketxn_judge(&f, STAGE_RCPT);
		tap_is_int(dns.unasked, 0, "all that is judged was asked at MAIL");
		is_judged(&f, senders[i].typed, senders[i].wanted, senders[i].reason);
	}
	for (size_t i = 0; i < COUNT(recipients); i++) {
		struct rcpt rcpt = {.index = 0};

		begin(&f, &check_recipient, (const char *[]){recipients[i].param, NULL});
		(void)path_parse(&rcpt.path, recipients[i].typed, &f.arena);
		f.txn.rcpt = &rcpt;
		faketxn_judge(&f, STAGE_RCPT);
		is_judged(&f, recipients[i].typed, recipients[i].wanted, recipients[i].reason);
	}
	return tap_done();
}
