/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tombstones: the table of dead lists.  Old guides still name them; a dead
 * list is at best a wasted question, at worst it lists the whole world (AHBL,
 * ORDB) to make people stop asking.
 */
#include "checks/dnsbl/tombstones.h"

#include <stddef.h>

#include "lib/name.h"

#define ZEN       "zen.spamhaus.org"
#define EMPTIED   "was emptied"
#define LISTS_ALL "lists the whole world"
#define LAPSED    "lost its domain, which now answers everything"
#define CLOSED    "was shut down"

/* clang-format off */
static const struct tombstone tombstones[] = {
	{ "sorbs.net",			2024,	EMPTIED,	ZEN },
	{ "ahbl.org",			2015,	LISTS_ALL,	ZEN },
	{ "njabl.org",			2013,	CLOSED,		ZEN },
	{ "dsbl.org",			2008,	CLOSED,		ZEN },
	{ "ordb.org",			2006,	LISTS_ALL,	NULL },
	{ "rfc-ignorant.org",		2012,	CLOSED,		NULL },
	{ "dnsbl.inps.de",		2020,	CLOSED,		NULL },
	{ "ix.dnsbl.manitu.net",	2025,	CLOSED,		ZEN },
	{ "megarbl.net",		2019,	LAPSED,		NULL },
	{ "emailbasura.org",		0,	LAPSED,		NULL },
	{ "burnt-tech.com",		0,	LAPSED,		NULL },
	{ "ubl.unsubscore.com",		0,	CLOSED,		NULL },
	{ "spamcannibal.org",		2018,	LAPSED,		NULL },
	{ "cbl.abuseat.org",		0,	"was merged into zen.spamhaus.org", ZEN },
};
/* clang-format on */

const struct tombstone *
tombstone_find(const char *zone)
{
	for (size_t i = 0; i < sizeof tombstones / sizeof tombstones[0]; i++)
		if (name_within(zone, tombstones[i].zone))
			return &tombstones[i];
	return NULL;
}
