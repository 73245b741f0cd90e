/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules for some recipients: classes as they are configured, what a check may
 * ask for one of them, and what becomes of a message to several.
 */
#include <stdlib.h>
#include <string.h>

#include "milter/reply.h"
#include "t/tap.h"
#include "t/unit/fakewalk.h"

static char calls[1000]; /* "bg" for beta and gamma */

static struct stage_walk *
begin(const char *text)
{
	struct stage_walk *w;

	fake_judge = NULL;
	calls[0] = '\0';
	w = fakewalk(text, &fakewalk_client);
	stage_helo(w, "a.example");
	if (stage_mail(w, "<a@sub.sender.example>", NULL, NULL) == -1)
		abort();
	return w;
}

static enum action
rcpt(struct stage_walk *w, const char *address)
{
	struct decision d;

	calls[0] = '\0';
	stage_rcpt(w, address, &d);
	return d.action;
}

static struct decision
end(struct stage_walk *w)
{
	struct decision d;

	calls[0] = '\0';
	stage_eoh(w);
	stage_eom(w, &d);
	return d;
}

static void
note(int check)
{
	size_t len = strlen(calls);

	calls[len] = check_registry[check]->name[0];
	calls[len + 1] = '\0';
}

#define CLASSES                                                                             \
	"gamma { number = 3 fail = \"suspect\" words = { \"g\" } }\n"                       \
	"class \"one\" {\n"                                                                 \
	"  recipients = { \"u@example.org\", \"v@\", \"Example.net\", \".example.com\" }\n" \
	"  gamma { number = 4  zone \"z\" {} }\n"                                           \
	"  beta { mode = \"off\" }\n"                                                       \
	"}\n"                                                                               \
	"class \"two\" { recipients = { \"example.org\" } omega { fail = \"pass\" } }\n"    \
	"class \"none\" {}\n"                                                               \
	"class \"idn\" { recipients = { \"B\u00dcCHER.example\", \"u@[192.0.2.1]\" } }\n"

static void
test_conf(void)
{
	char *errors;
	struct conf *c = fake_load(CLASSES, &errors);
	const struct conf_class *one = c->classes.v;
	const struct gamma_options *general = c->checks[GAMMA].options;
	const struct gamma_options *own = one->checks[GAMMA].options;

	tap_is_int((int64_t)c->classes.n, 4, "four classes");
	tap_is(one->title, "one", "with a title");
	tap_is_int((int64_t)one->recipients.n, 4, "and recipients");
	tap_is_int(general->number, 3, "the general option");
	tap_is_int(own->number, 4, "that of the class");
	tap_is(own->words.v[0], "g", "what it does not say, the general section does");
	tap_is_int(own->size, 65536, "or nobody");
	tap_is_int((int64_t)own->zones.n, 1, "sections within it");
	tap_is_int((int64_t)general->zones.n, 0, "are its own");
	tap_is_int(one->checks[GAMMA].actions[R_FAIL], ACTION_SUSPECT, "actions likewise");
	tap_is_int(one->checks[BETA].mode, MODE_OFF, "a mode");
	tap_ok(one->checks[ALPHA].options == c->checks[ALPHA].options, "no section, no copy");
	tap_ok(!conf_classes_differ(c, one, NULL), "none of what acts at the end differs");
	tap_ok(conf_classes_differ(c, one, one + 1), "but with the second class");
	tap_ok(!conf_classes_differ(c, one + 2, NULL), "an empty class is no other");
	conf_unref(&c);
}

static void
test_whose(void)
{
	/* clang-format off */
	static const struct { const char *path, *class; } cases[] = {
		{"<u@example.org>", "one"}, {"<U@EXAMPLE.org>", "one"}, {"<v@example.org>", "one"},
		{"<x@example.org>", "two"}, {"<x@example.net>", "one"}, {"<x@a.example.net>", "-"},
		{"<x@a.example.com>", "one"}, {"<x@example.com>", "-"}, {"<x@badexample.com>", "-"},
		{"<postmaster>", "-"}, {"<v>", "one"}, {"<>", "-"}, {"<uu@example.org>", "two"},
		{"<x@b\u00fccher.example>", "idn"}, {"<x@xn--bcher-kva.example>", "idn"},
		{"<u@[192.0.2.1]>", "idn"}, {"<x@[192.0.2.1]>", "-"},
	};
	/* clang-format on */
	char *errors;
	struct conf *c = fake_load(CLASSES, &errors);
	struct arena a;

	arena_init(&a, 10000);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct conf_class *class;
		struct path p;

		if (path_parse(&p, cases[i].path, &a) == -1)
			abort();
		class = conf_class_of(c, &p);
		tap_is(class != NULL ? class->title : "-", cases[i].class, "%s", cases[i].path);
	}
	arena_fini(&a);
	conf_unref(&c);
}

