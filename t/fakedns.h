/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of t/fakedns; what it does stands in the head of fakedns.c. */
#ifndef T_FAKEDNS_H
#define T_FAKEDNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_NAME_MAX	255	/* RFC 1035 2.3.4 */
#define PACKET_MAX	65535
#define EXTRA_MAX	64	/* spare room behind a packet that is made up */

struct wire_name {
	uint8_t	bytes[WIRE_NAME_MAX];	/* lower case */
	size_t	len;
};

/* One question as it came. */
struct question {
	struct wire_name	name;
	uint8_t			as_asked[WIRE_NAME_MAX];	/* with its case (0x20) */
	uint16_t		id, type;
	uint8_t			flags;		/* RD and opcode, first flag byte */
	bool			tcp, edns;
	size_t			udp_size;	/* what the asker can take */
};

/* false: not a question, to be ignored. */
bool	 question_parse(struct question *, const uint8_t *, size_t len, bool tcp);
void	 name_lower(struct wire_name *);
/* Text with final dot gone; room for 4 * WIRE_NAME_MAX. */
const char *name_text(const struct wire_name *, char out[4 * WIRE_NAME_MAX]);

/* --- fakedns_zone.c: what the zone files say */
struct rr {
	struct rr	*next;		/* in the order of the file */
	uint32_t	 ttl;
	uint16_t	 type, len;
	uint8_t		 rdata[];
};

struct node {				/* one owner name, or an empty non-terminal */
	struct node	*chain;
	struct rr	*rrs, **last;
	size_t		 len;
	uint8_t		 name[];
};

struct zones {
	struct node	**slots;
	size_t		  slot_count, node_count;
};

/* 0, or -1 with the reason on standard error. */
int	 zones_load(struct zones *, const char *file);
void	 zones_free(struct zones *);
/* The node that answers for a name (wildcards looked through), NULL: there is none. */
const struct node *zones_find(const struct zones *, const struct wire_name *);
/* The start of authority above or at a name; NULL: not ours. */
const struct node *zones_apex(const struct zones *, const struct wire_name *);
const struct rr *node_rr(const struct node *, uint16_t type);

/* --- fakedns_rule.c: behaviour */
enum {
	RULE_DROP = 1 << 0, RULE_TRUNCATE = 1 << 1, RULE_GARBAGE = 1 << 2, RULE_NOISE = 1 << 3,
	RULE_WRONG_ID = 1 << 4, RULE_WRONG_QUESTION = 1 << 5, RULE_WRONG_CASE = 1 << 6,
	RULE_WRONG_SOURCE = 1 << 7, RULE_NOT_RESPONSE = 1 << 8, RULE_NO_EDNS = 1 << 9,
	RULE_CNAME_LOOP = 1 << 10, RULE_ZERO_RDATA = 1 << 11, RULE_BAD_LABEL = 1 << 12,
	RULE_POINTER_LOOP = 1 << 13, RULE_OFF_CHAIN = 1 << 14, RULE_DRIP = 1 << 15,
	RULE_AD = 1 << 16, RULE_EMPTY_TCP_CLOSE = 1 << 17, RULE_TWICE = 1 << 18,
	RULE_UDP = 1 << 19, RULE_TCP = 1 << 20,
};

struct rule {
	struct rule	*next;
	struct wire_name name;
	bool		 below;		/* "*.name": names below it */
	uint16_t	 type;		/* 0: any */
	unsigned	 flags;
	int		 rcode;		/* -1: as the zones say */
	long		 delay;		/* ms */
	long		 rr_count, cname_chain, ttl;	/* -1: as the zones say */
	long		 first, used;	/* first < 0: for ever */
};

int	 rules_load(struct rule **, const char *file);
void	 rules_free(struct rule **);
/* The first rule that fits, counted as used; a rule that changes nothing if none fits. */
const struct rule *rules_match(struct rule *, const struct question *);

/* --- fakedns_answer.c: packets */
struct packet {
	uint8_t	bytes[PACKET_MAX + EXTRA_MAX];
	size_t	len;
};

void	 answer_make(struct packet *, const struct zones *, const struct rule *,
	    const struct question *, int rcode_outside);

/* --- fakedns_net.c: sockets */
#define LISTEN_MAX	8

struct server {
	/* The answer; the rule says how to send it. */
	const struct rule *(*answer)(const struct question *, struct packet *);
	void	(*reload)(void);
};

/* The port, the same on all addresses; ends the process if that cannot be. */
unsigned net_listen(const char *const *addresses, size_t count, unsigned port);
/* Returns after SIGTERM or SIGINT. */
void	 net_run(const struct server *);

#endif
