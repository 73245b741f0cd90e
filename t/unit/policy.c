/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules of policy.c: a table of cases, each rule at least once, and random
 * verdicts against a model that says the same in other words.
 */
#include <stdlib.h>
#include <string.h>

#include "milter/policy.h"
#include "t/tap.h"
#include "t/unit/fakechecks.h"

/* A verdict asks for an action by its result; each result gets one. */
static void
site(struct conf *c, enum mode mode)
{
	*c = (struct conf){.mode = mode};
}

struct said {
	int check; /* -1 ends the list */
	enum action action;
	enum stage at; /* 0: STAGE_RCPT */
	enum mode mode;
	int rcpt; /* 0: all; else the recipient number */
};

static const struct path bob = {.local = "bob", .domain = "example.org"};
static const struct path postmaster = {.local = "PostMaster", .domain = ""};
static const struct path abuse = {.local = "abuse", .domain = "example.org"};
static const struct path bare_abuse = {.local = "abuse", .domain = ""};

#define E      STAGE_EOM
#define R      STAGE_RCPT
#define SHADOW .mode = MODE_SHADOW

static const struct {
	const char *name;
	struct said said[6];
	enum stage stage;
	const struct path *rcpt; /* NULL: several */
	enum origin origin; /* 0: outside */
	enum mode mode;
	enum action action;
	int cause; /* index in said; -1: none */
	enum action would;
	int would_cause;
	bool exempt;
} cases[] = {
/* clang-format off */
#define END {.check = -1}
	{"nothing said", {END}, R, &bob, 0, 0, ACTION_PASS, -1, 0, -1, false},
	{"pass", {{.check = ALPHA, .action = ACTION_PASS}, END}, R, &bob, 0, 0, ACTION_PASS, -1, 0, -1, false},
	{"suspect", {{.check = ALPHA, .action = ACTION_SUSPECT}, END}, R, &bob, 0, 0, ACTION_SUSPECT, 0, 0, -1, false},
	{"first among equals", {{.check = ALPHA, .action = ACTION_REJECT}, {.check = BETA, .action = ACTION_REJECT}, END}, R, &bob, 0, 0, ACTION_REJECT, 0, 0, -1, false},
	{"stronger wins though later", {{.check = ALPHA, .action = ACTION_TEMPFAIL}, {.check = BETA, .action = ACTION_REJECT}, END}, R, &bob, 0, 0, ACTION_REJECT, 1, 0, -1, false},
	{"accept beats reject before it", {{.check = ALPHA, .action = ACTION_REJECT}, {.check = BETA, .action = ACTION_ACCEPT}, END}, R, &bob, 0, 0, ACTION_ACCEPT, 1, 0, -1, false},
	{"accept beats reject after it", {{.check = ALPHA, .action = ACTION_ACCEPT}, {.check = BETA, .action = ACTION_REJECT}, END}, R, &bob, 0, 0, ACTION_ACCEPT, 0, 0, -1, false},
	{"accept holds at end of message", {{.check = ALPHA, .action = ACTION_ACCEPT}, {.check = OMEGA, .action = ACTION_REJECT, .at = E}, END}, E, NULL, 0, 0, ACTION_ACCEPT, 0, 0, -1, false},
	{"reject-if-suspect alone", {{.check = GAMMA, .action = ACTION_REJECT_IF_SUSPECT}, END}, R, &bob, 0, 0, ACTION_SUSPECT, 0, 0, -1, false},
	{"reject-if-suspect confirmed", {{.check = ALPHA, .action = ACTION_SUSPECT}, {.check = GAMMA, .action = ACTION_REJECT_IF_SUSPECT}, END}, R, &bob, 0, 0, ACTION_REJECT, 1, 0, -1, false},
	{"not by itself", {{.check = GAMMA, .action = ACTION_SUSPECT}, {.check = GAMMA, .action = ACTION_REJECT_IF_SUSPECT}, END}, R, &bob, 0, 0, ACTION_SUSPECT, 0, 0, -1, false},
	{"two confirm each other", {{.check = ALPHA, .action = ACTION_REJECT_IF_SUSPECT}, {.check = GAMMA, .action = ACTION_REJECT_IF_SUSPECT}, END}, R, &bob, 0, 0, ACTION_REJECT, 0, 0, -1, false},
	{"a pass confirms nothing", {{.check = ALPHA, .action = ACTION_PASS}, {.check = GAMMA, .action = ACTION_REJECT_IF_SUSPECT}, END}, R, &bob, 0, 0, ACTION_SUSPECT, 1, 0, -1, false},
	{"shadow confirms nothing", {{.check = ALPHA, .action = ACTION_SUSPECT, SHADOW}, {.check = GAMMA, .action = ACTION_REJECT_IF_SUSPECT}, END}, R, &bob, 0, 0, ACTION_SUSPECT, 1, ACTION_SUSPECT, 0, false},
	{"confirmed at the end", {{.check = ALPHA, .action = ACTION_SUSPECT}, {.check = OMEGA, .action = ACTION_REJECT_IF_SUSPECT, .at = E}, END}, E, NULL, 0, 0, ACTION_REJECT, 1, 0, -1, false},
	{"acts at its stage only: EOM", {{.check = OMEGA, .action = ACTION_REJECT, .at = E}, END}, R, &bob, 0, 0, ACTION_SUSPECT, 0, 0, -1, false},
	{"acts at its stage only: RCPT", {{.check = ALPHA, .action = ACTION_REJECT}, END}, E, NULL, 0, 0, ACTION_SUSPECT, 0, 0, -1, false},
	{"quarantine waits at RCPT", {{.check = ALPHA, .action = ACTION_QUARANTINE}, END}, R, &bob, 0, 0, ACTION_SUSPECT, 0, 0, -1, false},
	{"quarantine at the end", {{.check = ALPHA, .action = ACTION_QUARANTINE}, END}, E, NULL, 0, 0, ACTION_QUARANTINE, 0, 0, -1, false},
	{"discard waits at RCPT", {{.check = ALPHA, .action = ACTION_DISCARD}, END}, R, &bob, 0, 0, ACTION_SUSPECT, 0, 0, -1, false},
	{"discard beats quarantine", {{.check = ALPHA, .action = ACTION_QUARANTINE}, {.check = BETA, .action = ACTION_DISCARD}, END}, E, NULL, 0, 0, ACTION_DISCARD, 1, 0, -1, false},
	{"shadow is not carried out", {{.check = ALPHA, .action = ACTION_REJECT, SHADOW}, END}, R, &bob, 0, 0, ACTION_PASS, -1, ACTION_REJECT, 0, false},
	{"shadow beside the real", {{.check = ALPHA, .action = ACTION_REJECT, SHADOW}, {.check = BETA, .action = ACTION_TEMPFAIL}, END}, R, &bob, 0, 0, ACTION_TEMPFAIL, 1, ACTION_REJECT, 0, false},
	{"shadow confirmed by the real", {{.check = ALPHA, .action = ACTION_SUSPECT}, {.check = GAMMA, .action = ACTION_REJECT_IF_SUSPECT, SHADOW}, END}, R, &bob, 0, 0, ACTION_SUSPECT, 0, ACTION_REJECT, 1, false},
	{"shadow beside an accept in force", {{.check = ALPHA, .action = ACTION_REJECT, SHADOW}, {.check = BETA, .action = ACTION_ACCEPT}, END}, R, &bob, 0, 0, ACTION_ACCEPT, 1, 0, -1, false},
	{"shadow evidence beside it", {{.check = ALPHA, .action = ACTION_SUSPECT, SHADOW}, {.check = BETA, .action = ACTION_ACCEPT}, END}, R, &bob, 0, 0, ACTION_ACCEPT, 1, ACTION_SUSPECT, 0, false},
	{"shadow everywhere", {{.check = ALPHA, .action = ACTION_SUSPECT}, {.check = GAMMA, .action = ACTION_REJECT_IF_SUSPECT}, END}, R, &bob, 0, MODE_SHADOW, ACTION_PASS, -1, ACTION_REJECT, 1, false},
	{"off beats shadow", {{.check = ALPHA, .action = ACTION_REJECT, .mode = MODE_OFF}, END}, R, &bob, 0, MODE_SHADOW, ACTION_PASS, -1, 0, -1, false},
	{"postmaster", {{.check = ALPHA, .action = ACTION_REJECT}, END}, R, &postmaster, 0, 0, ACTION_PASS, 0, 0, -1, true},
	{"abuse, deferred", {{.check = ALPHA, .action = ACTION_TEMPFAIL}, END}, R, &abuse, 0, 0, ACTION_PASS, 0, 0, -1, true},
	{"abuse without domain", {{.check = ALPHA, .action = ACTION_REJECT}, END}, R, &bare_abuse, 0, 0, ACTION_REJECT, 0, 0, -1, false},
	{"postmaster, held", {{.check = ALPHA, .action = ACTION_QUARANTINE}, END}, E, &postmaster, 0, 0, ACTION_PASS, 0, 0, -1, true},
	{"postmaster, suspect", {{.check = ALPHA, .action = ACTION_SUSPECT}, END}, R, &postmaster, 0, 0, ACTION_SUSPECT, 0, 0, -1, false},
	{"postmaster, shadow", {{.check = ALPHA, .action = ACTION_REJECT, SHADOW}, END}, R, &postmaster, 0, 0, ACTION_PASS, -1, 0, -1, false},
	{"local mail is not refused at RCPT", {{.check = OMEGA, .action = ACTION_REJECT}, END}, R, &bob, ORIGIN_LOCAL, 0, ACTION_SUSPECT, 0, 0, -1, false},
	{"but at its end", {{.check = OMEGA, .action = ACTION_REJECT}, END}, E, NULL, ORIGIN_LOCAL, 0, ACTION_REJECT, 0, 0, -1, false},
	{"unless it is about one recipient", {{.check = DELTA, .action = ACTION_REJECT, .rcpt = 1}, END}, E, NULL, ORIGIN_LOCAL, 0, ACTION_SUSPECT, 0, 0, -1, false},
	{"about one recipient", {{.check = DELTA, .action = ACTION_TEMPFAIL, .rcpt = 1}, END}, R, &bob, 0, 0, ACTION_TEMPFAIL, 0, 0, -1, false},
    /* clang-format on */
};

