/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Under which key an attempt is remembered.  The key must be the same when
 * the same mail comes again, though big senders retry from another address
 * and put a new tag into each reverse-path.
 *
 *   client     network of the address ("192.0.2.0/24"), or the domain of the
 *              sender if that is proven ("example.org"): then its whole pool counts as one
 *   sender     lower case, variable parts replaced:
 *                prvs=2843abcd=joe@a.ex       joe@a.ex              BATV
 *                srs0=x9Bk=tt=b.ex=joe@a.ex   srs0=#=#=b.ex=joe@a.ex   SRS
 *                list+joe=b.ex@a.ex           list@a.ex             extension, VERP
 *                bounce-2843-joe@a.ex         bounce-#-joe@a.ex     numbers
 *   recipient  lower case
 *
 * But for SRS these are the rules of postgrey 1.37, so its database can be taken over.
 */
#ifndef CHECKS_GREYLIST_KEY_H
#define CHECKS_GREYLIST_KEY_H

#include "db/record.h"
#include "lib/addr.h"
#include "lib/keyhash.h"
#include "lib/path.h"

#define GREYLIST_TEXT_SIZE	(RECORD_FIELD_MAX + 1)

struct greylist_who {
	const struct addr	*client;
	unsigned		 ipv4_prefix, ipv6_prefix;
	const char		*proven;	/* canonical domain of the sender, or NULL */
	const struct path	*sender, *rcpt;
	const struct keyhash	*hide;		/* NULL: fields in clear */
};

/* Of the attempt, and of the client whose passes are counted (its address, or the proven domain). */
void	greylist_keys(const struct greylist_who *, struct record_key *triplet,
	    struct record_key *client);
/* The field of a client's network, a sender or a recipient, in clear. */
void	greylist_key_network(const struct addr *, unsigned ipv4_prefix, unsigned ipv6_prefix,
	    char out[GREYLIST_TEXT_SIZE]);
void	greylist_key_sender(const char *local, const char *domain, char out[GREYLIST_TEXT_SIZE]);
void	greylist_key_rcpt(const char *local, const char *domain, char out[GREYLIST_TEXT_SIZE]);

#endif
