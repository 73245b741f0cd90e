/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/addr.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "t/tap.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define BIG          "11111111111111111111111111111111111111111111111111111111111111111111"

static const char *
format(const struct addr *a)
{
	static char out[ADDR_TEXT_SIZE];

	return addr_format(a, out);
}

static void
test_sockaddr(void)
{
	struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0xc0000201)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/x"};
	struct addr a;

	addr_from_sockaddr(&a, NULL, 0);
	tap_is(format(&a), "local", "no sockaddr");
	addr_from_sockaddr(&a, (struct sockaddr *)&un, sizeof un);
	tap_is(format(&a), "local", "unix socket");
	addr_from_sockaddr(&a, (struct sockaddr *)&in4, sizeof in4);
	tap_is(format(&a), "192.0.2.1", "IPv4");
	addr_from_sockaddr(&a, (struct sockaddr *)&in4, sizeof in4 - 1);
	tap_is(format(&a), "local", "IPv4, short");
	addr_from_sockaddr(&a, (struct sockaddr *)&in4, 1);
	tap_is(format(&a), "local", "shorter than its family");
	memcpy(&in6.sin6_addr, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x25", 16);
	addr_from_sockaddr(&a, (struct sockaddr *)&in6, sizeof in6);
	tap_is(format(&a), "2001:db8::25", "IPv6");
	addr_from_sockaddr(&a, (struct sockaddr *)&in6, sizeof in4);
	tap_is(format(&a), "local", "IPv6, short");
	memcpy(&in6.sin6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x02\x01", 16);
	addr_from_sockaddr(&a, (struct sockaddr *)&in6, sizeof in6);
	tap_is(format(&a), "192.0.2.1", "mapped IPv4");
	tap_is_int((int64_t)addr_len(&a), 4, "mapped IPv4 has four bytes");
	in4.sin_family = AF_UNSPEC;
	addr_from_sockaddr(&a, (struct sockaddr *)&in4, sizeof in4);
	tap_is(format(&a), "local", "no family");
}

/* clang-format off */
static const struct { const char *text, *wanted; } texts[] = {
	{"192.0.2.1", "192.0.2.1"},
	{"0:0:0:0:0:0:0:1", "::1"},
	{"2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
	{"::ffff:192.0.2.1", "192.0.2.1"},
	{"::ffff:c000:0201", "192.0.2.1"},
	{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6"},
	{"", "local"}, {" 192.0.2.1", "local"}, {"192.0.2.1 ", "local"}, {"192.0.2", "local"},
	{"192.0.2.256", "local"}, {"192.0.2.010", "local"}, {"3221225985", "local"},
	{"0x7f.0.0.1", "local"}, {"[192.0.2.1]", "local"}, {"fe80::1%eth0", "local"},
	{"IPv6:::1", "local"}, {":::", "local"}, {"2001:db8::1::2", "local"},
	{"\xc3\xa4", "local"}, {BIG, "local"},
}, literals[] = {
	{"[192.0.2.1]", "192.0.2.1"},
	{"[IPv6:2001:db8::1]", "2001:db8::1"},
	{"[ipv6:2001:0DB8:0::0001]", "2001:db8::1"},
	{"[IPv6:::ffff:192.0.2.1]", "192.0.2.1"},
	{"[2001:db8::1]", "local"}, {"[IPv6:192.0.2.1]", "local"}, {"[IPv6:]", "local"},
	{"192.0.2.1", "local"}, {"[192.0.2.1", "local"}, {"192.0.2.1]", "local"}, {"[]", "local"},
	{"[", "local"}, {"]", "local"}, {"", "local"}, {"[192.0.2.1]]", "local"}, {"[IPv6:", "local"},
	{"[ 192.0.2.1 ]", "local"}, {"[x400:foo]", "local"}, {"[" BIG BIG "]", "local"},
};

static const struct { const char *text, *reverse; } reverses[] = {
	{"192.0.2.1", "1.2.0.192."},
	{"255.255.255.255", "255.255.255.255."},
	{"2001:db8::cafe:1",
	    "1.0.0.0.e.f.a.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2."},
	{"", ""},
};

static const struct { const char *net, *in, *out; } networks[] = {
	{"192.0.2.0/24", "192.0.2.255", "192.0.3.0"},
	{"192.0.2.1", "192.0.2.1", "192.0.2.2"},
	{"192.0.2.128/25", "192.0.2.128", "192.0.2.127"},
	{"192.0.2.0/31", "::ffff:192.0.2.1", "192.0.2.2"},
	{"0.0.0.0/0", "203.0.113.9", "2001:db8::1"},
	{"::/0", "2001:db8::1", "203.0.113.9"},
	{"2001:db8::/32", "2001:db8:ffff::", "2001:db9::"},
	{"2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::"},
	{"::ffff:192.0.2.0/120", "192.0.2.77", "192.0.3.1"},
	{"10.0.0.0/8", "10.255.255.255", ""},
};

static const char *const bad_networks[] = {
	"", "/", "/24", "192.0.2.1/24", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1", "192.0.2.0/024",
	"192.0.2.0/24 ", "192.0.2.0/2x", "192.0.2.0/24/24", "192.0.2.0/4294967320", "2001:db8::1/64",
	"2001:db8::/129", "192.0.2/24", "::ffff:192.0.2.0/95", "::ffff:192.0.2.0/129", BIG BIG "/8",
};

static const struct { const char *text; bool loopback, special; } places[] = {
	{"127.0.0.1", true, true}, {"127.255.255.255", true, true}, {"::1", true, true},
	{"::ffff:127.0.0.1", true, true}, {"128.0.0.1", false, false},
	{"10.0.0.1", false, true}, {"11.0.0.0", false, false}, {"100.64.0.1", false, true},
	{"100.128.0.0", false, false}, {"169.254.1.1", false, true}, {"172.31.255.255", false, true},
	{"172.32.0.0", false, false}, {"192.168.0.1", false, true}, {"192.0.0.1", false, true},
	{"198.19.255.255", false, true}, {"224.0.0.1", false, true}, {"255.255.255.255", false, true},
	{"0.0.0.0", false, true}, {"192.0.2.1", false, false}, {"198.51.100.1", false, false},
	{"203.0.113.1", false, false}, {"2001:db8::1", false, false}, {"2a00:1450::1", false, false},
	{"fe80::1", false, true}, {"fd00::1", false, true}, {"ff02::1", false, true},
	{"::", false, true}, {"2001:2::1", false, true}, {"64:ff9b::c000:201", false, false},
	{"100::1", false, true}, {"", false, true},
};
/* clang-format on */

static void
test_text(void)
{
	struct addr a, b;
	char out[ADDR_REVERSE_SIZE];

	for (size_t i = 0; i < COUNT(texts); i++) {
		bool good = addr_parse(&a, texts[i].text);

		tap_ok(good == (a.family != ADDR_NONE), "parse tells of '%s'", texts[i].text);
		tap_is(format(&a), texts[i].wanted, "parse '%s'", texts[i].text);
	}
	for (size_t i = 0; i < COUNT(literals); i++) {
		bool good = addr_parse_literal(&a, literals[i].text);

		tap_ok(good == (a.family != ADDR_NONE), "literal tells of '%s'", literals[i].text);
		tap_is(format(&a), literals[i].wanted, "literal '%s'", literals[i].text);
	}
	for (size_t i = 0; i < COUNT(reverses); i++) {
		(void)addr_parse(&a, reverses[i].text);
		tap_is(
		    addr_reverse(&a, out), reverses[i].reverse, "reverse '%s'", reverses[i].text);
	}
	(void)addr_parse(&a, "192.0.2.1");
	(void)addr_parse(&b, "::c000:201");
	tap_ok(!addr_equal(&a, &b), "families differ");
	(void)addr_parse(&b, "::ffff:192.0.2.1");
	tap_ok(addr_equal(&a, &b), "mapped is equal");
}

static void
test_network(void)
{
	struct cidr c;
	struct addr a;

	for (size_t i = 0; i < COUNT(networks); i++) {
		tap_ok(cidr_parse(&c, networks[i].net), "network %s", networks[i].net);
		(void)addr_parse(&a, networks[i].in);
		tap_ok(cidr_contains(&c, &a), "%s contains %s", networks[i].net, networks[i].in);
		(void)addr_parse(&a, networks[i].out);
		tap_ok(!cidr_contains(&c, &a), "%s without '%s'", networks[i].net, networks[i].out);
	}
	for (size_t i = 0; i < COUNT(bad_networks); i++)
		tap_ok(!cidr_parse(&c, bad_networks[i]), "no network: '%s'", bad_networks[i]);
	tap_ok(!cidr_contains(&c, &a), "a refused network contains nothing");
	(void)addr_parse(&a, "192.0.2.77");
	addr_network(&c, &a, 20);
	tap_is(format(&c.net), "192.0.0.0", "network of 20 bits");
	addr_network(&c, &a, 0);
	tap_is(format(&c.net), "0.0.0.0", "network of no bits");
	addr_network(&c, &a, 999);
	tap_is(format(&c.net), "192.0.2.77", "network of too many bits");
	tap_is_int(c.prefix, 32, "has all of them");
}

int
main(void)
{
	struct addr a;

	test_sockaddr();
	test_text();
	test_network();
	for (size_t i = 0; i < COUNT(places); i++) {
		(void)addr_parse(&a, places[i].text);
		tap_ok(addr_is_loopback(&a) == places[i].loopback, "loopback '%s'", places[i].text);
		tap_ok(addr_is_special(&a) == places[i].special, "special '%s'", places[i].text);
	}
	return tap_done();
}
