/* SPDX-License-Identifier: BSD-2-Clause */
/* Section "resolver": its keys, and what must hold between them. */
#include <stddef.h>

#include "dns/dns.h"
#include "dns/server.h"

/* clang-format off */
const struct option dns_option_table[] = {
	{ "servers",	OPTION_STRINGS,  offsetof(struct dns_options, servers),	   NULL,
	    0, 0, NULL, NULL },
	{ "timeout",	OPTION_DURATION, offsetof(struct dns_options, timeout),	   "5s",
	    100, 60 * 1000, NULL, NULL },
	{ "budget",	OPTION_DURATION, offsetof(struct dns_options, budget),	   "8s",
	    1000, 25 * 1000, NULL, NULL },
	{ "cache-size",	OPTION_SIZE,	 offsetof(struct dns_options, cache_size), "16M",
	    64 << 10, 1 << 30, NULL, NULL },
	{ NULL, 0, 0, NULL, 0, 0, NULL, NULL },
};
/* clang-format on */

int
dns_options_finish(void *options, struct arena *a, const char **why_r)
{
	const struct dns_options *o = options;
	struct servers *set;
	const char *file;

	(void)a; /* all that can be said is said without */
	*why_r = NULL;
	if (o->timeout > o->budget) {
		*why_r = "timeout is longer than budget, so it would never be reached; "
			 "make budget the longer one";
		return -1;
	}
	if ((set = servers_of(&o->servers, &file, why_r)) == NULL)
		return -1;
	servers_unref(set);
	return 0;
}