static void
test_mistakes(void)
{
	/* clang-format off */
	static const struct { const char *text, *error; } cases[] = {
		{"class \"a\" { gamma { numbr = 1 } }", "gamma.numbr: unknown key; did you mean \"number\"?"},
		{"class \"a\" { gamma { number = 7 } }", "gamma: number must not be 7"},
		{"gamma { number = 7 }", "gamma: number must not be 7"},
		{"class \"a\" { resolver { } }", "unknown key"},
		{"class \"a\" {} class \"a\" {}", "duplicate title"},
		{"class { }", "title"},
		{"class \"a\" { recipients = { \"x.example\", \"@example.org\" } }", "1: class \"a\".recipients: \"@example.org\" is none of"},
		{"class \"a\" { recipients = { \"*.example.org\" } }", "is none of"},
		{"class \"a\" { recipients = { \"u@.example.org\" } }", "is none of"},
		{"class \"a\" { recipients = { \"@\" } }", "is none of"},
		{"class \"a\" { recipients = { \"x\" } recipients = { \"y\" } }", "written twice"},
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *errors = NULL;
		struct conf *c = fake_load(cases[i].text, &errors);

		tap_ok(c == NULL && strstr(errors, cases[i].error) != NULL, "%s: %s", cases[i].text,
		    c == NULL ? errors : "no error");
		conf_unref(&c);
		free(errors);
	}
}

/* As it is printed it is read again. */
static void
test_print(void)
{
	char *errors, *text = NULL, *again = NULL;
	size_t len;
	struct conf *c = fake_load(CLASSES, &errors), *d;
	FILE *fp = open_memstream(&text, &len);

	conf_print(c, fp);
	(void)fclose(fp);
	d = fake_load(text, &errors);
	tap_ok(d != NULL, "what is printed can be read: %s", d == NULL ? errors : "");
	fp = open_memstream(&again, &len);
	conf_print(d, fp);
	(void)fclose(fp);
	tap_is(again, text, "and is the same");
	conf_unref(&c);
	conf_unref(&d);
	free(text);
	free(again);
}

static bool
is_bob(const struct txn *t)
{
	return t->rcpt != NULL && strcmp(t->rcpt->path.local, "bob") == 0;
}

/* Alpha skips beta and omega for bob; all others fail. */
static void
skip_for_bob(struct txn *t, int check, enum stage stage)
{
	(void)stage;
	note(check);
	if (check == DELTA && is_bob(t))
		txn_skip(t, 1U << OMEGA | 1U << DELTA);
	if (check == OMEGA)
		(void)report(t, R_FAIL, "fails");
}

static void
test_skip(void)
{
	struct stage_walk *w = begin("");

	fake_judge = skip_for_bob;
	(void)rcpt(w, "<bob@example.org>");
	tap_is(calls, "abgd", "judged at RCPT");
	tap_is(stage_skipped(w, OMEGA), "access", "what bob need not bear");
	tap_ok(stage_skipped(w, DELTA) == NULL, "nobody skips himself");
	tap_is_int(end(w).action, ACTION_PASS, "omega would have refused");
	tap_is(calls, "g", "but was not asked");
	(void)stage_mail(w, "<a@b.example>", NULL, NULL);
	(void)rcpt(w, "<bob@example.org>");
	(void)rcpt(w, "<eve@example.org>");
	tap_is_int(end(w).action, ACTION_REJECT, "eve has to bear it, so both have");
	(void)stage_mail(w, "<a@b.example>", NULL, NULL);
	(void)rcpt(w, "<bob@example.org>");
	(void)rcpt(w, "<postmaster@example.org>");
	tap_is_int(end(w).action, ACTION_PASS, "postmaster has no say");
	(void)stage_mail(w, "<a@b.example>", NULL, NULL);
	(void)rcpt(w, "<eve@example.org>");
	tap_is_int(end(w).action, ACTION_REJECT, "nothing is left for the next message");
	stage_close(&w);

	w = begin("delta { mode = \"shadow\" }");
	fake_judge = skip_for_bob;
	(void)rcpt(w, "<bob@example.org>");
	tap_is_int(end(w).action, ACTION_REJECT, "what a check in shadow asks for is not done");
	stage_close(&w);
}

