/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * First what cannot be verified, then what is wrong, then what is right but
 * not good enough (RFC 8601 2.7.1: "policy").
 */
#include "checks/dkim_policy.h"

#include <inttypes.h>
#include <string.h>

static enum word
judge_broken(const struct verifier_finding *f, struct buf *reason)
{
	if (f->header_matches)
		buf_puts(reason, "body hash does not match: the body was changed");
	else if (f->body_matches)
		buf_puts(reason, "signature does not match: signed header fields were changed, the "
				 "body was not");
	else
		buf_puts(reason, "neither signature nor body hash match");
	/* RFC 6376 3.6.1: no different from an unsigned message. */
	if (!f->testing)
		return WORD_FAIL;
	buf_puts(reason, "; the domain is testing DKIM (t=y)");
	return WORD_NONE;
}

/* False: nothing against it. */
static bool
find_objection(const struct signature *sig, const struct verifier_finding *f,
    const struct dkim_policy *p, int64_t wall, int64_t body_length, struct buf *reason)
{
	if (f->sha1)
		buf_puts(reason, "rsa-sha1 is no longer acceptable (RFC 8301)");
	else if (f->key_bits > 0 && f->key_bits < p->minimum_key_bits)
		buf_printf(reason, "key of %u bits is too short", f->key_bits);
	else if (sig->expires >= 0 && wall - p->expiry_grace / 1000 > sig->expires)
		buf_printf(reason, "signature expired %" PRId64 " s ago", wall - sig->expires);
	else if (sig->signed_at > wall + SIGNED_IN_FUTURE_MAX)
		buf_puts(reason, "signature comes from the future");
	else if (sig->length >= 0 && sig->length < body_length && !p->partial_body)
		buf_printf(reason, "only %" PRId64 " of %" PRId64 " octets of the body are signed",
		    sig->length, body_length);
	return reason->len > 0;
}

enum word
signature_judge(const struct signature *sig, const struct verifier_finding *f,
    const struct dkim_policy *p, int64_t wall, int64_t body_length, struct buf *reason)
{
	if (sig->key_trouble != NULL) {
		buf_puts(reason, sig->key_trouble);
		return sig->key_temporary ? WORD_TEMPERROR : WORD_PERMERROR;
	}
	if (f->bad_key || f->bad_signature) {
		buf_puts(reason, f->error_text);
		return f->bad_key ? WORD_PERMERROR : WORD_NEUTRAL;
	}
	if (!f->header_matches || !f->body_matches)
		return judge_broken(f, reason);
	if (find_objection(sig, f, p, wall, body_length, reason))
		return WORD_POLICY;
	if (f->key_bits > 0)
		buf_printf(reason, "%u-bit key", f->key_bits);
	else
		buf_puts(reason, "good signature");
	return WORD_PASS;
}
