/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a check is: one const table, exported by one file.
 *
 *            CONNECT   HELO   MAIL   RCPT   header*   EOH   body*   EOM
 *   ask         x        x      x      x        x      x      x        start look-ups, never block
 *   judge                              x                               x   wait for answers, report()
 *
 * Ask early, judge late: `ask' callbacks run as soon as their input is known
 * and must return at once; `judge' callbacks run at RCPT or at end of message,
 * may wait for the DNS until txn->deadline, and report verdicts.  A check
 * never decides: it says what it found (RFC 8601 words) and why; policy.c
 * turns that into an action.  A check that cannot know reports temperror.
 *
 * Callbacks of one connection never run at the same time, but on changing
 * threads: state lives in txn_msg_state(), never in thread-locals.
 */
#ifndef CHECKS_CHECK_H
#define CHECKS_CHECK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "checks/action.h"
#include "dns/dns.h"
#include "lib/addr.h"
#include "lib/arena.h"
#include "lib/clock.h"
#include "lib/option.h"
#include "lib/path.h"

enum stage {
	STAGE_CONNECT, STAGE_HELO, STAGE_MAIL, STAGE_RCPT, STAGE_EOH, STAGE_EOM,
	STAGE_COUNT
};

/* How long a verdict lives: as long as the connection's facts (new HELO: judged anew), the message, or one recipient. */
enum scope { SCOPE_CONNECTION, SCOPE_MESSAGE, SCOPE_RECIPIENT };

/* Where a message comes from; decided once, at MAIL.  Bits, for check.origins. */
enum origin {
	ORIGIN_OUTSIDE		= 1 << 0,
	ORIGIN_AUTHENTICATED	= 1 << 1,	/* {auth_authen} */
	ORIGIN_TRUSTED		= 1 << 2,	/* trusted-networks */
	ORIGIN_LOCAL		= 1 << 3,	/* no IP client, or non_smtpd_milters */
};
const char *origin_text(enum origin);

/* RFC 8601 2.7 result words. */
enum word {
	WORD_NONE, WORD_PASS, WORD_FAIL, WORD_SOFTFAIL, WORD_NEUTRAL,
	WORD_POLICY, WORD_TEMPERROR, WORD_PERMERROR, WORD_COUNT
};
const char *word_text(enum word);

/*
 * One result of a check.  Its name is configuration key, log word and metric
 * label; what it does by default, and how a refusal because of it is coded.
 */
struct result {
	const char	*name;		/* "not-fqdn"; NULL ends the table */
	enum word	 word;		/* in Authentication-Results */
	enum action	 action;	/* default */
	const char	*reject;	/* "550 5.7.25"; NULL: 550 5.7.1 */
	const char	*tempfail;	/* "451 4.7.25"; NULL: 451 4.7.1 */
};

struct prop {				/* RFC 8601 propspec */
	const char	*ptype;		/* "policy" */
	const char	*property;	/* "iprev" */
	const char	*value;		/* raw; quoted where it is printed */
};
#define VERDICT_PROPS_MAX	8

struct verdict {
	const struct check	*check;
	unsigned		 result;	/* index into check->results */
	const char		*reason;	/* for people: log, A-R comment, reply; raw */
	const char		*reply;		/* reply text instead of "reason", or NULL */
	const char		*method;	/* A-R method instead of check->method, or NULL */
	const char		*codes;		/* "450 4.7.1" instead of the result's, where the class fits, or NULL */
	const char		*proof;		/* an `accept' counts only if SPF or DKIM passed for this domain or one above it; NULL: always */
	bool			 hidden;	/* not shown in Authentication-Results */
	struct prop		 props[VERDICT_PROPS_MAX];
	unsigned		 prop_count;
	enum stage		 acts_at;	/* STAGE_RCPT or STAGE_EOM; where judged unless the check says later */
	int			 rcpt;		/* index of the recipient, -1: all */
};

