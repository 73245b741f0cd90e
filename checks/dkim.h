/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DKIM (RFC 6376, 8301, 8463): who signed the message, and whether it is still
 * what was signed.  One verdict for each signature, with header.d and header.i
 * in RFC 8601's words; "none" without one.
 */
#ifndef CHECKS_DKIM_H
#define CHECKS_DKIM_H

#include "checks/check.h"

extern const struct check check_dkim;

#endif
