/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dnsbl/zone.h"

#include <stdio.h>
#include <string.h>

#include "checks/dnsbl/options.h"
#include "t/tap.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define KEY          "abcdef0123456789abcdef0123"

/* clang-format off */
/* A section, and its zone as "NAME RULE..." where a rule is WEIGHT:SUBJECTS:ANSWER? */
static const struct {
	const char	*title;
	const char	*answers[3];
	int		 weight;
	enum zone_kind	 kind;
	const char	*names[4];
	const char	*wanted;	/* or why it is refused, in part */
	bool		 refused;
} sections[] = {
	{"zen.spamhaus.org", {0}, 5, 0, {0}, "zen.spamhaus.org 5:1", false},
	{"Zen.Spamhaus.ORG.", {0}, 1, 0, {0}, "zen.spamhaus.org 1:1", false},
	{"b\xc3\xbc" "cher.example", {0}, 1, 0, {0}, "xn--bcher-kva.example 1:1", false},
	{"zen.spamhaus.org*3", {0}, 1, 0, {0}, "zen.spamhaus.org 3:1", false},
	{"zen.spamhaus.org=127.0.0.[2..11]*3", {0}, 1, 0, {0}, "zen.spamhaus.org 3:1", false},
	{"zen.spamhaus.org=127.0.0.2", {0}, 4, 0, {0}, "zen.spamhaus.org 4:1", false},
	{"list.dnswl.org=127.0.[0..255].[1..3]*-4", {0}, 1, 0, {0}, "list.dnswl.org -4:1", false},
	{"l.example", {"127.0.0.[2..3]*4", "127.0.0.10"}, 2, 0, {0}, "l.example 4:1 2:1", false},
	{"l.example*7", {"127.0.0.2*4", "127.0.0.10"}, 2, 0, {0}, "l.example 4:1 7:1", false},
	{"w.example", {0}, 4, ZONE_KIND_ALLOW, {0}, "w.example -4:1", false},
	{"w.example", {0}, -4, ZONE_KIND_ALLOW, {0}, "w.example -4:1", false},
	{"w.example", {"127.0.0.2*3"}, 1, ZONE_KIND_ALLOW, {0}, "w.example -3:1", false},
	{"b.example", {0}, 0, ZONE_KIND_BLOCK, {0}, "b.example 0:1", false},
	{"d.example", {0}, 3, 0, {"helo", "ptr", "sender"}, "d.example 3:14", false},
	{"d.example", {0}, -3, 0, {"ptr"}, "d.example -3:4", false},

	{"b.example", {0}, -4, ZONE_KIND_BLOCK, {0}, "the weight of a block list is positive", true},
	{"d.example", {0}, -3, 0, {"helo"}, "a client can claim any other name", true},
	{"d.example", {0}, 3, ZONE_KIND_ALLOW, {"ptr", "sender"}, "a client can claim any other name", true},
	{"d.example", {0}, -3, 0, {"from"}, "a client can claim any other name", true},
	{"d.example", {0}, -3, 0, {"dkim"}, "a client can claim any other name", true},
	{"d.example", {0}, 3, 0, {"from", "dkim"}, "d.example 3:48", false},
	{"d.example", {0}, 3, 0, {"mx"}, "\"mx\" is not one of helo, ptr, sender, from, dkim", true},
	{"l.example*", {0}, 1, 0, {0}, "a weight is a whole number", true},
	{"l.example*x", {0}, 1, 0, {0}, "a weight is a whole number", true},
	{"l.example*3x", {0}, 1, 0, {0}, "a weight is a whole number", true},
	{"l.example*1001", {0}, 1, 0, {0}, "a weight is a whole number", true},
	{"l.example*3=127.0.0.2", {0}, 1, 0, {0}, "a weight is a whole number", true},
	{"l.example=", {0}, 1, 0, {0}, "nothing follows '='", true},
	{"l.example=*3", {0}, 1, 0, {0}, "nothing follows '='", true},
	{"l.example=127.0.0", {0}, 1, 0, {0}, "answers \"127.0.0\": four octets", true},
	{"l.example=127.0.0.2", {"127.0.0.3"}, 1, 0, {0}, "keep one", true},
	{"l.example", {"127.0.0.3", ""}, 1, 0, {0}, "a filter is empty", true},
	{"l.example", {"203.0.113.1"}, 1, 0, {0}, "only answers in 127.0.0.0/8", true},
	{"", {0}, 1, 0, {0}, "not a zone's name", true}, {"=127.0.0.2", {0}, 1, 0, {0}, "not a zone's name", true},
	{"192.0.2.1", {0}, 1, 0, {0}, "not a zone's name", true}, {"a b.example", {0}, 1, 0, {0}, "not a zone's name", true},
	{"localhost", {0}, 1, 0, {0}, "more than one label", true},
};

