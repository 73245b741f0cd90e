/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Helo: whether the name a client greets with can be its name (RFC 5321
 * 4.1.1.1, 4.1.3).  That it does not verify is no reason to refuse (4.1.4):
 * the defaults refuse only what no honest client says.
 */
#ifndef CHECKS_HELO_H
#define CHECKS_HELO_H

#include "checks/check.h"

extern const struct check check_helo;

#endif
