/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Daemon: questions to the running one over its control socket
 * (milter/control.h has the protocol).
 */
#ifndef CTL_DAEMON_H
#define CTL_DAEMON_H

#include <jansson.h>
#include <stdio.h>
#include <sys/un.h>

#include "ctl/command.h"
#include "lib/buf.h"

#define DAEMON_SILENCE_MS	2000		/* of waiting, then it is told */
#define DAEMON_PATIENCE_MAX_MS	(INT64_C(86400) * 1000)
#define DAEMON_ANSWER_MAX	(16 << 20)	/* bytes of one answer */

struct daemon {
	const struct call	*call;
	struct sockaddr_un	 sun;
	int64_t			 patience;	/* ms, as the call wants, for one answer */
	bool			 told;		/* that we wait */
	int			 fd;
	FILE			*answers;	/* of fd; NULL: closed */
	int			 status;	/* of the failure that was told */
};

/* A duration that a call may wait for one answer; false: it is none, or too long. */
bool	 daemon_patience(const char *text, int64_t *ms_r);

/* DAEMON_ABSENT: none runs, or it takes no questions; DAEMON_DEAF: it does not let us ask. */
enum daemon_found { DAEMON_HERE, DAEMON_ABSENT, DAEMON_DEAF };
enum daemon_found daemon_find(struct daemon *, const struct call *, struct buf *why);
/* 0, or -1 after standard error says why; its status is what to exit with. */
int	 daemon_open(struct daemon *, const struct call *);
void	 daemon_close(struct daemon *);
/* The answer, whatever its "ok"; the caller owns it.  NULL as above. */
json_t	*daemon_ask(struct daemon *, const char *request);

/*
 * A whole subcommand: ask once; print the object with --json, else show an
 * answer that is ok and complain about one that is not.  An exit status.
 */
int	 daemon_call(const struct call *, const char *request, void (*show)(const json_t *));

/* What an answer says that is not ok. */
void	 daemon_complain(const struct call *, const json_t *answer);
/* With --json, the object on a line of its own; in ASCII, since that may be a terminal, too. */
void	 daemon_print(const json_t *);

#endif
