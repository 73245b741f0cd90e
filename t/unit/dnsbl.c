/* SPDX-License-Identifier: BSD-2-Clause */
#include "t/unit/lists.h"

#include <stdio.h>
#include <string.h>

#include "t/tap.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define KEY          "abcdef0123456789abcdef0123"
#define ZEN          KEY ".zen.dq.spamhaus.net"
#define NIBBLES      "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2."
#define TEST_V6      "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."

/* clang-format off */
#define SOUND(zone) {"2.0.0.127." zone, DNS_A, DNS_OK, "127.0.0.2"}, {TEST_V6 zone, DNS_A, DNS_OK, "127.0.0.2"}
#define LISTS(name, answer) {name, DNS_A, DNS_OK, answer}

#define VOUCHED(n) LISTS(#n ".2.0.192.bl.example", "127.0.0.2"), LISTS(#n ".2.0.192.wl.example", "127.0.10.3")
#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct fakedns_row rows[] = {
	SOUND("bl.example"), SOUND("multi.example"), SOUND("wl.example"), SOUND(ZEN),
	LISTS("test.dbl.example", "127.0.1.2"), LISTS("test.dwl.example", "127.0.1.2"),
	LISTS("2.2.0.192.bl.example", "127.0.0.2"), LISTS("2." NIBBLES "bl.example", "127.0.0.3"),
	LISTS("3.2.0.192.bl.example", "127.0.0.2"), LISTS("3.2.0.192." ZEN, "127.0.0.4"), LISTS("3.2.0.192." ZEN, "127.0.0.10"),
	{"3.2.0.192." ZEN, DNS_TXT, DNS_OK, "see https://zen.example/?k=" KEY "\r\n\x01"},
	{"3.2.0.192.bl.example", DNS_TXT, DNS_OK, "never asked"},
	LISTS("3." NIBBLES "bl.example", "127.0.0.2"), LISTS("3." NIBBLES ZEN, "127.0.0.4"),
	LISTS("4.2.0.192.bl.example", "127.0.0.2"), LISTS("4.2.0.192." ZEN, "127.0.0.4"), LISTS("4.2.0.192.wl.example", "127.0.10.3"),
	{"4.2.0.192.wl.example", DNS_TXT, DNS_OK, "an honest sender"},
	LISTS("5.2.0.192.bl.example", "127.0.0.12"),
	LISTS("6.2.0.192.bl.example", "127.255.255.254"), LISTS("7.2.0.192.bl.example", "203.0.113.7"),
	{"8.2.0.192.bl.example", DNS_A, DNS_SERVFAIL, NULL},
	LISTS("9.2.0.192.multi.example", "127.0.0.2"), LISTS("9.2.0.192.multi.example", "127.0.0.4"),
	LISTS("10.2.0.192.wl.example", "127.0.10.2"), LISTS("11.2.0.192.wl.example", "127.0.10.0"),
	{"12.2.0.192.bl.example", DNS_A, DNS_TIMEOUT, NULL},
	LISTS("13.2.0.192." ZEN, "127.0.0.4"), {"13.2.0.192." ZEN, DNS_TXT, DNS_OK, X64 X64 X64 X64 X64 X64 X64 X64 "end"},
	VOUCHED(30), VOUCHED(31), VOUCHED(32), VOUCHED(33), VOUCHED(34), VOUCHED(35), VOUCHED(36), VOUCHED(37), VOUCHED(38), VOUCHED(39),
	LISTS("spam.example.dbl.example", "127.0.1.2"), LISTS("good.example.dwl.example", "127.0.1.2"),
	{"20.2.0.192.in-addr.arpa", DNS_PTR, DNS_OK, "spam.example"}, LISTS("spam.example", "192.0.2.20"),
	{"21.2.0.192.in-addr.arpa", DNS_PTR, DNS_OK, "good.example"}, LISTS("good.example", "192.0.2.21"),
	{"22.2.0.192.in-addr.arpa", DNS_PTR, DNS_OK, "good.example"},
	{"23.2.0.192.in-addr.arpa", DNS_PTR, DNS_OK, "spam.example"},
	{"24.2.0.192.in-addr.arpa", DNS_PTR, DNS_OK, "!b\\000d"},
	{"25.2.0.192.in-addr.arpa", DNS_PTR, DNS_OK, ""},
	{"25.2.0.192.in-addr.arpa", DNS_PTR, DNS_OK, "spam.example"},
	{NULL, DNS_A, DNS_OK, NULL},
};

