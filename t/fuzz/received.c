/* SPDX-License-Identifier: BSD-2-Clause */
/* Received fields, one a line, as a relay's message brings them: reading them must end, inside their bytes. */
#include "t/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "checks/spf/trace.h"

const char fuzz_name[] = "received";

#define FIELDS_MAX 50 /* more than TRACE_HOPS_MAX */

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct header fields[FIELDS_MAX] = {{0}};
	struct trace_client client;
	struct cidr net;
	size_t n = 0;

	if (!cidr_parse(&net, "198.51.100.0/24"))
		abort();
	for (; len > 0 && n < FIELDS_MAX; n++) {
		const uint8_t *end = memchr(data, '\n', len);
		size_t field = end != NULL ? (size_t)(end - data) : len;

		fields[n] = (struct header){
		    .name = "Received", .value = (const char *)data, .value_len = field};
		if (n > 0)
			fields[n - 1].next = &fields[n];
		field += end != NULL;
		data += field;
		len -= field;
	}
	if (trace_find_client(n > 0 ? fields : NULL, &(struct cidr_list){&net, 1}, &client) &&
	    (client.addr.family == ADDR_NONE || cidr_contains(&net, &client.addr)))
		abort();
}
