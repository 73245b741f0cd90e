/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The walk through made-up checks: who is called when and how often, which memory lives how
 * long, what is skipped, and what comes of it as a reply and as Authentication-Results.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "milter/authres.h"
#include "milter/reply.h"
#include "t/tap.h"
#include "t/unit/fakewalk.h"

static char calls[4000]; /* "alpha.RCPT " for every call */
static unsigned done_count;

static struct stage_walk *
begin(const char *conf_text, const char *addr)
{
	struct connection c = fakewalk_client;

	if (!addr_parse(&c.client, addr != NULL ? addr : "") && addr != NULL)
		abort();
	fake_ask = NULL;
	fake_judge = NULL;
	fake_header = NULL;
	fake_body = NULL;
	fake_done = NULL;
	calls[0] = '\0';
	done_count = 0;
	return fakewalk(conf_text, &c);
}

static void
note(const char *what, int check, enum stage stage)
{
	static const char *const stages[] = {"CONNECT", "HELO", "MAIL", "RCPT", "EOH", "EOM"};

	(void)snprintf(calls + strlen(calls), sizeof calls - strlen(calls), "%s%c.%s ", what,
	    check_registry[check]->name[0], stages[stage]);
}

static void
note_ask(struct txn *t, int check, enum stage stage)
{
	(void)t;
	note("?", check, stage);
}

static void
note_judge(struct txn *t, int check, enum stage stage)
{
	note("", check, stage);
	(void)report(t, R_PASS, "fine");
}

static void
count_done(struct txn *t, int check)
{
	(void)t;
	(void)check;
	done_count++;
}

static size_t
verdicts(const struct stage_walk *w)
{
	const struct verdict *all[STAGE_VERDICTS_MAX];

	return stage_verdicts(w, all);
}

#define OUTSIDE "192.0.2.1"

static void
test_order(void)
{
	struct stage_walk *w = begin("", OUTSIDE);
	struct decision d;

	fake_ask = note_ask;
	fake_judge = note_judge;
	fake_done = count_done;
	stage_helo(w, "a.example");
	tap_is(calls, "?a.HELO ?b.HELO ?g.HELO ?d.HELO ?o.HELO ", "all ask at HELO");
	calls[0] = '\0';
	tap_is_int(stage_mail(w, "<a@b.example>", NULL, NULL), 0, "MAIL");
	stage_rcpt(w, "<bob@example.org>", &d);
	tap_is(calls,
	    "?a.MAIL ?b.MAIL ?g.MAIL ?d.MAIL ?o.MAIL ?a.RCPT ?b.RCPT ?g.RCPT ?d.RCPT ?o.RCPT "
	    "a.RCPT b.RCPT g.RCPT d.RCPT ",
	    "asked first, judged in the order of the registry");
	tap_is_int((int64_t)verdicts(w), 4, "verdicts at the first recipient");
	calls[0] = '\0';
	fake_ask = NULL;
	stage_rcpt(w, "<eve@example.org>", &d);
	tap_is(calls, "d.RCPT ", "the second recipient judges only what is about it");
	tap_is_int((int64_t)verdicts(w), 4, "and the first one's verdict has gone");
	calls[0] = '\0';
	stage_eoh(w);
	stage_eom(w, &d);
	tap_is(calls, "g.EOM o.EOM ", "end of message");
	tap_is_int((int64_t)verdicts(w), 5, "without those about recipients");
	stage_reset(w);
	tap_is_int(done_count, FAKES, "done for each");
	stage_reset(w);
	tap_is_int(done_count, FAKES, "once");
	tap_is_int((int64_t)verdicts(w), 2, "the connection's remain");
	calls[0] = '\0';
	(void)stage_mail(w, "<>", NULL, NULL);
	stage_rcpt(w, "<bob@example.org>", &d);
	tap_is(calls, "g.RCPT d.RCPT ", "a second message judges the connection no more");
	calls[0] = '\0';
	stage_helo(w, "a.example");
	tap_is_int((int64_t)verdicts(w), 2, "the same HELO again changes nothing");
	fake_ask = note_ask;
	stage_helo(w, "b.example");
	tap_is_int((int64_t)verdicts(w), 0, "another one does");
	tap_is(calls,
	    "?a.CONNECT ?b.CONNECT ?g.CONNECT ?d.CONNECT ?o.CONNECT "
	    "?a.HELO ?b.HELO ?g.HELO ?d.HELO ?o.HELO ",
	    "and all is asked anew");
	(void)stage_mail(w, "<>", NULL, NULL);
	calls[0] = '\0';
	fake_ask = NULL;
	stage_rcpt(w, "<bob@example.org>", &d);
	tap_is(calls, "a.RCPT b.RCPT g.RCPT d.RCPT ", "and judged anew");
	stage_close(&w);
	tap_ok(w == NULL, "closed");
	stage_close(&w);
}

