/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replay: answers in a file, in place of servers.  Text that came from the DNS
 * ends its line, with \xHH for what is not printable, and for backslashes.
 *
 *	bailey-answers 1
 *	time SECONDS					when they were recorded
 *	answer TYPE STATUS TTL secure|- NAME		a question and what came of it,
 *	TAB addr ADDRESS				its records
 *	TAB name|bad-name PREFERENCE NAME
 *	TAB txt TEXT
 */
#ifndef DNS_REPLAY_H
#define DNS_REPLAY_H

#include <stdio.h>

#include "dns/dns.h"

/* The file may be anybody's. */
#define REPLAY_FILE_MAX		(8 << 20)	/* bytes: 2048 answers (DNS_SESSION_MAX) of 4 KB */
#define REPLAY_ANSWERS_MAX	10000
#define REPLAY_TIME_MAX		UINT32_MAX	/* s since 1970: as far as the store can count (db/record.h) */

struct replay;

/* NULL with *why_r: what is wrong with the file. */
struct replay *replay_open(FILE *, int64_t *wall_r, const char **why_r);
void	 replay_close(struct replay **);
/* One block for the caller to free(), as of packet_read(); NULL: not in the file, or no memory. */
struct dns_answer *replay_answer(const struct replay *, const char *name, enum dns_type,
	    size_t *size_r);

#endif
