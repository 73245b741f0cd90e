/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RSA keys are published as SubjectPublicKeyInfo.  d2i_PUBKEY() of OpenSSL 3.0
 * asks all its decoders whose it is, for 110 us; the way taken here costs 1.
 */
#include "checks/dkim_proof.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "lib/ascii.h"

#define KEY_MAX       1024 /* bytes; RSA of 4096 bits takes 550 */
#define SIGNATURE_MAX 1024 /* bytes; RSA of 8192 bits */

size_t
proof_decode(const char *text, unsigned char *out, size_t size)
{
	unsigned char room[4 * KEY_MAX / 3 + 8], bytes[KEY_MAX + 8];
	size_t len = 0;

	/* RFC 2045 6.8: "=" is the end, and what is not of the alphabet is ignored. */
	for (; *text != '\0' && *text != '='; text++) {
		if (!ascii_is_alnum(*text) && *text != '+' && *text != '/')
			continue;
		if (len + 4 > sizeof room)
			return 0;
		room[len++] = (unsigned char)*text;
	}
	if (len == 0 || len % 4 == 1 || len * 3 / 4 > size)
		return 0;
	memset(room + len, '=', 3);
	if (EVP_DecodeBlock(bytes, room, (int)((len + 3) / 4 * 4)) < 0)
		return 0;
	memcpy(out, bytes, len * 3 / 4);
	return len * 3 / 4;
}

/* Steps into a SEQUENCE or over an element; false if it is not of that type. */
static bool
asn1_take(const unsigned char **p, const unsigned char *end, int type, bool into)
{
	int tag, class;
	long len;

	if ((ASN1_get_object(p, &len, &tag, &class, end - *p) & 0x80) != 0 || tag != type ||
	    class != V_ASN1_UNIVERSAL)
		return false;
	if (!into)
		*p += len;
	return true;
}

/*
 * Key holders choose 65537, seldom 3.  With an exponent as long as the modulus a
 * signature costs 40 times as much; OpenSSL refuses that beyond 3072 bits only.
 */
static bool
has_short_exponent(EVP_PKEY *key)
{
	BIGNUM *e = NULL;
	bool is_short = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 &&
			BN_num_bits(e) <= OPENSSL_RSA_MAX_PUBEXP_BITS;

	BN_free(e);
	return is_short;
}

/* RFC 8301 3.2 wants SubjectPublicKeyInfo; a bare RSAPublicKey, as RFC 6376 has it, is taken too. */
static EVP_PKEY *
key_rsa(const unsigned char *der, size_t len)
{
	const unsigned char *p = der, *end = der + len;
	EVP_PKEY *key;

	if (!asn1_take(&p, end, V_ASN1_SEQUENCE, true) ||
	    !asn1_take(&p, end, V_ASN1_SEQUENCE, false) ||
	    !asn1_take(&p, end, V_ASN1_BIT_STRING, true) || p == end || *p++ != 0)
		p = der;
	key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &p, end - p);
	if (key == NULL || has_short_exponent(key))
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

static bool
good_rsa(EVP_PKEY *key, const EVP_MD *md, const unsigned char *hash, size_t len,
    const unsigned char *sig, size_t sig_len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool good = ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
		    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
		    EVP_PKEY_CTX_set_signature_md(ctx, md) == 1 &&
		    EVP_PKEY_verify(ctx, sig, sig_len, hash, len) == 1;

	EVP_PKEY_CTX_free(ctx);
	return good;
}

/* RFC 8463 3: of the hash as if it were the message. */
static bool
good_ed25519(
    EVP_PKEY *key, const unsigned char *hash, size_t len, const unsigned char *sig, size_t sig_len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
		    EVP_DigestVerify(ctx, sig, sig_len, hash, len) == 1;

	EVP_MD_CTX_free(ctx);
	return good;
}

static enum proof
check_once(const char *p, const char *algorithm, const unsigned char *hash, size_t len,
    const char *b, unsigned *bits_r)
{
	bool ed25519 = strcasecmp(algorithm, "ed25519-sha256") == 0, good;
	const EVP_MD *md = strcasecmp(algorithm, "rsa-sha1") == 0 ? EVP_sha1() : EVP_sha256();
	unsigned char der[KEY_MAX], sig[SIGNATURE_MAX];
	size_t der_len = proof_decode(p, der, sizeof der),
	       sig_len = proof_decode(b, sig, sizeof sig);
	EVP_PKEY *key = ed25519 ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, der, der_len)
				: key_rsa(der, der_len);

	*bits_r = key != NULL && !ed25519 ? (unsigned)EVP_PKEY_get_bits(key) : 0;
	if (key == NULL)
		return PROOF_NO_KEY;
	good = ed25519 ? good_ed25519(key, hash, len, sig, sig_len)
		       : good_rsa(key, md, hash, len, sig, sig_len);
	EVP_PKEY_free(key);
	return good ? PROOF_GOOD : PROOF_BAD;
}

static bool
has_memory(void)
{
	EVP_PKEY *key = EVP_PKEY_new();

	EVP_PKEY_free(key);
	return key != NULL;
}

/* OpenSSL calls a signature bad, too, when it had no memory to look at it, and does not always say so. */
enum proof
proof_check(const char *p, const char *algorithm, const unsigned char *hash, size_t len,
    const char *b, unsigned *bits_r)
{
	enum proof proof = check_once(p, algorithm, hash, len, b, bits_r);

	if (proof != PROOF_GOOD)
		proof = check_once(p, algorithm, hash, len, b, bits_r);
	/* TLS on the same thread, to a table or a store, would take what is left there for its own. */
	ERR_clear_error();
	return proof == PROOF_GOOD || has_memory() ? proof : PROOF_NO_MEMORY;
}

void
proof_prepare(void)
{
	/* RFC 6376 C, RFC 8463 A.2. */
	static const char rsa[] =
	    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYt"
	    "IxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0"
	    "fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB";
	static const char ed25519[] = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
	static const unsigned char hash[32];
	char b[172 + 1] = ""; /* 128 bytes of base64 */
	unsigned bits;

	memset(b, 'B', sizeof b - 1);
	(void)proof_check(rsa, "rsa-sha256", hash, 32, b, &bits);
	(void)proof_check(rsa, "rsa-sha1", hash, 20, b, &bits);
	(void)proof_check(ed25519, "ed25519-sha256", hash, 32, b, &bits);
}
