/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Key: a public key record (RFC 6376 3.6.1), read strictly: a record where v=
 * comes second or a tag comes twice is none.
 */
#ifndef CHECKS_DKIM_KEY_H
#define CHECKS_DKIM_KEY_H

#include <stdbool.h>
#include <stddef.h>

#define KEY_P_SIZE	1024	/* of p=; RSA of 4096 bits takes 736, which is all RFC 8301 asks for */

struct key {
	char	p[KEY_P_SIZE];	/* base64, without white space */
	bool	testing;	/* t=y */
	bool	strict;		/* t=s: i= may not be below d= */
};

enum key_fault {
	KEY_OK,
	KEY_SYNTAX,		/* no list of tags, or one of them twice */
	KEY_VERSION,		/* v= is not DKIM1, or not the first tag */
	KEY_NO_P,
	KEY_REVOKED,		/* p= is empty */
	KEY_TYPE,		/* k= is not what the signature's a= needs */
	KEY_SERVICE,		/* s= is not for mail */
	KEY_HASH,		/* h= lacks the hash of the signature's a= */
	KEY_TOO_LONG,
};

/* A TXT record that wants to be a key: others may stand beside it, of SPF say. */
bool	 key_is_record(const char *text, size_t len);
/* algorithm: the signature's a=, "rsa-sha256". */
enum key_fault key_read(const char *text, size_t len, const char *algorithm, struct key *);
const char	*key_fault_text(enum key_fault);

#endif
