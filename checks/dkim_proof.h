/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Proof: whether a signature was made with a key (RFC 6376 3.3, RFC 8463 3).
 *
 * The library could do it, but spends ten times what the arithmetic costs on
 * finding a decoder for the key, each time.
 */
#ifndef CHECKS_DKIM_PROOF_H
#define CHECKS_DKIM_PROOF_H

#include <stddef.h>

enum proof { PROOF_GOOD, PROOF_BAD, PROOF_NO_KEY, PROOF_NO_MEMORY };

/*
 * p, b: base64, padded or not; what else stands between its characters does not
 * count.  algorithm: "rsa-sha256", "rsa-sha1" or "ed25519-sha256".  hash: of
 * the header.  *bits_r: of an RSA key.
 */
enum proof proof_check(const char *p, const char *algorithm, const unsigned char *hash, size_t len,
	    const char *b, unsigned *bits_r);

/*
 * What OpenSSL makes at its first use, in thousands of allocations, any of
 * which must not fail: its version 3.0 crashes then.  Before there is mail.
 */
void	 proof_prepare(void);

/* Bytes of base64 as above, at most size; 0: it is none. */
size_t	 proof_decode(const char *text, unsigned char *out, size_t size);

#endif
