/* SPDX-License-Identifier: BSD-2-Clause */
/* postgrey's lists.  Input: a client's address, its name, a recipient; then a list. */
#include "t/fuzz/fuzz.h"

#include <stdlib.h>

#include "checks/postgrey_lists.h"
#include "t/fuzz/input.h"

const char fuzz_name[] = "postgrey_lists";

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct arena arena = {.cap = 4 * 1024 * 1024};
	const char *address, *name, *file, *why = NULL;
	const struct pattern *clients, *recipients;
	struct path rcpt;
	struct input in;
	struct addr a;

	input_open(&in, data, len);
	address = input_line(&in);
	name = input_line(&in);
	if (path_parse(&rcpt, input_line(&in), &arena) != 0)
		abort();
	file = input_file(0, in.rest, in.left);
	(void)addr_parse(&a, address);
	if (patterns_load(
		&(struct string_list){&file, 1}, PATTERNS_OF_CLIENTS, &arena, &clients, &why) == 0)
		(void)patterns_client(clients, &a, name);
	else if (why == NULL)
		abort();
	why = NULL;
	if (patterns_load(&(struct string_list){&file, 1}, PATTERNS_OF_RECIPIENTS, &arena,
		&recipients, &why) == 0)
		(void)patterns_recipient(recipients, &rcpt);
	else if (why == NULL)
		abort();
	arena_fini(&arena);
	input_close(&in);
}
