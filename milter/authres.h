/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Authentication-Results (RFC 8601): ours is written from verdicts; those of
 * others are never believed, only recognised when they claim to be ours.
 */
#ifndef MILTER_AUTHRES_H
#define MILTER_AUTHRES_H

#include "lib/buf.h"
#include "milter/stage.h"

#define AUTHRES_SIZE	16384	/* bytes of one field value, folds included */

/*
 * The value, LF + TAB folded, without a leading space:
 * "mx.example.org;\n\tiprev=pass ... ;\n\tspf=..."; "mx.example.org; none" without verdicts.
 * With report-login it begins with auth=pass (RFC 8601 2.7.4) for whoever logged in.
 * Results that do not fit are left out whole.  8-bit bytes become '?' (lib/text.h).
 */
void	authres_format(struct buf *, const struct stage_walk *);

/*
 * Whether a received Authentication-Results value must be deleted (RFC 8601
 * 5): its authserv-id is ours whatever the spelling (case, quotes, comments,
 * folding, U-labels), its version is not 1, or it cannot be parsed and
 * contains our name.  Linear in the length of value.
 */
bool	authres_claims(const char *value, const char *authserv_id);

#endif