static const struct {
	const char	*name, *client, *helo, *sender;
	const char	*results, *reason;	/* reason, props: in part */
	const char	*reply;			/* NULL: the reason is the reply */
	const char	*method, *props;	/* of the last verdict; "": not shown */
} cases[] = {
	{"nobody lists it", "192.0.2.1", "mx.example", "<a@b.example>", "clear", "score 0 of 5", NULL, NULL, NULL},
	{"one list", "192.0.2.2", "mx.example", "<a@b.example>", "doubtful hit", "score 3 of 5: bl.example 127.0.0.2 +3",
	    "Service unavailable; client [192.0.2.2] blocked using bl.example", "", NULL},
	{"one list, IPv6", "2001:db8::2", "mx.example", "<a@b.example>", "doubtful hit", "bl.example 127.0.0.3 +3",
	    "Service unavailable; client [2001:db8::2] blocked using bl.example", "", NULL},
	{"two lists; the heavier one decides; no key is shown", "192.0.2.3", "mx.example", "<a@b.example>", "listed hit hit",
	    "score 8 of 5: bl.example 127.0.0.2 +3; zen.dq.spamhaus.net 127.0.0.4, 127.0.0.10 +5",
	    "Service unavailable; client [192.0.2.3] blocked using zen.dq.spamhaus.net; see https://zen.example/?k=***???",
	    "", NULL},
	{"two lists, IPv6, no TXT", "2001:db8::3", "mx.example", "<a@b.example>", "listed hit hit", "score 8 of 5",
	    "Service unavailable; client [2001:db8::3] blocked using zen.dq.spamhaus.net", "", NULL},
	{"an allow list subtracts, and decides", "192.0.2.4", "mx.example", "<a@b.example>", "doubtful hit vouched hit", "score 4 of 5",
	    "Service unavailable; client [192.0.2.4] blocked using zen.dq.spamhaus.net", "", NULL},
	{"an answer that no filter names", "192.0.2.5", "mx.example", "<a@b.example>", "clear", "score 0 of 5", NULL, NULL, NULL},
	{"asked through a public resolver", "192.0.2.6", "mx.example", "<a@b.example>", "temperror",
	    "bl.example not known: answered with an error code", NULL, NULL, NULL},
	{"outside 127/8", "192.0.2.7", "mx.example", "<a@b.example>", "temperror", "bl.example not known", NULL, NULL, NULL},
	{"server failure", "192.0.2.8", "mx.example", "<a@b.example>", "temperror", "bl.example not known: SERVFAIL", NULL, NULL, NULL},
	{"two filters of one zone", "192.0.2.9", "mx.example", "<a@b.example>", "doubtful hit", "multi.example 127.0.0.2, 127.0.0.4 +3",
	    "Service unavailable; client [192.0.2.9] blocked using multi.example", "", NULL},
	{"vouched for", "192.0.2.10", "mx.example", "<a@b.example>", "clear vouched", "score -4 of 5", NULL, "dnswl",
	    "dns.zone=wl.example policy.ip=127.0.10.2 dns.sec=na"},
	{"no trust: not vouched for", "192.0.2.11", "mx.example", "<a@b.example>", "clear", "score 0 of 5", NULL, NULL, NULL},
	{"private", "10.0.0.1", "spam.example", "<a@spam.example>", "clear", "not on the public Internet", NULL, NULL, NULL},
	{"private, IPv6", "fd00::1", "spam.example", "<a@spam.example>", "clear", "not on the public Internet", NULL, NULL, NULL},
	{"loopback", "127.0.0.1", "spam.example", "<a@spam.example>", "clear", "not on the public Internet", NULL, NULL, NULL},
	{"loopback, IPv6", "::1", "spam.example", "<a@spam.example>", "clear", "not on the public Internet", NULL, NULL, NULL},
	{"HELO name", "192.0.2.1", "SPAM.example.", "<a@b.example>", "doubtful hit", "dbl.example 127.0.1.2 +3",
	    "Service unavailable; HELO name [spam.example] blocked using dbl.example", "", NULL},
	{"sender domain", "2001:db8::1", "mx.example", "<a@Spam.Example>", "doubtful hit", "dbl.example 127.0.1.2 +3",
	    "Service unavailable; sender domain [spam.example] blocked using dbl.example", "", NULL},
	{"HELO and sender: counted once", "192.0.2.1", "spam.example", "<a@spam.example>", "doubtful hit", "score 3 of 5",
	    "Service unavailable; HELO name [spam.example] blocked using dbl.example", "", NULL},
	{"client's verified name", "192.0.2.20", "mx.example", "<a@b.example>", "doubtful hit", "dbl.example",
	    "Service unavailable; client name [spam.example] blocked using dbl.example", "", NULL},
	{"client's claimed name", "192.0.2.23", "mx.example", "<a@b.example>", "doubtful hit", "dbl.example",
	    "Service unavailable; client name [spam.example] blocked using dbl.example", "", NULL},
	{"vouched for by its verified name", "192.0.2.21", "mx.example", "<a@b.example>", "clear vouched", "score -2", NULL,
	    "dnswl", "dns.zone=dwl.example"},
	{"... not by a claimed one", "192.0.2.22", "mx.example", "<a@b.example>", "clear", "score 0", NULL, NULL, NULL},
	{"a PTR that is no name", "192.0.2.24", "mx.example", "<a@b.example>", "clear", "score 0", NULL, NULL, NULL},
	{"names that are none: literal", "192.0.2.1", "[192.0.2.1]", "<a@[192.0.2.1]>", "clear", "score 0", NULL, NULL, NULL},
	{"names that are none: bare address", "192.0.2.1", "192.0.2.1", "<>", "clear", "score 0", NULL, NULL, NULL},
	{"names that are none: one label", "192.0.2.1", "spam", "<a@spam>", "clear", "score 0", NULL, NULL, NULL},
	{"names that are none: garbage", "192.0.2.1", "a b;c", "<a@b@>", "clear", "score 0", NULL, NULL, NULL},
	{"no HELO", "192.0.2.1", NULL, "<>", "clear", "score 0", NULL, NULL, NULL},
};
/* clang-format on */

