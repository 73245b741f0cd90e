/* SPDX-License-Identifier: BSD-2-Clause */
/* Private keys in a throw-away folder, for tests. */
#include "t/unit/key_files.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

char key_folder[] = "/tmp/bailey-sign.XXXXXX";
static struct arena *arena;

const char *
path_of(const char *name)
{
	return arena_printf(arena, "%s/%s", key_folder, name);
}

void
put(const char *name, mode_t mode, const char *text)
{
	FILE *out = fopen(path_of(name), "w");

	if (out == NULL || fputs(text, out) == EOF || fclose(out) != 0)
		abort();
	(void)chmod(path_of(name), mode);
}

void
put_key(const char *name, mode_t mode, EVP_PKEY *key, enum form form)
{
	FILE *out = fopen(path_of(name), "w");
	char secret[] = "secret";
	int good;

	if (out == NULL || key == NULL)
		abort();
	if (form == TRADITIONAL) {
		BIO *bio = BIO_new_fp(out, BIO_NOCLOSE);

		good = PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL);
		(void)BIO_free(bio);
	} else {
		good = PEM_write_PKCS8PrivateKey(out, key,
		    form == ENCRYPTED ? EVP_aes_128_cbc() : NULL, NULL, 0, NULL,
		    form == ENCRYPTED ? secret : NULL);
	}
	if (good != 1 || fclose(out) != 0)
		abort();
	(void)chmod(path_of(name), mode);
	EVP_PKEY_free(key);
}

/* Base64 of DER: the traditional form of RSA, PKCS #8 of Ed25519. */
const char *
der_of(const char *name)
{
	FILE *in = fopen(path_of(name), "r");
	EVP_PKEY *key = in != NULL ? PEM_read_PrivateKey(in, NULL, NULL, NULL) : NULL;
	unsigned char *der = NULL, *text;
	int n = key != NULL ? i2d_PrivateKey(key, &der) : -1;

	if (n <= 0)
		abort();
	text = arena_alloc(arena, EVP_ENCODE_LENGTH((size_t)n));
	(void)EVP_EncodeBlock(text, der, n);
	OPENSSL_free(der);
	EVP_PKEY_free(key);
	(void)fclose(in);
	return (const char *)text;
}

void
key_files_open(struct arena *a)
{
	arena = a;
	arena_init(a, 16 * 1024 * 1024);
	if (mkdtemp(key_folder) == NULL)
		abort();
}

void
key_files_close(struct arena *a)
{
	(void)!system(arena_printf(a, "rm -rf '%s'", key_folder));
	arena_fini(a);
}
