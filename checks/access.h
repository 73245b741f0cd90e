/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access: the administrator's own lists, asked before anything else.  They
 * allow, refuse, defer, discard, hold, and spare a client some other check.
 *
 * Each table is asked for the client, the HELO name, the sender and the
 * recipient at RCPT, for the author's domain at end of message.  The first
 * entry that decides ends the search; SKIP, GREYLIST and MODE decide nothing.
 */
#ifndef CHECKS_ACCESS_H
#define CHECKS_ACCESS_H

#include "checks/check.h"

extern const struct check check_access;

#endif
