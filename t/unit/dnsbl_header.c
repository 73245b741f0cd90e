/* SPDX-License-Identifier: BSD-2-Clause */
/* The names in the header, and what DMARC says of those whom the lists list. */
#include "t/unit/lists.h"

#include <stdio.h>
#include <string.h>

#include "t/tap.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define TEST_V6      "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."

/* clang-format off */
#define LISTS(name, answer) {name, DNS_A, DNS_OK, answer}

static const struct fakedns_row rows[] = {
	LISTS("2.0.0.127.bl.example", "127.0.0.2"), LISTS("2.0.0.127.wl.example", "127.0.0.2"),
	LISTS(TEST_V6 "bl.example", "127.0.0.2"), LISTS(TEST_V6 "wl.example", "127.0.0.2"),
	LISTS("test.mail.example", "127.0.1.2"),
	LISTS("2.2.0.192.bl.example", "127.0.0.2"), LISTS("10.2.0.192.wl.example", "127.0.10.2"),
	LISTS("spam.example.mail.example", "127.0.1.4"), LISTS("spam.example.mail.example", "127.0.1.5"),
	{"spam.example.mail.example", DNS_TXT, DNS_OK, "spam, they say"},
	LISTS("esp.example.mail.example", "127.0.1.4"), LISTS("fifth.example.mail.example", "127.0.1.4"),
	{"slow.example.mail.example", DNS_A, DNS_TIMEOUT, NULL},
	{NULL, DNS_A, DNS_OK, NULL},
};
/* clang-format on */

static struct lists lists;

static void
configure(void)
{
	static const char *const sites[] = {"bl.example=127.0.0.[2..11]*3 wl.example*-4"};
	static const char *const names[] = {"from", "dkim"};
	static struct zone_section sections[] = {
	    {.title = "mail.example=127.0.1.4",
		.weight = 2,
		.names = {names, 2},
		.self_test = true},
	    {.title = "mail.example=127.0.1.5",
		.weight = 4,
		.names = {names, 1},
		.self_test = true},
	};

	lists_init(
	    &lists, rows, (struct string_list){sites, COUNT(sites)}, sections, COUNT(sections));
}

/* clang-format off */
static const struct {
	const char *name, *client, *sender;
	const char *fields[7];			/* values; From if there is a '@', else DKIM-Signature */
	const char *rcpt, *eom, *reason, *reply;
} messages[] = {
	{"nobody lists it", "192.0.2.1", "<a@b.example>", {" A <a@good.example>", " v=1; d=good.example"}, "clear", "", "", NULL},
	{"author's domain, two filters", "192.0.2.1", "<a@b.example>", {" A <a@Spam.Example>"}, "clear", "listed hit",
	    "score 6 of 5: mail.example 127.0.1.4, 127.0.1.5 +6",
	    "Service unavailable; author domain [spam.example] blocked using mail.example; spam, they say"},
	{"author's domain, IPv6", "2001:db8::1", "<a@b.example>", {" A <a@spam.example>"}, "clear", "listed hit",
	    "score 6 of 5: mail.example", "Service unavailable; author domain [spam.example] blocked using mail.example; spam, they say"},
	{"signature, of which one filter wants to know", "192.0.2.1", "<a@b.example>", {" a@good.example", " v=1; d=SPAM.\r\n example"}, "clear", "doubtful hit",
	    "score 2 of 5: mail.example 127.0.1.4, 127.0.1.5 +2", "Service unavailable; signing domain [spam.example] blocked using mail.example"},
	{"the second signature", "192.0.2.1", "<a@b.example>", {" a@good.example", " d=good.example", " d=esp.example"}, "clear", "doubtful hit",
	    "score 2 of 5: mail.example", "Service unavailable; signing domain [esp.example] blocked using mail.example"},
	{"the fourth", "192.0.2.1", "<a@b.example>", {" a@good.example", " d=one.example", " d=one.example", " d=two.example", " d=three.example", " d=esp.example"},
	    "clear", "doubtful hit", "score 2", "Service unavailable; signing domain [esp.example] blocked using mail.example"},
	{"not the fifth", "192.0.2.1", "<a@b.example>", {" a@good.example", " d=one.example", " d=two.example", " d=three.example", " d=four.example", " d=fifth.example"},
	    "clear", "", "", NULL},
	{"what RCPT found is added; the heavier one is named", "192.0.2.2", "<a@b.example>", {" a@good.example", " d=esp.example"}, "doubtful hit", "listed hit",
	    "score 5 of 5: bl.example 127.0.0.2 +3; mail.example 127.0.1.4 +2", "Service unavailable; client [192.0.2.2] blocked using bl.example"},
	{"... and stands if nothing is added", "192.0.2.2", "<a@b.example>", {" a@good.example"}, "doubtful hit", "", "", NULL},
	{"an allow list holds here too", "192.0.2.10", "<a@b.example>", {" a@spam.example"}, "clear vouched", "doubtful hit",
	    "score 2 of 5", "Service unavailable; author domain [spam.example] blocked using mail.example"},
	{"the sender is not asked for there", "192.0.2.1", "<a@esp.example>", {" a@good.example"}, "clear", "", "", NULL},
	{"nobody knows", "192.0.2.1", "<a@b.example>", {" a@slow.example"}, "clear", "temperror", "mail.example not known: TIMEOUT", NULL},
	{"two authors are none", "192.0.2.1", "<a@b.example>", {" a@spam.example", " a@good.example"}, "clear", "", "", NULL},
	{"names that are none", "192.0.2.1", "<a@b.example>", {" a@[192.0.2.1]", " d=192.0.2.1", " d=spam", " d=a b;c", " v=1"}, "clear", "", "", NULL},
	{"no header", "192.0.2.1", "<a@b.example>", {NULL}, "clear", "", "", NULL},
	{"private", "10.0.0.1", "<a@b.example>", {" a@spam.example", " d=esp.example"}, "clear", "", "", NULL},
};
/* clang-format on */

