/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verify: libopendkim's verification of one message, without its resolver, its
 * clock and its opinions.
 *
 *	verifier_new -> verifier_header* -> verifier_eoh -> verifier_body*
 *	-> verifier_eom -> verifier_find* -> verifier_free
 */
#ifndef CHECKS_DKIM_VERIFY_H
#define CHECKS_DKIM_VERIFY_H

#include "checks/dkim_signature.h"

/*
 * Signatures the library is shown, chosen or not: each may cost another hash
 * of the whole body.  Beyond it only chosen ones are; a signature that covers
 * one of the others fails then.
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
	const char	*error_text;		/* the library's words for these two, never NULL */
};

/*
 * The key for a signature, as key_read() leaves it.  0, or -1 after the reason
 * was left in the signature.  May wait.
 */
typedef int verifier_key(struct signature *, struct buf *record, void *arg);

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
/* Octets of the canonical body; known if a chosen signature has l=. */
int64_t	 verifier_body_length(const struct verifier *, bool relaxed);

#endif
