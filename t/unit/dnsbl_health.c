/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dnsbl/health.h"

#include <stdio.h>
#include <string.h>

#include "t/tap.h"
#include "t/unit/fakedns_mem.h"

#define MINUTE (60 * 1000)
#define HOUR   (60 * MINUTE)
#define ZONE   "bl.example"
#define V4(n)  #n ".0.0.127." ZONE
#define V6(n)  #n ".0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0." ZONE
#define LAST                              \
	{                                 \
		NULL, DNS_A, DNS_OK, NULL \
	}
#define LISTS_V6                                  \
	{                                         \
		V6(2), DNS_A, DNS_OK, "127.0.0.2" \
	}

/* clang-format off */
static const struct fakedns_row
	sound[] = {{V4(2), DNS_A, DNS_OK, "127.0.0.2"}, LISTS_V6, LAST},
	only_v4[] = {{V4(2), DNS_A, DNS_OK, "127.0.0.2"}, LAST},
	emptied[] = {LAST},
	wildcard[] = {{V4(2), DNS_A, DNS_OK, "127.0.0.2"}, {V4(1), DNS_A, DNS_OK, "127.0.0.2"},
	    LISTS_V6, {V6(1), DNS_A, DNS_OK, "127.0.0.2"}, LAST},
	parked[] = {{V4(2), DNS_A, DNS_OK, "203.0.113.7"}, {V4(1), DNS_A, DNS_OK, "203.0.113.7"}, LAST},
	public_resolver[] = {{V4(2), DNS_A, DNS_OK, "127.255.255.254"},
	    {V4(1), DNS_A, DNS_OK, "127.255.255.254"}, LAST},
	dead[] = {{"*", DNS_A, DNS_TIMEOUT, NULL}, {V4(2), DNS_A, DNS_TIMEOUT, NULL}, {V4(1), DNS_A, DNS_TIMEOUT, NULL},
	    {V6(2), DNS_A, DNS_TIMEOUT, NULL}, {V6(1), DNS_A, DNS_TIMEOUT, NULL}, LAST},
	half[] = {{V4(2), DNS_A, DNS_OK, "127.0.0.2"}, {V4(1), DNS_A, DNS_SERVFAIL, NULL}, LISTS_V6, LAST},
	sound_names[] = {{"test." ZONE, DNS_A, DNS_OK, "127.0.1.2"}, LAST},
	wildcard_names[] = {{"test." ZONE, DNS_A, DNS_OK, "127.0.1.2"},
	    {"invalid." ZONE, DNS_A, DNS_OK, "127.0.1.2"}, LAST};

/* A list was sound for an hour; then this happened. */
static const struct {
	const char			*name;
	bool				 of_names;
	const struct fakedns_row	*before, *after;
	const char			*unfit, *unfit_v6;	/* in part; NULL: fit */
} days[] = {
	{"a sound list", false, sound, sound, NULL, NULL},
	{"the day bl.spamcop.net's domain lapsed: parked, outside 127/8", false, sound, parked,
	    "outside 127.0.0.0/8", "::FFFF:7F00:2"},
	{"the day SORBS was emptied", false, sound, emptied, "does not list 127.0.0.2", "::FFFF:7F00:2"},
	{"the day AHBL listed the world", false, sound, wildcard, "lists 127.0.0.1", "::FFFF:7F00:1"},
	{"the resolver became a public one", false, sound, public_resolver, "public resolver?", "::FFFF:7F00:2"},
	{"a list that never knew IPv6", false, only_v4, only_v4, NULL, "it knows no IPv6 addresses"},
	{"the list fell silent: nothing is known, nothing changes", false, sound, dead, NULL, NULL},
	{"half an answer is none", false, sound, half, NULL, NULL},
	{"a sound list of names", true, sound_names, sound_names, NULL, NULL},
	{"a list of names was emptied", true, sound_names, emptied, "does not list TEST", NULL},
	{"a list of names lists the world", true, sound_names, wildcard_names, "lists INVALID", NULL},
};
/* clang-format on */

static const struct health_limits limits = {.test_interval = HOUR,
    .silent_after = 4,
    .silent_pause = MINUTE,
    .anomaly = {.window = 10 * MINUTE, .clients = 50, .share = 50, .growth = 4}};

static struct dns dns;
static struct clock_fake now;
static char said[4096];
static unsigned told;

static void
say(const struct zone *z, bool bad, const char *text)
{
	size_t used = strlen(said);

	(void)snprintf(
	    said + used, sizeof said - used, "%s%s %s\n", bad ? "! " : "", z->shown, text);
	told++;
}

