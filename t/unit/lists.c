/* SPDX-License-Identifier: BSD-2-Clause */
#include "t/unit/lists.h"

#include "t/tap.h"

#define ROUNDS 3 /* of tests, after which a list that answers is trusted */

static const struct dnsbl_options usual = {.reject_at = 5,
    .suspect_at = 1,
    .wait = 4000,
    .limits = {.test_interval = 3600000,
	.silent_after = 3,
	.silent_pause = 60000,
	.anomaly = {.window = 600000, .clients = 50, .share = 50, .growth = 4}},
    .anomaly = true};

void
lists_init(struct lists *l, const struct fakedns_row *rows, struct string_list sites,
    struct zone_section *sections, size_t count)
{
	const char *why = "";

	*l = (struct lists){.rows = rows, .options = usual, .arena = {.cap = 1 << 20}};
	clock_fake_init(&l->now, 1000, 1700000000);
	for (size_t i = 0; i < count; i++)
		tap_is_int(
		    zone_parse(&sections[i], &l->arena, &why), 0, "zone %s", sections[i].title);
	l->options.sites = sites;
	l->options.sections = (struct section_list){sections, count};
	tap_is_int(dnsbl_options_finish(&l->options, &l->arena, &why), 0, "configured%s", why);
}

static void
say(const struct zone *z, bool bad, const char *text)
{
	tap_ok(!bad, "%s %s", z->shown, text);
}

struct health *
lists_healthy(struct lists *l)
{
	struct health *h = health_open();

	l->dns = (struct dns){.rows = l->rows};
	for (int i = 0; i < ROUNDS; i++, l->now.mono_ms += 1000)
		health_tick(h, l->options.zones, l->options.zone_count, &l->options.limits, &l->dns,
		    &l->now.clock, say);
	l->dns.asked[0] = '\0';
	l->dns.unasked = 0;
	return h;
}

void
lists_begin(struct lists *l, struct faketxn *f, struct health *h, const char *client,
    const char *helo, const char *sender)
{
	faketxn_init(f, &check_dnsbl, &l->dns, client);
	f->txn.options = &l->options;
	f->txn.service = h;
	faketxn_ask(f, STAGE_CONNECT);
	f->txn.helo = helo;
	faketxn_ask(f, STAGE_HELO);
	(void)path_parse(&f->txn.sender, sender, &f->arena);
	faketxn_ask(f, STAGE_MAIL);
}