/* Verdicts for what was said; result i of check c carries the i-th thing said. */
static size_t
speak(const struct said *said, struct conf *c, struct verdict *v, const struct verdict **list)
{
	size_t n = 0;

	for (; said[n].check != -1; n++) {
		struct conf_check *cc = &c->checks[said[n].check];

		cc->mode = said[n].mode;
		cc->actions[n] = said[n].action;
		v[n] = (struct verdict){.check = check_registry[said[n].check],
		    .result = (unsigned)n,
		    .acts_at = said[n].at == 0 ? STAGE_RCPT : said[n].at,
		    .rcpt = said[n].rcpt - 1};
		list[n] = &v[n];
	}
	return n;
}

static void
test_table(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct conf c;
		struct verdict v[6];
		const struct verdict *list[6];
		struct decision d;
		struct policy_input in = {.verdicts = list,
		    .stage = cases[i].stage,
		    .exempt = cases[i].rcpt != NULL && policy_is_exempt(cases[i].rcpt),
		    .origin = cases[i].origin != 0 ? cases[i].origin : ORIGIN_OUTSIDE};

		site(&c, cases[i].mode);
		in.count = speak(cases[i].said, &c, v, list);
		in.rules = conf_rules(&c, NULL);
		policy_decide(&in, &d);
		tap_is_int(d.action, cases[i].action, "%s: action", cases[i].name);
		tap_is_int(
		    d.cause != NULL ? d.cause - v : -1, cases[i].cause, "%s: cause", cases[i].name);
		tap_is_int(d.would, cases[i].would, "%s: would", cases[i].name);
		tap_is_int(d.would_cause != NULL ? d.would_cause - v : -1, cases[i].would_cause,
		    "%s: would because", cases[i].name);
		tap_is_int(d.exempt, cases[i].exempt, "%s: exempt", cases[i].name);
	}
}

