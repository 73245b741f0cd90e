/* SPDX-License-Identifier: BSD-2-Clause */
/* Records, walks and alignment; the check as a whole is in dmarc_check.c. */
#include <stdio.h>
#include <string.h>

#include "checks/dmarc/align.h"
#include "checks/dmarc/psl.h"
#include "t/tap.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* own: at the domain itself; sub: below it; new: below it, and no such name. */
/* clang-format off */
static const struct { const char *text; bool valid; const char *own, *sub, *new; } records[] = {
	{"v=DMARC1; p=reject", true, "reject", "reject", "reject"},
	{"v=DMARC1;p=REJECT;sp=None;np=quarantine;", true, "reject", "none", "quarantine"},
	{"v=DMARC1; p=quarantine; sp=reject", true, "quarantine", "reject", "reject"},
	{"v=DMARC1; p=none; np=reject", true, "none", "none", "reject"},
	{" v = DMARC1 ; p = reject ", true, "reject", "reject", "reject"},
	{"v=DMARC1; p=reject; pct=1; rf=afrf; ri=1; x=y", true, "reject", "reject", "reject"},
	{"v=DMARC1; p=reject; nonsense; ; = ; p", true, "reject", "reject", "reject"},
	{"v=DMARC1; rua=mailto:a@b.example", true, "none", "none", "none"},
	{"v=DMARC1; p=oops; rua=mailto:a@b.example", true, "none", "none", "none"},
	{"v=DMARC1; p=reject; sp=oops; rua=mailto:a@b.example", true, "none", "none", "none"},
	{"v=DMARC1; p=reject; np=oops", true, "", "", ""},
	{"v=DMARC1; p=oops", true, "", "", ""},
	{"v=DMARC1", true, "", "", ""},
	{"v=DMARC1; rua=mailto:nobody", true, "", "", ""},
	{"v=DMARC1; rua=a@b.example, ,mailto:@b.example, mailto:a@b.example!10m", true, "none", "none", "none"},
	{"v=DMARC1; rua=https://b.example/x", true, "none", "none", "none"},
	{"v=dmarc1; p=reject", false, "", "", ""},
	{"V=DMARC1; p=reject", false, "", "", ""},
	{"v=DMARC10; p=reject", false, "", "", ""},
	{"p=reject; v=DMARC1", false, "", "", ""},
	{"v=spf1 -all", false, "", "", ""},
	{"", false, "", "", ""},
};
/* clang-format on */

static void
test_records(void)
{
	static const char flags[] = "v=DMARC1;p=none;adkim=S;aspf=s;t=y;psd=Y";
	struct dmarc_record r;

	for (size_t i = 0; i < COUNT(records); i++) {
		bool valid = dmarc_record_parse(&r, records[i].text, strlen(records[i].text));

		tap_is_int(valid, records[i].valid, "\"%s\" is %sa record", records[i].text,
		    records[i].valid ? "" : "not ");
		if (!valid)
			continue;
		tap_is(
		    dmarc_policy_text(dmarc_record_policy(&r, true, true)), records[i].own, "own");
		tap_is(
		    dmarc_policy_text(dmarc_record_policy(&r, false, true)), records[i].sub, "sub");
		tap_is(dmarc_policy_text(dmarc_record_policy(&r, false, false)), records[i].new,
		    "new");
	}
	(void)dmarc_record_parse(&r, flags, sizeof flags - 1);
	tap_ok(r.strict_dkim && r.strict_spf && r.testing && r.psd == DMARC_PSD_YES, "flags");
	tap_is(dmarc_policy_text(dmarc_policy_lower(DMARC_REJECT)), "quarantine", "reject lowered");
	tap_is(
	    dmarc_policy_text(dmarc_policy_lower(DMARC_QUARANTINE)), "none", "quarantine lowered");
	tap_is(dmarc_policy_text(dmarc_policy_lower(DMARC_NONE)), "none", "none lowered");
}

/* "name=record name=record"; "?" for a record that cannot be looked up. */
static enum dmarc_found
look_up(const char *domain, struct dmarc_record *out, void *arg)
{
	char row[300];
	const char *at;

	(void)snprintf(row, sizeof row, " %s=", domain);
	at = strstr(arg, row);
	if (at == NULL)
		return DMARC_ABSENT;
	at += strlen(row);
	if (*at == '?')
		return DMARC_UNKNOWN;
	(void)snprintf(row, sizeof row, "v=DMARC1;%.*s", (int)strcspn(at, " "), at);
	return dmarc_record_parse(out, row, strlen(row)) ? DMARC_FOUND : DMARC_ABSENT;
}

