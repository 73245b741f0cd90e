/* SPDX-License-Identifier: BSD-2-Clause */
#include "milter/stage.h"

#include <stdio.h>
#include <string.h>

#include "t/tap.h"
#include "t/unit/fakewalk.h"

static char calls[1024];

static void
note_ask(struct txn *t, int check, enum stage stage)
{
	static const char *const stages[] = {"CONNECT", "HELO", "MAIL", "RCPT", "EOH", "EOM"};

	(void)t;
	(void)snprintf(calls + strlen(calls), sizeof calls - strlen(calls), "?%c.%s ",
	    check_registry[check]->name[0], stages[stage]);
}

/* On port 587 nobody is asked about users; whoever does not log in is a stranger after all. */
static void
test_submission(void)
{
	struct connection c = fakewalk_client;
	struct stage_walk *w;

	c.submission = true;
	fake_ask = note_ask;
	w = fakewalk("", &c);
	stage_helo(w, "a.example");
	tap_is(calls, "?d.CONNECT ?d.HELO ", "until MAIL only those ask who look at users too");
	calls[0] = '\0';
	(void)stage_mail(w, "<a@b.example>", NULL, "joe");
	tap_is(calls, "?d.MAIL ", "nor for a user");
	calls[0] = '\0';
	(void)stage_mail(w, "<a@b.example>", NULL, NULL);
	tap_is(calls,
	    "?a.CONNECT ?b.CONNECT ?g.CONNECT ?d.CONNECT ?o.CONNECT "
	    "?a.HELO ?b.HELO ?g.HELO ?d.HELO ?o.HELO ?a.MAIL ?b.MAIL ?g.MAIL ?d.MAIL ?o.MAIL ",
	    "without a login all is asked at MAIL");
	stage_close(&w);
}

int
main(void)
{
	test_submission();
	return tap_done();
}
