/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Session: libmilter's callbacks turned into a walk (stage.h), and the walk's
 * decisions turned into what the MTA does.  With reply_set.c and edit.c the
 * only place that knows libmilter.
 *
 * Nobody is answered at CONNECT, HELO, header, end of header and body: we say
 * so when negotiating, which saves a round trip each (measured: half of the
 * time of a message).  So every refusal is one of MAIL, RCPT or end of message.
 */
#ifndef MILTER_SESSION_H
#define MILTER_SESSION_H

#include "lib/buf.h"
#include "milter/conf.h"
#include "milter/house.h"

/*
 * Register with libmilter and give it the listening descriptor.  The house
 * is borrowed for good.  0, or -1 with why.
 */
int	session_start(int fd, const struct house *, struct buf *why);
/*
 * libmilter's loop; returns when it cannot go on (-1).  There is no stop:
 * smfi_stop() waits for the listener (up to 5 s), but neither for running
 * callbacks nor for open messages.  The census does, then the process ends.
 */
int	session_main(void);

/* "1.0.1": the version of its interface. */
const char *session_libmilter(char out[32]);

#endif
