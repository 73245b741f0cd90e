/* SPDX-License-Identifier: BSD-2-Clause */
/* Answer: the records of a packet that belong to its question, in one block. */
#ifndef DNS_ANSWER_H
#define DNS_ANSWER_H

#include <stddef.h>

#include <ldns/ldns.h>

#include "dns/dns.h"

/*
 * What a packet with rcode NOERROR or NXDOMAIN says.  OK, NODATA and NXDOMAIN
 * come with *answer_r (NULL: no memory) and its size; DNS_BADRESP without.
 */
enum dns_status answer_read(const ldns_pkt *, struct dns_answer **answer_r, size_t *size_r);

#endif
