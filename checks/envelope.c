/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Envelope: RFC 5321 4.1.2 as checks on addresses need it; lib/path.c has read
 * them tolerantly and kept what was odd.
 */
#include "checks/envelope.h"

#include <strings.h>

#include "lib/name.h"

/* RFC 6531 3.4: only after SMTPUTF8 in MAIL may an address hold more than ASCII. */
static bool
announced_utf8(const struct txn *t)
{
	const char *const *param = t->sender_params;

	for (; param != NULL && *param != NULL; param++)
		if (strcasecmp(*param, "SMTPUTF8") == 0)
			return true;
	return false;
}

const char *
envelope_fault(const struct txn *t, const struct path *path)
{
	/* clang-format off */
	static const struct {
		enum path_oddity	 oddity;
		const char		*text;
	} faults[] = {
		{ PATH_CONTROL,		"holds control characters" },
		{ PATH_BAD_QUOTING,	"has a quote that is not closed" },
		{ PATH_EIGHT_BIT,	"holds 8-bit characters, which SMTPUTF8 did not announce" },
		{ PATH_TOO_LONG,	"is longer than 64 characters before or 255 behind the @" },
		{ PATH_BAD_DOMAIN,	"has no domain name behind the @" },
		{ PATH_BAD_LOCAL,	"has characters before the @ that must be quoted" },
		{ PATH_SOURCE_ROUTE,	"has a source route" },
		{ PATH_NO_BRACKETS,	"is not written between < and >" },
	};
	/* clang-format on */
	unsigned odd = path->oddities;

	if (announced_utf8(t))
		odd &= ~(unsigned)PATH_EIGHT_BIT;
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
		if ((odd & faults[i].oddity) != 0)
			return faults[i].text;
	return NULL;
}

bool
envelope_is_qualified(const struct path *path)
{
	return path->literal || (path->domain[0] != '\0' && name_labels(path->domain) > 1);
}
