/* SPDX-License-Identifier: BSD-2-Clause */
#include "milter/stage.h"

#include <stdio.h>
#include <string.h>

#include "t/tap.h"
#include "t/unit/fakechecks.h"

static char calls[1024];
static const struct house house = {.clock = &clock_real};

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
	struct connection c = {.mta_name = "[client]", .submission = true};
	struct conf *conf = fake_conf("");
	struct stage_walk *w;

	(void)addr_parse(&c.client, "192.0.2.1");
	fake_ask = note_ask;
	w = stage_open(conf, &house, &c);
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
	conf_unref(&conf);
}

int
main(void)
{
	test_submission();
	return tap_done();
}
