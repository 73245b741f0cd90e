/* SPDX-License-Identifier: BSD-2-Clause */
/* Dnsbl: block lists, allow lists and domain lists, weighed (RFC 5782). */
#ifndef CHECKS_DNSBL_H
#define CHECKS_DNSBL_H

#include "checks/check.h"

extern const struct check check_dnsbl;

#endif
