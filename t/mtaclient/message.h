/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Message: the header as the MTA keeps it while a filter edits it.
 *
 * The field on top is the MTA's own Received, which filters neither see nor
 * count.  Postfix numbers anew after each deletion, Sendmail keeps the numbers
 * of the message as it was received; that difference is why this exists.
 */
#ifndef T_MTACLIENT_MESSAGE_H
#define T_MTACLIENT_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mta_style { STYLE_POSTFIX, STYLE_SENDMAIL };

struct field {
	char	*name;
	char	*value;		/* with its leading space */
	bool	 hidden;	/* our own Received */
	bool	 gone;		/* deleted; Sendmail still counts it */
	bool	 added;		/* by the filter; Sendmail does not count it */
};

struct message {
	enum mta_style	 style;
	struct field	*fields;
	size_t		 count, room;
};

/* Empty but for the MTA's own Received. */
void	message_reset(struct message *);
void	message_fini(struct message *);
void	message_append(struct message *, const char *name, const char *value);
/* index counts the own Received: 0 above it, 1 below; past the end appends. */
void	message_insert(struct message *, uint32_t index, const char *name, const char *value);
/* nth from 1 among fields of that name; "" deletes; beyond the last one appends. */
void	message_change(struct message *, uint32_t nth, const char *name, const char *value);

#endif
