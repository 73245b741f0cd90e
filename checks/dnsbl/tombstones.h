/* SPDX-License-Identifier: BSD-2-Clause */
/* Tombstones: DNS lists that have died, most of them taking mail with them. */
#ifndef CHECKS_DNSBL_TOMBSTONES_H
#define CHECKS_DNSBL_TOMBSTONES_H

struct tombstone {
	const char	*zone;		/* it and all below it */
	int		 year;		/* in which it died; 0: not known exactly */
	const char	*how;		/* "was emptied" */
	const char	*instead;	/* its successor, or NULL */
};

/* NULL: no reason to think that this zone is dead. */
const struct tombstone *tombstone_find(const char *zone);

#endif
