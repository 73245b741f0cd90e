/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Greylist: who gives evidence against himself must come again (RFC 6647).
 * Legitimate senders retry, and pass; what is proven to come from the
 * sender's domain is known by that domain, so a pool of hosts is one client.
 */
#ifndef CHECKS_GREYLIST_H
#define CHECKS_GREYLIST_H

#include "checks/check.h"
#include "checks/postgrey_lists.h"
#include "db/decide.h"
#include "lib/keyhash.h"

enum greylist_apply { GREYLIST_SUSPECTS, GREYLIST_ALL, GREYLIST_OFF };

struct greylist_options {
	unsigned		 apply;			/* enum greylist_apply */
	int64_t			 delay, retry_window, max_age;	/* ms */
	int64_t			 remember_recipients;	/* ms, 0: off */
	int64_t			 ipv4_prefix, ipv6_prefix;	/* bits */
	int64_t			 auto_allow_after;
	const char		*text;
	struct string_list	 recipients, client_lists, recipient_lists;
	const char		*recipients_table;
	const char		*key_file;

	/* Made of these by finish. */
	const struct pattern	*clients, *spared, *chosen;	/* recipients: never, only */
	struct keyhash		 key;			/* len 0: addresses in clear */
};

/* The rules of db/decide.h. */
struct greylist_params greylist_rules(const struct greylist_options *);
/* The key that hides addresses; NULL: they are in clear. */
const struct keyhash *greylist_hiding(const struct greylist_options *);
/*
 * The sender's domain if the client is shown to belong to it: a pool of hosts
 * is then one client.  NULL: not shown.  May wait for the DNS until the deadline.
 */
const char *greylist_proven_domain(const struct txn *);

extern const struct check check_greylist;

#endif
