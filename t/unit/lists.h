/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists: DNS lists as the check dnsbl has them, in good health, and clients that come to it. */
#ifndef T_UNIT_LISTS_H
#define T_UNIT_LISTS_H

#include "checks/dnsbl.h"
#include "checks/dnsbl/health.h"
#include "checks/dnsbl/options.h"
#include "t/unit/fakedns_mem.h"
#include "t/unit/faketxn.h"

struct lists {
	const struct fakedns_row *rows;		/* the caller's, with what the lists' tests ask for */
	struct dnsbl_options	 options;
	struct dns		 dns;
	struct clock_fake	 now;
	struct arena		 arena;		/* for arena_fini() at the end */
};

/* Sites as postscreen writes them; sites and sections must outlive the lists. */
void	lists_init(struct lists *, const struct fakedns_row *, struct string_list sites,
	    struct zone_section *sections, size_t count);
/* A service to which all of them were found good, for health_close(); nothing counts as asked yet. */
struct health *lists_healthy(struct lists *);
/* Up to MAIL, where all was asked and nothing judged. */
void	lists_begin(struct lists *, struct faketxn *, struct health *, const char *client,
	    const char *helo, const char *sender);

#endif
