/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rdns: the client's reverse DNS names and whether one of them leads back to
 * its address ("iprev", RFC 8601 3).  The look-up is ours: what the MTA says
 * of the client's name depends on its settings.
 */
#ifndef CHECKS_RDNS_H
#define CHECKS_RDNS_H

#include "checks/check.h"

#define RDNS_NAMES_MAX	10	/* names looked up forward (as RFC 7208 4.6.4 has it for "ptr") */

extern const struct check check_rdns;

/* The same outside of a message. */
struct rdns_query {
	const struct addr	*client;
	struct dns_session	*dns;
	int64_t			 deadline;	/* clock_mono */
};

struct rdns_names {			/* what the PTR records of a client say */
	const char	*name[RDNS_NAMES_MAX];
	size_t		 count;
	size_t		 beyond;	/* names left out: too many */
	size_t		 bad;		/* left out: no host names */
};
/* They live as long as the answer. */
void	rdns_names_read(struct rdns_names *, const struct dns_answer *ptr);

enum rdns_result { RDNS_PASS, RDNS_NONE, RDNS_FAIL, RDNS_TEMPERROR };

struct rdns_finding {		/* lives as long as the answers of dns */
	struct rdns_names	 names;
	const char		*verified;	/* the first name that leads back; RDNS_PASS */
	const struct dns_answer	*unknown;	/* that nobody could give; RDNS_TEMPERROR */
};
enum rdns_result rdns_find(const struct rdns_query *, struct rdns_finding *);

/*
 * For judge callbacks of other checks: they wait as judging does, and work
 * whether or not rdns is switched on.  Canonical names which live as long as
 * the answers of txn->dns, so at least to the end of the message.
 */
/* The first name that leads back to the client; NULL if there is none or nobody knows. */
const char	*rdns_verified_name(const struct txn *);
/* False when a name may be there, but the DNS could not tell in time. */
bool		 rdns_is_certain(const struct txn *);
/* The first name, true or not; NULL if there is none or nobody knows. */
const char	*rdns_claimed_name(const struct txn *);

#endif
