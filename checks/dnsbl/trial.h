/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trial: the test of RFC 5782 5.  A list of IPv4 addresses must list
 * 127.0.0.2 and must not list 127.0.0.1, one of IPv6 addresses ::FFFF:7F00:2
 * and ::FFFF:7F00:1, one of names TEST and INVALID.  A list that died lists
 * neither or both.
 */
#ifndef CHECKS_DNSBL_TRIAL_H
#define CHECKS_DNSBL_TRIAL_H

#include "checks/dnsbl/faults.h"
#include "dns/dns.h"
#include "lib/addr.h"

enum trial_outcome {
	TRIAL_PENDING,		/* a question is not answered yet */
	TRIAL_UNKNOWN,		/* the DNS did not tell */
	TRIAL_SOUND,
	TRIAL_UNSOUND,
};

struct trial;

/* Ask both entries, without waiting.  family ADDR_NONE: a list of names.  NULL without memory. */
struct trial	*trial_start(struct dns *, const char *zone, enum addr_family);
/*
 * Only whether it answers at all: a name that no cache knows is asked.  Its
 * outcome is TRIAL_SOUND or TRIAL_UNKNOWN.
 */
struct trial	*trial_ping(struct dns *, const char *zone);
/* why_r: of TRIAL_UNSOUND, a static text that begins with a verb. */
enum trial_outcome trial_outcome(struct trial *, const char **why_r);
/* By the owner; questions under way end by themselves. */
void		 trial_free(struct trial **);

/* The same, waiting until deadline. */
enum trial_outcome trial_now(struct dns_session *, const char *zone, enum addr_family,
		    int64_t deadline, const char **why_r);

#endif
