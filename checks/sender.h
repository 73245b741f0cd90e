/* SPDX-License-Identifier: BSD-2-Clause */
/* Sender: whether the reverse-path is one that a bounce could be sent to. */
#ifndef CHECKS_SENDER_H
#define CHECKS_SENDER_H

#include "checks/check.h"

#define SENDER_MX_MAX	10	/* mail hosts whose addresses are looked up (as RFC 7208 4.6.4 has it for "mx") */

extern const struct check check_sender;

#endif
