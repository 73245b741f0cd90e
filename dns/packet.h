/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packet: questions and answers as they travel.  Pure functions over bytes;
 * whatever comes from the network is believed only after packet_read().
 */
#ifndef DNS_PACKET_H
#define DNS_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/dns.h"
#include "lib/name.h"

struct question {
	enum dns_type	type;
	bool		askable;		/* false: too long, or a bad label; nothing can have that name */
	char		name[NAME_TEXT_SIZE];	/* lower case, no final dot; cut when not askable */
};
/* Any bytes are good in a label but the dot that ends it (SPF macros make odd ones). */
void	question_make(struct question *, const char *name, enum dns_type);

/* RFC 1035 4.1: header, name, type and class; RFC 6891 6.1.2: OPT. */
#define PACKET_HEADER_SIZE	12
#define PACKET_OPT_SIZE		11
#define PACKET_QUERY_MAX	(PACKET_HEADER_SIZE + 255 + 4 + PACKET_OPT_SIZE)
#define PACKET_EDNS_SIZE	1232	/* bytes over UDP that nobody fragments (DNS flag day 2020) */
#define PACKET_MAX		65535
#define PACKET_COINS		32	/* bytes: one bit for each byte of the longest name */

/*
 * A query; its length.  Coins decide which letters are capitals, so that a
 * forger must guess them as well (draft-vixie-dnsext-dns0x20); NULL: none.
 */
size_t	packet_build(uint8_t out[PACKET_QUERY_MAX], const char *name, enum dns_type,
	    uint16_t id, bool edns, const uint8_t coins[PACKET_COINS]);

enum packet_kind {
	PACKET_FORGED,		/* not an answer to this query: drop it, go on waiting */
	PACKET_WRONG_CASE,	/* would be one, but for the case of the question: ask over TCP */
	PACKET_TRUNCATED,	/* ask over TCP */
	PACKET_NO_EDNS,		/* the server does not understand OPT: ask without */
	PACKET_ANSWER,
};

/*
 * Judge and read bytes that came from the server asked.  With PACKET_ANSWER,
 * *answer_r is one block of *size_r bytes for the caller to free(), its name
 * and expiry not yet set, secure as the AD bit says; NULL without memory.
 * The case of the question in bytes is lowered.
 */
enum packet_kind packet_read(uint8_t *bytes, size_t len, const uint8_t *query, size_t query_len,
	    bool tcp, struct dns_answer **answer_r, size_t *size_r);
/* An answer without records. */
struct dns_answer *answer_new(enum dns_status, enum dns_type, size_t *size_r);

#endif
