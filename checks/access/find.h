/* SPDX-License-Identifier: BSD-2-Clause */
/* Find: the entries of the tables that speak about a message, by table and by subject. */
#ifndef CHECKS_ACCESS_FIND_H
#define CHECKS_ACCESS_FIND_H

#include "checks/access/keys.h"
#include "checks/access/rhs.h"
#include "checks/check.h"

enum subject {
	SUBJECT_CLIENT, SUBJECT_HELO, SUBJECT_SENDER, SUBJECT_RECIPIENT, SUBJECT_AUTHOR,
	SUBJECT_COUNT
};
extern const char *const subject_words[];	/* "client" ...; NULL-terminated */

/* table "file:/etc/bailey/access" { ... } */
struct access_table {
	const char		*title;
	struct string_list	 subjects;	/* "for" */
	bool			 unproven;
	unsigned		 asked;		/* made of subjects: bits */
};

struct access_options {
	struct section_list	 tables;	/* struct access_table */
	const char		*delimiter;	/* "recipient-delimiter" */
	unsigned		 parents;	/* "parent-domains": 1 dotted */
};

enum entry_kind { ENTRY_NONE, ENTRY_RHS, ENTRY_INVALID, ENTRY_TEMPERROR };

struct entry {
	enum entry_kind	 kind;
	struct rhs	 rhs;		/* of ENTRY_RHS; never DUNNO */
	const char	*key;
	const char	*value;		/* as it stands there */
	const char	*why;		/* of INVALID, TEMPERROR */
};

/*
 * What each table has about one subject: out has as many entries as there are
 * tables, none where a table is not asked.  Waits for tables, and for the name
 * of the client, until txn->deadline.  0, or -1 without memory.
 */
int	 access_find(struct txn *, enum subject, struct arena *, struct entry *out);
/* For people: "sender a@b.example". */
const char *access_name(const struct txn *, enum subject, struct arena *);

#endif
