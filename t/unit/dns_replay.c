/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/dns.h"

#include <stdlib.h>
#include <string.h>

#include "t/tap.h"

static struct dns *
open_text(const char *text, size_t len, const char **why_r)
{
	FILE *fp = fmemopen((void *)(uintptr_t)text, len, "r");
	struct dns *d;
	int64_t wall;

	d = dns_open_replay(fp, &clock_real, &wall, why_r);
	(void)fclose(fp);
	return d;
}

/* What is written is read again, and written again just so. */
static void
test_round_trip(void)
{
	struct addr v4, v6;
	struct dns_rr a = {.name = NULL}, aaaa = {.name = NULL};
	struct dns_rr mx[] = {{.name = "mail.example", .preference = 10},
	    {.name = "b\\032ad.example", .preference = 65535, .bad_name = true},
	    {.name = "", .preference = 0}};
	struct dns_rr txt[] = {
	    {.txt = {"v=spf1 -all", 11}}, {.txt = {"\0\x01\xff\\x\n\"", 7}}, {.txt = {"", 0}}};
	struct dns_answer answers[] = {
	    {.status = DNS_OK, .type = DNS_A, .name = "a.example", .ttl = 60, .count = 1, .rr = &a},
	    {.status = DNS_OK, .type = DNS_AAAA, .name = "a.example", .count = 1, .rr = &aaaa},
	    {.status = DNS_OK,
		.type = DNS_MX,
		.name = "a.example",
		.ttl = 86400,
		.secure = true,
		.count = 3,
		.rr = mx},
	    {.status = DNS_OK, .type = DNS_TXT, .name = "a b\\.example", .count = 3, .rr = txt},
	    {.status = DNS_NXDOMAIN, .type = DNS_PTR, .name = "1.2.0.192.in-addr.arpa", .ttl = 5},
	    {.status = DNS_SERVFAIL, .type = DNS_TXT, .name = "s.example"},
	};
	size_t n = sizeof answers / sizeof *answers, len, len2;
	char *text = NULL, *text2 = NULL;
	FILE *fp = open_memstream(&text, &len), *fp2;
	struct dns_session *s;
	const char *why = "";
	struct dns *d;

	(void)addr_parse(&v4, "192.0.2.1");
	(void)addr_parse(&v6, "2001:db8::1");
	a.addr = v4;
	aaaa.addr = v6;
	dns_record_begin(fp, 12345);
	for (size_t i = 0; i < n; i++)
		dns_record(fp, &answers[i]);
	(void)fclose(fp);
	d = open_text(text, len, &why);
	if (!tap_ok(d != NULL, "what was recorded can be replayed: %s", why != NULL ? why : ""))
		return;
	s = dns_session_new(d);
	fp2 = open_memstream(&text2, &len2);
	dns_record_begin(fp2, 12345);
	for (size_t i = 0; i < n; i++)
		dns_record(fp2, dns_get(s, answers[i].name, answers[i].type, 0));
	(void)fclose(fp2);
	tap_ok(strcmp(text, text2) == 0, "and is the same");
	tap_ok(dns_get(s, "b.example", DNS_A, 0)->status == DNS_TIMEOUT, "a question not in it");
	dns_session_free(&s);
	dns_close(&d);
	free(text);
	free(text2);
}

