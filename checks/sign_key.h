/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private keys for signing: read from a file or a table, tried out, and
 * compared with what the DNS publishes.
 */
#ifndef CHECKS_SIGN_KEY_H
#define CHECKS_SIGN_KEY_H

#include <openssl/evp.h>

#include "checks/check.h"
#include "lib/buf.h"
#include "lib/name.h"

#define SIGN_KEY_FILE_MAX	(64 * 1024)	/* bytes; RSA-16384 takes 13 KB */
#define SIGN_KEY_BITS_MIN	1024		/* RFC 8301 3.2 */
#define SIGN_KEY_RECORD_SIZE	4096		/* text of a key record */
#define SIGN_KEY_NAME_SIZE	(2 * NAME_TEXT_SIZE + 16)

struct sign_key {
	const char	*selector;
	const char	*path;		/* or what else to call it in a message */
	const char	*pem;
	const char	*published;	/* p= of its record: base64 */
	bool		 ed25519;	/* else RSA */
};

/*
 * Read key->path and sign and verify with it once.  0, or -1 with a reason that
 * names the file, in the arena.  The file must be no business of others.
 */
int	 sign_key_load(struct sign_key *, struct arena *, const char **why_r);
/* The same with a key in base64 of DER, PKCS #8 or traditional, in place of a file. */
int	 sign_key_load_text(struct sign_key *, const char *base64, struct arena *, const char **why_r);
/* A private key in PEM without passphrase; NULL: it is none.  The caller frees it. */
EVP_PKEY	*sign_key_parse(const char *pem);
/* "v=DKIM1; k=rsa; p=..." */
void	 sign_key_record(const struct sign_key *, struct buf *);
/* "SELECTOR._domainkey.DOMAIN" */
void	 sign_key_name(const struct sign_key *, const char *domain, char out[SIGN_KEY_NAME_SIZE]);
/* Whether a verifier will find this key there; appends what is wrong if not. */
bool	 sign_key_matches(const struct sign_key *, const struct dns_answer *, struct buf *why);

#endif
