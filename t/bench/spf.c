/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SPF evaluations a second on one thread, with all DNS answers in memory: what
 * the engines themselves cost.  Each line is a policy as people publish them.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "checks/spf/spf.h"
#include "t/memdns.h"

#define ROUND_MS 1000

static const struct engine {
	const char *name;
	spf_engine *run;
} engines[] = {
    {"native", spf_native},
#ifdef HAVE_LIBSPF2
    {"libspf2", spf_libspf2},
#endif
};

/* clang-format off */
static const struct policy {
	const char *name, *zone;
	enum spf_result result;
} policies[] = {
	{"ip4 ip4 -all", "d.example TXT v=spf1 ip4:198.51.100.0/24 ip4:203.0.113.7 -all", SPF_FAIL},
	{"three nested includes",
	    "d.example TXT v=spf1 include:a.example -all\n"
	    "a.example TXT v=spf1 ip4:198.51.100.0/24 include:b.example ~all\n"
	    "b.example TXT v=spf1 ip4:203.0.113.0/24 include:c.example ~all\n"
	    "c.example TXT v=spf1 ip4:198.51.100.7 ip4:192.0.2.0/28 ~all", SPF_PASS},
	{"a mx exists with macros",
	    "d.example TXT v=spf1 a mx exists:%{ir}.%{v}._spf.%{d} ~all\n"
	    "d.example A 198.51.100.1\nd.example MX mx.d.example\nmx.d.example A 198.51.100.2\n"
	    "1.2.0.192.in-addr._spf.d.example A 127.0.0.2", SPF_PASS},
};
/* clang-format on */

static void
measure(const struct policy *policy, const struct engine *engine)
{
	struct arena arena = {.cap = 1024 * 1024};
	struct spf_query q = {.sender = "user@d.example",
	    .helo = "client.example",
	    .receiver = "mx.example.net",
	    .dns = memdns_session(),
	    .clock = &clock_real,
	    .arena = &arena};
	int64_t begin = clock_mono(&clock_real), ms;
	struct spf_answer a;
	int64_t runs = 0;

	if (!addr_parse(&q.client, "192.0.2.1"))
		abort();
	do {
		engine->run(&q, &a);
		if (a.result != policy->result) {
			fprintf(stderr, "%s: %s: %s\n", policy->name, engine->name,
			    spf_result_text(a.result));
			exit(1);
		}
		arena_reset(&arena);
		runs++;
		ms = clock_mono(&clock_real) - begin;
	} while (ms < ROUND_MS);
	printf("spf: %-24s %-8s %9" PRId64 "/s\n", policy->name, engine->name, runs * 1000 / ms);
	arena_fini(&arena);
}

int
main(void)
{
	for (size_t p = 0; p < sizeof policies / sizeof *policies; p++) {
		memdns_reset();
		memdns_zone(policies[p].zone);
		for (size_t e = 0; e < sizeof engines / sizeof *engines; e++)
			measure(&policies[p], &engines[e]);
	}
	memdns_reset();
	return 0;
}