static void
shadow_for_bob(struct txn *t, int check, enum stage stage)
{
	(void)stage;
	if (check == ALPHA)
		(void)report(t, R_ODD, "odd");
	if (check == DELTA && is_bob(t))
		txn_shadow(t);
	if (check == OMEGA)
		(void)report(t, R_FAIL, "fails");
}

static void
test_shadow(void)
{
	struct stage_walk *w = begin("alpha { odd = \"reject\" }");
	struct decision d;

	fake_judge = shadow_for_bob;
	tap_is_int(rcpt(w, "<bob@example.org>"), ACTION_PASS, "bob is in shadow");
	tap_is_int(rcpt(w, "<eve@example.org>"), ACTION_REJECT, "eve is not");
	d = end(w);
	tap_is_int(d.action, ACTION_PASS, "at the end");
	tap_is_int(d.would, ACTION_REJECT, "... this would have happened");
	stage_close(&w);
}

static bool suspect;

static void
greylist_for_bob(struct txn *t, int check, enum stage stage)
{
	(void)stage;
	if (check == GAMMA && stage == STAGE_EOM)
		suspect = txn_is_suspect(t);
	if (check == ALPHA && is_bob(t))
		txn_greylist(t);
	if (check == DELTA)
		suspect = txn_is_suspect(t);
	if (check == OMEGA)
		(void)report(t, R_FAIL, "fails");
}

static void
test_greylist(void)
{
	struct stage_walk *w = begin("omega { fail = \"reject-if-suspect\" }");

	fake_judge = greylist_for_bob;
	(void)rcpt(w, "<bob@example.org>");
	tap_ok(suspect, "taken for suspect");
	tap_is_int(end(w).action, ACTION_SUSPECT, "but that is no evidence");
	tap_ok(suspect, "also at the end");
	(void)stage_mail(w, "<a@b.example>", NULL, NULL);
	(void)rcpt(w, "<eve@example.org>");
	tap_ok(!suspect, "nobody else is");
	stage_close(&w);
}

/* Gamma tells its number, so one sees with whose options it ran. */
static void
tell_number(struct txn *t, int check, enum stage stage)
{
	const struct gamma_options *o = t->options;

	note(check);
	if (check == GAMMA && stage == STAGE_RCPT)
		(void)report(t, o->number == 4 ? R_FAIL : R_PASS, "number %d", (int)o->number);
	if (check == DELTA && txn_must_split(t))
		(void)report(t, R_FAIL, "alone");
}

static unsigned judged; /* times alpha was */

static void
odd_client(struct txn *t, int check, enum stage stage)
{
	(void)stage;
	if (check != ALPHA)
		return;
	judged++;
	(void)report(t, R_ODD, "the connection is odd");
}

/* A client may stay for ever, and its recipients be of a class by turns. */
static void
test_long_connection(void)
{
	struct stage_walk *w = begin("class \"strict\" { recipients = { \"bob@example.org\" }\n"
				     "alpha { odd = \"reject\" } }");
	unsigned wrong = 0;

	fake_judge = odd_client;
	judged = 0;
	for (unsigned i = 0; i < 2000; i++) {
		(void)stage_mail(w, "<a@b.example>", NULL, NULL);
		wrong += rcpt(w, "<eve@example.org>") != ACTION_PASS;
		wrong += rcpt(w, "<bob@example.org>") != ACTION_REJECT;
		wrong += stage_dropped(w) > 0;
	}
	tap_is_int(
	    wrong, 0, "2000 messages in one connection: each to eve passes, each to bob does not");
	tap_is_int(judged, 1, "for actions of its own a class needs no other look at the client");
	stage_close(&w);
}

