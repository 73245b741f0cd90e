/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stage.c and txn.c share: one connection with its memory.
 *
 *	arena	lives until			holds
 *	conn	close				site, client
 *	facts	the HELO name changes		that name, verdicts on the connection
 *	msg	end of the message		sender, headers, what checks know of it
 *	to	end of the message		recipients
 *	one	the next recipient		verdicts on this recipient
 */
#ifndef MILTER_STAGE_PRIVATE_H
#define MILTER_STAGE_PRIVATE_H

#include "milter/stage.h"

#define STAGE_HELO_MAX	511	/* RFC 5321 4.5.3.1.4: a command line; what is longer is no name anyway */

enum { ABOUT_CONNECTION, ABOUT_MESSAGE, ABOUT_RECIPIENT, ABOUT_COUNT };

struct verdict_list {
	struct verdict	*v[VERDICTS_MAX];
	size_t		 n;
};

/* What holds for one recipient. */
struct stage_view {
	const struct conf_class	*class;		/* NULL: the general rules */
	uint32_t		 skipped;	/* registry rows as bits */
	bool			 shadow, greylist;
};

/* Whose view the message has, so far. */
enum stage_shared { SHARED_BY_NOBODY, SHARED_BY_EXEMPT, SHARED_BY_ALL };

struct stage_walk {
	struct txn		 txn;
	struct conf		*conf;
	struct site		 site;
	char			 id[STAGE_ID_SIZE];
	size_t			 rows;		/* of the registry */
	const struct house	*house;
	bool			 local, submission;	/* the MTA says so */
	bool			 helo_lost;	/* there was one, and no memory for it: no message can begin */

	struct arena		 conn, facts, msg, to, one;
	struct verdict_list	*lists;		/* ABOUT_COUNT of them, from the first MAIL on: idle sessions are many */
	struct verdict		 scratch;	/* for a verdict that is not kept */
	unsigned		 dropped;

	void			*msg_state[CHECKS_MAX];
	bool			 judged[CHECKS_MAX];	/* connection and message scope, at RCPT */
	size_t			 running;	/* registry row of txn.check */
	enum stage		 stage;
	bool			 in_message;
	unsigned		 mails;		/* MAIL commands so far */
	bool			 shadowed;	/* a rule in shadow would have refused a recipient who gets the message */

	struct stage_view	 view;		/* of the recipient; after the last one, what they share */
	struct stage_view	 shared;
	enum stage_shared	 shared_by;
	const struct conf_class	*found_by;	/* with whose options the verdicts in the lists were found */

	int64_t			 waited;	/* ms in judge callbacks of this message */
	size_t			 rcpt_room;
	struct rcpt		 unkept;	/* the recipient beyond the limit */
	struct header		*first, *last;
	size_t			 header_count, header_bytes;
	bool			 wants_body;
	struct stage_field	*fields, **fields_end;
};

/* stage_view.c */
struct conf_rules walk_rules(const struct stage_walk *);
/* The recipient's own rules come into force; what was found with other options is forgotten. */
void	 walk_view_rcpt(struct stage_walk *);
/* This recipient gets the message: what he shares with those before. */
void	 walk_view_share(struct stage_walk *);
/* Those of the message, after the last recipient. */
void	 walk_view_message(struct stage_walk *);
void	 walk_view_reset(struct stage_walk *);

/* stage_run.c */
/* Rows of the registry; the first call asserts its order. */
size_t	 walk_prepare(void);
void	 walk_make_id(char out[STAGE_ID_SIZE], const struct clock *);
/* Make the row the running check; false without memory for its state. */
bool	 walk_enter(struct stage_walk *, size_t row, enum stage);
/* Every check that is not skipped. */
void	 walk_ask(struct stage_walk *, enum stage);
/* Every check that is due. */
void	 walk_judge(struct stage_walk *, enum stage);
/* What policy is asked about at this stage, of nobody exempt; room is for the verdicts. */
struct policy_input walk_input(const struct stage_walk *, enum stage,
	    const struct verdict *room[static STAGE_VERDICTS_MAX]);
void	 walk_decide(const struct stage_walk *, enum stage, bool exempt, struct decision *);
/* The list for what the running check finds now. */
struct verdict_list *walk_list(struct stage_walk *);
/* The temperror of a check that had no memory joins its list. */
void	 walk_no_memory(struct stage_walk *, size_t row);

#endif
