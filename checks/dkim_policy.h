/* SPDX-License-Identifier: BSD-2-Clause */
/* Policy: what a verified, or not verified, signature is worth to us. */
#ifndef CHECKS_DKIM_POLICY_H
#define CHECKS_DKIM_POLICY_H

#include "checks/dkim_verify.h"

struct dkim_policy {			/* section "dkim" */
	int64_t	minimum_key_bits;	/* of RSA */
	int64_t	maximum_signatures;
	int64_t	expiry_grace;		/* ms */
	bool	partial_body;		/* l= may leave some of the body unsigned */
};

#define SIGNED_IN_FUTURE_MAX	300	/* s; clocks differ */

/* wall: seconds since 1970; body_length: octets, canonical as the signature has it. */
enum word	signature_judge(const struct signature *, const struct verifier_finding *,
		    const struct dkim_policy *, int64_t wall, int64_t body_length,
		    struct buf *reason);

#endif
