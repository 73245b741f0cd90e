/* SPDX-License-Identifier: BSD-2-Clause */
/* resolv.conf, and name servers of the configuration: one of them at least, all of them addresses. */
#include "t/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "dns/server.h"
#include "t/fuzz/input.h"

const char fuzz_name[] = "resolv";

static void
must_be_servers(const struct servers *set)
{
	if (set->count > SERVERS_MAX || (set->count > 0 && !set->any_loopback && !set->any_remote))
		abort();
	for (size_t i = 0; i < set->count; i++)
		if (set->v[i].address_len == 0 || set->v[i].address_len > sizeof set->v[i].address)
			abort();
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct servers *set = servers_from_file(input_file(0, data, len));
	const char *words[SERVERS_MAX + 2], *why = NULL;
	struct string_list list = {.v = words, .n = 0};
	struct input in;

	if (set == NULL || set->count == 0)
		abort();
	must_be_servers(set);
	servers_unref(set);

	input_open(&in, data, len);
	while (list.n < SERVERS_MAX + 2 && in.left > 0)
		words[list.n++] = input_line(&in);
	set = servers_from_list(&list, &why);
	if (set == NULL && (why == NULL || list.n == 0))
		abort();
	if (set != NULL) {
		must_be_servers(set);
		servers_unref(set);
	}
	input_close(&in);
}
