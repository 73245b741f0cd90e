/* SPDX-License-Identifier: BSD-2-Clause */
/* What was found of one recipient and asks to hold or discard the whole message waits for its end. */
#include <stdio.h>
#include <string.h>

#include "milter/stage.h"
#include "t/tap.h"
#include "t/unit/fakewalk.h"

static void
hold_one(struct txn *t, int check, enum stage stage)
{
	(void)stage;
	if (check == DELTA && strcmp(t->rcpt->path.local, "held") == 0)
		(void)report(t, R_ODD, "hold for %s", t->rcpt->path.local);
}

static void
test_hold(void)
{
	struct stage_walk *w = fakewalk("delta { odd = quarantine }", &fakewalk_client);
	struct decision d;

	fake_judge = hold_one;
	(void)stage_mail(w, "<a@b.example>", NULL, NULL);
	stage_rcpt(w, "<held@example.org>", &d);
	tap_is_int(d.action, ACTION_SUSPECT, "nothing to hold at RCPT yet");
	stage_rcpt(w, "<other@example.org>", &d);
	tap_is_int(d.action, ACTION_SUSPECT, "the other recipient sees it as evidence");
	stage_eoh(w);
	stage_eom(w, &d);
	tap_is_int(d.action, ACTION_QUARANTINE, "held at the end");
	tap_is(d.cause != NULL ? d.cause->reason : NULL, "hold for held", "because of the first");
	stage_close(&w);
}

static void
hold_all(struct txn *t, int check, enum stage stage)
{
	(void)stage;
	if (check == DELTA)
		(void)report(t, R_ODD, "hold for %s", t->rcpt->path.local);
	if (check == OMEGA)
		(void)report(t, R_FAIL, "forged");
}

/* What is kept of many recipients leaves room for what is found of the message. */
static void
test_hold_many(void)
{
	struct stage_walk *w = fakewalk("delta { odd = quarantine }", &fakewalk_client);
	struct decision d;
	char name[40];

	fake_judge = hold_all;
	(void)stage_mail(w, "<a@b.example>", NULL, NULL);
	for (int i = 0; i < 2 * VERDICTS_MAX; i++) {
		(void)snprintf(name, sizeof name, "<user%d@example.org>", i);
		stage_rcpt(w, name, &d);
	}
	stage_eoh(w);
	stage_eom(w, &d);
	tap_is_int(d.action, ACTION_REJECT, "many are held, and the message is refused");
	tap_is_int(stage_dropped(w), 0, "nothing is dropped");
	stage_close(&w);
}

int
main(void)
{
	test_hold();
	test_hold_many();
	return tap_done();
}