/* Live on for so long; what is said is forgotten first. */
static void
live(struct health *h, const struct zone *z, int64_t ms)
{
	said[0] = '\0';
	told = 0;
	for (int64_t end = now.mono_ms + ms; now.mono_ms < end; now.mono_ms += 1000)
		health_tick(h, z, 1, &limits, &dns, &now.clock, say);
}

static struct zone
zone(bool of_names, bool self_test)
{
	return (struct zone){.name = ZONE,
	    .shown = ZONE,
	    .subjects = SUBJECT_BIT(of_names ? SUBJECT_HELO : SUBJECT_CLIENT),
	    .self_test = self_test};
}

static void
is_unfit(const struct watch *w, enum addr_family family, const char *part, const char *name)
{
	const char *why = watch_unfit(w, family);

	tap_ok(part == NULL ? why == NULL : why != NULL && strstr(why, part) != NULL, "%s: %s",
	    name, why == NULL ? "in use" : why);
}

static void
test_days(void)
{
	for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
		bool names = days[i].of_names, bad = days[i].unfit != NULL;
		enum addr_family family = names ? ADDR_NONE : ADDR_V4;
		struct health *h = health_open();
		struct zone z = zone(names, true);
		struct watch *w = health_watch(h, &z);

		dns.rows = days[i].before;
		tap_ok(!watch_is_tested(w, family), "%s: untested at first", days[i].name);
		live(h, &z, 3000);
		tap_ok(watch_is_tested(w, family), "... tested at once");
		is_unfit(w, family, NULL, "... sound at first");
		tap_ok(strstr(said, "! ") == NULL, "... nothing bad to tell");
		dns.rows = days[i].after;
		live(h, &z, HOUR + 7 * MINUTE);
		is_unfit(w, family, days[i].unfit, "... after an hour");
		if (!names)
			is_unfit(w, ADDR_V6, days[i].unfit_v6, "... for IPv6");
		tap_ok((strstr(said, "! " ZONE " failed its test") != NULL) == bad,
		    "... told as it is");
		live(h, &z, 24 * HOUR);
		tap_is_int(told, 0, "... told once");
		dns.rows = days[i].before;
		live(h, &z, 12 * MINUTE);
		is_unfit(w, family, NULL, "... it comes back by itself");
		tap_ok((strstr(said, "passes its test again") != NULL) == bad, "... and says so");
		health_close(&h);
	}
}

static void
test_interval(void)
{
	struct health *h = health_open();
	struct zone z = zone(true, true);
	unsigned tests = 0;

	dns.rows = sound_names;
	for (int hour = 0; hour < 48 * 6; hour++) {
		dns.asked[0] = '\0';
		live(h, &z, 10 * MINUTE);
		tests += strstr(dns.asked, "test." ZONE) != NULL;
	}
	tap_ok(tests >= 44 && tests <= 54, "about one test an hour, not exactly: %u in 48 hours",
	    tests);
	health_close(&h);
	h = health_open();
	z.self_test = false;
	dns.asked[0] = '\0';
	live(h, &z, HOUR);
	tap_is(dns.asked, "", "a list without test entries is not tested");
	health_close(&h);
}

static void
test_retry(void)
{
	struct health *h = health_open();
	struct zone z = zone(false, true);
	struct watch *w = health_watch(h, &z);

	dns.rows = half;
	live(h, &z, 3000);
	tap_ok(!watch_is_tested(w, ADDR_V4), "half an answer is no test");
	dns.rows = sound;
	live(h, &z, 2 * MINUTE);
	tap_ok(watch_is_tested(w, ADDR_V4), "which is made again in a minute");
	health_close(&h);
}

/* Servers started together do not ask a list together for ever. */
static void
test_jitter(void)
{
	struct zone z = zone(false, true);
	int64_t least = INT64_MAX, most = 0;

	for (int i = 0; i < 40; i++) {
		struct health *h = health_open();
		int64_t began = now.mono_ms;

		dns = (struct dns){.rows = sound};
		live(h, &z, 10 * 1000);
		dns.asked[0] = '\0';
		while (dns.asked[0] == '\0' && now.mono_ms - began < 2 * HOUR)
			live(h, &z, 1000);
		if (now.mono_ms - began < least)
			least = now.mono_ms - began;
		if (now.mono_ms - began > most)
			most = now.mono_ms - began;
		health_close(&h);
	}
	tap_ok(least >= HOUR - HOUR / 10, "no test comes sooner than a tenth: %lld ms",
	    (long long)least);
	tap_ok(most <= HOUR + HOUR / 10 + 10 * 1000, "nor later: %lld ms", (long long)most);
	tap_ok(most - least > HOUR / 50, "they are spread");
}

