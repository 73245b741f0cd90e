/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses come from the MTA's sockaddr, never from its macros, which spell
 * IPv6 in three ways.  Text goes through inet_pton() and inet_ntop(), which
 * accept and print no zone, port or abbreviated form.
 */
#include "lib/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/ascii.h"

/* RFC 4291 2.5.5.2: ::ffff:0:0/96. */
#define MAPPED_BITS 96
static const uint8_t mapped[MAPPED_BITS / 8] = {[10] = 0xff, [11] = 0xff};

static void
from_v4(struct addr *a, const void *bytes)
{
	*a = (struct addr){.family = ADDR_V4};
	memcpy(a->bytes, bytes, 4);
}

static void
from_v6(struct addr *a, const uint8_t bytes[16])
{
	if (memcmp(bytes, mapped, sizeof mapped) == 0) {
		from_v4(a, bytes + sizeof mapped);
		return;
	}
	a->family = ADDR_V6;
	memcpy(a->bytes, bytes, 16);
}

void
addr_from_sockaddr(struct addr *a, const struct sockaddr *sa, socklen_t len)
{
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;

	*a = (struct addr){.family = ADDR_NONE};
	if (sa == NULL || len < sizeof in4)
		return;
	if (sa->sa_family == AF_INET) {
		memcpy(&in4, sa, sizeof in4);
		from_v4(a, &in4.sin_addr);
	} else if (sa->sa_family == AF_INET6 && len >= sizeof in6) {
		memcpy(&in6, sa, sizeof in6);
		from_v6(a, in6.sin6_addr.s6_addr);
	}
}

bool
addr_parse(struct addr *a, const char *text)
{
	uint8_t bytes[16];

	*a = (struct addr){.family = ADDR_NONE};
	if (inet_pton(AF_INET, text, bytes) == 1)
		from_v4(a, bytes);
	else if (inet_pton(AF_INET6, text, bytes) == 1)
		from_v6(a, bytes);
	return a->family != ADDR_NONE;
}

bool
addr_parse_literal(struct addr *a, const char *text)
{
	static const char tag[] = "IPv6:";
	char inner[ADDR_TEXT_SIZE];
	size_t len = strlen(text);
	bool v6;

	*a = (struct addr){.family = ADDR_NONE};
	if (len < 2 || text[0] != '[' || text[len - 1] != ']')
		return false;
	text++;
	len -= 2;
	v6 = strncasecmp(text, tag, sizeof tag - 1) == 0;
	if (v6) {
		text += sizeof tag - 1;
		len -= sizeof tag - 1;
	}
	if (len >= sizeof inner)
		return false;
	memcpy(inner, text, len);
	inner[len] = '\0';
	/* The tag is compulsory for IPv6, and for IPv6 only. */
	return (strchr(inner, ':') != NULL) == v6 && addr_parse(a, inner);
}

const char *
addr_format(const struct addr *a, char out[ADDR_TEXT_SIZE])
{
	switch (a->family) {
	case ADDR_NONE:
		memcpy(out, "local", sizeof "local");
		break;
	case ADDR_V4:
		(void)inet_ntop(AF_INET, a->bytes, out, ADDR_TEXT_SIZE);
		break;
	case ADDR_V6:
		(void)inet_ntop(AF_INET6, a->bytes, out, ADDR_TEXT_SIZE);
		break;
	}
	return out;
}

size_t
addr_len(const struct addr *a)
{
	static const size_t len[] = {[ADDR_NONE] = 0, [ADDR_V4] = 4, [ADDR_V6] = 16};

	return len[a->family];
}

bool
addr_equal(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, addr_len(a)) == 0;
}

const char *
addr_reverse(const struct addr *a, char out[ADDR_REVERSE_SIZE])
{
	static const char hex[] = "0123456789abcdef";
	const uint8_t *b = a->bytes;
	char *p = out;

	*out = '\0';
	if (a->family == ADDR_V4)
		(void)snprintf(out, ADDR_REVERSE_SIZE, "%u.%u.%u.%u.", b[3], b[2], b[1], b[0]);
	if (a->family != ADDR_V6)
		return out;
	for (size_t i = 16; i-- > 0;) {
		*p++ = hex[b[i] & 0x0f];
		*p++ = '.';
		*p++ = hex[b[i] >> 4];
		*p++ = '.';
	}
	*p = '\0';
	return out;
}

