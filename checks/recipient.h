/* SPDX-License-Identifier: BSD-2-Clause */
/* Recipient: whether a forward-path is one (RFC 5321 4.1.2). */
#ifndef CHECKS_RECIPIENT_H
#define CHECKS_RECIPIENT_H

#include "checks/check.h"

extern const struct check check_recipient;

#endif
