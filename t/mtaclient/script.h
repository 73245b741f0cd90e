/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Script: one command a line, one or more lines of output for each.
 *
 *	style postfix|sendmail		how header edits are counted and % in replies is read
 *	offer ACTIONS STEPS		numbers offered from the next open on
 *	open [WHERE]			connect to the filter and negotiate
 *	open-only [WHERE]		connect, negotiate nothing
 *	macro STAGE NAME=VALUE		sent with every such stage, if the filter wants it
 *	no-macros			forget them all
 *	connect HOST ADDRESS PORT	ADDRESS 192.0.2.1, 2001:db8::1, /path or - (unknown)
 *	helo NAME | mail ADDRESS PARAMETER... | rcpt ADDRESS PARAMETER... | data
 *	header NAME:VALUE | eoh | body TEXT | eom | unknown TEXT
 *	abort | quit | quit-nc		the last: another connect follows on this line
 *	headers				what the message's header is after the edits
 *	raw BYTES			sent as they are, no reply awaited
 *	reply				await a reply nobody asked for, or the end
 *	drop				hang up
 *	sleep MILLISECONDS | echo TEXT
 *	expect TEXT			the last line of output must contain it
 *
 * \n \r \t \0 \\ \xHH are bytes, \{60000*ab} is a repetition.  A line that
 * begins with # is skipped.  Output lines begin with the command's name.
 */
#ifndef T_MTACLIENT_SCRIPT_H
#define T_MTACLIENT_SCRIPT_H

#include <stdio.h>

#include "t/mtaclient/message.h"
#include "t/mtaclient/protocol.h"

struct script {
	const char	*where;		/* of the filter, unless `open' says otherwise */
	struct mta	 mta;
	struct message	 message;
	uint32_t	 actions, steps;	/* to offer */
	struct buf	 last;		/* line printed last */
	unsigned	 failed;	/* expectations not met, mistakes in the script */
};

void	script_init(struct script *, const char *where);
void	script_fini(struct script *);
/* One line without its newline; may be changed. */
void	script_line(struct script *, char *line);

#endif