/*
 * The model: without shadow and exemptions the answer at RCPT is accept if
 * anybody says so; else reject if anybody rejects, or may reject and another
 * check found anything; else tempfail; else suspect if there is anything.
 */
static enum action
model(const struct said *said, size_t n)
{
	bool has[ACTION_COUNT] = {false}, confirmed = false;

	for (size_t i = 0; i < n; i++) {
		has[said[i].action] = true;
		for (size_t k = 0; k < n; k++)
			confirmed |= said[i].action == ACTION_REJECT_IF_SUSPECT &&
				     said[k].check != said[i].check &&
				     said[k].action != ACTION_PASS &&
				     said[k].action != ACTION_ACCEPT;
	}
	if (has[ACTION_ACCEPT])
		return ACTION_ACCEPT;
	if (has[ACTION_REJECT] || confirmed)
		return ACTION_REJECT;
	if (has[ACTION_TEMPFAIL])
		return ACTION_TEMPFAIL;
	for (size_t i = 0; i < n; i++)
		if (said[i].action != ACTION_PASS)
			return ACTION_SUSPECT;
	return ACTION_PASS;
}

static void
test_model(void)
{
	unsigned seed = 20, wrong = 0;

	for (int round = 0; round < 20000; round++) {
		struct said said[6] = {{0}};
		struct conf c;
		struct verdict v[6];
		const struct verdict *list[6];
		struct decision d;
		size_t n = (size_t)rand_r(&seed) % 6;

		for (size_t i = 0; i < n; i++)
			said[i] = (struct said){.check = rand_r(&seed) % FAKES,
			    .action = (enum action)(rand_r(&seed) % ACTION_COUNT)};
		said[n].check = -1;
		site(&c, MODE_ENFORCE);
		speak(said, &c, v, list);
		policy_decide(&(struct policy_input){.rules = conf_rules(&c, NULL),
				  .verdicts = list,
				  .count = n,
				  .stage = STAGE_RCPT,
				  .origin = ORIGIN_OUTSIDE},
		    &d);
		wrong += d.action != model(said, n);
		wrong += d.cause != NULL && d.action == ACTION_PASS;
	}
	tap_is_int(wrong, 0, "20,000 random sets of verdicts decided as the model says");
}

