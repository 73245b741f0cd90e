/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts for reports: what is stored comes back, what is damaged or newer does not. */
#include <stdio.h>
#include <string.h>

#include "checks/dmarc/report.h"
#include "t/tap.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char dns_record[] = "v=DMARC1; p=reject; sp=none; aspf=s; t=y; fo=d:1; rua=mailto:a@b";

/* clang-format off */
static const struct { const char *published, *wanted; } records[] = {
	{dns_record, "v=DMARC1;p=reject;sp=none;adkim=r;aspf=s;t=y;fo=1:d"},
	{"v=DMARC1; rua=mailto:a@b.example", "v=DMARC1;p=none;adkim=r;aspf=r"},
	{"v=DMARC1; p=none; np=quarantine; adkim=s; fo=0 : S : x", "v=DMARC1;p=none;np=quarantine;adkim=s;aspf=r;fo=0:s"},
};
/* clang-format on */

static struct dmarc_report
sample(void)
{
	struct dmarc_report r = {.time = 1795219200,
	    .source = "192.0.2.1",
	    .to = "example.org",
	    .from = "",
	    .author = "sub.d.example",
	    .discovery = "treewalk",
	    .disposition = DMARC_QUARANTINE,
	    .dkim = true,
	    .reason = "policy_test_mode",
	    .spf_domain = "mail.d.example",
	    .spf_result = "softfail",
	    .signatures = {{"d.example", "s1", "pass"}, {"list.example", "", "fail"}},
	    .count = 2};

	(void)dmarc_record_parse(&r.published, dns_record, sizeof dns_record - 1);
	return r;
}

/* The n-th text of a payload. */
static const char *
text_of(const char *payload, int n)
{
	for (payload++; n > 0; n--)
		payload += strlen(payload) + 1;
	return payload;
}

static void
test_round_trip(void)
{
	struct dmarc_report r = sample(), back;
	char payload[DMARC_REPORT_SIZE], again[DMARC_REPORT_SIZE];
	size_t len = dmarc_report_put(&r, payload);

	tap_ok(dmarc_report_get(&back, payload, len), "what was put is understood");
	tap_ok(back.time == r.time && back.disposition == r.disposition && back.dkim && !back.spf &&
		   back.count == 2,
	    "numbers");
	tap_is(back.source, r.source, "source");
	tap_is(back.from, "", "no sender");
	tap_is(back.author, r.author, "author");
	tap_is(back.reason, r.reason, "reason");
	tap_is(back.spf_result, "softfail", "SPF");
	tap_is(back.signatures[1].domain, "list.example", "the second signature");
	tap_is(back.signatures[1].result, "fail", "and its result");
	tap_ok(back.published.p == DMARC_REJECT && back.published.sp == DMARC_NONE &&
		   back.published.np == DMARC_UNSAID && back.published.strict_spf &&
		   !back.published.strict_dkim && back.published.testing,
	    "the policy");
	tap_ok(dmarc_report_put(&back, again) == len && memcmp(payload, again, len) == 0,
	    "and it is the same once more");
	for (size_t i = 0; i < COUNT(records); i++) {
		(void)dmarc_record_parse(
		    &r.published, records[i].published, strlen(records[i].published));
		(void)dmarc_report_put(&r, payload);
		tap_is(text_of(payload, 5), records[i].wanted, "%s", records[i].published);
	}
}

static void
test_damage(void)
{
	struct dmarc_report r = sample(), back;
	char payload[DMARC_REPORT_SIZE];
	size_t len = dmarc_report_put(&r, payload), understood = 0;

	for (size_t n = 0; n < len; n++)
		understood += dmarc_report_get(&back, payload, n);
	/* Without its second signature, without any. */
	tap_is_int((int64_t)understood, 2, "cut at %zu places: whole in two", len);
	payload[0]++;
	tap_ok(!dmarc_report_get(&back, payload, len), "a newer version is not understood");
	payload[0]--;
	payload[1] = 'x';
	tap_ok(!dmarc_report_get(&back, payload, len), "nor what is no time");
}

static void
test_limits(void)
{
	static char long_text[DMARC_REPORT_SIZE];
	struct dmarc_report r = sample(), back;
	char payload[DMARC_REPORT_SIZE];

	memset(long_text, 'x', 1000);
	for (r.count = 0; r.count < DMARC_REPORT_SIGNATURES; r.count++) {
		r.signatures[r.count].domain = r.count % 2 == 0 ? "d.example" : long_text;
		r.signatures[r.count].selector = "s";
		r.signatures[r.count].result = "pass";
	}
	tap_ok(dmarc_report_get(&back, payload, dmarc_report_put(&r, payload)),
	    "too many bytes of signatures are understood");
	tap_ok(back.count > 8 && back.count < DMARC_REPORT_SIGNATURES, "as far as there is room");
	memset(long_text, 'x', sizeof long_text - 1);
	r.to = long_text;
	tap_is_int((int64_t)dmarc_report_put(&r, payload), 0, "a domain beyond all bounds");
}

static void
test_keys(void)
{
	struct record_bytes fields[3];
	struct record_key k;

	dmarc_report_key(&k, 1795305599, "d.example", "id1");
	tap_ok(record_key_split(record_key_bytes(&k), fields, 3), "a key of three fields");
	tap_ok(k.bytes[0] == RECORD_DMARC && fields[0].n == 8 &&
		   memcmp(fields[0].p, "20261121", 8) == 0,
	    "the last second of a day");
	dmarc_report_key(&k, 1795305600, "d.example", "id1");
	tap_ok(memcmp(k.bytes, "d20261122\0d.example\0id1", k.len) == 0, "the first of the next");
}

int
main(void)
{
	test_round_trip();
	test_damage();
	test_limits();
	test_keys();
	return tap_done();
}
