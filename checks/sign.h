/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sign: DKIM signatures for the mail of our own people, whose author's domain
 * is ours.  Mail from outside is never signed: that would lend our name to
 * whoever replays it.
 */
#ifndef CHECKS_SIGN_H
#define CHECKS_SIGN_H

#include "checks/check.h"
#include "checks/sign_table.h"

#define SIGN_KEYS_MAX	4	/* signatures of one message; RSA, Ed25519, and a roll-over of both */

struct sign_domain {		/* domain "title" { ... } */
	const char		*title;
	struct string_list	 selectors;
	bool			 subdomains;
	/* From here on: derived. */
	const char		*name;		/* canonical */
	struct sign_key		*keys;		/* one for each selector */
};

struct sign_options {
	struct section_list	 domains;	/* struct sign_domain */
	const char		*key_directory;
	const char		*key_table, *signing_table;	/* NULL: none */
	bool			 multiple_signatures;
	struct cidr_list	 relays;
	unsigned		 canonicalization;	/* enum sign_canon */
	int64_t			 lifetime;		/* ms; 0: for ever */
	struct string_list	 fields, sealed;
	struct sign_table	 table;		/* derived */
};

enum sign_canon { SIGN_RELAXED_RELAXED, SIGN_RELAXED_SIMPLE, SIGN_SIMPLE_RELAXED, SIGN_SIMPLE_SIMPLE };

/* Every key whose domain is known; where it is "%", it has to be seen what authors there are. */
typedef void	 sign_key_fn(const struct sign_key *, const char *domain, void *arg);
void		 sign_each_key(const struct sign_options *, sign_key_fn *, void *arg);

extern const struct check check_sign;

#endif
