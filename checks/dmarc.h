/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DMARC (RFC 9989): what the author's domain wants done with mail that nobody
 * proves to be its own.  Reads the verdicts of spf and dkim.
 */
#ifndef CHECKS_DMARC_H
#define CHECKS_DMARC_H

#include "checks/check.h"

extern const struct check check_dmarc;

#endif
