/* SPDX-License-Identifier: BSD-2-Clause */
/* Received Authentication-Results: reading them must end, and must not miss our own name in front. */
#include "t/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "milter/authres.h"

const char fuzz_name[] = "authres";

void
fuzz_one(const uint8_t *data, size_t len)
{
	static const char us[] = "mx.example.org";
	char *value = malloc(sizeof us + 1 + len + 1);

	if (value == NULL)
		abort();
	memcpy(value, data, len);
	value[len] = '\0';
	(void)authres_claims(value, us);
	memcpy(value, us, sizeof us - 1);
	value[sizeof us - 1] = ';';
	memcpy(value + sizeof us, data, len);
	value[sizeof us + len] = '\0';
	if (!authres_claims(value, us))
		abort();
	free(value);
}