static struct lists lists;

static void
configure(void)
{
	static const char *const sites[] = {"bl.example=127.0.0.[2..11]*3",
	    "wl.example=127.0.[0..255].[1..3]*-4",
	    "multi.example=127.0.0.2*1 multi.example=127.0.0.4*2", ZEN "=127.0.0.[2..11]*5"};
	static const char *const all[] = {"helo", "ptr", "sender"};
	static struct zone_section sections[] = {
	    {.title = "dbl.example", .weight = 3, .names = {all, 3}, .self_test = true},
	    {.title = "dwl.example", .weight = -2, .names = {all + 1, 1}, .self_test = true},
	};

	lists_init(
	    &lists, rows, (struct string_list){sites, COUNT(sites)}, sections, COUNT(sections));
}

/* All is asked ahead but the text of a list that decided, and what rdns asks ahead itself. */
static void
judge(struct faketxn *f, unsigned besides)
{
	lists.dns.unasked = 0;
	faketxn_judge(f, STAGE_RCPT);
	tap_is_int(lists.dns.unasked, besides, "... all of it was asked ahead");
}

static void
test_cases(void)
{
	struct health *h = lists_healthy(&lists);

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct faketxn f;
		bool decided =
		    strncmp(cases[i].results, "listed", 6) == 0 || strstr(cases[i].name, "decides");
		const struct verdict *last;

		lists.dns.asked[0] = '\0';
		lists_begin(&lists, &f, h, cases[i].client, cases[i].helo, cases[i].sender);
		lists.dns.text_until = 0;
		faketxn_judge(&f, STAGE_RCPT);
		last = &f.verdicts[f.count - 1];
		tap_is(faketxn_results(&f), cases[i].results, "%s", cases[i].name);
		tap_ok(strstr(faketxn_reason(&f), cases[i].reason) != NULL, "... %s",
		    faketxn_reason(&f));
		tap_is(f.verdicts[0].reply, cases[i].reply, "... reply");
		if (cases[i].method != NULL && cases[i].method[0] == '\0')
			tap_ok(last->hidden || last->method == NULL, "... not shown");
		else if (cases[i].method != NULL)
			tap_is(
			    last->hidden ? "hidden" : last->method, cases[i].method, "... shown");
		if (cases[i].props != NULL) {
			f.verdicts[0] = *last;
			tap_ok(strstr(faketxn_props(&f), cases[i].props) != NULL, "... %s",
			    faketxn_props(&f));
		}
		tap_ok((strstr(lists.dns.asked, "/TXT") != NULL) == decided,
		    "... text only of a list that decided");
		tap_ok(lists.dns.text_until <= clock_mono(f.txn.clock) + lists.options.wait,
		    "... within the time of lists");
		if (strstr(cases[i].reason, "not on the public") != NULL)
			tap_is(lists.dns.asked, "", "... nobody was asked");
		faketxn_fini(&f);
	}
	health_close(&h);
}