/* policy: whose record applies; NULL organization: nobody can tell. */
/* clang-format off */
static const struct { const char *domain, *dns, *policy, *organization; size_t steps; } walks[] = {
	{"com", " com=p=none", "com", "com", 1},
	{"example.com", "", "", "example.com", 2},
	{"example.com", " example.com=p=reject", "example.com", "example.com", 2},
	{"a.example.com", " example.com=p=reject", "example.com", "example.com", 3},
	{"a.b.example.com", " b.example.com=p=none example.com=p=reject", "example.com", "example.com", 4},
	{"a.b.example.com", " b.example.com=p=none;psd=n example.com=p=reject", "b.example.com", "b.example.com", 2},
	{"b.example.com", " b.example.com=p=none example.com=p=reject", "b.example.com", "example.com", 3},
	{"b.example.com", " b.example.com=p=none;psd=n example.com=p=reject", "b.example.com", "b.example.com", 1},
	{"a.example.bank", " bank=p=reject;psd=y", "bank", "example.bank", 3},
	{"a.example.bank", " bank=p=reject;psd=y example.bank=p=none", "example.bank", "example.bank", 3},
	{"bank", " bank=p=reject;psd=y", "bank", "bank", 1},
	{"a.b.c.d.e.f.g.mail.example.com", " a.b.c.d.e.f.g.mail.example.com=p=none c.d.e.f.g.mail.example.com=p=reject",
	    "a.b.c.d.e.f.g.mail.example.com", "a.b.c.d.e.f.g.mail.example.com", 8},
	{"a.b.c.d.e.f.g.mail.example.com", " e.f.g.mail.example.com=psd=y;p=none", "e.f.g.mail.example.com",
	    "d.e.f.g.mail.example.com", 3},
	{"1.2.3.4.5.6.7.8.9.10.com", " com=?", "", NULL, 8},
	{"a.example.com", " a.example.com=p=reject com=?", "a.example.com", NULL, 3},
	{"a.example.com", " a.example.com=?", "", NULL, 3},
	{"a.example.com", " a.example.com=p=none;psd=n com=?", "a.example.com", "a.example.com", 1},
	{"a.example.com", " example.com=p=none;psd=n com=?", "example.com", "example.com", 2},
};

/* Names of 1 to 12 labels: how many questions. */
static const size_t questions[] = {1, 2, 3, 4, 5, 6, 7, 8, 8, 8, 8, 8};
/* clang-format on */

static void
test_walks(void)
{
	const char *name = "12.11.10.9.8.7.6.5.4.3.2.example", *names[DMARC_WALK_MAX];
	struct dmarc_walk w;

	for (size_t labels = COUNT(questions); labels > 0; labels--) {
		size_t n = dmarc_walk_names(name, names);

		tap_is_int((int64_t)n, (int64_t)questions[labels - 1], "%s: questions", name);
		tap_is(names[0], name, "the first is the name itself");
		tap_is(names[n - 1], "example", "the last the top");
		if (labels >= 8)
			tap_is(names[1], "7.6.5.4.3.2.example", "the second has seven labels");
		name = strchr(name, '.') != NULL ? strchr(name, '.') + 1 : name;
	}
	for (size_t i = 0; i < COUNT(walks); i++) {
		dmarc_walk(&w, walks[i].domain, look_up, (void *)(uintptr_t)walks[i].dns);
		tap_is(w.policy != NULL ? w.policy->domain : "", walks[i].policy,
		    "%s with%s: policy", walks[i].domain, walks[i].dns);
		tap_is(w.organization != NULL ? w.organization : "unknown",
		    walks[i].organization != NULL ? walks[i].organization : "unknown",
		    "organization");
		tap_is_int((int64_t)w.count, (int64_t)walks[i].steps, "steps");
	}
}

