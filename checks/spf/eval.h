/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Eval: what an evaluation keeps while it runs.  eval.c walks the records,
 * match.c says whether a term matches, and comes back for an include.
 *
 * An evaluation is one walk down a tree of records.  Its depth is bounded by
 * SPF_TERMS_MAX, its questions by SPF_TERMS_MAX terms of at most 1 +
 * SPF_MX_MAX questions each, its time by query->deadline.
 */
#ifndef CHECKS_SPF_EVAL_H
#define CHECKS_SPF_EVAL_H

#include "checks/spf/record.h"

/* What becomes of a mechanism, or of a question it asks. */
enum match { DIFFERS, MATCHES, MATCH_TEMPERROR, MATCH_PERMERROR };

struct evaluation {
	const struct spf_query	*query;
	struct spf_answer	*answer;
	struct spf_identity	 identity;
	struct macro_values	 values;	/* domain: <domain> of the innermost check_host() */

	struct spf_text		 exp;		/* exp= of the record that decides; empty: none */
	const char		*exp_domain;	/* its <domain> */
	bool			 term_was_void;	/* the term that runs has been counted as void */

	bool			 validated_known;	/* the rest is filled in */
	enum dns_status		 ptr_status;
	const char		*validated[SPF_PTR_MAX];
	size_t			 validated_count;
};

/* eval.c */
/* included: by an include, not for the domain that was asked about or its redirects. */
enum spf_result	 eval_check_host(struct evaluation *, const char *domain, bool included);
const struct dns_answer *eval_get(struct evaluation *, const char *name, enum dns_type);
/* The reason of the result; the last one given counts. */
void		 eval_why(struct evaluation *, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));

/* match.c */
enum match	 match_term(struct evaluation *, const struct spf_term *);
/* Count a term that asks (RFC 7208 4.6.4); false when it is one too many. */
bool		 match_may_ask(struct evaluation *);
/* %{p}; the argument is the evaluation. */
const char	*match_validated_name(void *);

#endif
