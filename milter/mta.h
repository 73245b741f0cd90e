/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mta: what the MTA has shown of itself since our start, for those who mend
 * its configuration (baileyctl doctor): what it offered, which macros came,
 * and which other filters of this host had a message before us.  Any thread.
 */
#ifndef MILTER_MTA_H
#define MILTER_MTA_H

#include <stdbool.h>
#include <stdint.h>

struct mta_offer {		/* at negotiation */
	unsigned	protocol;	/* version, as far as its steps tell: 2, 3, 4 or 6 */
	bool		add, change, quarantine;	/* of header fields; of messages */
	bool		macros;		/* it lets us choose them */
	bool		leading_space;	/* header values come as they are */
};

/* Macros of a connection from the network that every MTA can send. */
enum mta_macro { MTA_J, MTA_DAEMON_NAME, MTA_DAEMON_ADDR, MTA_DAEMON_PORT, MTA_I, MTA_MACRO_COUNT };
const char	*mta_macro_text(enum mta_macro);	/* "{daemon_port}" */

/* Fields by which another filter of this host gives itself away: it names the host in them. */
enum mta_trace {
	MTA_TRACE_AUTHRES, MTA_TRACE_GREYLIST, MTA_TRACE_SPF, MTA_TRACE_DKIM, MTA_TRACE_DMARC,
	MTA_TRACE_RSPAMD, MTA_TRACE_COUNT
};
const char	*mta_trace_text(enum mta_trace);	/* "X-Greylist" */

#define MTA_VERSION_SIZE	64
#define MTA_HOSTNAME_SIZE	256

struct mta_facts {
	int64_t		 negotiated;		/* clock_wall of the last time; 0: never */
	struct mta_offer offer;			/* of that time */
	uint64_t	 connections;		/* from the network */
	unsigned	 there, missing;	/* bits of enum mta_macro, when last looked for */
	char		 version[MTA_VERSION_SIZE];	/* macro v: "Postfix 3.7.11", "8.17.1"; "": not told */
	char		 hostname[MTA_HOSTNAME_SIZE];	/* macro j; raw */
	/* Messages, and how many of them had such a trace; halved together, so that the past fades. */
	unsigned	 messages, traces[MTA_TRACE_COUNT];
};

void	mta_negotiated(const struct mta_offer *);
/* value NULL: it did not come. */
void	mta_macro(enum mta_macro, const char *value);
void	mta_connected(const char *version);
/*
 * The bit of the trace that a field is, 0 if it is none; hostname: ours.  Not
 * of Authentication-Results, where the authserv-id counts (edit.h).
 */
unsigned mta_trace(const char *name, const char *value, const char *hostname);
/* The bits of one message, at its end. */
void	mta_message(unsigned traces);
void	mta_get(struct mta_facts *);

#endif