static void
test_allow(void)
{
	struct health *h = lists_healthy(&lists);
	struct faketxn f;

	lists_begin(&lists, &f, h, "192.0.2.4", "mx.example", "<>");
	faketxn_judge(&f, STAGE_RCPT);
	f.verdicts[0] = f.verdicts[2];
	tap_is(faketxn_props(&f),
	    "dns.zone=wl.example policy.ip=127.0.10.3 policy.txt=an honest sender "
	    "dns.sec=na",
	    "the allow list that saved a client says why");
	faketxn_fini(&f);
	lists.options.header = true;
	lists_begin(&lists, &f, h, "192.0.2.3", "mx.example", "<>");
	faketxn_judge(&f, STAGE_RCPT);
	f.verdicts[0] = f.verdicts[2];
	tap_is(f.verdicts[0].method, "x-dnsbl", "with header = yes block lists are shown");
	tap_is(faketxn_props(&f),
	    "dns.zone=zen.dq.spamhaus.net policy.ip=127.0.0.4, 127.0.0.10 dns.sec=na",
	    "... without key");
	tap_ok(!f.verdicts[0].hidden, "... not hidden");
	lists.options.header = false;
	faketxn_fini(&f);
	health_close(&h);
}

static void
test_once(void)
{
	struct health *h = lists_healthy(&lists);
	struct faketxn f;
	const char *first;

	lists_begin(&lists, &f, h, "192.0.2.20", "spam.example", "<a@spam.example>");
	first = strstr(lists.dns.asked, "20.2.0.192.multi.example/A");
	tap_ok(first != NULL && strstr(first + 1, "20.2.0.192.multi.example/A") == NULL,
	    "a zone with two filters is asked once");
	first = strstr(lists.dns.asked, "spam.example.dbl.example/A");
	tap_ok(first != NULL && strstr(first + 1, "spam.example.dbl.example/A") == NULL,
	    "a name that the client says three times is asked once");
	tap_ok(strstr(lists.dns.asked, "20.2.0.192.dbl.example") == NULL,
	    "a list of names is not asked for an address");
	tap_ok(strstr(lists.dns.asked, "spam.example.bl.example") == NULL,
	    "nor a list of addresses for a name");
	judge(&f, 1);
	faketxn_fini(&f);
	lists_begin(&lists, &f, h, "2001:db8::3", "mx.example", "<>");
	tap_ok(strstr(lists.dns.asked, "3." NIBBLES "bl.example/A") != NULL,
	    "IPv6 is asked by nibbles");
	judge(&f, 1);
	faketxn_fini(&f);
	/* Not yet known when the client connects: the chain is asked when the PTR arrives. */
	lists.dns.asked[0] = '\0';
	lists.dns.hold = true;
	lists_begin(&lists, &f, h, "192.0.2.23", "mx.example", "<>");
	tap_ok(strstr(lists.dns.asked, "spam.example.dbl.example") == NULL,
	    "the PTR name is not known yet");
	fakedns_release(f.txn.dns);
	tap_ok(strstr(lists.dns.asked, "spam.example.dbl.example/A") != NULL,
	    "... asked the moment it is");
	faketxn_fini(&f);
	lists_begin(&lists, &f, h, "192.0.2.23", "mx.example", "<>");
	faketxn_fini(&f);
	tap_ok(true, "a client that goes first leaves nothing behind");
	lists.dns.hold = false;
	lists.dns.asked[0] = '\0';
	lists_begin(&lists, &f, h, "192.0.2.25", "mx.example", "<>");
	faketxn_fini(&f);
	tap_ok(strstr(lists.dns.asked, "spam.example.dbl.example/A") != NULL,
	    "a PTR that names the root hides no name behind it");
	health_close(&h);
}

