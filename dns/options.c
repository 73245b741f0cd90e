/* SPDX-License-Identifier: BSD-2-Clause */
/* The keys of section "resolver". */
#include <stddef.h>

#include "dns/dns.h"

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
