/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options: the section "dnsbl".  Zones come from titled sub-sections and from
 * lines pasted out of postscreen_dnsbl_sites; both end in one array, in the
 * order written, every name once.
 */
#include "checks/dnsbl/options.h"

#include <string.h>

/* clang-format off */
#define AT(member) .offset = offsetof(struct dnsbl_options, member)
#define HOUR_MS (60 * 60 * 1000)
const struct option dnsbl_option_table[] = {
	{ .key = "zone", .type = OPTION_SECTIONS, AT(sections), .section = &zone_option_section },
	{ .key = "sites", .type = OPTION_STRINGS, AT(sites) },
	{ .key = "reject-at", .type = OPTION_INT, AT(reject_at), .value = "5", .min = 1, .max = 100000 },
	{ .key = "suspect-at", .type = OPTION_INT, AT(suspect_at), .value = "1", .min = 1, .max = 100000 },
	{ .key = "wait", .type = OPTION_DURATION, AT(wait), .value = "4s", .min = 100, .max = 25000 },
	{ .key = "header", .type = OPTION_BOOL, AT(header), .value = "no" },
	{ .key = "test-interval", .type = OPTION_DURATION, AT(limits.test_interval), .value = "1h",
	    .min = 1000, .max = 24 * HOUR_MS },
	{ .key = "silent-after", .type = OPTION_INT, AT(limits.silent_after), .value = "4",
	    .min = 1, .max = 1000 },
	{ .key = "silent-pause", .type = OPTION_DURATION, AT(limits.silent_pause), .value = "1m",
	    .min = 1000, .max = 24 * HOUR_MS },
	{ .key = "anomaly", .type = OPTION_BOOL, AT(anomaly), .value = "yes" },
	{ .key = "anomaly-window", .type = OPTION_DURATION, AT(limits.anomaly.window), .value = "10m",
	    .min = 1000, .max = 24 * HOUR_MS },
	{ .key = "anomaly-clients", .type = OPTION_INT, AT(limits.anomaly.clients), .value = "50",
	    .min = 10, .max = ANOMALY_CLIENTS_MAX },
	{ .key = "anomaly-percent", .type = OPTION_INT, AT(limits.anomaly.share), .value = "50",
	    .min = 1, .max = 99 },
	{ .key = "anomaly-growth", .type = OPTION_INT, AT(limits.anomaly.growth), .value = "4",
	    .min = 2, .max = 1000 },
	{ .key = NULL }
};
/* clang-format on */

/* Entries as postscreen_dnsbl_sites has them: between commas and white space. */
static int
read_sites(struct dnsbl_options *o, const char *text, struct arena *arena, const char **why_r)
{
	static const char between[] = ", \t\r\n";
	size_t len;

	for (text += strspn(text, between); *text != '\0'; text += strspn(text, between)) {
		struct zone_section s = {.weight = 1, .self_test = true};

		len = strcspn(text, between);
		if ((s.title = arena_strndup(arena, text, len)) == NULL) {
			*why_r = "out of memory";
			return -1;
		}
		if (zone_parse(&s, arena, why_r) == -1 ||
		    zone_merge(o->zones, &o->zone_count, &s.zone, arena, why_r) == -1)
			return -1;
		text += len;
	}
	return 0;
}

int
dnsbl_options_finish(void *section, struct arena *arena, const char **why_r)
{
	struct dnsbl_options *o = section;
	const struct zone_section *sections = o->sections.v;
	const char *why;

	if (o->suspect_at > o->reject_at) {
		*why_r = "suspect-at is larger than reject-at, so it would never be reached";
		return -1;
	}
	if (!o->anomaly)
		o->limits.anomaly.clients = 0;
	if ((o->zones = arena_array(arena, ZONES_MAX, sizeof *o->zones)) == NULL) {
		*why_r = "out of memory";
		return -1;
	}
	for (size_t i = 0; i < o->sites.n; i++) {
		if (read_sites(o, o->sites.v[i], arena, &why) == 0)
			continue;
		/* By its number: the text may hold a key, and errors go to the log. */
		*why_r = arena_printf(arena, "sites, string %zu: %s", i + 1, why);
		return -1;
	}
	for (size_t i = 0; i < o->sections.n; i++)
		if (zone_merge(o->zones, &o->zone_count, &sections[i].zone, arena, why_r) == -1)
			return -1;
	return 0;
}
