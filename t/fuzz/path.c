/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands in the envelope and at CONNECT, one a line: addresses of mail, names, addresses of hosts. */
#include "t/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "checks/greylist_key.h"
#include "lib/name.h"
#include "lib/orgdomain.h"
#include "lib/path.h"
#include "t/fuzz/input.h"

const char fuzz_name[] = "path";

static void
read_path(const char *typed)
{
	struct arena arena = {.cap = 1024 * 1024};
	char canon[NAME_TEXT_SIZE];
	struct path p;

	if (path_parse(&p, typed, &arena) != 0)
		abort();
	if (p.null && (*p.text != '\0' || *p.local != '\0' || *p.domain != '\0'))
		abort();
	if (*p.domain != '\0' && !p.literal &&
	    (name_canon(p.domain, canon) != NAME_OK || strcmp(canon, p.domain) != 0))
		abort();
	arena_fini(&arena);
}

static void
read_name(const char *text)
{
	char canon[NAME_TEXT_SIZE], again[NAME_TEXT_SIZE];
	enum name_fault fault = name_canon(text, canon);
	const char *up, *org;
	size_t labels = 0;

	if ((fault == NAME_OK) != (*canon != '\0'))
		abort();
	if (fault != NAME_OK)
		return;
	if (name_canon(canon, again) != NAME_OK || strcmp(canon, again) != 0)
		abort();
	for (up = canon; up != NULL; up = name_parent(up), labels++)
		if (!name_within(canon, up))
			abort();
	org = orgdomain(canon);
	if (labels != name_labels(canon) || (org != NULL && !name_within(canon, org)))
		abort();
}

static void
read_addr(const char *text)
{
	char written[ADDR_TEXT_SIZE];
	struct addr a, again;
	struct cidr net;

	if (addr_parse(&a, text) &&
	    (!addr_parse(&again, addr_format(&a, written)) || !addr_equal(&a, &again)))
		abort();
	(void)addr_parse_literal(&a, text);
	if (cidr_parse(&net, text) && !cidr_contains(&net, &net.net))
		abort();
}

static void
read_line(const char *line)
{
	read_path(line);
	read_name(line);
	read_addr(line);
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	input_lines(data, len, read_line);
}
