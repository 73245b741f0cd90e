/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Protocol: the MTA's end of the milter protocol, version 6.
 *
 *	packet = length (4 bytes, network order, counts what follows), command, data
 *
 * The MTA offers steps and actions, the filter picks; what it picked is obeyed
 * here as Postfix and Sendmail do: steps it does not want are not sent, and
 * where it promised no reply none is awaited.
 */
#ifndef T_MTACLIENT_PROTOCOL_H
#define T_MTACLIENT_PROTOCOL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"

#define MTA_ROOM	(2 * 1024 * 1024)	/* bytes of one packet; more than any filter takes */
#define MTA_WAIT_MS	60000			/* for a reply; a test that hangs must end */

/* Numbered as in a list of wanted macros. */
enum mta_stage {
	MTA_CONNECT, MTA_HELO, MTA_MAIL, MTA_RCPT, MTA_DATA, MTA_EOM, MTA_EOH, MTA_STAGE_COUNT
};

/* What may be sent: a command, the steps that withhold it or its reply. */
struct mta_step {
	const char	*name;		/* "mail", as in scripts and output */
	char		 command;
	uint32_t	 no_send;	/* SMFIP_NO...; 0: always sent */
	uint32_t	 no_reply;	/* SMFIP_NR_...; 0: always answered */
	int		 stage;		/* enum mta_stage, -1: no macros */
};

struct mta {
	int		 fd;		/* -1: not connected */
	const char	*from;		/* IPv4 address inet: is called from; NULL: any */
	uint32_t	 actions, steps;	/* offered; agreed after mta_negotiate() */
	char		*wanted[MTA_STAGE_COUNT];	/* names the filter asked for; NULL: the default */
	struct buf	 macros[MTA_STAGE_COUNT];	/* name NUL value NUL ... */
	struct buf	 in, out;	/* data of a packet, without length and command */
};

void	 mta_init(struct mta *);
void	 mta_fini(struct mta *);

/* "unix:/path", "inet:port@host", "inet6:port@host".  0, or -1 and errno. */
int	 mta_open(struct mta *, const char *where);
void	 mta_close(struct mta *);
/* Offers m->actions and m->steps.  0, or -1 when the filter hung up or spoke nonsense. */
int	 mta_negotiate(struct mta *);

const struct mta_step *mta_step(const char *name);
bool	 mta_sends(const struct mta *, const struct mta_step *);
bool	 mta_awaits(const struct mta *, const struct mta_step *);

/* Keep a macro for its stage; false: no room, or stage unknown. */
bool	 mta_macro(struct mta *, const char *stage, const char *name, const char *value);
/* The step's macros, then the step with m->out as data. */
int	 mta_send(struct mta *, const struct mta_step *);
int	 mta_send_raw(struct mta *, const char *bytes, size_t len);
/* Command byte of the next packet, its data in m->in; -1: end, time-out or nonsense. */
int	 mta_receive(struct mta *);

uint32_t mta_number(const char bytes[4]);

#endif
