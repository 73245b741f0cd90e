/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DMARC says nothing of a message without exactly one author domain (RFC 9989
 * 5.3.1), and mail programs then show whichever they like: a gap that
 * forgers know.  Hence results of their own, not a word of DMARC.
 */
#include "checks/author.h"

#include <string.h>
#include <strings.h>

#include "lib/ascii.h"

enum { PASS, FROM_MISSING, FROM_MULTIPLE, FROM_INVALID };

/* clang-format off */
static const struct result results[] = {
	[PASS]          = {"pass",          WORD_PASS,      ACTION_PASS,              NULL,        NULL},
	[FROM_MISSING]  = {"from-missing",  WORD_PERMERROR, ACTION_REJECT_IF_SUSPECT, "550 5.6.0", "451 4.6.0"},
	[FROM_MULTIPLE] = {"from-multiple", WORD_PERMERROR, ACTION_REJECT_IF_SUSPECT, "550 5.6.0", "451 4.6.0"},
	[FROM_INVALID]  = {"from-invalid",  WORD_PERMERROR, ACTION_REJECT_IF_SUSPECT, "550 5.6.0", "451 4.6.0"},
	{.name = NULL},
};
/* clang-format on */

/* "From : a@b" is one, too: some MTAs keep the space in the name. */
static bool
is_from(const char *name)
{
	return strncasecmp(name, "from", 4) == 0 && name[4 + strspn(name + 4, " \t")] == '\0';
}

void
author_find(struct author *a, const struct txn *txn)
{
	const struct header *from = NULL;
	struct mailbox_list list;

	*a = (struct author){.fault = AUTHOR_OK};
	for (const struct header *h = txn->headers; h != NULL; h = h->next) {
		if (!is_from(h->name))
			continue;
		from = h;
		a->fields++;
	}
	if (txn->headers_cut) {
		a->fault = AUTHOR_CUT;
		return;
	}
	if (from == NULL) {
		a->fault = AUTHOR_MISSING;
		return;
	}
	if (a->fields > 1) {
		a->fault = AUTHOR_MULTIPLE;
		return;
	}
	a->why = mailbox_read(from->value, from->value_len, &list);
	if (a->why != MAILBOX_OK) {
		a->fault = AUTHOR_INVALID;
		return;
	}
	if (list.other[0] != '\0') {
		a->fault = AUTHOR_MULTIPLE;
		strcpy(a->other, list.other);
		return;
	}
	strcpy(a->local, list.local);
	strcpy(a->domain, list.domain);
}

static void
judge_eom(struct txn *txn)
{
	struct author a;

	author_find(&a, txn);
	switch (a.fault) {
	case AUTHOR_OK:
		(void)report(txn, PASS, "the author's domain is %s", a.domain);
		break;
	case AUTHOR_MISSING:
		(void)report(txn, FROM_MISSING, "the message has no From field");
		break;
	case AUTHOR_MULTIPLE:
		if (a.fields > 1)
			(void)report(
			    txn, FROM_MULTIPLE, "the message has %zu From fields", a.fields);
		else
			(void)report(txn, FROM_MULTIPLE,
			    "the From field names authors of several domains (also %s)", a.other);
		break;
	case AUTHOR_INVALID:
		(void)report(txn, FROM_INVALID, "bad From field: %s", mailbox_fault_text(a.why));
		break;
	case AUTHOR_CUT:
		(void)report(
		    txn, FROM_INVALID, "the header is too large for all From fields to be seen");
		break;
	}
}

const struct check check_author = {
    .name = "author",
    .scope = SCOPE_MESSAGE,
    .origins = ORIGIN_OUTSIDE,
    .results = results,
    .judge = {[STAGE_EOM] = judge_eom},
};
