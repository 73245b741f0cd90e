/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control: the socket where the administrator's tool meets us.  One thread of
 * its own serves all who come, so that nobody there can hold up mail.
 *
 *	request		COMMAND [ARGUMENT]\n	one line, CONTROL_REQUEST_MAX bytes
 *	answer		{"ok":true, ...}\n	one JSON object on one line (answer.h)
 *
 * Requests may follow one another; the next is read when the answer to the
 * last has gone.
 */
#ifndef MILTER_CONTROL_H
#define MILTER_CONTROL_H

#include "lib/buf.h"
#include "milter/answer.h"

#define CONTROL_REQUEST_USUAL	1024	/* bytes; room for one with an address in it, RFC 5321 4.5.3.1: 320 */
#define CONTROL_REQUEST_MAX	(CONTROL_REQUEST_USUAL << 10)	/* the longest loads a record of 345 KB, escaped for JSON */
#define CONTROL_CLIENTS_MAX	32	/* at once; when another comes, the one that was idle longest must go */
#define CONTROL_IDLE_MS		60000	/* without reading or writing a byte */

/* Serve on that listening socket from now on; about is copied.  0, or -1 with why. */
int	control_start(int fd, const struct answer_about *, struct buf *why);

#endif
