/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Load: many connections at once to a filter, or to an MTA, from one process
 * and one thread.
 *
 *	main.c		options, the loop over all connections
 *	milter.c	what a connection says to a filter, as Postfix would
 *	smtp.c		what it says to an MTA, from the client's address or with XCLIENT
 *	mail.c		the messages, made and signed before the clock starts
 *	figures.c	times, memory, CPU
 *
 * A dialogue is asked for what comes next until it awaits a reply.  Client n,
 * its name, its sender and its message belong together and come again after
 * --clients messages, so that a second run meets only what is known.
 */
#ifndef T_LOAD_LOAD_H
#define T_LOAD_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

/* Where time is spent: from writing until the reply. */
enum load_step {
	LOAD_OPEN, LOAD_CONNECT, LOAD_HELO, LOAD_MAIL, LOAD_RCPT, LOAD_DATA, LOAD_CONTENT, LOAD_END,
	LOAD_WHOLE,		/* from CONNECT, or MAIL of a later message, to the last reply */
	LOAD_STEP_COUNT
};

enum load_fate {
	FATE_ACCEPTED, FATE_DEFERRED, FATE_REJECTED, FATE_DISCARDED,
	FATE_LOST,		/* the other side hung up or spoke nonsense */
	FATE_COUNT
};

struct load_options {
	const char	*filter, *smtp;		/* one of them: "unix:/path", "inet:port@host" */
	unsigned	 connections, messages, per_connection, recipients;
	unsigned	 clients, domains, first;	/* first: number of the first client */
	unsigned	 idle;			/* more connections, silent after HELO */
	unsigned	 slow_ms;		/* rest before each step */
	unsigned	 size, fields;		/* bytes of body, fields beside the usual ones */
	bool		 own;			/* clients call an MTA from their own addresses */
	const char	*key, *selector;	/* PEM; NULL: not signed */
	int		 pid;			/* of whom CPU and memory are measured; 0: of nobody */
};
extern struct load_options load;

/* A message as it is sent after the envelope. */
struct mail_part {
	size_t		 end;		/* offset behind it */
	enum load_step	 step;
	bool		 awaited;	/* a reply */
};
struct mail {
	char		*bytes;
	size_t		 len, room;
	struct mail_part *parts;
	unsigned	 count, body;	/* body: the first part behind the header */
};

/* Who sends message n. */
struct load_client {
	unsigned	 n;
	char		 address[16], host[32], sender[48], domain[32];
	const struct mail *mail;
};

struct session {
	const struct load_dialogue *dialogue;
	struct load_client client;
	int		 fd;		/* -1: closed for good */
	bool		 idle, settled;	/* settled: an idle one has said all it will */
	bool		 blocked;	/* epoll watches for room to write */
	bool		 awaited;	/* a reply, to `step' */
	enum load_step	 step;
	unsigned	 at;		/* place in the dialogue, its own business */
	unsigned	 part;		/* next of the mail's */
	unsigned	 left;		/* messages, with this one */
	unsigned	 rcpts, taken;	/* said so far, not refused */
	int64_t		 asked, began;	/* ns: the step, the message */
	int64_t		 wake;		/* ns; 0: does not rest */
	struct buf	 out;		/* not yet written, then [body, body_end) of the mail */
	size_t		 out_at, body, body_end;
	char		 out_room[1024];
	char		 in[1024];
	size_t		 in_len, in_skip;	/* in_skip: bytes to come that are dropped */
};

struct load_dialogue {
	/* Once; -1 when nobody is there. */
	int	(*prepare)(const char *where);
	/* A mail from "Name: value" fields (LF folds, NUL between them, another at the end) and body. */
	void	(*compose)(struct mail *, const char *fields, const struct buf *body);
	/* Puts what comes next into s; false: nothing, the conversation is over. */
	bool	(*next)(struct session *);
	/*
	 * Takes a reply off s->in: bytes used, 0 when it is not complete, -1 for
	 * nonsense.  Beyond in_len: those that come are dropped.
	 */
	long	(*take)(struct session *);
};
extern const struct load_dialogue dialogue_milter, dialogue_smtp;

/* main.c */
void	session_await(struct session *, enum load_step);
/* This message is at its end; what is left of it is not sent. */
void	session_fate(struct session *, enum load_fate);

/* mail.c */
int	mail_prepare(const struct load_dialogue *);
void	mail_add(struct mail *, const char *, size_t);
void	mail_part(struct mail *, enum load_step, bool awaited);
void	client_choose(struct load_client *, unsigned n);

/* figures.c */
int64_t	now_ns(void);
void	figures_time(enum load_step, int64_t ns);
void	figures_fate(enum load_fate);
unsigned figures_done(void);
bool	figures_lost(void);
void	figures_begin(void);
/* Before and after the idle connections have come. */
void	figures_idle(bool after);
/* One line for each: "name value". */
void	figures_print(void);

#endif