struct client {
	struct addr	 addr;		/* ADDR_NONE: no IP client */
	char		 addr_text[ADDR_TEXT_SIZE];
	const char	*mta_name;	/* the MTA's idea of its name; never trusted */
};

struct rcpt {
	struct path	 path;
	int		 index;
	bool		 refused;	/* by us; it gets no message */
	bool		 exempt;	/* postmaster, abuse: no rule refuses him */
};

struct header {
	const char	*name;		/* as it came, without ':' */
	const char	*value;		/* as it came: leading space, LF folding kept */
	size_t		 value_len;
	struct header	*next;
};

/* What the administrator said about the site, needed by several checks. */
struct site {
	/* Never NULL once a connection is open. */
	const char		*authserv_id;
	const char		*hostname;		/* macro j, or the name of this host */
	struct string_list	 local_domains;		/* ours: nobody outside greets with them */
	struct cidr_list	 local_addresses;	/* ours, beside the one the client spoke to */
	struct addr		 daemon_addr;		/* the one the client spoke to, if the MTA told */
};

struct store;
struct txn;

/*
 * What a service of a check works with.  A service is what a check remembers
 * across connections and reloads (health of DNS lists, counters): one for the
 * process, opened after daemonising, given the options in force at each call.
 */
struct check_env {
	struct dns		*dns;
	const struct clock	*clock;
	const void		*options;	/* the check's section, as configured now */
	/* The nth options in use: the above unless off, then those that classes of recipients have beside them; NULL beyond the last. */
	const void		*(*nth_section)(const struct check_env *, size_t nth);
	const void		*arg;		/* of nth_section */
	size_t			 row;
};

/* One thing a service knows, for the administrator: "zen.example: answers". */
typedef void service_fact(void *arg, const char *name, bool good, const char *text);

/* Names and order: registry.c.  Nothing else may name every check. */
struct check {
	const char		*name;		/* file, section, log word, manual heading */
	const char		*method;	/* Authentication-Results method; NULL keeps it out */
	enum scope		 scope;
	unsigned		 origins;	/* enum origin bits it looks at; others are skipped, and the log says so */
	unsigned		 hears;		/* further origins: decided() is told of their messages, nothing else */
	bool			 needs_ip;	/* skipped without an IP client */
	bool			 hearsay;	/* no result may be set to `accept': it would override failed authentication */
	const char *const	*after;		/* names of checks whose verdicts it reads; NULL-terminated or NULL */
	const struct result	*results;

	const struct option	*options;	/* beside the result words and `mode'; NULL: none */
	size_t			 options_size;
	int			(*finish)(void *options, struct arena *, const char **why_r);	/* of the section; may be NULL */

	/* The nth text of the options that nobody may be shown; NULL beyond the last.  May be NULL. */
	const char		*(*secret)(const void *options, size_t nth);

	size_t			 msg_state;	/* bytes of zeroed state, 0: none */

	void			(*ask[STAGE_COUNT])(struct txn *);
	void			(*judge[STAGE_COUNT])(struct txn *);	/* STAGE_RCPT, STAGE_EOM only */
	void			(*header)(struct txn *, const struct header *);
	void			(*body)(struct txn *, const unsigned char *, size_t);
	/* End of message: what was decided, and because of whose verdict (NULL: nobody's). */
	void			(*decided)(struct txn *, enum action, const struct verdict *cause);
	/*
	 * The service; open NULL: none.  open returns NULL without memory: the
	 * check does without then.  tick comes about once a second, on one
	 * thread beside the mail, and may log; it must not block for long.
	 */
	void			*(*open)(const struct check_env *);
	void			(*tick)(void *service, const struct check_env *);
	void			(*close)(void **service);
	/* How it is; on any thread, NULL: it has nothing to say. */
	void			(*tell)(void *service, const struct check_env *, service_fact *, void *arg);

	void			(*done)(struct txn *);	/* release what is not in the arena; message state, idempotent */
};

