/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of redis_script.lua, made a C string by make, and its name on a server. */
#include "db/redis_private.h"

#include <openssl/evp.h>

const char redis_script[] =
#include "db/redis_script.inc"
    ;

void
redis_script_sha(char out[41])
{
	unsigned char digest[EVP_MAX_MD_SIZE] = {0};

	(void)EVP_Digest(redis_script, sizeof redis_script - 1, digest, NULL, EVP_sha1(), NULL);
	for (size_t i = 0; i < 20; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
}
