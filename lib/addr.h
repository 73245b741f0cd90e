/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addr: an IP address as the checks see it, and networks of them.  IPv4-mapped
 * IPv6 addresses become IPv4 on the way in (RFC 7208 5); anything that is not
 * IP is ADDR_NONE and runs no network checks.
 */
#ifndef LIB_ADDR_H
#define LIB_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum addr_family { ADDR_NONE, ADDR_V4, ADDR_V6 };

struct addr {
	enum addr_family	family;
	uint8_t			bytes[16];	/* network order; first 4 for V4 */
};

struct cidr {
	struct addr	net;		/* host bits are zero */
	unsigned	prefix;		/* bits */
};

#define ADDR_TEXT_SIZE		46	/* INET6_ADDRSTRLEN */
/* 32 nibbles, each with a dot, and the NUL; the caller appends its zone. */
#define ADDR_REVERSE_SIZE	65

/* NULL, AF_UNIX, AF_UNSPEC and short lengths give ADDR_NONE. */
void	addr_from_sockaddr(struct addr *, const struct sockaddr *, socklen_t);
/* "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1" (becomes V4); false: not an address, and ADDR_NONE. */
bool	addr_parse(struct addr *, const char *);
/* RFC 5321 4.1.3: "[192.0.2.1]", "[IPv6:2001:db8::1]"; general literals are not addresses. */
bool	addr_parse_literal(struct addr *, const char *);
/* Canonical text (RFC 5952); "local" for ADDR_NONE.  Returns out. */
const char *addr_format(const struct addr *, char out[ADDR_TEXT_SIZE]);
bool	addr_equal(const struct addr *, const struct addr *);
/* "1.2.0.192." or 32 nibbles with dots (RFC 5782 2.1, 2.4), for a DNS list or arpa zone. */
const char *addr_reverse(const struct addr *, char out[ADDR_REVERSE_SIZE]);
size_t	addr_len(const struct addr *);		/* 4, 16, 0 */

/* The network of that many bits around an address; more bits than it has mean all of them. */
void	addr_network(struct cidr *, const struct addr *, unsigned prefix);
/* "192.0.2.0/24", "2001:db8::/32" or one address; false when malformed or host bits are set. */
bool	cidr_parse(struct cidr *, const char *);
/* ADDR_NONE is in no network, the two families never in each other's. */
bool	cidr_contains(const struct cidr *, const struct addr *);
bool	cidr_any(const struct cidr *, size_t count, const struct addr *);

bool	addr_is_loopback(const struct addr *);
/*
 * Not reachable on the public Internet (RFC 6890 and the IANA registries):
 * private, loopback, link-local, shared (CGNAT), benchmarking, multicast,
 * reserved, and ADDR_NONE.  The documentation networks 192.0.2.0/24,
 * 198.51.100.0/24, 203.0.113.0/24 and 2001:db8::/32 do not count: manuals and
 * tests live there.
 */
bool	addr_is_special(const struct addr *);

#endif