void
addr_network(struct cidr *c, const struct addr *a, unsigned prefix)
{
	unsigned bits = (unsigned)addr_len(a) * 8;

	*c = (struct cidr){.net = *a, .prefix = prefix < bits ? prefix : bits};
	for (unsigned i = c->prefix / 8; i < bits / 8; i++)
		c->net.bytes[i] =
		    (uint8_t)(c->net.bytes[i] & (i == c->prefix / 8 ? 0xff00 >> c->prefix % 8 : 0));
}

/* One to three digits, no leading zero. */
static bool
prefix_parse(const char *text, unsigned *prefix_r)
{
	unsigned n = 0;

	for (size_t i = 0; text[i] != '\0'; i++) {
		if (i == 3 || !ascii_is_digit(text[i]) || (i > 0 && n == 0))
			return false;
		n = n * 10 + (unsigned)(text[i] - '0');
	}
	*prefix_r = n;
	return *text != '\0';
}

bool
cidr_parse(struct cidr *c, const char *text)
{
	char host[ADDR_TEXT_SIZE];
	size_t len = strcspn(text, "/");
	struct addr a;
	unsigned prefix;

	*c = (struct cidr){.net.family = ADDR_NONE};
	if (len >= sizeof host)
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	if (!addr_parse(&a, host))
		return false;
	prefix = (unsigned)addr_len(&a) * 8;
	if (text[len] == '/') {
		unsigned bits = prefix;
		/* "::ffff:192.0.2.0/120" counts from the front of the mapped address. */
		unsigned before =
		    a.family == ADDR_V4 && strchr(host, ':') != NULL ? MAPPED_BITS : 0;

		if (!prefix_parse(text + len + 1, &prefix) || prefix < before ||
		    prefix - before > bits)
			return false;
		prefix -= before;
	}
	addr_network(c, &a, prefix);
	return addr_equal(&c->net, &a);
}

bool
cidr_contains(const struct cidr *c, const struct addr *a)
{
	struct cidr other;

	if (a->family == ADDR_NONE || a->family != c->net.family)
		return false;
	addr_network(&other, a, c->prefix);
	return addr_equal(&other.net, &c->net);
}

bool
cidr_any(const struct cidr *nets, size_t count, const struct addr *a)
{
	for (size_t i = 0; i < count; i++)
		if (cidr_contains(&nets[i], a))
			return true;
	return false;
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define NET4(prefix, ...)                        \
	{                                        \
		{ADDR_V4, {__VA_ARGS__}}, prefix \
	}
#define NET6(prefix, ...)                        \
	{                                        \
		{ADDR_V6, {__VA_ARGS__}}, prefix \
	}

bool
addr_is_loopback(const struct addr *a)
{
	static const struct cidr loopback[] = {NET4(8, 127), NET6(128, [15] = 1)};

	return cidr_any(loopback, COUNT(loopback), a);
}

bool
addr_is_special(const struct addr *a)
{
	/* clang-format off */
	static const struct cidr special[] = {
		NET4(8, 0),			/* this network */
		NET4(8, 10),			/* private, RFC 1918 */
		NET4(10, 100, 64),		/* shared, RFC 6598 */
		NET4(8, 127),			/* loopback */
		NET4(16, 169, 254),		/* link-local, RFC 3927 */
		NET4(12, 172, 16),		/* private */
		NET4(24, 192, 0, 0),		/* protocol assignments */
		NET4(16, 192, 168),		/* private */
		NET4(15, 198, 18),		/* benchmarking, RFC 2544 */
		NET4(4, 224),			/* multicast */
		NET4(4, 240),			/* reserved, broadcast */
		NET6(48, 0x20, 0x01, 0, 0x02),	/* benchmarking, RFC 5180 */
	};
	/* All that is public in IPv6 so far (RFC 4291 2.4), and NAT64 (RFC 6052). */
	static const struct cidr global[] = {
		NET6(3, 0x20),
		NET6(96, 0x00, 0x64, 0xff, 0x9b),
	};
	/* clang-format on */

	switch (a->family) {
	case ADDR_NONE:
		return true;
	case ADDR_V4:
		return cidr_any(special, COUNT(special), a);
	case ADDR_V6:
		break;
	}
	return cidr_any(special, COUNT(special), a) || !cidr_any(global, COUNT(global), a);
}
