/* SPDX-License-Identifier: BSD-2-Clause */
/* Key records, and the keys in them, against a signature nobody made. */
#include "t/fuzz/fuzz.h"

#include <stdlib.h>

#include "checks/dkim_key.h"
#include "checks/dkim_proof.h"
#include "checks/dmarc/record.h"

const char fuzz_name[] = "dkim_key";

void
fuzz_one(const uint8_t *data, size_t len)
{
	const char *algorithm = len % 2 ? "rsa-sha256" : "ed25519-sha256";
	const unsigned char hash[32] = {0};
	struct dmarc_record record;
	struct key key;
	unsigned bits;

	if (key_read((const char *)data, len, algorithm, &key) == KEY_OK &&
	    proof_check(key.p, algorithm, hash, sizeof hash, key.p, &bits) == PROOF_GOOD)
		abort();
	(void)dmarc_record_parse(&record, (const char *)data, len);
}
