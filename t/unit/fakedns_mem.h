/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A resolver without a wire, linked instead of dns/: answers come from a table
 * of the test.  A name that is in it has NODATA for other types, all others
 * are NXDOMAIN, or have the status of a row whose name is "*".
 *
 *	static const struct fakedns_row rows[] = {
 *		{"mx.example.org", DNS_A, DNS_OK, "192.0.2.1"},
 *		{"mx.example.org", DNS_A, DNS_OK, "192.0.2.2"},
 *		{"slow.example", DNS_TXT, DNS_TIMEOUT, NULL},
 *		{NULL, DNS_A, DNS_OK, NULL},
 *	};
 *	struct dns dns = {.rows = rows};
 *
 * data: A and AAAA an address; MX "10 mx.example.org"; PTR, CNAME and MX names
 * with "!" in front are bad_name.
 */
#ifndef T_UNIT_FAKEDNS_MEM_H
#define T_UNIT_FAKEDNS_MEM_H

#include "dns/dns.h"

struct fakedns_row {
	const char	*name;		/* canonical; NULL ends the table */
	enum dns_type	 type;
	enum dns_status	 status;
	const char	*data;		/* NULL unless DNS_OK */
};

struct dns {
	const struct fakedns_row	*rows;
	bool				 hold;		/* dns_ask_then() waits for fakedns_release() */
	char				 asked[8192];	/* "mx.example.org/A ", each question once */
	unsigned			 unasked;	/* questions a dns_get() had to ask first */
	int64_t				 text_until;	/* latest deadline of a dns_get() for TXT */
};

/* Call what dns_ask_then() holds back, as the resolver's thread would. */
void	fakedns_release(struct dns_session *);

#endif