/* A list that is not in good health is not asked, or not believed. */
static void
test_health(void)
{
	struct health *h = lists_healthy(&lists);
	struct watch *w = health_watch(h, &lists.options.zones[0]);
	struct addr stranger = {.family = ADDR_V4, .bytes = {198, 51, 100, 0}};
	struct faketxn f;

	for (int i = 0; i < 3; i++) {
		lists_begin(&lists, &f, h, "192.0.2.12", "mx.example", "<>");
		faketxn_judge(&f, STAGE_RCPT);
		tap_ok(strstr(faketxn_reason(&f), "bl.example not known: TIMEOUT") != NULL,
		    "time-out %d", i);
		faketxn_fini(&f);
	}
	lists.dns.asked[0] = '\0';
	lists_begin(&lists, &f, h, "192.0.2.2", "mx.example", "<>");
	faketxn_judge(&f, STAGE_RCPT);
	tap_is(faketxn_results(&f), "temperror", "a silent list is skipped");
	tap_ok(strstr(faketxn_reason(&f), "bl.example not known: does not answer") != NULL,
	    "... and says so");
	tap_ok(strstr(lists.dns.asked, "192.bl.example") == NULL, "... not asked");
	tap_ok(strstr(lists.dns.asked, "2.2.0.192.wl.example") != NULL, "... the others are");
	faketxn_fini(&f);
	health_close(&h);

	h = lists_healthy(&lists);
	w = health_watch(h, &lists.options.zones[0]);
	for (int i = 0; i < 600; i++) {
		stranger.bytes[2] = (uint8_t)(i >> 8);
		stranger.bytes[3] = (uint8_t)i;
		watch_observe(w, &lists.options.limits, 1000 + i * 3000, &stranger,
		    i > 450 ? ANOMALY_LISTED : 0);
	}
	tap_ok(watch_is_anomalous(w), "the list lists far too much");
	lists_begin(&lists, &f, h, "192.0.2.2", "mx.example", "<>");
	faketxn_judge(&f, STAGE_RCPT);
	tap_is(faketxn_results(&f), "clear hit", "... its listings do not count");
	tap_ok(strstr(faketxn_reason(&f), "set aside") != NULL, "... %s", faketxn_reason(&f));
	faketxn_fini(&f);
	health_close(&h);
}

static void
test_wordy(void)
{
	struct health *h = lists_healthy(&lists);
	struct faketxn f;

	lists_begin(&lists, &f, h, "192.0.2.13", "mx.example", "<>");
	faketxn_judge(&f, STAGE_RCPT);
	tap_is_int(
	    (int64_t)strspn(strchr(f.verdicts[0].reply, 'x') + 1, "x"), 399, "a long text is cut");
	faketxn_fini(&f);
	health_close(&h);
}

/* When other checks have used up the time, a list has not been silent. */
static void
test_hurry(void)
{
	struct health *h = lists_healthy(&lists);
	struct faketxn f;

	for (int i = 0; i < 5; i++) {
		lists_begin(&lists, &f, h, "192.0.2.12", "mx.example", "<>");
		f.txn.deadline = clock_mono(f.txn.clock) + 500;
		faketxn_judge(&f, STAGE_RCPT);
		faketxn_fini(&f);
	}
	tap_ok(watch_unfit(health_watch(h, &lists.options.zones[0]), ADDR_V4) == NULL,
	    "time-outs in a hurry do not count");
	health_close(&h);
}