static const struct {
	const char *name, *conf, *addr, *user;
	const char *skipped[FAKES];
} skips[] = {
    {"outside", "", OUTSIDE, NULL, {NULL}},
    {"trusted", "trusted-networks = 192.0.2.0/24", OUTSIDE, NULL,
	{"trusted", "trusted", NULL, NULL, "trusted"}},
    {"loopback is trusted", "", "::1", NULL, {"trusted", "trusted", NULL, NULL, "trusted"}},
    {"authenticated", "", OUTSIDE, "joe",
	{"authenticated", "authenticated", "authenticated", NULL, "authenticated"}},
    {"no IP client", "", NULL, "joe", {"local", "local", "local", NULL, NULL}},
    {"check off", "beta { mode = off }", OUTSIDE, NULL, {NULL, "off"}},
    {"check in shadow", "beta { mode = shadow }", OUTSIDE, NULL, {NULL}},
    {"all off", "mode = off", OUTSIDE, NULL, {"off", "off", "off", "off", "off"}},
};

static void
test_skips(void)
{
	for (size_t i = 0; i < sizeof skips / sizeof skips[0]; i++) {
		struct stage_walk *w = begin(skips[i].conf, skips[i].addr);
		struct decision d;
		size_t ran = 0;

		fake_judge = note_judge;
		stage_helo(w, "a.example");
		(void)stage_mail(w, "<a@b.example>", NULL, skips[i].user);
		stage_rcpt(w, "<bob@example.org>", &d);
		for (size_t k = 0; k < FAKES; k++) {
			tap_is(stage_skipped(w, k), skips[i].skipped[k], "%s: %s", skips[i].name,
			    check_registry[k]->name);
			ran += skips[i].skipped[k] == NULL && k != OMEGA;
		}
		tap_is_int((int64_t)verdicts(w), (int64_t)ran, "%s: the others ran", skips[i].name);
		stage_close(&w);
	}
}

/* One connection first outside, then authenticated: what was found outside is not about the user. */
static void
test_login(void)
{
	struct stage_walk *w = begin("", OUTSIDE);
	struct decision d;

	fake_judge = note_judge;
	stage_helo(w, "a.example");
	(void)stage_mail(w, "<a@b.example>", NULL, NULL);
	stage_rcpt(w, "<bob@example.org>", &d);
	(void)stage_mail(w, "<a@b.example>", NULL, "joe");
	tap_is_int((int64_t)verdicts(w), 0, "no verdicts on the authenticated");
	(void)stage_mail(w, "<a@b.example>", NULL, NULL);
	tap_is_int((int64_t)verdicts(w), 2, "again on the same client when it is not");
	stage_close(&w);
}

static void
judge_slow(struct txn *t, int check, enum stage stage)
{
	(void)stage;
	tap_is_int(t->deadline, 9000, "deadline of %s", check_registry[check]->name);
	fakewalk_now.mono_ms += 2000;
}

static void
test_deadline(void)
{
	struct stage_walk *w = begin("", OUTSIDE);
	struct decision d;

	stage_helo(w, "a.example");
	(void)stage_mail(w, "<a@b.example>", NULL, NULL);
	fake_judge = judge_slow;
	stage_rcpt(w, "<bob@example.org>", &d);
	tap_is_int(stage_waited(w), 8000, "four checks waited");
	stage_reset(w);
	tap_is_int(stage_waited(w), 0, "the next message has a budget of its own");
	stage_close(&w);
}

static void
fill_memory(struct txn *t, int check, enum stage stage)
{
	(void)check;
	(void)stage;
	while (arena_alloc(t->arena, 1000) != NULL)
		;
	while (arena_alloc(t->arena, 1) != NULL)
		;
	verdict_prop(t, report(t, R_FAIL, "never %s", "kept"), "policy", "x", "y");
}

static void
report_many(struct txn *t, int check, enum stage stage)
{
	(void)stage;
	for (int i = 0; check == DELTA && i < VERDICTS_MAX + 10; i++) {
		struct verdict *v = report(t, R_PASS, "number %d", i);

		for (int k = 0; k < VERDICT_PROPS_MAX + 1; k++)
			verdict_prop(t, v, "policy", "x", "y");
	}
}

