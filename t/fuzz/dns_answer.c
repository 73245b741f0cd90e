/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes from the network as the answer to any of our queries.  The first
 * byte chooses the type; id and question are made to fit, as no fuzzer would
 * guess them and forged ones end at once.
 */
#include "t/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "dns/packet.h"

const char fuzz_name[] = "dns_answer";

/* Every byte an answer claims to have; the sum keeps the compiler from skipping them. */
static unsigned
read_all(const struct dns_answer *a)
{
	unsigned sum = 0;
	size_t i, n;

	if (a->count > DNS_RR_MAX || (a->count > 0) != (a->status == DNS_OK))
		abort();
	for (i = 0; i < a->count; i++) {
		if (a->type == DNS_TXT)
			for (n = 0; n < a->rr[i].txt.len; n++)
				sum += (unsigned char)a->rr[i].txt.bytes[n];
		else if (a->type != DNS_A && a->type != DNS_AAAA)
			sum += (unsigned)strlen(a->rr[i].name);
	}
	return sum;
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	static const enum dns_type types[] = {
	    DNS_A, DNS_AAAA, DNS_TXT, DNS_MX, DNS_PTR, DNS_CNAME, DNS_SOA};
	uint8_t query[PACKET_QUERY_MAX], *bytes;
	struct dns_answer *a;
	size_t query_len, question, size;

	if (len < 1 || len > PACKET_MAX)
		return;
	query_len = packet_build(
	    query, "a.example", types[data[0] % 7], 0x1234, (data[0] & 0x80) != 0, NULL);
	len--;
	if ((bytes = malloc(len > 0 ? len : 1)) == NULL)
		return;
	memcpy(bytes, data + 1, len);
	question = 27;
	if (len >= question && (data[0] & 0x40) == 0) {
		memcpy(bytes, query, 2);
		bytes[2] = (uint8_t)((bytes[2] | 0x80) & 0x87);
		memcpy(bytes + 4, query + 4, 2);
		memcpy(bytes + 12, query + 12, question - 12);
	}
	(void)packet_read(bytes, len, query, query_len, (data[0] & 0x20) != 0, &a, &size);
	if (a != NULL && read_all(a) == UINT32_MAX)
		abort();
	free(a);
	free(bytes);
}
