/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/rdns.h"

#include <stdio.h>
#include <string.h>

#include "t/tap.h"
#include "t/unit/fakedns_mem.h"
#include "t/unit/faketxn.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define ARPA         ".2.0.192.in-addr.arpa"
#define ARPA6        "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"

/* clang-format off */
static const struct fakedns_row rows[] = {
	{"1" ARPA, DNS_PTR, DNS_OK, "mail.example.org"},
	{"mail.example.org", DNS_A, DNS_OK, "192.0.2.1"},
	{"3" ARPA, DNS_TXT, DNS_OK, "no names here"},
	{"4" ARPA, DNS_PTR, DNS_OK, "liar.example"},
	{"liar.example", DNS_A, DNS_OK, "192.0.2.99"},
	{"5" ARPA, DNS_PTR, DNS_OK, "gone.example"},
	{"6" ARPA, DNS_PTR, DNS_SERVFAIL, NULL},
	{"7" ARPA, DNS_PTR, DNS_OK, "slow.example"},
	{"slow.example", DNS_A, DNS_TIMEOUT, NULL},
	{"8" ARPA, DNS_PTR, DNS_OK, "slow.example"},
	{"8" ARPA, DNS_PTR, DNS_OK, "eight.example"},
	{"eight.example", DNS_A, DNS_OK, "192.0.2.8"},
	{"9" ARPA, DNS_PTR, DNS_OK, "liar.example"},
	{"9" ARPA, DNS_PTR, DNS_OK, "slow.example"},
	{"9" ARPA, DNS_PTR, DNS_OK, "broken.example"},
	{"broken.example", DNS_A, DNS_SERVFAIL, NULL},
	{"10" ARPA, DNS_PTR, DNS_OK, "!a\\000b.example"},
	{"11" ARPA, DNS_PTR, DNS_OK, "!"},
	{"11" ARPA, DNS_PTR, DNS_OK, "eleven.example"},
	{"eleven.example", DNS_A, DNS_OK, "192.0.2.98"},
	{"eleven.example", DNS_A, DNS_OK, "192.0.2.11"},
	{"12" ARPA, DNS_PTR, DNS_OK, "!x y.example"},
	{"12" ARPA, DNS_PTR, DNS_OK, "!192.0.2.12"},
	{"12" ARPA, DNS_PTR, DNS_OK, "liar.example"},
	{"13" ARPA, DNS_PTR, DNS_OK, "six.example"},
	{"14" ARPA, DNS_PTR, DNS_OK, "liar.example"},
	{"14" ARPA, DNS_PTR, DNS_OK, "gone.example"},
	{"15" ARPA, DNS_PTR, DNS_REFUSED, NULL},
	{"16" ARPA, DNS_PTR, DNS_OK, ""},
	{"17" ARPA, DNS_PTR, DNS_OK, ""},
	{"17" ARPA, DNS_PTR, DNS_OK, "gone.example"},
	{"1." ARPA6, DNS_PTR, DNS_OK, "six.example"},
	{"six.example", DNS_AAAA, DNS_OK, "2001:db8::1"},
	{"2." ARPA6, DNS_PTR, DNS_OK, "mail.example.org"},
	{NULL, DNS_A, DNS_OK, NULL},
};

static const struct { const char *client, *result, *reason, *verified, *claimed; } cases[] = {
	{"192.0.2.1", "pass", "client 192.0.2.1 is mail.example.org",
	    "mail.example.org", "mail.example.org"},
	{"::ffff:192.0.2.1", "pass", "client 192.0.2.1 is mail.example.org",
	    "mail.example.org", "mail.example.org"},
	{"192.0.2.2", "none", "client 192.0.2.2 has no reverse DNS name (PTR)", NULL, NULL},
	{"192.0.2.3", "none", "client 192.0.2.3 has no reverse DNS name (PTR)", NULL, NULL},
	{"192.0.2.4", "fail", "reverse DNS of client 192.0.2.4 names liar.example, "
	    "which does not have that address", NULL, "liar.example"},
	{"192.0.2.5", "fail", "reverse DNS of client 192.0.2.5 names gone.example, "
	    "which does not have that address", NULL, "gone.example"},
	{"192.0.2.6", "temperror", "reverse DNS of client 192.0.2.6 cannot be looked up (SERVFAIL)",
	    NULL, NULL},
	{"192.0.2.7", "temperror", "reverse DNS of client 192.0.2.7 names slow.example, "
	    "whose address cannot be looked up (TIMEOUT)", NULL, "slow.example"},
	{"192.0.2.8", "pass", "client 192.0.2.8 is eight.example", "eight.example", "slow.example"},
	{"192.0.2.9", "temperror", "reverse DNS of client 192.0.2.9 names slow.example, "
	    "whose address cannot be looked up (TIMEOUT)", NULL, "liar.example"},
	{"192.0.2.10", "fail", "reverse DNS of client 192.0.2.10 names no valid host", NULL, NULL},
	{"192.0.2.11", "pass", "client 192.0.2.11 is eleven.example",
	    "eleven.example", "eleven.example"},
	{"192.0.2.12", "fail", "reverse DNS of client 192.0.2.12 names liar.example, "
	    "which does not have that address; 2 invalid names skipped", NULL, "liar.example"},
	{"192.0.2.13", "fail", "reverse DNS of client 192.0.2.13 names six.example, "
	    "which does not have that address", NULL, "six.example"},
	{"192.0.2.14", "fail", "reverse DNS of client 192.0.2.14 names liar.example, gone.example, "
	    "none of which has that address", NULL, "liar.example"},
	{"192.0.2.15", "temperror", "reverse DNS of client 192.0.2.15 cannot be looked up (REFUSED)",
	    NULL, NULL},
	{"192.0.2.16", "fail", "reverse DNS of client 192.0.2.16 names no valid host", NULL, NULL},
	{"192.0.2.17", "fail", "reverse DNS of client 192.0.2.17 names gone.example, "
	    "which does not have that address; 1 invalid name skipped", NULL, "gone.example"},
	{"2001:db8::1", "pass", "client 2001:db8::1 is six.example", "six.example", "six.example"},
	{"2001:DB8:0::2", "fail", "reverse DNS of client 2001:db8::2 names mail.example.org, "
	    "which does not have that address", NULL, "mail.example.org"},
	{"", "", "", NULL, NULL},
};