static void
message(struct faketxn *f, struct header *room, const char *const *fields)
{
	f->txn.headers = NULL;
	for (size_t i = 0; fields[i] != NULL; i++) {
		room[i] = (struct header){
		    .name = strchr(fields[i], '@') != NULL ? "From" : "DKIM-Signature",
		    .value = fields[i],
		    .value_len = strlen(fields[i])};
		*(i == 0 ? &f->txn.headers : &room[i - 1].next) = &room[i];
	}
	faketxn_ask(f, STAGE_EOH);
}

static void
test_messages(void)
{
	struct health *h = lists_healthy(&lists);

	for (size_t i = 0; i < COUNT(messages); i++) {
		struct faketxn f;
		struct header room[COUNT(messages[i].fields)];

		lists_begin(&lists, &f, h, messages[i].client, "mx.example", messages[i].sender);
		lists.dns.asked[0] = '\0';
		faketxn_judge(&f, STAGE_RCPT);
		tap_is(faketxn_results(&f), messages[i].rcpt, "%s", messages[i].name);
		tap_ok(strstr(lists.dns.asked, ".mail.example") == NULL, "... not asked at RCPT");
		message(&f, room, messages[i].fields);
		lists.dns.unasked = 0;
		faketxn_judge(&f, STAGE_EOM);
		tap_is(faketxn_results(&f), messages[i].eom, "... end of message");
		tap_ok(strstr(faketxn_reason(&f), messages[i].reason) != NULL, "... %s",
		    faketxn_reason(&f));
		if (f.count > 0)
			tap_is(f.verdicts[0].reply, messages[i].reply, "... reply");
		tap_is_int(lists.dns.unasked, strncmp(messages[i].eom, "listed", 6) == 0,
		    "... asked ahead, but for the text of a list that decided");
		faketxn_fini(&f);
	}
	health_close(&h);
}

/* Strangers are mostly listed, those whose mail passes DMARC hardly; now these are, too. */
static void
test_proved(void)
{
	static const struct result words[] = {
	    {.name = "fail", .word = WORD_FAIL}, {.name = "pass", .word = WORD_PASS}};
	static const struct check dmarc = {.name = "dmarc", .results = words};
	struct fakedns_row listed[61] = {{.name = NULL}};
	char names[60][32], client[ADDR_TEXT_SIZE];

	for (int i = 0; i < 60; i++) {
		(void)snprintf(names[i], sizeof names[i], "%d.100.51.198.bl.example", i);
		listed[i] = (struct fakedns_row)LISTS(names[i], "127.0.0.2");
	}
	for (unsigned pass = 0; pass < COUNT(words); pass++) {
		const struct verdict verdict = {.check = &dmarc, .result = pass};
		struct health *h = lists_healthy(&lists);
		struct watch *w = health_watch(h, &lists.options.zones[0]);
		struct addr a = {.family = ADDR_V4, .bytes = {203, 0}};

		for (unsigned i = 0; i < ANOMALY_CLIENTS_MAX; i++) {
			a.bytes[2] = (uint8_t)(i >> 8);
			a.bytes[3] = (uint8_t)i;
			watch_observe(w, &lists.options.limits, 1, &a,
			    (i % 3 != 0 || i % 30 == 0 ? ANOMALY_LISTED : 0) |
				(i % 3 == 0 ? ANOMALY_PROVED : 0));
		}
		lists.dns.rows = listed;
		for (int i = 0; i < 60; i++) {
			struct faketxn f;

			(void)snprintf(client, sizeof client, "198.51.100.%d", i);
			lists_begin(&lists, &f, h, client, "mx.example", "<a@b.example>");
			f.others = &verdict;
			f.other_count = 1;
			faketxn_judge(&f, STAGE_RCPT);
			check_dnsbl.decided(&f.txn, ACTION_PASS, NULL);
			if (i == 48)
				tap_ok(!watch_is_anomalous(w), "49 clients, DMARC %s",
				    words[pass].name);
			faketxn_fini(&f);
		}
		tap_is_int(watch_is_anomalous(w), pass, "60 clients, DMARC %s", words[pass].name);
		health_close(&h);
	}
}

int
main(void)
{
	configure();
	test_messages();
	test_proved();
	arena_fini(&lists.arena);
	return tap_done();
}
