/* SPDX-License-Identifier: BSD-2-Clause */
/* Key records: what the library gets of them is short, printable, and one value for each tag. */
#include "t/fuzz/fuzz.h"

#include <stdlib.h>

#include "checks/dkim_key.h"
#include "checks/dmarc/record.h"
#include "lib/ascii.h"
#include "lib/tags.h"

const char fuzz_name[] = "dkim_key";

void
fuzz_one(const uint8_t *data, size_t len)
{
	char room[KEY_RECORD_SIZE];
	struct dmarc_record record;
	struct buf b;

	buf_init(&b, room, sizeof room);
	if (key_read((const char *)data, len, len % 2 ? "rsa-sha256" : "ed25519-sha256", &b) ==
		KEY_OK &&
	    !tags_are_valid(b.s, b.len))
		abort();
	for (size_t i = 0; i < b.len; i++)
		if (!ascii_is_printable(b.s[i]))
			abort();
	(void)dmarc_record_parse(&record, (const char *)data, len);
}
