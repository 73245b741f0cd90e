/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Macro: the %{...} of SPF records (RFC 7208 7).  One scanner, used by the
 * parser to find mistakes and by the expander to do the work.
 */
#ifndef CHECKS_SPF_MACRO_H
#define CHECKS_SPF_MACRO_H

#include "checks/spf/spf.h"
#include "lib/buf.h"

struct spf_text {		/* a piece of a record; no NUL at its end */
	const char	*s;
	size_t		 len;
};

enum macro_place {
	MACRO_IN_RECORD,
	MACRO_IN_EXPLANATION,	/* c, r, t and spaces are allowed as well */
};

struct macro {
	struct spf_text	 literal;	/* letter is 0: stands for itself, or for %% %_ %- */
	bool		 is_expand;	/* macro-expand of the grammar, in any of its four forms */
	char		 letter;	/* lower case */
	bool		 url;		/* written in upper case: URL-escape the value */
	bool		 reverse;
	unsigned	 parts;		/* right-hand parts to keep; 0: all */
	struct spf_text	 delimiters;	/* empty: "." */
};

/*
 * Take one macro or run of literals off the front of rest: 1, or 0 at the
 * end, or -1 with a reason and rest at the mistake.
 */
int	macro_next(struct spf_text *rest, enum macro_place, struct macro *, const char **why_r);

/* What the letters stand for. */
struct macro_values {
	const struct spf_query		*query;
	const struct spf_identity	*identity;
	const char			*domain;	/* <domain> of the check_host() that runs */
	const char			*(*validated)(void *);	/* %{p}: asks the DNS, so only when wanted */
	void				*arg;
	bool				 used_local;	/* out: %{l} or %{s} was expanded */
};

/*
 * The <target-name> of a valid domain-spec (RFC 7208 4.8, 7.3): canonical,
 * cut from the left to 253 characters.  False when no such name can exist in
 * the DNS.
 */
bool	macro_target(struct macro_values *, struct spf_text spec, char out[NAME_TEXT_SIZE]);

/* The same for a name whose macros have been expanded already. */
bool	macro_name(struct spf_text expanded, char out[NAME_TEXT_SIZE]);

/* Explanation text, printable ASCII; false when malformed (RFC 7208 6.2: then there is none). */
bool	macro_explain(struct macro_values *, struct spf_text text, struct buf *out);

#endif
