/* SPDX-License-Identifier: BSD-2-Clause */
/* Message: a message from a file, given to the checks as an MTA gives it to a milter. */
#ifndef CTL_MESSAGE_H
#define CTL_MESSAGE_H

#include <stdio.h>

#include "milter/stage.h"

/*
 * Header, end of header, body.  Lines may end in LF or CRLF; an mbox line
 * "From " before the header is skipped, and the first line that is no field
 * ends the header, as in Postfix.  *forged_r: Authentication-Results fields
 * that claim to be ours.  0, or -1: reading failed, errno says why.
 */
int	message_feed(FILE *, struct stage_walk *, unsigned *forged_r);

#endif