/* 200 names of one client, the n-th is true; some before it may be no names at all. */
static const struct { size_t truth, bad; const char *result, *reason; } crowds[] = {
	{1, 0, "pass", "client 192.0.2.1 is host1.example"},
	{10, 0, "pass", "client 192.0.2.1 is host10.example"},
	{11, 0, "fail", "reverse DNS of client 192.0.2.1 names host1.example, host2.example, "
	    "host3.example and 197 more, none of which has that address; "
	    "only the first 10 were looked at"},
	{55, 45, "pass", "client 192.0.2.1 is host55.example"},
	{56, 45, "fail", "reverse DNS of client 192.0.2.1 names host46.example, host47.example, "
	    "host48.example and 152 more, none of which has that address; "
	    "only the first 10 were looked at; 45 invalid names skipped"},
	{200, 200, "fail", "reverse DNS of client 192.0.2.1 names no valid host"},
};
/* clang-format on */

static void
test_cases(void)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dns dns = {.rows = rows};
		struct faketxn f;
		char iprev[100] = "";

		faketxn_init(&f, &check_rdns, &dns, cases[i].client);
		if (cases[i].client[0] != '\0')
			faketxn_ask(&f, STAGE_CONNECT);
		faketxn_judge(&f, STAGE_RCPT);
		tap_is(faketxn_results(&f), cases[i].result, "client '%s'", cases[i].client);
		tap_is(faketxn_reason(&f), cases[i].reason, "... its reason");
		if (f.count > 0)
			(void)snprintf(
			    iprev, sizeof iprev, "policy.iprev=%s", f.txn.client.addr_text);
		tap_is(faketxn_props(&f), iprev, "... its property");
		tap_is(rdns_verified_name(&f.txn), cases[i].verified, "... verified name");
		tap_is(rdns_claimed_name(&f.txn), cases[i].claimed, "... claimed name");
		tap_is_int(rdns_is_certain(&f.txn),
		    f.count > 0 && strcmp(cases[i].result, "temperror") != 0, "... certain");
		tap_is_int(dns.unasked, 0, "... all was asked ahead");
		faketxn_fini(&f);
	}
}

static void
test_crowds(void)
{
	static struct fakedns_row many[202];
	static char names[200][32];

	for (size_t i = 0; i < COUNT(crowds); i++) {
		struct dns dns = {.rows = many};
		struct faketxn f;

		for (size_t n = 0; n < 200; n++) {
			bool bad = n < crowds[i].bad;

			(void)snprintf(
			    names[n], sizeof names[n], "%shost%zu.example", bad ? "!" : "", n + 1);
			many[n] = (struct fakedns_row){"1" ARPA, DNS_PTR, DNS_OK, names[n]};
		}
		many[200] =
		    (struct fakedns_row){names[crowds[i].truth - 1], DNS_A, DNS_OK, "192.0.2.1"};
		faketxn_init(&f, &check_rdns, &dns, "192.0.2.1");
		faketxn_ask(&f, STAGE_CONNECT);
		faketxn_judge(&f, STAGE_RCPT);
		tap_is(faketxn_results(&f), crowds[i].result, "200 names, the %zu. true",
		    crowds[i].truth);
		tap_is(faketxn_reason(&f), crowds[i].reason, "... its reason");
		tap_is_int(dns.unasked, 0, "... all was asked ahead");
		faketxn_fini(&f);
	}
}

/* The PTR answer comes late, or when the client has gone. */
static void
test_late(void)
{
	struct dns dns = {.rows = rows, .hold = true};
	struct faketxn f;

	faketxn_init(&f, &check_rdns, &dns, "192.0.2.1");
	faketxn_ask(&f, STAGE_CONNECT);
	tap_is(dns.asked, "1" ARPA "/PTR ", "only the PTR is asked at first");
	fakedns_release(f.txn.dns);
	tap_is(dns.asked, "1" ARPA "/PTR mail.example.org/A ", "its answer asks for the address");
	faketxn_judge(&f, STAGE_RCPT);
	tap_is(faketxn_results(&f), "pass", "and is judged");
	tap_is_int(dns.unasked, 0, "without asking again");
	faketxn_ask(&f, STAGE_CONNECT);
	faketxn_fini(&f);
	tap_ok(true, "a client that has gone does no harm");
}

int
main(void)
{
	test_cases();
	test_crowds();
	test_late();
	return tap_done();
}
