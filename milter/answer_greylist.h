/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an administrator types for client, sender and recipient, as the fields
 * of keys (db/record.h).  The same words that greylist-list prints are taken
 * back, hidden ones ("#" and 32 digits) too.
 */
#ifndef MILTER_ANSWER_GREYLIST_H
#define MILTER_ANSWER_GREYLIST_H

#include "checks/greylist_key.h"
#include "milter/answer_memory_private.h"

#define GREYLIST_COUNTED_MAX	256	/* addresses of a network whose counters are touched by one request */

struct greylist_address {
	bool	given;
	char	text[GREYLIST_TEXT_SIZE];	/* the field */
	char	domain[GREYLIST_TEXT_SIZE];	/* instead of it: every address there; "" if not */
};

struct greylist_words {
	const struct greylist_options *options;
	enum { CLIENT_MISSING, CLIENT_ADDRESS, CLIENT_NETWORK, CLIENT_NAME } client;
	struct cidr	network;			/* CLIENT_NETWORK, CLIENT_ADDRESS */
	char		triplet[GREYLIST_TEXT_SIZE];	/* field of the client in triplets */
	char		counted[GREYLIST_TEXT_SIZE];	/* key of its counter; "": a network has none */
	char		proven[GREYLIST_TEXT_SIZE];	/* field of the client if the sender's domain is proven */
	char		clear[2][GREYLIST_TEXT_SIZE];	/* triplet and proven as they were before hiding */
	struct greylist_address sender, rcpt;
	char		writer[GREYLIST_TEXT_SIZE];	/* the recipient as correspondent.c has him */
};

/* From the members client, sender, recipient; false after "error" was set. */
bool	greylist_words_read(struct greylist_words *, const struct answer_memory *,
	    const json_t *argument, json_t *out);
/* Key of the triplet with that field of the client; sender and recipient are given, and no domains. */
void	greylist_words_triplet(const struct greylist_words *, const char *client, struct record_key *);
/* All zero if there is none. */
enum store_status greylist_words_get(const struct answer_memory *, const struct record_key *,
	    int64_t now, struct greylist_record *);
/* The keys of the client's counters, one after the other from i = 0; false: no more. */
bool	greylist_words_counter(const struct greylist_words *, unsigned i, struct record_key *);

#endif
