/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Spf: may this host use the domains of the reverse-path and of the HELO name
 * (RFC 7208)?  The evaluation itself is in checks/spf/.
 *
 * Verdicts: first that of MAIL FROM, with smtp.mailfrom (a null sender stands
 * for postmaster at the HELO name); then, if the HELO name is a full domain
 * name and the sender is not null, that of the HELO identity, with smtp.helo.
 * With `relays', policy.relay names the relay that said who the client was.
 */
#ifndef CHECKS_SPF_H
#define CHECKS_SPF_H

#include "checks/check.h"

extern const struct check check_spf;

#endif
