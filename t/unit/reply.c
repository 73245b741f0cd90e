/* SPDX-License-Identifier: BSD-2-Clause */
/* Replies: codes of the right class, text that is safe and never loses its end. */
#include <stdio.h>
#include <string.h>

#include "milter/reply.h"
#include "t/tap.h"
#include "t/unit/fakechecks.h"

static const struct {
	const char *name;
	enum action action;
	int check;
	unsigned result, failed;
	const char *reason, *contact, *code, *xcode, *text;
} replies[] = {
    /* clang-format off */
	{"by table", ACTION_REJECT, ALPHA, R_FAIL, 1, "no", NULL, "550", "5.7.25", "no"},
	{"deferred by table", ACTION_TEMPFAIL, ALPHA, R_FAIL, 1, "no", NULL, "451", "4.7.25", "no"},
	{"no row", ACTION_REJECT, ALPHA, R_PASS, 0, "no", NULL, "550", "5.7.1", "no"},
	{"row of the other class", ACTION_REJECT, ALPHA, R_ODD, 0, "no", NULL, "550", "5.7.1", "no"},
	{"malformed row", ACTION_TEMPFAIL, ALPHA, R_ODD, 0, "no", NULL, "451", "4.7.1", "no"},
	{"several methods failed", ACTION_REJECT, ALPHA, R_FAIL, 2, "no", NULL, "550", "5.7.26", "no"},
	{"several, deferred", ACTION_TEMPFAIL, ALPHA, R_FAIL, 2, "no", NULL, "451", "4.7.26", "no"},
	{"several, but the cause has no method", ACTION_REJECT, BETA, R_FAIL, 2, "no", NULL, "550", "5.7.25", "no"},
	{"contact", ACTION_REJECT, ALPHA, R_FAIL, 1, "no", "+1 555 0100", "550", "5.7.25", "no; help: +1 555 0100"},
	{"hostile reason", ACTION_REJECT, ALPHA, R_FAIL, 1, "a\r\n250 ok \x80 100%", NULL, "550", "5.7.25", NULL},
    /* clang-format on */
};

static void
test_replies(void)
{
	static char huge[5000];
	static const struct txn t = {.id = "1d9ze5xam0kq"};
	struct conf conf = {.contact = NULL};
	struct verdict v = {.reason = huge};
	struct decision d = {.action = ACTION_REJECT, .cause = &v};
	struct reply r;
	char wanted[200];

	for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
		conf.contact = replies[i].contact;
		v = (struct verdict){.check = check_registry[replies[i].check],
		    .result = replies[i].result,
		    .reason = replies[i].reason};
		d = (struct decision){
		    .action = replies[i].action, .cause = &v, .failed = replies[i].failed};
		reply_format(&r, &t, &conf, &d);
		tap_is(r.code, replies[i].code, "%s: code", replies[i].name);
		tap_is(r.xcode, replies[i].xcode, "%s: enhanced code", replies[i].name);
		(void)snprintf(wanted, sizeof wanted, "%s [id=%s]",
		    replies[i].text != NULL ? replies[i].text : "", t.id);
		if (replies[i].text != NULL)
			tap_is(r.text, wanted, "%s: text", replies[i].name);
		else
			tap_ok(strpbrk(r.text, "\r\n\x80") == NULL, "%s: text", replies[i].name);
	}
	memset(huge, 'x', sizeof huge - 1);
	v.reason = huge;
	reply_format(&r, &t, &conf, &d);
	(void)snprintf(wanted, sizeof wanted, "x [id=%s]", t.id);
	tap_ok(strlen(r.text) < 500 && strstr(r.text, wanted) != NULL,
	    "the id survives a long reason");
	v.reply = "said otherwise";
	reply_format(&r, &t, &conf, &d);
	tap_ok(strncmp(r.text, "said otherwise [", 16) == 0, "a reply of its own");
	d.cause = NULL;
	reply_format(&r, &t, &conf, &d);
	tap_ok(strncmp(r.text, "refused by local policy", 23) == 0, "no cause");
}

int
main(void)
{
	test_replies();
	return tap_done();
}
