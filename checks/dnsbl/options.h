/* SPDX-License-Identifier: BSD-2-Clause */
/* Options: section "dnsbl" of the configuration, and the zones made of it. */
#ifndef CHECKS_DNSBL_OPTIONS_H
#define CHECKS_DNSBL_OPTIONS_H

#include "checks/dnsbl/health.h"
#include "checks/dnsbl/zone.h"
#include "lib/option.h"

struct dnsbl_options {
	struct string_list	 sites;
	struct section_list	 sections;
	int64_t			 reject_at, suspect_at;	/* scores */
	int64_t			 wait;			/* ms from RCPT on */
	bool			 header;		/* show block lists in Authentication-Results */
	struct health_limits	 limits;
	bool			 anomaly;
	/* Made by finish. */
	struct zone		*zones;
	size_t			 zone_count;
};
extern const struct option dnsbl_option_table[];

/* Of the section, for struct check. */
int	dnsbl_options_finish(void *options, struct arena *, const char **why_r);

#endif
