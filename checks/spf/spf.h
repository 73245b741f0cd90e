/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Spf: is this host allowed to use that domain?  RFC 7208's check_host(),
 * pure of SMTP: facts in, one answer out, questions through dns/ only.
 *
 *   spf_look_ahead  (at MAIL)  asks what an evaluation will want to know
 *   spf_native      (later)    our evaluator: record.c, macro.c, eval.c
 *   spf_libspf2     (later)    a second opinion by libspf2, same shape
 */
#ifndef CHECKS_SPF_SPF_H
#define CHECKS_SPF_SPF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/dns.h"
#include "lib/addr.h"
#include "lib/arena.h"
#include "lib/clock.h"
#include "lib/name.h"

/* RFC 7208 4.6.4: beyond these the result is permerror. */
#define SPF_TERMS_MAX	10	/* include, a, mx, ptr, exists, redirect in one evaluation */
#define SPF_VOIDS_MAX	2	/* terms whose questions found nothing */
#define SPF_MX_MAX	10	/* exchanges of one mx term */
/* RFC 7208 4.6.4: names of the client beyond the tenth are not looked at. */
#define SPF_PTR_MAX	10

#define SPF_EXPLANATION_MAX	400	/* bytes; what fits in a reply beside our own words */
#define SPF_HELO_MAX		255	/* bytes of a HELO name that %{h} expands to: RFC 5321 4.5.3.1.2 */
#define SPF_LOCAL_MAX		255	/* bytes of a local part in macros; RFC 5321 4.5.3.1.1 allows 64 */

enum spf_result {		/* RFC 7208 2.6 */
	SPF_NONE, SPF_NEUTRAL, SPF_PASS, SPF_FAIL, SPF_SOFTFAIL,
	SPF_TEMPERROR, SPF_PERMERROR,
	SPF_RESULT_COUNT
};

struct spf_query {
	struct addr		 client;	/* V4 or V6 */
	const char		*sender;	/* local@domain; "" asks for postmaster@HELO: null sender, HELO identity */
	const char		*helo;		/* as the client said it; NULL: it did not */
	const char		*receiver;	/* our host name, %{r} */
	struct dns_session	*dns;
	const struct clock	*clock;
	int64_t			 deadline;	/* clock_mono; beyond it temperror */
	struct arena		*arena;		/* for the strings of the answer */
};

struct spf_answer {
	enum spf_result	 result;
	bool		 no_mail;	/* fail, and the policy's first word is -all: no host at all may */
	bool		 used_local;	/* the record looked at the local part (%{l}, %{s}) */
	const char	*domain;	/* that was asked about; "" if it was none */
	const char	*mechanism;	/* term of its record that matched, as written; NULL: none did */
	const char	*explanation;	/* fail: the domain's own words (exp=), printable ASCII; or NULL */
	const char	*reason;	/* one line for people; holds text from outside */
	unsigned	 terms;		/* counted by RFC 7208 4.6.4 */
	unsigned	 voids;
	unsigned	 lookups;	/* questions to dns/ */
};

/* An engine.  Without memory the answer is temperror. */
typedef void	 spf_engine(const struct spf_query *, struct spf_answer *);

spf_engine	 spf_native;
/*
 * By libspf2, behind our parser: what it would crash on, cut or misread goes
 * to spf_native() instead (libspf2.c says which).  Gives no explanation.
 */
spf_engine	 spf_libspf2;	/* only where HAVE_LIBSPF2 */

/*
 * Ask for the record of a domain and, as records arrive, for what they name:
 * a tree of includes then costs its depth in time.  Never blocks.  It asks at
 * most for the SPF_TERMS_MAX terms that one evaluation could reach.
 */
void		 spf_look_ahead(struct dns_session *, const char *domain, const struct addr *client);

/*
 * The identity of a query: the domain in canonical form and where the local
 * part ends.  False when RFC 7208 4.3 says there is nothing to check: no
 * domain name, or one of a single label.
 */
struct spf_identity {
	const char	*local;		/* "postmaster" when empty */
	size_t		 local_len;
	char		 domain[NAME_TEXT_SIZE];
};
bool		 spf_identity(const struct spf_query *, struct spf_identity *);

const char	*spf_result_text(enum spf_result);	/* "softfail" */

#endif
