/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recipient: the syntax of each RCPT address, as `sender' has it for MAIL.
 * Whether the mailbox exists is the MTA's business.
 *
 * By default both are evidence only: printers and scripts leave out the
 * brackets, and the MTA has accepted the recipient already.
 */
#include "checks/recipient.h"

#include "checks/envelope.h"

enum { SYNTAX, NOT_FQDN, PASS };

/* clang-format off */
static const struct result results[] = {
	[SYNTAX]   = { "syntax", WORD_FAIL, ACTION_SUSPECT, "501 5.1.3", "450 4.1.3" },
	[NOT_FQDN] = { "not-fqdn", WORD_FAIL, ACTION_SUSPECT, "504 5.1.3", "450 4.1.3" },
	[PASS]     = { "pass", WORD_PASS, ACTION_PASS, NULL, NULL },
	{ .name = NULL }
};
/* clang-format on */

static void
recipient_rcpt(struct txn *t)
{
	const struct path *path = &t->rcpt->path;
	const char *fault = envelope_fault(t, path);

	if (fault != NULL)
		(void)report(t, SYNTAX, "recipient address <%s> %s", path->text, fault);
	else if (envelope_is_qualified(path) || (path->oddities & PATH_NO_DOMAIN) != 0)
		/* RFC 5321 4.1.1.3: <Postmaster> needs no domain; other bare names are the MTA's. */
		(void)report(t, PASS, "recipient address is well formed");
	else
		(void)report(t, NOT_FQDN, "recipient domain \"%s\" is not a fully-qualified name",
		    path->domain);
}

const struct check check_recipient = {
    .name = "recipient",
    .scope = SCOPE_RECIPIENT,
    .origins = ORIGIN_OUTSIDE,
    .results = results,
    .judge = {[STAGE_RCPT] = recipient_rcpt},
};
