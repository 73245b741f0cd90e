/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Make: DKIM signatures (RFC 6376, 8301, 8463) of one message.
 *
 *	maker_new -> maker_body* -> maker_sign* -> maker_free
 */
#ifndef CHECKS_SIGN_MAKE_H
#define CHECKS_SIGN_MAKE_H

#include "checks/check.h"
#include "lib/buf.h"

struct maker_style {
	bool			 simple_header, simple_body;	/* canonicalization; else relaxed */
	int64_t			 now;		/* t= */
	int64_t			 lifetime;	/* seconds to x=; 0: for ever */
	/*
	 * Names of fields to sign where they are, and of those to sign once more
	 * than they are, so that nobody can add one (RFC 6376 5.4.2).
	 */
	const struct string_list *fields, *sealed;
};

#define MAKER_FIELD_MAX	8192	/* bytes of one DKIM-Signature; 500 names and an RSA-4096 signature fit */

struct maker;

/* Style and header must outlive it; NULL without memory. */
struct maker	*maker_new(const struct maker_style *, const struct header *);
void		 maker_free(struct maker **);
/* CRLF line ends, as milters get it. */
void		 maker_body(struct maker *, const unsigned char *, size_t);
/*
 * After the last of the body, once for each key: appends the value of a
 * DKIM-Signature, LF folds, without leading space.  key is PEM.  0, or -1 with
 * *why_r.
 */
int		 maker_sign(struct maker *, const char *key, const char *domain,
		    const char *selector, struct buf *value, const char **why_r);

#endif
