/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signature: one DKIM-Signature field (RFC 6376 3.5) as far as we must know it
 * ourselves: whom it names, which key it needs, how old it is, how much of the
 * body it covers.
 */
#ifndef CHECKS_DKIM_SIGNATURE_H
#define CHECKS_DKIM_SIGNATURE_H

#include "checks/check.h"
#include "lib/buf.h"
#include "lib/name.h"

#define SIGNATURE_B_SHOWN	8	/* characters of b= that tell signatures apart (RFC 6008 4) */
/*
 * Signatures with l= that are verified: each costs another hash of the body,
 * and honest messages have none, or that of one mailing list.
 */
#define SIGNATURE_LENGTHS_MAX	2

struct signature {
	struct signature	*next;
	const struct header	*field;
	const char		*fault;		/* why nobody can verify it; NULL: the library may try */
	const char		*d, *s, *i, *a, *b, *bh;	/* without white space; i= made up if absent; NULL: absent */
	const char		*domain;	/* d=, canonical; "" on a fault */
	const char		*key_name;	/* "SELECTOR._domainkey.DOMAIN"; NULL on a fault */
	int64_t			 signed_at, expires;	/* seconds since 1970; -1: unsaid */
	int64_t			 length;	/* l=: octets of the canonical body that are signed; -1: all */
	bool			 relaxed_body;	/* c= */
	bool			 chosen;	/* to be verified */

	/* What came of it, see dkim_verify.h and dkim.c. */
	int			 fed;		/* rank among the signatures the library knows, -1: it does not */
	const char		*key_trouble;	/* why there is no key; NULL: there is */
	bool			 key_temporary;	/* there may be one later */
};

bool	 signature_is_field(const struct header *);
/* d= alone, canonical; false if it is no name. */
bool	 signature_domain(const struct header *, char out[NAME_TEXT_SIZE]);
/* NULL without memory. */
struct signature *signature_read(const struct header *, struct arena *);
/*
 * Mark at most max of a list as chosen: those of the author's domain ("" if
 * unknown), then those above or below it, then one for each other domain, then
 * the rest.  Beyond SIGNATURE_LENGTHS_MAX those with l= are at fault.
 */
void	 signature_choose(struct signature *, int64_t max, const char *author_domain);
/* Beginning of b= that no other one in the list has, unless they are the same. */
const char *signature_b(const struct signature *, const struct signature *list, struct arena *);

#endif
