/* SPDX-License-Identifier: BSD-2-Clause */
/* The log lines of a recipient and of messages, the largest too. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "milter/summary.h"
#include "t/tap.h"
#include "t/unit/fakelog.h"
#include "t/unit/fakewalk.h"

/* What was logged since the last time; the line's end is cut off. */
static const char *
logged(char out[static 2 * LOG_LINE_MAX])
{
	(void)fakelog_caught(out, 2 * LOG_LINE_MAX);
	out[strcspn(out, "\n")] = '\0';
	return out;
}

static void
judge(struct txn *t, int check, enum stage stage)
{
	if (check == ALPHA)
		(void)report(t, R_FAIL, "no name");
	else if (check == GAMMA && stage == STAGE_RCPT)
		(void)report(t, R_FAIL, "not allowed");
	else if (check == OMEGA)
		for (int i = 0; i < 2; i++)
			(void)report(t, i == 0 ? R_PASS : R_NONE, "x");
}

static struct stage_walk *
begin(const char *text)
{
	struct connection c = fakewalk_client;

	c.mta_name = "evil\" action=accept";
	return fakewalk(text, &c);
}

static void
has(const char *line, const char *const *wanted)
{
	for (; *wanted != NULL; wanted++)
		if (!tap_ok(strstr(line, *wanted) != NULL, "%s", *wanted))
			tap_note("%s", line);
}

static void
test_lines(void)
{
	static const char *const of_rcpt[] = {"event=recipient id=", " client=192.0.2.1 ",
	    " origin=outside action=reject cause=gamma.fail alpha=fail gamma=fail skipped=beta:off "
	    "ms=0 from=a@b.example to=bob@example.org helo-name=a.example ",
	    " client-name=\"evil\\\" action=accept\" ", " reason=\"not allowed\"", NULL};
	static const char *const of_message[] = {"event=message id=", " queue=4Tq1 ",
	    " alpha=fail gamma=fail omega=pass,none ",
	    " to=postmaster@example.org,abuse@example.org ", " exempt=yes", NULL};
	char line[2 * LOG_LINE_MAX];
	struct stage_walk *w = begin("beta { mode = off }");
	struct decision d;

	fake_judge = judge;
	stage_helo(w, "a.example");
	(void)stage_mail(w, "<a@b.example>", NULL, NULL);
	stage_rcpt(w, "<bob@example.org>", &d);
	summary_log(w, stage_txn(w)->rcpt, &d);
	has(logged(line), of_rcpt);
	stage_queue_id(w, "4Tq1");
	stage_rcpt(w, "<postmaster@example.org>", &d);
	stage_rcpt(w, "<abuse@example.org>", &d);
	tap_ok(d.exempt, "abuse is exempt");
	stage_eoh(w);
	stage_eom(w, &d);
	d.exempt = true;
	summary_log(w, NULL, &d);
	has(logged(line), of_message);
	log_open("bailey", LOG_TO_STDERR, LOG_LEVEL_NOTICE);
	summary_log(w, NULL, &d);
	tap_is(logged(line), "", "nothing below the level");
	stage_close(&w);
}

static void
test_shadow(void)
{
	static const char *const wanted[] = {" action=pass would=reject would-cause=gamma.fail ",
	    " would-reason=\"not allowed\"", NULL};
	char line[2 * LOG_LINE_MAX];
	struct stage_walk *w = begin("mode = shadow");
	struct decision d;

	log_open("bailey", LOG_TO_STDERR, LOG_LEVEL_INFO);
	(void)stage_mail(w, "<>", NULL, NULL);
	stage_rcpt(w, "<bob@example.org>", &d);
	summary_log(w, stage_txn(w)->rcpt, &d);
	has(logged(line), wanted);
	tap_ok(strstr(line, " from=<> ") != NULL, "null sender");
	stage_close(&w);
}

/* As many results as fit, and six. */
static void
report_many(struct txn *t, int check, enum stage stage)
{
	(void)stage;
	for (int i = 0; check == ALPHA && i < VERDICTS_MAX + 6; i++)
		(void)report(t, R_NONE, "x");
}

static void
test_dropped(void)
{
	static const char *const wanted[] = {" dropped=6 ms=0 ", NULL};
	char line[2 * LOG_LINE_MAX];
	struct stage_walk *w = begin("");
	struct decision d;

	log_open("bailey", LOG_TO_STDERR, LOG_LEVEL_INFO);
	fake_judge = report_many;
	(void)stage_mail(w, "<a@b.example>", NULL, NULL);
	stage_rcpt(w, "<bob@example.org>", &d);
	summary_log(w, NULL, &d);
	has(logged(line), wanted);
	fake_judge = judge;
	stage_close(&w);
}

static void
test_largest(enum log_target target)
{
	char line[2 * LOG_LINE_MAX], long_text[1000], rcpt[64];
	struct stage_walk *w = begin("");
	struct decision d;

	log_open("bailey", target, LOG_LEVEL_INFO);
	memset(long_text, 0x01, sizeof long_text - 1);
	long_text[sizeof long_text - 1] = '\0';
	stage_helo(w, long_text);
	(void)stage_mail(w, long_text, NULL, long_text);
	for (int i = 0; i < 10000; i++) {
		(void)snprintf(rcpt, sizeof rcpt, "<postmaster@host%d.example.org>", i);
		stage_rcpt(w, rcpt, &d);
	}
	stage_eoh(w);
	stage_eom(w, &d);
	summary_log(w, NULL, &d);
	logged(line);
	tap_ok(strlen(line) <= (target == LOG_TO_JSON ? LOG_JSON_MAX : LOG_LINE_MAX),
	    "10,000 recipients in %zu bytes", strlen(line));
	tap_ok(strstr(line, "host0.example.org") != NULL && strstr(line, ",+99") != NULL,
	    "listed as far as they fit, the others counted");
	tap_ok(strstr(line, "action") != NULL, "with what matters");
	stage_close(&w);
}

int
main(void)
{
	fakelog_catch();
	log_open("bailey", LOG_TO_STDERR, LOG_LEVEL_INFO);
	test_lines();
	test_shadow();
	test_dropped();
	test_largest(LOG_TO_STDERR);
	test_largest(LOG_TO_JSON);
	return tap_done();
}