/* Each rule in shadow by itself, where the decision names the strongest. */
static void
test_would(void)
{
	static const struct said said[] = {{.check = ALPHA, .action = ACTION_TEMPFAIL, SHADOW},
	    {.check = BETA, .action = ACTION_REJECT},
	    {.check = GAMMA, .action = ACTION_REJECT, SHADOW},
	    {.check = DELTA, .action = ACTION_REJECT_IF_SUSPECT, SHADOW},
	    {.check = OMEGA, .action = ACTION_QUARANTINE, SHADOW}, {.check = -1}};
	static const enum action wanted[] = {
	    ACTION_TEMPFAIL, ACTION_PASS, ACTION_REJECT, ACTION_REJECT, ACTION_SUSPECT};
	struct conf c;
	struct verdict v[6];
	const struct verdict *list[6];
	struct policy_input in = {.verdicts = list, .stage = STAGE_RCPT, .origin = ORIGIN_OUTSIDE};

	site(&c, MODE_ENFORCE);
	in.count = speak(said, &c, v, list);
	in.rules = conf_rules(&c, NULL);
	for (size_t i = 0; i < in.count; i++)
		tap_is_int(policy_would(&in, &v[i]), wanted[i], "what rule %zu would do", i);
}

static void
test_failed(void)
{
	struct conf c = {.mode = MODE_ENFORCE};
	struct verdict v[] = {
	    {.check = check_registry[ALPHA], .result = R_FAIL},
	    {.check = check_registry[BETA], .result = R_FAIL}, /* no method */
	    {.check = check_registry[GAMMA], .result = R_FAIL},
	    {.check = check_registry[OMEGA], .result = R_FAIL},
	    {.check = check_registry[OMEGA], .result = R_FAIL},
	    {.check = check_registry[OMEGA], .result = R_FAIL, .method = "arc"},
	    {.check = check_registry[GAMMA], .result = R_FAIL, .method = "x-dnsbl"},
	};
	const struct verdict *list[7];
	struct policy_input in = {.rules = conf_rules(&c, NULL),
	    .verdicts = list,
	    .stage = STAGE_RCPT,
	    .origin = ORIGIN_OUTSIDE};
	struct decision d;

	for (size_t i = 0; i < 7; i++)
		list[i] = &v[i];
	in.count = 1;
	policy_decide(&in, &d);
	tap_is_int(d.failed, 1, "one method failed");
	in.count = 7;
	policy_decide(&in, &d);
	tap_is_int(
	    d.failed, 4, "methods are counted once, checks without method and experiments not");
	c.checks[OMEGA].mode = MODE_SHADOW;
	policy_decide(&in, &d);
	tap_is_int(d.failed, 2, "checks in shadow not either");
}

int
main(void)
{
	test_table();
	test_model();
	test_would();
	test_failed();
	return tap_done();
}