/* clang-format off */
#define HEAD "bailey-answers 1\n"
static const struct { const char *name, *text; bool good; } files[] = {
	{"nothing", "\n", false},
	{"another file", "From a@example Mon\nSubject: x\n\n", false},
	{"another version", "bailey-answers 2\n", false},
	{"no answers", HEAD, true},
	{"a time", HEAD "time 5\n", true},
	{"the last time", HEAD "time 4294967295\n", true},
	{"a time after it", HEAD "time 4294967296\n", false},
	{"a time beyond counting", HEAD "time 99999999999999999999\n", false},
	{"a time before 1970", HEAD "time -5\n", false},
	{"an answer", HEAD "answer A NXDOMAIN 5 - a.example\n", true},
	{"without line end", HEAD "answer A NXDOMAIN 5 - a.example", true},
	{"records", HEAD "answer A OK 5 - a.example\n\taddr 192.0.2.1\n\taddr 192.0.2.2\n", true},
	{"records without answer", HEAD "\taddr 192.0.2.1\n", true},
	{"OK without records", HEAD "answer A OK 5 - a.example\n", false},
	{"records that must not be", HEAD "answer A NODATA 5 - a.example\n\taddr 192.0.2.1\n", false},
	{"unknown type", HEAD "answer NS OK 5 - a.example\n\tname 0 b\n", false},
	{"unknown status", HEAD "answer A FINE 5 - a.example\n\taddr 192.0.2.1\n", false},
	{"a life too long", HEAD "answer A NXDOMAIN 90000 - a.example\n", false},
	{"no name", HEAD "answer A NXDOMAIN 5\n", false},
	{"a bad escape in a name", HEAD "answer A NXDOMAIN 5 - a\\x5\n", false},
	{"a bad escape in text", HEAD "answer TXT OK 5 - a\n\ttxt \\y41\n", false},
	{"a record of another type", HEAD "answer A OK 5 - a\n\ttxt x\n", false},
	{"an address of another family", HEAD "answer A OK 5 - a\n\taddr 2001:db8::1\n", false},
	{"a preference too high", HEAD "answer MX OK 5 - a\n\tname 65536 b\n", false},
	{"an unknown line", HEAD "question A a.example\n", false},
};
/* clang-format on */

static void
test_files(void)
{
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		const char *why = "";
		struct dns *d = open_text(files[i].text, strlen(files[i].text), &why);

		tap_ok((d != NULL) == files[i].good, "%s%s%s", files[i].name, d == NULL ? ": " : "",
		    d == NULL ? why : "");
		dns_close(&d);
	}
}

static void
test_limits(void)
{
	char *text = NULL;
	const char *why;
	size_t len;
	FILE *fp = open_memstream(&text, &len);
	struct dns *d;

	(void)fputs(HEAD "answer A OK 5 - a\n", fp);
	for (int i = 0; i <= DNS_RR_MAX; i++)
		(void)fputs("\taddr 192.0.2.1\n", fp);
	(void)fclose(fp);
	tap_ok((d = open_text(text, len, &why)) == NULL, "more records than an answer may have");
	free(text);
	fp = open_memstream(&text, &len);
	(void)fputs(HEAD, fp);
	for (int i = 0; i < 30000; i++)
		(void)fputs("answer A NXDOMAIN 5 - a.example\n", fp);
	(void)fclose(fp);
	tap_ok((d = open_text(text, len, &why)) == NULL, "too many answers: %s", why);
	free(text);
	text = calloc(1, 9 << 20);
	memset(text, 'x', 9 << 20);
	tap_ok((d = open_text(text, 9 << 20, &why)) == NULL, "a file too long: %s", why);
	free(text);
}

static void
count(const struct dns_answer *a, void *n)
{
	(void)a;
	++*(int *)n;
}

static void
then(struct dns_session *s, const struct dns_answer *a, void *arg)
{
	*(enum dns_status *)arg = a->status;
	dns_ask(s, "b.example", DNS_A);
}

static void
test_session(void)
{
	static const char text[] = HEAD "answer A NXDOMAIN 5 - a.example\n";
	enum dns_status status = DNS_OK;
	const char *why;
	struct dns *d = open_text(text, sizeof text - 1, &why);
	struct dns_session *s = dns_session_new(d);
	struct dns_options o = {.timeout = 1};
	struct dns_stats stats;
	int n = 0;

	dns_ask_then(s, "a.example", DNS_A, then, &status);
	tap_ok(status == DNS_NXDOMAIN, "a callback gets its answer");
	dns_session_each(s, count, &n);
	tap_ok(n == 2, "a session knows its questions");
	dns_get_stats(d, &stats);
	tap_ok(stats.missing == 0, "what was only asked ahead may be missing in the file");
	for (int i = 0; i < 2; i++)
		tap_ok(dns_get(s, "b.example", DNS_A, 0)->status == DNS_TIMEOUT,
		    "needed, it times out");
	dns_get_stats(d, &stats);
	tap_ok(stats.missing == 1, "and is counted once");
	tap_ok(dns_reconfigure(d, &o, &why) == 0 && dns_advice(d) == NULL, "there are no servers");
	dns_session_free(&s);
	dns_close(&d);
}

int
main(void)
{
	test_round_trip();
	test_files();
	test_limits();
	test_session();
	return tap_done();
}
