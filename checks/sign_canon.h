/* SPDX-License-Identifier: BSD-2-Clause */
/* Canon: a message as DKIM hashes it (RFC 6376 3.4). */
#ifndef CHECKS_SIGN_CANON_H
#define CHECKS_SIGN_CANON_H

#include <openssl/evp.h>

#include "checks/check.h"

struct canon_body {
	EVP_MD_CTX	*hash;		/* what is canonical goes there */
	bool		 relaxed;
	bool		 limited;	/* only the first `limit' octets are hashed (l=) */
	int64_t		 limit, length;	/* length: octets of the canonical body so far */
	bool		 cr;		/* not yet known: of a line end or not */
	bool		 space;		/* not yet known: inside a line or at its end */
	bool		 any;		/* something went to the hash */
	size_t		 line_ends;	/* not yet known: inside the body or at its end */
	unsigned char	 out[1024];
	size_t		 len;
};

void	canon_body_add(struct canon_body *, const unsigned char *, size_t);
void	canon_body_end(struct canon_body *);
/* One field, line end and all.  value as in struct header; last: without line end. */
void	canon_field(EVP_MD_CTX *, const char *name, const char *value, size_t len, bool relaxed, bool last);

#endif