static void
test_silence(bool self_test)
{
	struct health *h = health_open();
	struct zone z = zone(false, self_test);
	struct watch *w = health_watch(h, &z);

	dns.rows = sound;
	live(h, &z, 3000);
	dns.rows = dead;
	for (int i = 0; i < 3; i++)
		watch_timed_out(w, &limits);
	is_unfit(w, ADDR_V4, NULL, "three time-outs");
	watch_answered(w);
	for (int i = 0; i < 3; i++)
		watch_timed_out(w, &limits);
	is_unfit(w, ADDR_V4, NULL, "... an answer, three more");
	watch_timed_out(w, &limits);
	is_unfit(w, ADDR_V4, "does not answer", "the fourth in a row");
	is_unfit(w, ADDR_V6, "does not answer", "... for IPv6 too");
	live(h, &z, 30 * MINUTE);
	is_unfit(w, ADDR_V4, "does not answer", "half an hour later");
	tap_is(said, "! " ZONE " does not answer, 4 time-outs in a row: not asked until it does\n",
	    "... told once");
	dns.rows = sound;
	live(h, &z, 2 * MINUTE);
	is_unfit(w, ADDR_V4, NULL, "it answers");
	tap_is(said, ZONE " answers again: asked again\n", "... told once");
	for (int i = 0; i < 3; i++)
		watch_timed_out(w, &limits);
	is_unfit(w, ADDR_V4, NULL, "... counting begins anew");
	health_close(&h);
}

static void
test_faults(void)
{
	struct health *h = health_open();
	struct zone z = zone(false, true);
	struct watch *w = health_watch(h, &z);
	struct addr fault;

	dns.rows = sound;
	(void)addr_parse(&fault, "127.255.255.254");
	live(h, &z, 3000);
	for (int i = 0; i < 100; i++)
		watch_fault(w, &fault);
	live(h, &z, 30 * MINUTE);
	tap_ok(strstr(said,
		   "! " ZONE " answered 127.255.255.254 (seen: 100), which is no listing: the "
		   "list refuses us: asked through a public resolver?") != NULL,
	    "faults are told with what to do");
	tap_is_int(told, 1, "... once");
	watch_fault(w, &fault);
	live(h, &z, 20 * MINUTE);
	tap_is_int(told, 0, "... not again within the hour");
	live(h, &z, 20 * MINUTE);
	tap_is_int(told, 1, "... but after it");
	health_close(&h);
}

static void
test_anomaly(void)
{
	struct health *h = health_open();
	struct zone z = zone(false, true);
	struct watch *w = health_watch(h, &z);
	struct addr client = {.family = ADDR_V4, .bytes = {192, 0, 2, 1}};

	dns.rows = sound;
	live(h, &z, 3000);
	for (int i = 0; i < 600; i++, now.mono_ms += 6000) {
		client.bytes[1] = (uint8_t)(i >> 8);
		client.bytes[3] = (uint8_t)i;
		watch_observe(
		    w, &limits, now.mono_ms, &client, i >= 450 || i % 20 == 0 ? ANOMALY_LISTED : 0);
	}
	tap_ok(watch_is_anomalous(w), "the list suddenly lists everybody");
	is_unfit(w, ADDR_V4, NULL, "... it is asked on, to see it end");
	live(h, &z, 3000);
	tap_ok(strstr(said, "! " ZONE " suddenly lists far more clients than before") != NULL &&
		   told == 1,
	    "... one loud line");
	for (int i = 0; i < 200; i++, now.mono_ms += 6000) {
		client.bytes[3] = (uint8_t)i;
		watch_observe(w, &limits, now.mono_ms, &client, 0);
	}
	tap_ok(!watch_is_anomalous(w), "it no longer does");
	live(h, &z, 3000);
	tap_ok(strstr(said, "lists as much as before again") != NULL && told == 1, "... told once");
	health_close(&h);
}

static void
test_watches(void)
{
	struct health *h = health_open();
	struct zone a = zone(false, true), b = zone(true, true), c = zone(false, true), d = a;

	c.name = "other.example";
	tap_ok(health_watch(h, &a) == health_watch(h, &d), "a reloaded zone keeps its watch");
	tap_ok(health_watch(h, &a) != health_watch(h, &b), "a list of names has its own");
	tap_ok(health_watch(h, &a) != health_watch(h, &c), "another zone too");
	health_close(&h);
	tap_ok(h == NULL, "closed");
}

int
main(void)
{
	clock_fake_init(&now, 1000, 1700000000);
	test_days();
	test_interval();
	test_retry();
	test_jitter();
	test_silence(true);
	test_silence(false);
	test_faults();
	test_anomaly();
	test_watches();
	return tap_done();
}
