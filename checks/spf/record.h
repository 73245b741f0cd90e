/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Record: reads an SPF record term by term (RFC 7208 12).  Nothing is
 * allocated: terms point into the text, and a record is read once to find
 * its mistakes and again to evaluate it.
 */
#ifndef CHECKS_SPF_RECORD_H
#define CHECKS_SPF_RECORD_H

#include "checks/spf/macro.h"
#include "lib/addr.h"

enum spf_kind {
	SPF_ALL, SPF_INCLUDE, SPF_A, SPF_MX, SPF_PTR, SPF_IP4, SPF_IP6, SPF_EXISTS,
	/* modifiers from here on */
	SPF_REDIRECT, SPF_EXP,
	SPF_UNKNOWN_MODIFIER,	/* RFC 7208 6: "MUST be ignored" */
};

struct spf_term {
	enum spf_kind	 kind;
	enum spf_result	 qualifier;	/* of a mechanism: the result when it matches */
	struct spf_text	 text;		/* as written */
	struct spf_text	 spec;		/* domain-spec; empty: <domain> itself */
	unsigned	 prefix4, prefix6;	/* of a, mx */
	struct cidr	 network;	/* of ip4, ip6 */
};

struct spf_fault {
	const char	*what;
	size_t		 at;		/* bytes from the begin of the record */
};

struct spf_reader {
	struct spf_text	 record;
	size_t		 at;
};

/* Exactly "v=spf1", then a space or the end (RFC 7208 4.5); case does not matter. */
bool	spf_record_is(struct spf_text);
/* For a text that spf_record_is(). */
void	spf_reader_init(struct spf_reader *, struct spf_text);
/* The next term: 1, or 0 at the end, or -1 with a fault. */
int	spf_reader_next(struct spf_reader *, struct spf_term *, struct spf_fault *);

/* What stands outside the sequence of mechanisms (RFC 7208 6): at most one of each. */
struct spf_modifiers {
	struct spf_text	 redirect;	/* domain-spec, empty: none */
	struct spf_text	 exp;
};

/* Read all of a record: 0 with its modifiers, or -1 with the first fault. */
int	spf_record_check(struct spf_text, struct spf_modifiers *, struct spf_fault *);

static inline bool
spf_is_modifier(const struct spf_term *term)
{
	return term->kind >= SPF_REDIRECT;
}
/* Terms that cost questions (RFC 7208 4.6.4). */
bool	spf_term_asks(const struct spf_term *);

/* Whether its first mechanism is -all: the domain sends no mail at all. */
bool	spf_record_forbids_all(struct spf_text);

/*
 * The SPF record among the TXT records of an answer: 1, or 0 if there is
 * none, or -1 if there are several (RFC 7208 4.5).
 */
int	spf_record_select(const struct dns_answer *, struct spf_text *);

/*
 * A name of an MX or PTR record as a question for dns/, which escapes what no
 * host name has ("\\058" is ':'): SPF does not ask for host names.  False for
 * the root (null MX) and for what cannot be asked for.
 */
bool	spf_rr_name(const struct dns_rr *, char out[NAME_TEXT_SIZE]);

#endif