#define VERDICTS_MAX	64	/* of one scope and object; more are dropped and counted */

/*
 * One look at a connection and its message, as checks see it.  Read-only for
 * them, but for the functions below.
 */
struct txn {
	const struct site	*site;
	const struct clock	*clock;
	struct dns_session	*dns;
	struct store		*store;		/* db/store.h; NULL: there is none */
	int64_t			 deadline;	/* clock_mono: waiting ends here */

	const char		*id;		/* our session id */
	enum origin		 origin;
	struct client		 client;
	const char		*helo;		/* last one, as typed; NULL if none */
	const char		*auth_user;	/* {auth_authen}; NULL if none */

	/* From MAIL on. */
	struct path		 sender;
	const char *const	*sender_params;	/* ESMTP parameters, NULL-terminated */
	const char		*queue_id;	/* NULL until the MTA told */
	struct rcpt		*rcpts;		/* those remembered */
	size_t			 rcpt_count;
	size_t			 rcpts_seen;	/* more, if some are forgotten: they were beyond the limit of stage.h */
	struct rcpt		*rcpt;		/* at RCPT: the current one */
	struct header		*headers;	/* from EOH on */
	bool			 headers_cut;	/* some are missing there: they were beyond a limit of stage.h */

	/* Set for the check that runs. */
	const struct check	*check;
	const void		*options;	/* its section */
	bool			 shadow;	/* it may look, but not touch the message */
	void			*service;	/* its service; NULL: none, as offline */
	struct arena		*arena;		/* for what its verdict points to; lives as long as the verdict */

	struct stage_walk	*walk;		/* milter/stage.c */
};

/*
 * The functions below are milter/txn.c: checks call upwards here, by design,
 * and only through this header.
 *
 * Report a finding of the running check; the format gives the reason.  The
 * verdict returned may be completed with properties.  Never NULL: beyond
 * VERDICTS_MAX it is a scratch one that is not kept; without memory too, and
 * the check has a temperror instead.
 */
struct verdict *report(struct txn *, unsigned result, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* Copies value into the arena; ptype and property must be literals. */
void	 verdict_prop(struct txn *, struct verdict *, const char *ptype,
	    const char *property, const char *value);
/*
 * The running check's state for this message, zeroed at first.  Never NULL
 * from MAIL on: without memory the check is not called and has a temperror.
 */
void	*txn_msg_state(struct txn *);
/* Header field for the delivered message, placed above all others; copied.  0 or -1. */
int	 txn_add_header(struct txn *, const char *name, const char *value);

/*
 * The next four concern the recipient at hand or, at end of message, the
 * message; what all who get a message have in common holds at its end too.
 *
 * Leave out these checks, registry rows as bits: neither called nor counted.
 */
void	 txn_skip(struct txn *, uint32_t rows);
/* All rules as in shadow. */
void	 txn_shadow(struct txn *);
/* Let greylisting take it for suspect; it is no evidence otherwise. */
void	 txn_greylist(struct txn *);
/* Whether this recipient and those before it have rules for the end of the message that differ. */
bool	 txn_must_split(const struct txn *);

/* Verdicts of checks named in `after', or in `decided' of any. n-th of that check, NULL beyond the last. */
const struct verdict *txn_verdict(const struct txn *, const char *check, size_t n);
/*
 * Whether any other check found evidence so far (action suspect or stronger),
 * or txn_greylist() was called, for greylisting.  A check in shadow counts shadow rules too.
 */
bool	 txn_is_suspect(const struct txn *);

/* registry.c: all checks in order; NULL-terminated. */
extern const struct check *const check_registry[];
#define CHECKS_MAX	16	/* rows the registry may have */
#define RESULTS_MAX	16	/* results of one check */
/* Where it stands there; it must. */
static inline size_t
check_row(const struct check *check)
{
	size_t row = 0;

	while (check_registry[row] != check)
		row++;
	return row;
}

#endif
