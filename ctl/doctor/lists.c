/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DNS lists: whether those configured are alive and answer us (RFC 5782 5),
 * and whether we ourselves, address or domain, stand on one that blocks.
 */
#include "config.h"

#include <string.h>

#include "checks/dnsbl.h"
#include "checks/dnsbl/options.h"
#include "checks/dnsbl/tombstones.h"
#include "checks/dnsbl/trial.h"
#include "ctl/doctor/doctor.h"
#include "ctl/show.h"

#define TXT_SHOWN 200 /* bytes of what a list says; enough for a link */

static enum addr_family
family_of(const struct zone *z)
{
	return (z->subjects & SUBJECT_BIT(SUBJECT_CLIENT)) != 0 ? ADDR_V4 : ADDR_NONE;
}

/* Each name under which this list could know us; how many times fn said yes. */
static size_t
each_of_us(struct doctor *d, const struct zone *z,
    bool (*fn)(struct doctor *, const struct zone *, const char *who, const char *question))
{
	char text[ADDR_TEXT_SIZE], reverse[ADDR_REVERSE_SIZE], question[NAME_TEXT_SIZE];

	size_t yes = 0;

	if (!zone_blocks(z))
		return 0;
	for (size_t i = 0; family_of(z) == ADDR_V4 && i < d->address_count; i++)
		if (zone_question(question, addr_reverse(&d->addresses[i], reverse), z->name))
			yes += fn(d, z, addr_format(&d->addresses[i], text), question);
	for (size_t i = 0; family_of(z) == ADDR_NONE && i < d->domain_count; i++)
		if (zone_question(question, d->domains[i], z->name))
			yes += fn(d, z, d->domains[i], question);
	return yes;
}

static bool
ask_of_us(struct doctor *d, const struct zone *z, const char *who, const char *question)
{
	(void)z;
	(void)who;
	dns_ask(d->session, question, DNS_A);
	return true;
}

static void
ask(struct doctor *d)
{
	const struct dnsbl_options *o = doctor_options(d, &check_dnsbl);
	struct trial *t;

	for (size_t i = 0; o != NULL && i < o->zone_count; i++) {
		/* Only to have its answers in the cache. */
		t = o->zones[i].self_test
			? trial_start(d->dns, o->zones[i].name, family_of(&o->zones[i]))
			: NULL;
		trial_free(&t);
		(void)each_of_us(d, &o->zones[i], ask_of_us);
	}
}

/* What the daemon has seen of it while mail came; NULL: nothing bad. */
static const char *
seen_by_daemon(const struct doctor *d, const struct zone *z)
{
	const json_t *all = json_object_get(d->status, "services");

	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *o = json_array_get(all, i);

		if (strcmp(json_text_of(o, "name"), z->shown) == 0 &&
		    !json_is_true(json_object_get(o, "good")))
			return json_text_of(o, "text");
	}
	return NULL;
}

static bool
tell_dead(struct doctor *d, const char *who, const char *zone, const char *where)
{
	const struct tombstone *t = tombstone_find(zone);

	if (t == NULL)
		return false;
	find(d, LEVEL_FAIL, "DNS list",
	    doctor_printf(d, "%s: take %s out%s%s", where, zone, t->instead != NULL ? ", use " : "",
		t->instead != NULL ? t->instead : ""),
	    "%s asks %s, which is dead: it %s", who, zone, t->how);
	return true;
}

static void
tell_zone(struct doctor *d, const struct zone *z, struct names_line *good)
{
	const char *seen = seen_by_daemon(d, z), *why = NULL;
	enum trial_outcome outcome = TRIAL_SOUND;

	if (tell_dead(d, "the filter", z->shown, "bailey.conf"))
		return;
	if (z->self_test)
		outcome = trial_now(d->session, z->name, family_of(z), d->deadline, &why);
	if (outcome == TRIAL_UNSOUND)
		find(d, LEVEL_FAIL, "DNS list",
		    doctor_printf(d, "mend that, or take %s out of bailey.conf", z->shown),
		    "%s: %s", z->shown, why);
	else if (outcome != TRIAL_SOUND)
		find(d, LEVEL_WARN, "DNS list",
		    doctor_printf(d, "if it stays so, take %s out of bailey.conf", z->shown),
		    "%s does not answer", z->shown);
	else if (seen != NULL)
		find(d, LEVEL_WARN, "DNS list",
		    doctor_printf(d, "ask its operator, or take %s out of bailey.conf", z->shown),
		    "%s answers now, but while mail came it %s", z->shown, seen);
	else
		names_add(good, z->shown);
}

static bool
counts(const struct zone *z, const struct addr *answer)
{
	for (size_t i = 0; i < z->rule_count; i++)
		if (z->rules[i].weight > 0 && filter_match(&z->rules[i].filter, answer))
			return true;
	return false;
}

static bool
tell_of_us(struct doctor *d, const struct zone *z, const char *who, const char *question)
{
	const struct dns_answer *a = doctor_get(d, question, DNS_A), *txt;
	char answer[ADDR_TEXT_SIZE], room[TXT_SHOWN];
	struct buf words;

	if (fault_read(z->name, a, NULL) != READING_LISTED)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!counts(z, &a->rr[i].addr))
			continue;
		txt = doctor_get(d, question, DNS_TXT);
		buf_init(&words, room, sizeof room);
		if (txt->count > 0)
			zone_mask(&words, z, txt->rr[0].txt.bytes);
		find(d, LEVEL_FAIL, "listed",
		    doctor_printf(d, "find out why, then ask the list to remove it%s%s",
			words.len > 0 ? ": " : "", words.s),
		    "%s is on %s (%s)", who, z->shown, addr_format(&a->rr[i].addr, answer));
		return true;
	}
	return false;
}

/* The lists Postfix asks by itself. */
static void
tell_postfix(struct doctor *d)
{
	static const char *const places[] = {"postscreen_dnsbl_sites", "smtpd_client_restrictions",
	    "smtpd_helo_restrictions", "smtpd_sender_restrictions", "smtpd_relay_restrictions",
	    "smtpd_recipient_restrictions"};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		const char *rest = postfix_get(d, places[i]), *word;

		while ((word = word_next(d, &rest)) != NULL)
			(void)tell_dead(d, "Postfix",
			    doctor_printf(d, "%.*s", (int)strcspn(word, "=*"), word),
			    doctor_printf(d, "main.cf, %s", places[i]));
	}
}

static void
tell(struct doctor *d)
{
	const struct dnsbl_options *o = doctor_options(d, &check_dnsbl);
	struct names_line good;
	size_t block = 0, listed = 0;

	names_begin(&good);
	for (size_t i = 0; o != NULL && i < o->zone_count; i++) {
		tell_zone(d, &o->zones[i], &good);
		block += zone_blocks(&o->zones[i]);
		listed += each_of_us(d, &o->zones[i], tell_of_us);
	}
	if (good.buf.len > 0)
		find(d, LEVEL_OK, "DNS lists", NULL, "alive: %s", good.room);
	if (block > 0 && listed == 0 && d->address_count > 0)
		find(d, LEVEL_OK, "not listed", NULL,
		    "our addresses and domains are on none that blocks");
	tell_postfix(d);
}

const struct probe probe_lists = {.subject = "DNS", .ask = ask, .tell = tell, .needs_dns = true};