static void
test_class(void)
{
	struct stage_walk *w = begin("class \"four\" { recipients = { \"bob@example.org\" }\n"
				     "gamma { number = 4 fail = \"reject\" } }");

	fake_judge = tell_number;
	tap_is_int(rcpt(w, "<eve@example.org>"), ACTION_PASS, "the general rules");
	tap_is(calls, "abgd", "all judge");
	tap_is_int(rcpt(w, "<bob@example.org>"), ACTION_REJECT, "those of the class");
	tap_is(calls, "gd", "gamma judges again");
	tap_is_int(rcpt(w, "<joe@example.org>"), ACTION_PASS, "the general ones again");
	tap_is(calls, "gd", "gamma again");
	tap_is_int(rcpt(w, "<jim@example.org>"), ACTION_PASS, "and the same");
	tap_is(calls, "d", "need no other look");
	stage_close(&w);

	w = begin(
	    "class \"soft\" { recipients = { \"bob@example.org\" } omega { fail = \"pass\" } }\n"
	    "class \"same\" { recipients = { \"joe@example.org\" } alpha { fail = \"reject\" } }\n"
	    "class \"hold\" { recipients = { \"jim@example.org\" } alpha { fail = \"quarantine\" } "
	    "}\n");
	fake_judge = tell_number;
	tap_is_int(rcpt(w, "<eve@example.org>"), ACTION_PASS, "the first");
	tap_is_int(rcpt(w, "<bob@example.org>"), ACTION_TEMPFAIL, "another end");
	tap_is_int(rcpt(w, "<joe@example.org>"), ACTION_PASS, "another rule, the same end");
	tap_is_int(rcpt(w, "<jim@example.org>"), ACTION_TEMPFAIL, "holding is an end, too");
	(void)stage_mail(w, "<a@b.example>", NULL, NULL);
	tap_is_int(rcpt(w, "<postmaster@example.org>"), ACTION_PASS, "postmaster first");
	tap_is_int(rcpt(w, "<bob@example.org>"), ACTION_PASS, "bob is the first with a say");
	tap_is_int(rcpt(w, "<abuse@example.org>"), ACTION_PASS, "abuse has none");
	tap_is_int(rcpt(w, "<eve@example.org>"), ACTION_TEMPFAIL, "eve comes too late");
	stage_close(&w);
}

static struct {
	const char *identity, *proof;
	int result;
} proof;

static void
prove(struct txn *t, int check, enum stage stage)
{
	struct verdict *v;

	if (check == ALPHA)
		report(t, R_ODD, "allowed")->proof = proof.proof;
	if (check == BETA)
		(void)report(t, R_FAIL, "fails");
	if (check == GAMMA && stage == STAGE_RCPT) {
		v = report(t, (unsigned)proof.result, "spf");
		verdict_prop(t, v, "smtp", "mailfrom", proof.identity);
	}
}

static void
test_proof(void)
{
	/* clang-format off */
	static const struct { const char *identity, *proof; int result; enum action wanted; } cases[] = {
		{"a@sender.example", "sender.example", R_PASS, ACTION_ACCEPT},
		{"sender.example", "sender.example", R_PASS, ACTION_ACCEPT},
		{"a@Sender.Example", "sender.example", R_PASS, ACTION_ACCEPT},
		{"a@sender.example", "sub.sender.example", R_PASS, ACTION_ACCEPT},
		{"a@sub.sender.example", "sender.example", R_PASS, ACTION_REJECT},
		{"a@other.example", "sender.example", R_PASS, ACTION_REJECT},
		{"a@badsender.example", "sender.example", R_PASS, ACTION_REJECT},
		{"a@sender.example", "sender.example", R_FAIL, ACTION_REJECT},
		{"a@sender.example", "sender.example", R_NONE, ACTION_REJECT},
		{"", "", R_PASS, ACTION_REJECT},
		{"a@", "sender.example", R_PASS, ACTION_REJECT},
		{"a@other.example", NULL, R_FAIL, ACTION_ACCEPT},
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct stage_walk *w = begin("alpha { odd = \"accept\" }");

		proof.identity = cases[i].identity;
		proof.proof = cases[i].proof;
		proof.result = cases[i].result;
		fake_judge = prove;
		tap_is_int(rcpt(w, "<bob@example.org>"), cases[i].wanted, "%s by \"%s\"",
		    cases[i].proof != NULL ? cases[i].proof : "nothing to prove",
		    cases[i].identity);
		stage_close(&w);
	}
}

static void
coded(struct txn *t, int check, enum stage stage)
{
	(void)stage;
	if (check == BETA)
		report(t, R_FAIL, "fails")->codes = "554 5.9.9";
}

static void
test_codes(void)
{
	struct stage_walk *w = begin("");
	char *errors;
	struct conf *c = fake_load("", &errors);
	struct decision d;
	struct reply r;

	fake_judge = coded;
	stage_rcpt(w, "<bob@example.org>", &d);
	reply_format(&r, stage_txn(w), c, &d);
	tap_is(r.code, "554", "the verdict's own code");
	tap_is(r.xcode, "5.9.9", "both of them");
	d.action = ACTION_TEMPFAIL;
	reply_format(&r, stage_txn(w), c, &d);
	tap_is(r.code, "451", "not in another class");
	conf_unref(&c);
	stage_close(&w);
}

int
main(void)
{
	test_conf();
	test_whose();
	test_mistakes();
	test_print();
	test_skip();
	test_shadow();
	test_greylist();
	test_class();
	test_long_connection();
	test_proof();
	test_codes();
	return tap_done();
}
