/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/helo.h"

#include <string.h>

#include "t/tap.h"
#include "t/unit/fakedns_mem.h"
#include "t/unit/faketxn.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define A64          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A256         A64 A64 A64 A64
#define NOT_HOST     "\" is not a valid host name: "

/* clang-format off */
static const struct fakedns_row rows[] = {
	{"mail.example.org", DNS_A, DNS_OK, "192.0.2.1"},
	{"six.example", DNS_AAAA, DNS_OK, "2001:db8::1"},
	{"only-mx.example", DNS_MX, DNS_OK, "10 mail.example.org"},
	{"only-txt.example", DNS_TXT, DNS_OK, "x"},
	{"win_pc.example", DNS_A, DNS_OK, "192.0.2.2"},
	{"xn--bcher-kva.example", DNS_A, DNS_OK, "192.0.2.3"},
	{"sub.ours.example", DNS_A, DNS_OK, "192.0.2.4"},
	{"broken.example", DNS_A, DNS_SERVFAIL, NULL},
	{"broken.example", DNS_AAAA, DNS_SERVFAIL, NULL},
	{"broken.example", DNS_MX, DNS_SERVFAIL, NULL},
	{"half.example", DNS_A, DNS_TIMEOUT, NULL},
	{"half.example", DNS_AAAA, DNS_OK, "2001:db8::2"},
	{"last.example", DNS_MX, DNS_TIMEOUT, NULL},
	{NULL, DNS_A, DNS_OK, NULL},
};

static const struct { const char *client, *helo, *result, *reason; } cases[] = {
	{"192.0.2.1", "mail.example.org", "pass", "HELO name mail.example.org exists"},
	{"192.0.2.1", "MAIL.Example.ORG.", "pass", "HELO name mail.example.org exists"},
	{"192.0.2.1", "six.example", "pass", "HELO name six.example exists"},
	{"192.0.2.1", "only-mx.example", "pass", "HELO name only-mx.example exists"},
	{"192.0.2.1", "win_pc.example", "pass", "HELO name win_pc.example exists"},
	{"192.0.2.1", "b\xc3\xbc" "cher.example", "pass", "HELO name xn--bcher-kva.example exists"},
	{"192.0.2.1", "half.example", "pass", "HELO name half.example exists"},
	{"192.0.2.1", "only-txt.example", "unresolvable",
	    "HELO name only-txt.example does not exist in DNS (no A, AAAA or MX record)"},
	{"192.0.2.1", "pc.lan", "unresolvable",
	    "HELO name pc.lan does not exist in DNS (no A, AAAA or MX record)"},
	{"192.0.2.1", "broken.example", "temperror",
	    "HELO name broken.example cannot be looked up (SERVFAIL)"},
	{"192.0.2.1", "last.example", "temperror",
	    "HELO name last.example cannot be looked up (TIMEOUT)"},

	{"192.0.2.1", "localhost", "not-fqdn",
	    "HELO name \"localhost\" is not a fully-qualified host name"},
	{"192.0.2.1", "WIN_PC.", "not-fqdn", "HELO name \"win_pc\" is not a fully-qualified host name"},

	{"192.0.2.1", "mx.here.example", "forged",
	    "HELO name mx.here.example is a name of this site, not of client 192.0.2.1"},
	{"192.0.2.1", "HOST.here.example.", "forged",
	    "HELO name host.here.example is a name of this site, not of client 192.0.2.1"},
	{"192.0.2.1", "ours.example", "forged",
	    "HELO name ours.example is a name of this site, not of client 192.0.2.1"},
	{"192.0.2.1", "sub.ours.example", "pass", "HELO name sub.ours.example exists"},
	{"198.51.100.25", "ours.example", "unresolvable",
	    "HELO name ours.example does not exist in DNS (no A, AAAA or MX record)"},
	{"192.0.2.1", "[198.51.100.25]", "forged",
	    "HELO [198.51.100.25] is an address of this server, not of client 192.0.2.1"},
	{"192.0.2.1", "[IPv6:2001:db8:a:0::25]", "forged",
	    "HELO [IPv6:2001:db8:a:0::25] is an address of this server, not of client 192.0.2.1"},
	{"192.0.2.1", "203.0.113.7", "forged",
	    "HELO 203.0.113.7 is an address of this server, not of client 192.0.2.1"},

	{"192.0.2.1", "[192.0.2.1]", "pass", "HELO [192.0.2.1] is the address of the client"},
	{"::ffff:192.0.2.1", "[192.0.2.1]", "pass", "HELO [192.0.2.1] is the address of the client"},
	{"192.0.2.1", "[IPv6:::ffff:192.0.2.1]", "pass",
	    "HELO [IPv6:::ffff:192.0.2.1] is the address of the client"},
	{"2001:db8::1", "[ipv6:2001:0DB8:0:0:0:0:0:1]", "pass",
	    "HELO [ipv6:2001:0DB8:0:0:0:0:0:1] is the address of the client"},
	{"198.51.100.25", "[198.51.100.25]", "pass",
	    "HELO [198.51.100.25] is the address of the client"},
	{"192.0.2.1", "[192.0.2.2]", "invalid",
	    "HELO [192.0.2.2] is not the address of client 192.0.2.1"},
	{"192.0.2.1", "[2001:db8::1]", "invalid",
	    "HELO \"[2001:db8::1]\" is not a valid address literal"},
	{"192.0.2.1", "[192.0.2.1", "invalid", "HELO \"[192.0.2.1\" is not a valid address literal"},
	{"192.0.2.1", "[192.0.2.001]", "invalid",
	    "HELO \"[192.0.2.001]\" is not a valid address literal"},
	{"192.0.2.1", "[x400:c=de]", "invalid", "HELO \"[x400:c=de]\" is not a valid address literal"},
	{"192.0.2.1", "[]", "invalid", "HELO \"[]\" is not a valid address literal"},
	{"192.0.2.1", "192.0.2.1", "invalid",
	    "HELO \"192.0.2.1\" is a bare IP address, neither a host name nor an address literal"},
	{"2001:db8::1", "2001:db8::1", "invalid",
	    "HELO \"2001:db8::1\" is a bare IP address, neither a host name nor an address literal"},
	{"198.51.100.25", "198.51.100.25", "invalid",
	    "HELO \"198.51.100.25\" is a bare IP address, neither a host name nor an address literal"},
	{"192.0.2.1", NULL, "invalid", "client 192.0.2.1 gave no HELO name"},
	{"192.0.2.1", "", "invalid", "client 192.0.2.1 gave no HELO name"},
	{"192.0.2.1", ".", "invalid", "HELO name \"." NOT_HOST "empty"},
	{"192.0.2.1", "192.0.2.1.", "invalid",
	    "HELO name \"192.0.2.1." NOT_HOST "last label is all digits"},
	{"192.0.2.1", "a..b", "invalid",
	    "HELO name \"a..b" NOT_HOST "empty label, or hyphen at the edge of one"},
	{"192.0.2.1", "a b.example", "invalid",
	    "HELO name \"a b.example" NOT_HOST "character not allowed in a host name"},
	{"192.0.2.1", "a\x01\r\n.example", "invalid",
	    "HELO name \"a\x01\r\n.example" NOT_HOST "character not allowed in a host name"},
	{"192.0.2.1", "\xff\xfe", "invalid",
	    "HELO name \"\xff\xfe" NOT_HOST "not a valid internationalized name"},
	{"192.0.2.1", A64 ".example", "invalid",
	    "HELO name \"" A64 ".example" NOT_HOST "name or label too long"},
	{"192.0.2.1", "-" A256, "invalid",
	    "HELO name \"-" A64 A64 A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    NOT_HOST "name or label too long"},
	{"", "[192.0.2.1]", "invalid", "HELO [192.0.2.1] is not the address of client local"},
};
/* clang-format on */

