/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HMAC-SHA-256 by libcrypto, cut to 128 bits (RFC 2104 5 allows half).
 */
#include "lib/keyhash.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int
keyhash_load(struct keyhash *k, const char *path, struct arena *a, const char **why_r)
{
	uint8_t *key = arena_alloc(a, KEYHASH_KEY_MAX + 1);
	FILE *f = fopen(path, "re");
	struct stat st;

	*why_r = NULL;
	if (f == NULL || key == NULL || fstat(fileno(f), &st) == -1)
		*why_r = arena_printf(a, "cannot read %s: %s", path, strerror(errno));
	else if ((st.st_mode & S_IRWXO) != 0)
		*why_r = arena_printf(a, "%s can be read by everybody; chmod o= %s", path, path);
	else {
		k->key = key;
		k->len = fread(key, 1, KEYHASH_KEY_MAX + 1, f);
		if (k->len < KEYHASH_KEY_MIN || k->len > KEYHASH_KEY_MAX)
			*why_r = arena_printf(a, "%s must hold %d to %d bytes", path,
			    KEYHASH_KEY_MIN, KEYHASH_KEY_MAX);
	}
	if (f != NULL)
		(void)fclose(f);
	return f != NULL && *why_r == NULL ? 0 : -1;
}

const char *
keyhash_text(const struct keyhash *k, const char *text, char out[KEYHASH_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char mac[EVP_MAX_MD_SIZE] = {0};
	unsigned len;
	char *p = out;

	(void)HMAC(EVP_sha256(), k->key, (int)k->len, (const unsigned char *)text, strlen(text),
	    mac, &len);
	*p++ = '#';
	for (int i = 0; i < 16; i++) {
		*p++ = digits[mac[i] >> 4];
		*p++ = digits[mac[i] & 15];
	}
	*p = '\0';
	return out;
}
