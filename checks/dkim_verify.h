/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verify: all signatures of one message.  libopendkim reads them, chooses the
 * fields they cover and hashes the header; the body, the keys and the
 * signatures themselves are our work.
 *
 *	verifier_new -> verifier_header* -> verifier_eoh -> verifier_body*
 *	-> verifier_eom -> verifier_find* -> verifier_free
 */
#ifndef CHECKS_DKIM_VERIFY_H
#define CHECKS_DKIM_VERIFY_H

#include "checks/dkim_key.h"
#include "checks/dkim_signature.h"

/*
 * Signatures the library is shown, chosen or not: each costs a hash of the
 * header.  Beyond it only chosen ones are; a signature that covers one of the
 * others fails then.
 */
#define VERIFIER_SIGNATURES_MAX	16

struct verifier;

struct verifier_finding {
	bool		 header_matches;	/* the signature itself */
	bool		 body_matches;		/* bh= */
	unsigned	 key_bits;		/* 0 for Ed25519 */
	bool		 sha1;
	bool		 testing;		/* t=y in the key */
	bool		 bad_signature;		/* a tag of it cannot be understood */
	bool		 bad_key;		/* it is not allowed, or of no use, for this signature */
	const char	*error_text;		/* what is wrong in these two cases, never NULL */
	int64_t		 body_length;		/* octets of the canonical body */
};

/* The key for a signature.  0, or -1 after the reason was left in the signature.  May wait. */
typedef int verifier_key(struct signature *, struct key *, void *arg);

/* What the libraries make once, while there is memory. */
void	 verifier_prepare(void);
struct verifier *verifier_new(void);	/* NULL without memory */
void	 verifier_free(struct verifier **);
/*
 * Every field in order, folds as LF or CRLF.  signature: NULL, or what was read
 * from this field; it must outlive the verifier.  0, or -1 without memory.
 */
int	 verifier_header(struct verifier *, const struct header *, struct signature *);
int	 verifier_eoh(struct verifier *);	/* 0, or -1: it cannot work */
void	 verifier_body(struct verifier *, const unsigned char *, size_t);
int	 verifier_eom(struct verifier *, verifier_key *, void *arg);	/* 0, or -1: it could not work */
/* Of a chosen signature. */
void	 verifier_find(const struct verifier *, const struct signature *, struct verifier_finding *);

#endif