static void
test_limits(void)
{
	struct stage_walk *w = begin("", OUTSIDE);
	const struct verdict *all[STAGE_VERDICTS_MAX];
	const char *params[100] = {NULL};
	char name[40];
	struct decision d;
	size_t n, kept = 0;

	fake_judge = fill_memory;
	stage_helo(w, "a.example");
	(void)stage_mail(w, "<a@b.example>", NULL, NULL);
	stage_rcpt(w, "<bob@example.org>", &d);
	n = stage_verdicts(w, all);
	tap_is_int((int64_t)n, 4, "without memory every check has a temperror");
	for (size_t i = 0; i < n; i++)
		tap_ok(all[i]->result == R_TEMPERROR && all[i]->prop_count == 0, "of %s",
		    all[i]->check->name);
	tap_is_int(d.action, ACTION_PASS, "and the message goes on");
	stage_close(&w);

	w = begin("", OUTSIDE);
	fake_judge = report_many;
	for (size_t i = 0; i < 99; i++)
		params[i] = "SIZE=1";
	(void)stage_mail(w, "<a@b.example>", params, NULL);
	for (n = 0; n < 99 && stage_txn(w)->sender_params[n] != NULL; n++)
		;
	tap_is_int((int64_t)n, STAGE_PARAMS_MAX, "parameters");
	stage_rcpt(w, "<bob@example.org>", &d);
	tap_is_int((int64_t)stage_verdicts(w, all), VERDICTS_MAX, "verdicts");
	tap_is_int(stage_dropped(w), 10, "the dropped ones are counted");
	tap_is_int(all[0]->prop_count, VERDICT_PROPS_MAX, "properties");
	fake_judge = NULL;
	for (int i = 1; i < STAGE_RCPT_MAX + 5; i++) {
		(void)snprintf(name, sizeof name, "<user%d@example.org>", i);
		stage_rcpt(w, name, &d);
	}
	tap_is_int((int64_t)stage_txn(w)->rcpt_count, STAGE_RCPT_MAX, "recipients remembered");
	tap_is_int((int64_t)stage_txn(w)->rcpts_seen, STAGE_RCPT_MAX + 5, "recipients seen");
	tap_is(stage_txn(w)->rcpt->path.local, "user10004", "the last one is known while judged");
	for (int i = 0; i < STAGE_HEADER_COUNT_MAX + 3; i++)
		kept += stage_header(w, "X", "") == 0;
	tap_is_int((int64_t)kept, STAGE_HEADER_COUNT_MAX, "header fields");
	(void)stage_mail(w, "<a@b.example>", NULL, NULL);
	kept = 0;
	for (char *big = calloc(1, 60001); big != NULL; free(big), big = NULL) {
		memset(big, 'x', 60000);
		for (int i = 0; i < 20; i++)
			kept += stage_header(w, "X", big) == 0;
	}
	tap_is_int((int64_t)kept, 17, "bytes of header fields");
	tap_ok(stage_txn(w)->headers_cut, "and it is said that some are missing");
	(void)stage_mail(w, "<a@b.example>", NULL, NULL);
	tap_ok(!stage_txn(w)->headers_cut, "but not of the next message");
	stage_close(&w);
}

static void
see_header(struct txn *t, const struct header *h)
{
	(void)t;
	(void)snprintf(calls + strlen(calls), sizeof calls - strlen(calls), "%s=%s(%zu) ", h->name,
	    h->value, h->value_len);
}

static void
test_headers(void)
{
	struct stage_walk *w = begin("", OUTSIDE);
	struct txn *t;

	fake_header = see_header;
	(void)stage_mail(w, "<a@b.example>", NULL, NULL);
	(void)stage_header(w, "From", " a");
	(void)stage_header(w, "Received", "");
	(void)stage_header(w, "FROM", " b\n\tc");
	tap_is(calls, "From= a(2) Received=(0) FROM= b\n\tc(5) ", "as they came");
	tap_ok(stage_txn(w)->headers == NULL, "not before their end");
	stage_eoh(w);
	tap_is(stage_txn(w)->headers->next->next->name, "FROM", "in order");
	t = (struct txn *)(uintptr_t)stage_txn(w);
	tap_is_int(txn_add_header(t, "X-A", "1"), 0, "a field to add");
	tap_is_int(txn_add_header(t, "X-B", "2"), 0, "another");
	tap_is(stage_fields(w)->next->name, "X-B", "in order");
	(void)stage_mail(w, "<a@b.example>", NULL, NULL);
	tap_ok(stage_fields(w) == NULL, "gone with the message");
	stage_close(&w);
}