static const struct { const char *zone, *text; } tombs[] = {
	{"dnsbl.sorbs.net", "dnsbl.sorbs.net is dead: it was emptied in 2024; use zen.spamhaus.org"},
	{"spam.dnsbl.sorbs.net", "was emptied in 2024"}, {"dnsbl.ahbl.org", "lists the whole world in 2015"},
	{"combined.njabl.org", "2013"}, {"list.dsbl.org", "2008"}, {"relays.ordb.org", "2006; remove it"},
	{"dsn.rfc-ignorant.org", "2012"}, {"dnsbl.inps.de", "2020"}, {"ix.dnsbl.manitu.net", "2025"},
	{"rbl.megarbl.net", "lost its domain"}, {"bl.emailbasura.org", "remove it"},
	{"dnsbl.burnt-tech.com", "remove it"}, {"ubl.unsubscore.com", "was shut down"},
	{"bl.spamcannibal.org", "2018"}, {"cbl.abuseat.org", "use zen.spamhaus.org"},
	{"dnsbl.sorbs.net=127.0.0.[2..10]*2", "was emptied"},
};

static const struct { const char *zone, *shown; } secrets[] = {
	{"zen.spamhaus.org", "zen.spamhaus.org"}, {"zen.dq.spamhaus.net", "zen.dq.spamhaus.net"},
	{KEY ".zen.dq.spamhaus.net", "zen.dq.spamhaus.net"}, {"short.zen.dq.spamhaus.net", "zen.dq.spamhaus.net"},
	{"0f1e.combined.mail.abusix.zone", "combined.mail.abusix.zone"},
	{KEY ".list.example", "list.example"}, {"averyveryverylongname.example", "averyveryverylongname.example"},
	{"bl.spamcop.net", "bl.spamcop.net"},
};

static const struct { const char *subject, *zone, *wanted; } questions[] = {
	{"1.2.0.192.", "l.example", "1.2.0.192.l.example"}, {"mail.example", "l.example", "mail.example.l.example"},
	{"2.0.0.0", "l.example", "2.0.0.0.l.example"},
};
/* clang-format on */

static struct arena arena = {.cap = 1 << 20};

static size_t
count(const char *const *v)
{
	size_t n = 0;

	while (v[n] != NULL)
		n++;
	return n;
}

static void
test_sections(void)
{
	for (size_t i = 0; i < COUNT(sections); i++) {
		struct zone_section s = {.title = sections[i].title,
		    .answers = {sections[i].answers, count(sections[i].answers)},
		    .weight = sections[i].weight,
		    .kind = sections[i].kind,
		    .names = {sections[i].names, count(sections[i].names)}};
		const char *why = NULL;
		char room[512];
		struct buf b;

		buf_init(&b, room, sizeof room);
		if (zone_parse(&s, &arena, &why) == -1) {
			tap_ok(sections[i].refused && strstr(why, sections[i].wanted) != NULL,
			    "'%s' is refused: %s", s.title, why);
			continue;
		}
		buf_puts(&b, s.zone.name);
		for (size_t k = 0; k < s.zone.rule_count; k++)
			buf_printf(&b, " %d:%u", s.zone.rules[k].weight, s.zone.rules[k].subjects);
		tap_is(
		    sections[i].refused ? "accepted" : room, sections[i].wanted, "'%s'", s.title);
	}
}

static void
test_tombs(void)
{
	for (size_t i = 0; i < COUNT(tombs); i++) {
		struct zone_section s = {.title = tombs[i].zone, .weight = 1};
		const char *why = "";

		tap_is_int(zone_parse(&s, &arena, &why), -1, "%s is refused", s.title);
		tap_ok(strstr(why, tombs[i].text) != NULL, "... saying %s", why);
		s.even_if_dead = true;
		tap_is_int(zone_parse(&s, &arena, &why), 0, "... but not with even-if-dead");
	}
}

