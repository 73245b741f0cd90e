/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "milter/stage.h"
#include "t/tap.h"
#include "t/unit/fakewalk.h"

static char told[200];

static void
see(struct txn *t, enum action action, const struct verdict *cause)
{
	(void)snprintf(told, sizeof told, "%s: %s because of %s", t->check->name,
	    action_text(action), cause != NULL ? cause->reason : "nothing");
}

static void
judge(struct txn *t, int check, enum stage stage)
{
	(void)stage;
	(void)report(t, check == GAMMA ? R_FAIL : R_PASS, "%s", check_registry[check]->name);
}

/* clang-format off */
static const struct { const char *conf, *told, *user; } cases[] = {
	{"", "omega: suspect because of gamma", NULL},
	{"gamma { fail = \"quarantine\" }", "omega: quarantine because of gamma", NULL},
	{"gamma { fail = \"quarantine\" mode = \"shadow\" }", "omega: pass because of nothing", NULL},
	{"omega { mode = \"off\" }", "", NULL},
	/* Of our own people it only hears. */
	{"", "omega: pass because of nothing", "joe"},
	{"omega { mode = \"off\" }", "", "joe"},
	{"trusted-networks = { \"192.0.2.0/24\" }", "", NULL},
};
/* clang-format on */

int
main(void)
{
	struct decision d;

	fake_judge = judge;
	fake_decided = see;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct stage_walk *w = fakewalk(cases[i].conf, &fakewalk_client);

		told[0] = '\0';
		(void)stage_mail(w, "<a@b.example>", NULL, cases[i].user);
		stage_rcpt(w, "<bob@example.org>", &d);
		stage_eoh(w);
		tap_is(told, "", "\"%s\": nothing before the end", cases[i].conf);
		stage_eom(w, &d);
		tap_is(told, cases[i].told, "then what was decided");
		stage_close(&w);
	}
	return tap_done();
}
