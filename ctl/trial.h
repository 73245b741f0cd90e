/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trial: one client and message before the checks, without a daemon or an MTA,
 * by the daemon's own code.  What came of it is one JSON object:
 *
 *	client origin helo from skipped{check: why}
 *	recipients[{to VERDICTS}]
 *	message{VERDICTS fields[{name value}] forged}	missing if every recipient was refused
 *	action						of the message, or of the last recipient
 *
 *	VERDICTS	verdicts[{check result word action mode [would] reason}] action [cause]
 *			[exempt] [would would-cause] [reply]
 */
#ifndef CTL_TRIAL_H
#define CTL_TRIAL_H

#include <jansson.h>
#include <stdio.h>

#include "milter/stage.h"

struct trial {
	struct conf		*conf;
	struct house		 house;		/* dns, clock, and the checks' services, which nobody ticks */
	struct store		*store;		/* of this trial alone; NULL: none */
	struct addr		 client;	/* ADDR_NONE: as if by sendmail(1) on this host */
	const char		*hostname;	/* of the mail server, as macro j */
	const char		*helo;		/* NULL: none */
	const char		*from, *user;	/* user NULL: not authenticated */
	const char *const	*rcpts;		/* NULL-terminated, at least one */
	FILE			*message;
	FILE			*record;	/* for the DNS answers that were used; or NULL */
};

/* NULL: errno says why.  *action_r is its "action". */
json_t	*trial_run(const struct trial *, enum action *action_r);

#endif
