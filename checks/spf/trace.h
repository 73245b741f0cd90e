/* SPDX-License-Identifier: BSD-2-Clause */
/* Trace: the two trace fields SPF deals in, Received of a relay and Received-SPF of our own. */
#ifndef CHECKS_SPF_TRACE_H
#define CHECKS_SPF_TRACE_H

#include "checks/check.h"
#include "checks/spf/spf.h"
#include "lib/buf.h"

#define TRACE_HOPS_MAX	10	/* Received fields looked at: relays of one's own stand in short rows */

struct trace_client {
	struct addr	 addr;
	char		 helo[SPF_HELO_MAX + 1];
};

/*
 * The client that handed the message to our relays, as the last of them wrote
 * it into its Received field.  False when no field can be trusted to tell:
 * what a relay wrote in a way not known here must not let the field below,
 * which a forger can have written, speak for it.
 */
bool	trace_find_client(const struct header *, const struct cidr_list *relays,
	    struct trace_client *);

/* Value of a Received-SPF field (RFC 7208 9.1). */
void	trace_received_spf(struct buf *, const struct spf_query *, const struct spf_answer *,
	    const char *identity);
#define TRACE_FIELD_SIZE	4000	/* bytes of that value: a comment, four long values and a short one, all escaped */

#endif