/* A block list that has hardly listed anybody lists those for whom an allow list vouches. */
static void
test_vouched(void)
{
	struct health *h = lists_healthy(&lists);
	struct watch *w = health_watch(h, &lists.options.zones[0]);
	struct addr stranger = {.family = ADDR_V4, .bytes = {198, 51, 100, 0}};
	char client[16];
	struct faketxn f;

	for (int i = 0; i < 300; i++) {
		stranger.bytes[2] = (uint8_t)(i >> 8);
		stranger.bytes[3] = (uint8_t)i;
		watch_observe(w, &lists.options.limits, 1 + i, &stranger, 0);
	}
	watch_observe(w, &lists.options.limits, 700000, &stranger, 0);
	for (int i = 30; i < 40; i++) {
		(void)snprintf(client, sizeof client, "192.0.2.%d", i);
		lists_begin(&lists, &f, h, client, "mx.example", "<>");
		f.clock.mono_ms = 700000 + i;
		f.txn.deadline = f.clock.mono_ms + 8000;
		tap_ok(!watch_is_anomalous(w), "%d vouched clients listed", i - 30);
		faketxn_judge(&f, STAGE_RCPT);
		faketxn_fini(&f);
	}
	tap_ok(watch_is_anomalous(w), "ten set the list aside");
	health_close(&h);
}

/* Before the first test has ended, and where nobody keeps a watch at all. */
static void
test_unwatched(void)
{
	static const struct fakedns_row wild[] = {LISTS("2.2.0.192.bl.example", "127.0.0.2"),
	    LISTS("2.0.0.127.bl.example", "127.0.0.2"), LISTS("1.0.0.127.bl.example", "127.0.0.2"),
	    {NULL, DNS_A, DNS_OK, NULL}};
	struct health *h = health_open();
	struct faketxn f;

	lists.dns = (struct dns){.rows = rows};
	lists_begin(&lists, &f, h, "192.0.2.2", "mx.example", "<>");
	faketxn_judge(&f, STAGE_RCPT);
	tap_is(faketxn_results(&f), "doubtful hit", "an untested list is tested by who is listed");
	faketxn_fini(&f);
	lists_begin(&lists, &f, NULL, "192.0.2.2", "mx.example", "<>");
	faketxn_judge(&f, STAGE_RCPT);
	tap_is(faketxn_results(&f), "doubtful hit", "... also where nobody keeps a watch");
	faketxn_fini(&f);
	lists.dns.rows = wild;
	lists_begin(&lists, &f, h, "192.0.2.2", "mx.example", "<>");
	faketxn_judge(&f, STAGE_RCPT);
	tap_is(faketxn_results(&f), "temperror", "... and not believed if it lists everything");
	tap_ok(strstr(faketxn_reason(&f), "bl.example not known: not tested yet") != NULL,
	    "... says so");
	faketxn_fini(&f);
	health_close(&h);
}

/* Recipients of one message whose classes have other lists, fewer or more. */
static void
test_class(void)
{
	static const char *const sites[] = {"bl.example=127.0.0.[2..11]*3"};
	static struct lists few;
	struct health *h = lists_healthy(&lists);
	struct faketxn f;

	lists_init(&few, rows, (struct string_list){sites, COUNT(sites)}, NULL, 0);
	few.dns.rows = rows;
	lists_begin(&few, &f, h, "192.0.2.3", "mx.example", "<a@b.example>");
	faketxn_judge(&f, STAGE_RCPT);
	tap_is(faketxn_results(&f), "doubtful hit", "one list");
	f.txn.options = &lists.options;
	faketxn_judge(&f, STAGE_RCPT);
	tap_is(faketxn_results(&f), "listed hit hit", "a class with more");
	f.txn.options = &few.options;
	faketxn_judge(&f, STAGE_RCPT);
	tap_is(faketxn_results(&f), "doubtful hit", "the first again");
	f.txn.options = &lists.options;
	faketxn_ask(&f, STAGE_EOH);
	faketxn_judge(&f, STAGE_EOM);
	tap_is(faketxn_results(&f), "", "no list is about the header");
	check_dnsbl.decided(&f.txn, ACTION_PASS, NULL);
	faketxn_fini(&f);
	health_close(&h);
	arena_fini(&few.arena);
}

int
main(void)
{
	configure();
	test_cases();
	test_allow();
	test_once();
	test_health();
	test_wordy();
	test_hurry();
	test_vouched();
	test_unwatched();
	test_class();
	arena_fini(&lists.arena);
	return tap_done();
}