/* clang-format off */
static const struct { const char *author, *domain, *dns; enum dmarc_proof proof, wanted; bool spf; } alignments[] = {
	/* Equal names need no walk. */
	{"example.com", "example.com", " example.com=p=reject com=?", DMARC_PROVED, DMARC_PROVED, false},
	{"example.com", "example.com", " example.com=p=reject", DMARC_DISPROVED, DMARC_DISPROVED, false},
	{"example.com", "example.com", " example.com=p=reject", DMARC_UNPROVED, DMARC_UNPROVED, false},
	/* Relaxed. */
	{"example.com", "mail.example.com", " example.com=p=reject", DMARC_PROVED, DMARC_PROVED, false},
	{"mail.example.com", "example.com", " example.com=p=reject", DMARC_PROVED, DMARC_PROVED, true},
	{"a.example.com", "b.example.com", " example.com=p=reject", DMARC_PROVED, DMARC_PROVED, false},
	{"a.example.com", "b.example.com", " example.com=p=reject", DMARC_UNPROVED, DMARC_UNPROVED, false},
	{"example.com", "example.net", " example.com=p=reject", DMARC_PROVED, DMARC_DISPROVED, false},
	{"example.com", "badexample.com", " example.com=p=reject", DMARC_PROVED, DMARC_DISPROVED, false},
	{"example.com", "example.net", " example.com=p=reject", DMARC_UNPROVED, DMARC_DISPROVED, false},
	/* Strict, each of the two on its own. */
	{"example.com", "mail.example.com", " example.com=p=reject;adkim=s", DMARC_PROVED, DMARC_DISPROVED, false},
	{"example.com", "mail.example.com", " example.com=p=reject;adkim=s", DMARC_PROVED, DMARC_PROVED, true},
	{"example.com", "mail.example.com", " example.com=p=reject;aspf=s", DMARC_PROVED, DMARC_DISPROVED, true},
	{"example.com", "mail.example.com", " example.com=p=reject;aspf=s", DMARC_PROVED, DMARC_PROVED, false},
	{"example.com", "example.com", " example.com=p=reject;aspf=s;adkim=s", DMARC_PROVED, DMARC_PROVED, true},
	/* An organization of its own, and registries. */
	{"example.com", "own.example.com", " example.com=p=reject own.example.com=p=none;psd=n",
	    DMARC_PROVED, DMARC_DISPROVED, false},
	{"a.bank", "b.bank", " a.bank=p=reject bank=p=none;psd=y", DMARC_PROVED, DMARC_DISPROVED, false},
	{"a.bank", "x.a.bank", " a.bank=p=reject bank=p=none;psd=y", DMARC_PROVED, DMARC_PROVED, false},
	{"a.bank", "bank", " a.bank=p=reject bank=p=none;psd=y", DMARC_PROVED, DMARC_DISPROVED, false},
	/* Trouble on a walk that decides is trouble, never a no. */
	{"example.com", "mail.example.com", " example.com=p=reject com=?", DMARC_PROVED, DMARC_UNPROVED, false},
	{"example.com", "mail.example.com", " example.com=p=reject mail.example.com=?", DMARC_PROVED, DMARC_UNPROVED, false},
	{"example.com", "example.net", " example.com=p=reject net=?", DMARC_PROVED, DMARC_DISPROVED, false},
};
/* clang-format on */

static void
test_alignment(void)
{
	for (size_t i = 0; i < COUNT(alignments); i++) {
		void *dns = (void *)(uintptr_t)alignments[i].dns;
		struct dmarc_identifier id = {.domain = alignments[i].domain,
		    .spf = alignments[i].spf,
		    .proof = alignments[i].proof};
		struct dmarc_walk w;

		dmarc_walk(&w, alignments[i].author, look_up, dns);
		tap_is_int(dmarc_align(&w, &id, &dmarc_by_walk, look_up, dns), alignments[i].wanted,
		    "author %s, %s of %s,%s", alignments[i].author, id.spf ? "SPF" : "DKIM",
		    id.domain, alignments[i].dns);
	}
}

static void
test_psl(void)
{
	const char *dns = " example.co.uk=p=reject a.example.com=p=none com=?";
	struct dmarc_walk w;

	if (!dmarc_psl_is_there()) {
		tap_note("no public suffix list");
		return;
	}
	dmarc_by_psl.run(&w, "a.b.example.co.uk", look_up, (void *)(uintptr_t)dns);
	tap_is(w.organization, "example.co.uk", "the organization of a.b.example.co.uk");
	tap_is(w.policy->domain, "example.co.uk", "and its policy");
	dmarc_by_psl.run(&w, "a.example.com", look_up, (void *)(uintptr_t)dns);
	tap_is(w.organization, "example.com",
	    "the organization of a.example.com, without a look at com");
	tap_is(w.policy->domain, "a.example.com", "its own policy");
	dmarc_by_psl.run(&w, "co.uk", look_up, (void *)(uintptr_t)dns);
	tap_is(w.organization, "co.uk", "a public suffix");
	tap_ok(w.policy == NULL && !w.unknown, "without a policy");
}

int
main(void)
{
	test_records();
	test_walks();
	test_alignment();
	test_psl();
	return tap_done();
}
