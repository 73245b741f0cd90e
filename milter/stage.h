/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stage: walks a connection and its messages through the checks.  Knows no
 * libmilter, so `baileyctl check' and the unit tests run the same code.
 *
 *   stage_open -> stage_helo* -> { stage_mail -> stage_rcpt+ -> stage_header*
 *	-> stage_eoh -> stage_body* -> stage_eom | stage_reset }* -> stage_close
 *
 * stage_reset() is idempotent and may come at any time.
 */
#ifndef MILTER_STAGE_H
#define MILTER_STAGE_H

#include "milter/conf.h"
#include "milter/house.h"
#include "milter/policy.h"

/* Why these: a header block beyond any real one would only cost memory. */
#define STAGE_HEADER_COUNT_MAX	1000	/* counting one field costs a walk over all */
#define STAGE_HEADER_BYTES_MAX	(1024 * 1024)	/* all values of one message */
#define STAGE_RCPT_MAX		10000		/* recipients remembered of one message */
#define STAGE_RCPT_BYTES_MAX	(3 * 1024 * 1024)
#define STAGE_PARAMS_MAX	32		/* ESMTP parameters; RFC 5321 and friends know a dozen */
#define STAGE_CONN_ARENA_MAX	(256 * 1024)	/* connection, its facts, one recipient: each */
#define STAGE_MSG_ARENA_MAX	(4 * 1024 * 1024)
#define STAGE_VERDICTS_MAX	(3 * VERDICTS_MAX)	/* of connection, message and recipient */
#define STAGE_ID_SIZE		13

struct connection {			/* what the MTA says of a client */
	struct addr	 client;
	const char	*mta_name;	/* hostname argument */
	const char	*hostname;	/* macro j, NULL if none */
	const char	*daemon_name;
	struct addr	 daemon_addr;
	bool		 local;		/* non_smtpd_milters, or no client */
	bool		 submission;	/* port 465 or 587: taken for authenticated until MAIL shows otherwise */
	const char	*id;		/* at most STAGE_ID_SIZE - 1 bytes; NULL: one is made */
};

struct stage_walk;	/* one connection */

/*
 * conf: a reference is taken; the house must outlive the walk.  NULL without
 * memory.  The first call asserts that the registry is in order.
 */
struct stage_walk *stage_open(struct conf *, const struct house *, const struct connection *);
void		 stage_close(struct stage_walk **);
/* The store the checks remember in; without it there is none.  It must outlive the walk. */
void		 stage_set_store(struct stage_walk *, struct store *);
const struct txn *stage_txn(const struct stage_walk *);

void		 stage_helo(struct stage_walk *, const char *helo);
/* params: NULL-terminated ESMTP parameters.  0, or -1 without memory (tempfail). */
int		 stage_mail(struct stage_walk *, const char *sender, const char *const *params,
		    const char *auth_user);
void		 stage_queue_id(struct stage_walk *, const char *);
/*
 * The decision holds until the next call.  Beyond STAGE_RCPT_MAX a recipient is
 * judged like any other, but no longer remembered.
 */
void		 stage_rcpt(struct stage_walk *, const char *rcpt, struct decision *);
/* -1: beyond a limit, the field is not kept; the message goes on. */
int		 stage_header(struct stage_walk *, const char *name, const char *value);
void		 stage_eoh(struct stage_walk *);
void		 stage_body(struct stage_walk *, const unsigned char *, size_t);
void		 stage_eom(struct stage_walk *, struct decision *);
void		 stage_reset(struct stage_walk *);

/* Everything found so far about this message or, at RCPT, this recipient; registry order. */
size_t		 stage_verdicts(const struct stage_walk *,
		    const struct verdict *out[static STAGE_VERDICTS_MAX]);
/* Verdicts beyond VERDICTS_MAX or without memory. */
unsigned	 stage_dropped(const struct stage_walk *);
/* Messages begun in this connection, the one at hand included. */
unsigned	 stage_mails(const struct stage_walk *);
/* A rule in shadow would have refused a recipient who gets the message. */
bool		 stage_shadowed(const struct stage_walk *);
/* Header fields the checks want added, in order. */
struct stage_field { const char *name, *value; struct stage_field *next; };
const struct stage_field *stage_fields(const struct stage_walk *);
/*
 * Why the check in this row of the registry was not run: "off", "trusted",
 * "authenticated", "local", "no-ip", "access"; NULL if it was.
 */
const char	*stage_skipped(const struct stage_walk *, size_t row);
int64_t		 stage_waited(const struct stage_walk *);	/* ms spent in judge callbacks of this message */
const struct conf *stage_conf(const struct stage_walk *);
/* No id made at that time, s since 1970, or later sorts before this one. */
void		 stage_id_first(char out[STAGE_ID_SIZE], int64_t wall);

#endif
