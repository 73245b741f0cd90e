/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Doctor: looks for what is wrong around the filter.  A probe is one const
 * table, exported by one file, with a line in doctor.c; what a probe cannot
 * know it leaves to the others.
 *
 *	who we are (site.c, postfix.c) -> ask of every probe -> tell of every probe -> page
 */
#ifndef CTL_DOCTOR_DOCTOR_H
#define CTL_DOCTOR_DOCTOR_H

#include <jansson.h>

#include "ctl/command.h"
#include "ctl/daemon.h"
#include "lib/buf.h"
#include "lib/name.h"
#include "milter/conf.h"

#define DOCTOR_DNS_MS		10000	/* all waiting for the DNS; somebody is looking at the screen */
#define DOCTOR_PROGRAM_S	5	/* for postconf(1) */
#define DOCTOR_DAEMON_MS	5000	/* to connect, and for one answer; a shorter -t counts */
#define DOCTOR_CONNECT_S	3
#define DOCTOR_ADDRESSES_MAX	8
#define DOCTOR_DOMAINS_MAX	20	/* more make no page; --domain chooses */

enum level { LEVEL_OK, LEVEL_WARN, LEVEL_FAIL };

struct doctor {
	const struct call	*call;
	struct conf		*conf;
	struct arena		 arena;		/* for names and remedies */
	enum daemon_found	 found;		/* DAEMON_HERE without a status: it does not answer */
	json_t			*status, *mta;	/* the daemon's answers; NULL: none */

	json_t			*postfix;	/* name: value, of postconf(1); NULL: no Postfix */
	const char		*sendmail_cf;	/* path; NULL: no Sendmail */
	struct addr		 addresses[DOCTOR_ADDRESSES_MAX];	/* ours, as others see them */
	size_t			 address_count;
	char			 helo[NAME_TEXT_SIZE];	/* what we greet others with; "" if unknown or no name */
	const char		*domains[DOCTOR_DOMAINS_MAX];	/* of our mail, canonical */
	size_t			 domain_count;
	bool			 domains_left;	/* there are more, or some stand in tables */

	struct dns		*dns;		/* NULL: it cannot be asked */
	struct dns_session	*session;
	int64_t			 deadline;	/* clock_mono */

	const char		*subject;	/* of the probe that tells */
	json_t			*findings;
	enum level		 worst;
};

struct probe {
	const char	*subject;		/* heading on the page */
	void		(*ask)(struct doctor *);	/* start look-ups; NULL: none.  Not without the DNS */
	void		(*tell)(struct doctor *);
	bool		 needs_dns;		/* is not called where nobody answers */
};

extern const struct probe probe_clock, probe_daemon, probe_dkim, probe_dmarc, probe_lists, probe_mta,
    probe_name, probe_postfix, probe_resolver, probe_rivals, probe_sendmail, probe_socket, probe_spf,
    probe_server, probe_store;

/* A line of the page.  about: one word or two; remedy: NULL if there is nothing to mend. */
void	 find(struct doctor *, enum level, const char *about, const char *remedy, const char *fmt, ...)
	    __attribute__((format(printf, 5, 6)));
/* For remedies and names, in the arena; never NULL. */
const char *doctor_printf(struct doctor *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const struct dns_answer *doctor_get(const struct doctor *, const char *name, enum dns_type);
/* Options of a check; NULL if it is off. */
const void *doctor_options(const struct doctor *, const struct check *);

/* sendmail.c: what a line of sendmail.cf that begins so has behind it; "" if there is none. */
const char *sendmail_get(struct doctor *, const char *begin);
#define SENDMAIL_FILTERS	"O InputMailFilters="
/* Whether this is what stands behind "Xbailey,". */
bool	 sendmail_is_ours(struct doctor *, const char *line);

/* A list of names in one line: "a.example, b.example". */
#define DOCTOR_LIST_SIZE	2000
struct names_line { char room[DOCTOR_LIST_SIZE]; struct buf buf; };
void	 names_begin(struct names_line *);
void	 names_add(struct names_line *, const char *);

/* dkim.c: domains of ours that no key signs for; how many. */
size_t	 dkim_unsigned(struct doctor *, struct names_line *);

/* site.c: fills addresses, helo and domains.  0, or an exit status after it was told what is wrong. */
int	 site_find(struct doctor *);

/* postconf.c: fills postfix. */
#define POSTFIX_OWN_LIST	"smtp/inet/smtpd_milters"	/* where master.cf overrides that parameter */
void	 postfix_read(struct doctor *);
/* A parameter with its macros expanded; "" if there is no Postfix, or no such parameter. */
const char *postfix_get(const struct doctor *, const char *parameter);
/* Whether smtpd runs in a chroot. */
bool	 postfix_chroot(const struct doctor *);
/* A path as smtpd sees it; NULL: not at all, from inside its chroot. */
const char *postfix_inside(const struct doctor *, const char *path);
/* The socket as Postfix spells it. */
const char *postfix_socket(struct doctor *);
/* The next word of a list, between commas and white space; *rest moves on.  NULL at the end. */
const char *word_next(struct doctor *, const char **rest);

#endif