static void
test_secrets(void)
{
	struct zone_section s = {.title = KEY ".zen.dq.spamhaus.net", .weight = 1};
	char room[256];
	struct buf b;
	const char *why;

	for (size_t i = 0; i < COUNT(secrets); i++) {
		s.title = secrets[i].zone;
		tap_is_int(zone_parse(&s, &arena, &why), 0, "%s is a zone", s.title);
		tap_is(s.zone.name, s.title, "... asked with its key");
		tap_is(s.zone.shown, secrets[i].shown, "... shown without");
	}
	s.title = KEY ".zen.dq.spamhaus.net";
	(void)zone_parse(&s, &arena, &why);
	buf_init(&b, room, sizeof room);
	zone_mask(&b, &s.zone, "see " KEY " and ABCDEF0123456789ABCDEF0123." KEY);
	tap_is(room, "see *** and ***.***", "every copy of a key is masked, whatever its case");
	s.title = "zen.spamhaus.org";
	(void)zone_parse(&s, &arena, &why);
	buf_reset(&b);
	zone_mask(&b, &s.zone, "see " KEY);
	tap_is(room, "see " KEY, "a zone without key masks nothing");
}

static void
test_questions(void)
{
	char out[NAME_TEXT_SIZE], subject[NAME_TEXT_SIZE];

	for (size_t i = 0; i < COUNT(questions); i++) {
		tap_ok(zone_question(out, questions[i].subject, questions[i].zone), "%s fits",
		    questions[i].subject);
		tap_is(out, questions[i].wanted, "... as %s", out);
	}
	memset(subject, 'a', 243);
	subject[243] = '\0';
	tap_ok(zone_question(out, subject, "l.example"), "253 characters are a name");
	subject[243] = 'a';
	subject[244] = '\0';
	tap_ok(!zone_question(out, subject, "l.example"), "254 are not");
}

/* What was pasted, and "NAME RULE..., NAME RULE..." of it. */
static void
test_sites(const char *const *sites, int64_t suspect_at, int wanted, const char *text)
{
	struct dnsbl_options o = {.sites = {sites, count(sites)}, .reject_at = 5};
	char room[1024] = "";
	const char *why = NULL;
	struct buf b;

	o.suspect_at = suspect_at;
	buf_init(&b, room, sizeof room);
	tap_is_int(dnsbl_options_finish(&o, &arena, &why), wanted, "sites to get: %s", text);
	for (size_t i = 0; wanted == 0 && i < o.zone_count; i++) {
		buf_printf(&b, "%s%s", i == 0 ? "" : ", ", o.zones[i].name);
		for (size_t k = 0; k < o.zones[i].rule_count; k++)
			buf_printf(&b, " %d", o.zones[i].rules[k].weight);
	}
	tap_is(wanted == 0 ? room : why, text, "... and so it is");
}

static void
test_options(void)
{
	test_sites((const char *[]){"zen.spamhaus.org=127.0.0.[2..11]*3 bl.spamcop.net*2, "
				    "zen.spamhaus.org=127.0.0.10*-1,list.dnswl.org=127.0.[0..255]."
				    "[1..3]*-4\n",
		       NULL},
	    1, 0, "zen.spamhaus.org 3 -1, bl.spamcop.net 2, list.dnswl.org -4");
	test_sites((const char *[]){"a.example", "b.example*2 ", "A.example*3", NULL}, 1, 0,
	    "a.example 1 3, b.example 2");
	test_sites((const char *[]){"a.example", KEY ".l.example*x", NULL}, 1, -1,
	    "sites, string 2: a weight is a whole number from -1000 to 1000, like *3 or *-4");
	test_sites((const char *[]){"a.example", NULL}, 6, -1,
	    "suspect-at is larger than reject-at, so it would never be reached");
}

static void
test_too_many(void)
{
	struct zone zones[ZONES_MAX];
	size_t n = 0;
	const char *why = "";

	for (int i = 0; i <= ZONES_MAX; i++) {
		char title[32];
		struct zone_section s = {.title = title, .weight = 1};

		(void)snprintf(title, sizeof title, "l%d.example", i);
		(void)zone_parse(&s, &arena, &why);
		tap_is_int(zone_merge(zones, &n, &s.zone, &arena, &why), i < ZONES_MAX ? 0 : -1,
		    "zone %d", i + 1);
	}
	tap_ok(strstr(why, "more than 32 zones") != NULL, "... %s", why);
	for (int i = 1; i <= ZONE_RULES_MAX; i++) {
		struct zone_section s = {.title = "l0.example=127.0.0.2", .weight = 1};

		(void)zone_parse(&s, &arena, &why);
		tap_is_int(zone_merge(zones, &n, &s.zone, &arena, &why),
		    i < ZONE_RULES_MAX ? 0 : -1, "filter %d of one zone", i + 1);
	}
}

int
main(void)
{
	test_sections();
	test_tombs();
	test_secrets();
	test_questions();
	test_options();
	test_too_many();
	arena_fini(&arena);
	return tap_done();
}