static void
site_init(struct site *site)
{
	static const char *const domains[] = {"other.example", "Ours.Example"};
	static struct cidr networks[2];

	(void)cidr_parse(&networks[0], "2001:db8:a::/48");
	(void)cidr_parse(&networks[1], "198.51.100.25");
	site->hostname = "Host.Here.Example";
	site->local_domains = (struct string_list){domains, COUNT(domains)};
	site->local_addresses = (struct cidr_list){networks, COUNT(networks)};
	(void)addr_parse(&site->daemon_addr, "203.0.113.7");
}

int
main(void)
{
	struct dns dns = {.rows = rows};
	struct faketxn f;

	for (size_t i = 0; i < COUNT(cases); i++) {
		dns = (struct dns){.rows = rows};
		faketxn_init(&f, &check_helo, &dns, cases[i].client);
		site_init(&f.site);
		f.txn.helo = cases[i].helo;
		faketxn_ask(&f, STAGE_HELO);
		faketxn_judge(&f, STAGE_RCPT);
		tap_is(faketxn_results(&f), cases[i].result, "row %zu", i);
		tap_is(faketxn_reason(&f), cases[i].reason, "... its reason");
		tap_is_int(dns.unasked, 0, "... all was asked ahead");
		faketxn_fini(&f);
	}

	dns = (struct dns){.rows = rows};
	faketxn_init(&f, &check_helo, &dns, "192.0.2.1");
	f.txn.helo = "mail.example.org";
	faketxn_ask(&f, STAGE_HELO);
	tap_is(dns.asked, "mail.example.org/A mail.example.org/AAAA mail.example.org/MX ",
	    "three questions at once");
	f.txn.helo = "localhost";
	faketxn_ask(&f, STAGE_HELO);
	f.txn.helo = "[192.0.2.1]";
	faketxn_ask(&f, STAGE_HELO);
	tap_is(dns.asked, "mail.example.org/A mail.example.org/AAAA mail.example.org/MX ",
	    "and none where none is needed");
	faketxn_judge(&f, STAGE_RCPT);
	tap_is(faketxn_results(&f), "pass", "the last HELO counts");
	faketxn_fini(&f);
	return tap_done();
}