static void
judge_script(struct txn *t, int check, enum stage stage)
{
	struct verdict *v;

	if (check == ALPHA) {
		v = report(t, R_FAIL, "client %s has 50%% (bad) names", t->client.addr_text);
		verdict_prop(t, v, "policy", "iprev", "2001:db8::1");
	} else if (check == BETA) {
		(void)report(
		    t, txn_verdict(t, "alpha", 0) != NULL ? R_NONE : R_FAIL, "reads alpha");
	} else if (check == GAMMA && stage == STAGE_RCPT) {
		v = report(t, R_FAIL, "not \"allowed\"");
		verdict_prop(t, v, "smtp", "mailfrom", "b.example");
	} else if (check == DELTA) {
		(void)report(t, txn_is_suspect(t) ? R_FAIL : R_PASS, "wait");
	} else if (check == OMEGA) {
		v = report(t, R_PASS, "2048-bit key");
		verdict_prop(t, v, "header", "d", "example.org");
		verdict_prop(t, v, "header", "b", "dGhpcyBp/=");
		verdict_prop(t, v, "header", "s", "a-rather-long-selector-that-makes-a-new-line");
		report(t, R_NONE, "%s", "")->hidden = true;
		report(t, R_NONE, "%s", "")->method = "arc";
	}
}

static void
test_outcome(void)
{
	struct stage_walk *w = begin("gamma { mode = shadow }", "2001:db8::1");
	struct decision d;
	struct reply r;
	char room[AUTHRES_SIZE], wanted[200], id[STAGE_ID_SIZE];
	struct buf b;

	fake_judge = judge_script;
	buf_init(&b, room, sizeof room);
	authres_format(&b, w);
	tap_is(b.s, "mx.example.org; none", "nothing found yet");
	(void)snprintf(id, sizeof id, "%s", stage_txn(w)->id);
	tap_is_int((int64_t)strlen(id), STAGE_ID_SIZE - 1, "id");
	stage_helo(w, "a.example");
	(void)stage_mail(w, "<a@b.example>", NULL, NULL);
	stage_rcpt(w, "<bob@example.org>", &d);
	tap_is_int(d.action, ACTION_TEMPFAIL, "evidence makes delta defer");
	tap_is_int(d.would, ACTION_REJECT, "the shadow check would reject");
	tap_ok(stage_txn(w)->rcpt->refused, "the recipient is refused");
	reply_format(&r, stage_txn(w), stage_conf(w), &d);
	(void)snprintf(wanted, sizeof wanted, "wait; help: postmaster@example.org [id=%s]", id);
	tap_is(r.text, wanted, "reply");
	tap_is(r.code, "451", "code");
	tap_is(r.xcode, "4.7.25", "enhanced code");
	stage_rcpt(w, "<postmaster>", &d);
	tap_ok(d.exempt && d.action == ACTION_PASS, "postmaster is not");
	stage_eoh(w);
	stage_eom(w, &d);
	buf_reset(&b);
	authres_format(&b, w);
	tap_is(b.s,
	    "mx.example.org;\n\tiprev=fail (client 2001:db8::1 has 50% \\(bad\\) names)\n"
	    "\tpolicy.iprev=\"2001:db8::1\";\n"
	    "\tspf=fail (not \"allowed\") smtp.mailfrom=b.example;\n"
	    "\tdkim=pass (2048-bit key) header.d=example.org header.b=\"dGhpcyBp/=\"\n"
	    "\theader.s=a-rather-long-selector-that-makes-a-new-line;\n"
	    "\tarc=none",
	    "Authentication-Results");
	buf_init(&b, room, 100);
	authres_format(&b, w);
	tap_is(b.s,
	    "mx.example.org;\n\tiprev=fail (client 2001:db8::1 has 50% \\(bad\\) names)\n\t"
	    "policy.iprev=\"2001:db8::1\"",
	    "what does not fit is left out whole");
	stage_close(&w);
	w = begin("", OUTSIDE);
	tap_ok(strcmp(stage_txn(w)->id, id) > 0, "ids sort by time");
	stage_close(&w);
}

static void
judge_itself(struct txn *t, int check, enum stage stage)
{
	(void)stage;
	if (check != DELTA)
		return;
	(void)report(t, R_FAIL, "first");
	(void)report(t, txn_is_suspect(t) ? R_ODD : R_NONE, "second");
}

/* What a check found itself is no evidence to it. */
static void
test_own_evidence(void)
{
	struct stage_walk *w = begin("", OUTSIDE);
	const struct verdict *all[STAGE_VERDICTS_MAX];
	struct decision d;

	fake_judge = judge_itself;
	(void)stage_mail(w, "<a@b.example>", NULL, NULL);
	stage_rcpt(w, "<bob@example.org>", &d);
	tap_is_int((int64_t)stage_verdicts(w, all), 2, "two verdicts of one check");
	tap_is_int(all[1]->result, R_NONE, "the first is no evidence to it");
	stage_close(&w);
}

int
main(void)
{
	test_order();
	test_skips();
	test_login();
	test_deadline();
	test_limits();
	test_headers();
	test_outcome();
	test_own_evidence();
	return tap_done();
}
