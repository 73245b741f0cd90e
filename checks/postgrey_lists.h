/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Postgrey lists: lists of clients and recipients in the form of postgrey's
 * whitelist_clients and whitelist_recipients, one pattern a line, `#' begins a
 * comment.  A file *.local that does not exist is empty.
 *
 *   clients     domain.tld (the verified name, or a name below), /regex/ (on
 *               the verified name), 192.0.2.1, 192.0.2 (/24), 192.0 (/16),
 *               192.0.2.0/25, 2001:db8::1, 2001:db8::/32
 *   recipients  domain.tld (or below), user@ (any domain), user@domain.tld,
 *               both with any +extension, /regex/ (on the address)
 *
 * Regular expressions are Perl's, case does not matter.
 */
#ifndef CHECKS_POSTGREY_LISTS_H
#define CHECKS_POSTGREY_LISTS_H

#include "lib/addr.h"
#include "lib/arena.h"
#include "lib/option.h"
#include "lib/path.h"

#define LIST_LINE_MAX	1000	/* bytes of a pattern */
#define LIST_STEPS_MAX	100000	/* steps of one regular expression: a bad one must not stop mail */

struct pattern;
enum pattern_kind { PATTERNS_OF_CLIENTS, PATTERNS_OF_RECIPIENTS };

/* 0 and a list (NULL when empty) that lives as long as the arena, or -1: why. */
int	patterns_load(const struct string_list *files, enum pattern_kind, struct arena *,
	    const struct pattern **list_r, const char **why_r);
/* One pattern, put before *list. */
int	patterns_add(const struct pattern **list, const char *text, enum pattern_kind,
	    struct arena *, const char **why_r);

/* The pattern that matches first, as written; NULL: none.  verified may be NULL. */
const char *patterns_client(const struct pattern *, const struct addr *, const char *verified);
const char *patterns_recipient(const struct pattern *, const struct path *);

#endif
