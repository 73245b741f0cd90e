/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The examples of RFC 6376 and RFC 8463, what breaks them, keys as people
 * publish them, our policy, and what libopendkim does unasked.  Other
 * signers' messages are in t/dkim.t.
 */
#include "checks/dkim.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks/dkim_key.h"
#include "checks/dkim_policy.h"
#include "t/tap.h"
#include "t/unit/fakedns_mem.h"
#include "t/unit/faketxn.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define BRISBANE     "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define TEST_MODULUS                                                                             \
	"KBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACD" \
	"fzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/"  \
	"K4w3"
#define TEST_KEY_TAIL "0GCSqGSIb3DQEBAQUAA4GNADCBiQ" TEST_MODULUS "QIDAQAB"
#define TEST_KEY      "MIGfMA" TEST_KEY_TAIL
#define ED25519_ROW   "brisbane._domainkey.football.example.com"
#define RSA_ROW       "test._domainkey.football.example.com"
#define RSA_KEY       "v=DKIM1; k=rsa; p=" TEST_KEY

/* RFC 8463 A.3. */
#define ED25519                                                                                    \
	" v=1; a=ed25519-sha256; c=relaxed/relaxed;\n d=football.example.com; "                    \
	"i=@football.example.com;\n q=dns/txt; s=brisbane; t=1528637909; h=from : to :\n subject " \
	": "                                                                                       \
	"date : message-id : from : subject : date;\n "                                            \
	"bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n "                                      \
	"b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\n "                            \
	"Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw=="
#define RSA_TAGS(domain)                                                                         \
	" v=1; a=rsa-sha256; c=relaxed/relaxed;\n d=" domain "; i=@football.example.com;\n "     \
	"q=dns/txt; s=test; t=1528637909; h=from : to : subject :\n date : message-id : from : " \
	"subject : date;\n bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n "                  \
	"b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\n "                          \
	"DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\n "                          \
	"dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8="
#define RSA RSA_TAGS("football.example.com")
#define SHORT(algorithm, selector, bh)                                                 \
	"v=1; a=" algorithm "; c=relaxed/relaxed; d=football.example.com; s=" selector \
	"; h=from; "                                                                   \
	"bh=" bh "; b=AAAA"
#define BODY "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"

/* RFC 6376 A.2. */
#define EXAMPLE_ROW "brisbane._domainkey.example.com"
#define EXAMPLE_KEY                                                                                \
	"v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/" \
	"zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/"           \
	"NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"
#define EXAMPLE                                                           \
	" v=1; a=rsa-sha256; s=brisbane; d=example.com;\n"                \
	"      c=simple/simple; q=dns/txt; i=joe@football.example.com;\n" \
	"      h=Received : From : To : Subject : Date : Message-ID;\n"   \
	"      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"        \
	"      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB\n"  \
	"      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\n"    \
	"      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV\n"    \
	"      4bmp/YzhwvcubU4=;"
#define EXAMPLE_RECEIVED                                       \
	" from client1.football.example.com  [192.0.2.1]\n"    \
	"      by submitserver.example.com with SUBMISSION;\n" \
	"      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)"

struct field {
	const char *name, *value;
};

static const struct field joe[] = {
    {"From", " Joe SixPack <joe@football.example.com>"},
    {"To", " Suzie Q <suzie@shopping.example.net>"},
    {"Subject", " Is dinner ready?"},
    {"Date", " Fri, 11 Jul 2003 21:00:37 -0700 (PDT)"},
    {"Message-ID", " <20030712040037.46341.5F8J@football.example.com>"},
};

static struct dkim_policy policy;

static struct header *
add(struct header **end, const char *name, const char *value, struct arena *arena)
{
	struct header *h = arena_alloc(arena, sizeof *h);

	*h = (struct header){.name = name, .value = value, .value_len = strlen(value)};
	*end = h;
	return h;
}

/* Signatures over Joe's fields, one of them changed or a Received added; chunk: of the body. */
struct message {
	const char *signatures[3];
	struct field changed; /* name NULL: none */
	const char *body;
	size_t chunk;
};

static void
play(struct faketxn *f, const struct message *m)
{
	struct header *first = NULL, **end = &first;
	const char *body = m->body != NULL ? m->body : BODY;
	size_t len = strlen(body), chunk = m->chunk > 0 ? m->chunk : len;

	for (size_t i = 0; i < COUNT(m->signatures) && m->signatures[i] != NULL; i++)
		end = &add(end, "DKIM-Signature", m->signatures[i], &f->arena)->next;
	if (m->changed.name != NULL && strcmp(m->changed.name, "Received") == 0)
		end = &add(end, "Received", m->changed.value, &f->arena)->next;
	for (size_t i = 0; i < COUNT(joe); i++) {
		bool same = m->changed.name == NULL || strcmp(m->changed.name, joe[i].name) != 0;

		end =
		    &add(end, joe[i].name, same ? joe[i].value : m->changed.value, &f->arena)->next;
	}
	f->txn.options = &policy;
	for (const struct header *h = first; h != NULL; h = h->next)
		check_dkim.header(&f->txn, h);
	f->txn.headers = first;
	faketxn_ask(f, STAGE_EOH);
	for (size_t at = 0; at < len; at += chunk)
		check_dkim.body(
		    &f->txn, (const unsigned char *)body + at, len - at < chunk ? len - at : chunk);
	faketxn_judge(f, STAGE_EOM);
}

/* clang-format off */
static const struct fakedns_row good[] = {
	{ED25519_ROW, DNS_TXT, DNS_OK, "v=DKIM1; k=ed25519; p=" BRISBANE},
	{RSA_ROW, DNS_TXT, DNS_OK, RSA_KEY},
	{EXAMPLE_ROW, DNS_TXT, DNS_OK, EXAMPLE_KEY},
	{NULL, DNS_A, DNS_OK, NULL},
};

static const struct { const char *name; struct message m; const char *results, *reason; } messages[] = {
	{"RFC 8463 A.3, both", {{ED25519, RSA}, {0}, NULL, 0}, "pass pass", "good signature"},
	{"RFC 6376 A.2", {{EXAMPLE}, {"Received", EXAMPLE_RECEIVED}, "Hi.\r\n\r\nWe lost the game. Are you hungry yet?\r\n\r\nJoe.\r\n", 0}, "pass", "1024-bit key"},
	{"no signature", {{NULL}, {0}, NULL, 0}, "none", "no signature"},
	{"in single bytes", {{ED25519, RSA}, {0}, NULL, 1}, "pass pass", "good signature"},
	{"between CR and LF", {{RSA}, {0}, NULL, 4}, "pass", "1024-bit key"},
	{"empty lines at the end", {{RSA}, {0}, BODY "\r\n\r\n", 3}, "pass", "1024-bit key"},
	{"spaces at the end of a line", {{RSA}, {0}, "Hi.  \t\r\n" "\r\nWe lost\tthe game. Are you hungry yet?\r\n\r\nJoe.\r\n", 0}, "pass", "1024-bit key"},
	{"no line end", {{RSA}, {0}, "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.", 0}, "pass", "1024-bit key"},
	{"From folded anew, in capitals", {{RSA}, {"From", "  Joe\n\tSixPack\r\n <joe@football.example.com>\n "}, NULL, 0}, "pass", "1024-bit key"},
	{"body changed", {{RSA}, {0}, BODY "Ho.\r\n", 0}, "fail-body", "body hash does not match: the body was changed"},
	{"no body", {{RSA}, {0}, "", 0}, "fail-body", "body hash does not match: the body was changed"},
	{"Subject changed", {{RSA}, {"Subject", " Is dinner read?"}, NULL, 0}, "fail",
	    "signature does not match: signed header fields were changed, the body was not"},
	{"both changed", {{RSA, ED25519}, {"Subject", " Is dinner read?"}, "x\r\n", 0}, "fail fail",
	    "neither signature nor body hash match"},
	{"From that the library cannot read", {{RSA}, {"From", " <<"}, NULL, 0}, "fail",
	    "signature does not match: signed header fields were changed, the body was not"},
	{"other d= of i=", {{RSA_TAGS("ball.example.com")}, {0}, NULL, 0}, "neutral", NULL},
	{"a duplicate tag", {{"v=1; d=a.example;" RSA, RSA}, {0}, NULL, 0}, "pass neutral", "1024-bit key"},
	{"twin tags", {{"D=a.example;" RSA}, {0}, NULL, 0}, "neutral", "malformed signature"},
	{"garbage", {{"garbage", RSA, "v=1"}, {0}, NULL, 0}, "pass neutral neutral", "1024-bit key"},
	{"nothing", {{"", RSA}, {0}, NULL, 0}, "pass neutral", "1024-bit key"},
	{"8-bit", {{RSA "; z=\xff"}, {0}, NULL, 0}, "neutral", "signature has characters beyond ASCII"},
	{"long selector", {{"v=1; a=rsa-sha256; d=a.example; b=x; s=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}, {0}, NULL, 0},
	    "neutral", "s= is not a selector"},
	{"no time", {{RSA "; x=soon"}, {0}, NULL, 0}, "neutral", "x= is not a time"},
	{"l= beyond the body", {{RSA "; l=4000"}, {0}, NULL, 0}, "neutral", "more octets of the body are signed than there are"},
	{"endless l=", {{RSA "; l=18446744073709551614"}, {0}, NULL, 0}, "neutral", "l= is not a number of octets"},
	{"b= of three bytes", {{SHORT("rsa-sha256", "test", "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8")}, {0}, NULL, 0}, "fail",
	    "signature does not match: signed header fields were changed, the body was not"},
	{"bh=, too", {{SHORT("ed25519-sha256", "brisbane", "2jUS")}, {0}, NULL, 0}, "fail", "neither signature nor body hash match"},
	{"bad algorithm", {{"v=1; a=rsa-md5; d=football.example.com; s=test; h=from; bh=x; b=x"}, {0}, NULL, 0}, "neutral", NULL},
	{"From is not signed", {{"v=1; a=rsa-sha256; d=football.example.com; s=test; h=to; bh=x; b=x"}, {0}, NULL, 0}, "neutral", NULL},
};
/* clang-format on */

static void
test_messages(void)
{
	for (size_t i = 0; i < COUNT(messages); i++) {
		struct dns dns = {.rows = good};
		struct faketxn f;

		faketxn_init(&f, &check_dkim, &dns, "192.0.2.1");
		play(&f, &messages[i].m);
		tap_is(faketxn_results(&f), messages[i].results, "%s", messages[i].name);
		if (messages[i].reason != NULL)
			tap_is(faketxn_reason(&f), messages[i].reason, "its reason");
		tap_is_int(dns.unasked, 0, "every key was asked for before");
		faketxn_fini(&f);
	}
}

/* clang-format off */
static const struct { const char *name; enum dns_status status; const char *record, *result, *reason; } keys[] = {
	{"plain", DNS_OK, RSA_KEY, "pass", "1024-bit key"},
	{"only p=", DNS_OK, "p=" TEST_KEY, "pass", "1024-bit key"},
	{"with all tags", DNS_OK, "v=DKIM1; h=sha1 : sha256; k=rsa; n=a note; s=other: email; t=s; x=y; p=" TEST_KEY, "pass", "1024-bit key"},
	{"with folds", DNS_OK, " v = DKIM1 ;\t k = rsa ; p = " TEST_KEY " ; ", "pass", "1024-bit key"},
	{"SERVFAIL", DNS_SERVFAIL, NULL, "temperror", "key " RSA_ROW ": SERVFAIL"},
	{"time-out", DNS_TIMEOUT, NULL, "temperror", "key " RSA_ROW ": TIMEOUT"},
	{"bad answer", DNS_BADRESP, NULL, "temperror", "key " RSA_ROW ": BADRESP"},
	{"NXDOMAIN", DNS_NXDOMAIN, NULL, "permerror", "key " RSA_ROW ": NXDOMAIN"},
	{"no TXT", DNS_NODATA, NULL, "permerror", "key " RSA_ROW ": NODATA"},
	{"another text", DNS_OK, "v=spf1 -all", "permerror", "key " RSA_ROW ": no key record"},
	{"empty", DNS_OK, "", "permerror", "key " RSA_ROW ": no key record"},
	{"revoked", DNS_OK, "v=DKIM1; p=", "permerror", "key " RSA_ROW ": key was revoked"},
	{"doubled p=", DNS_OK, "v=DKIM1; p=; p=" TEST_KEY, "permerror", "key " RSA_ROW ": malformed key record"},
	{"doubled p= in capitals", DNS_OK, "v=DKIM1; p=" TEST_KEY "; P=x", "permerror", "key " RSA_ROW ": malformed key record"},
	{"v= not first", DNS_OK, "k=rsa; v=DKIM1; p=" TEST_KEY, "permerror",
	    "key " RSA_ROW ": key record of another version, or v= is not its first tag"},
	{"version 2", DNS_OK, "v=DKIM2; p=" TEST_KEY, "permerror",
	    "key " RSA_ROW ": key record of another version, or v= is not its first tag"},
	{"another type", DNS_OK, "v=DKIM1; k=ed25519; p=" TEST_KEY, "permerror",
	    "key " RSA_ROW ": key is not of the type that the signature needs"},
	{"not for mail", DNS_OK, "s=tlsrpt; p=" TEST_KEY, "permerror", "key " RSA_ROW ": key is not for mail"},
	{"other hash", DNS_OK, "h=sha1; p=" TEST_KEY, "permerror", "key " RSA_ROW ": key is not for the hash that the signature uses"},
	{"t=s, and i= is d=", DNS_OK, "t=y:s; p=" TEST_KEY, "pass", "1024-bit key"},
	{"no base64", DNS_OK, "p=****", "permerror", "key cannot be read"},
	{"no key in it", DNS_OK, "p=aGVsbG8gd29ybGQ=", "permerror", "key cannot be read"},
	{"another key", DNS_OK, "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB",
	    "fail", "signature does not match: signed header fields were changed, the body was not"},
	{"another key, t=y", DNS_OK, "t=y; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB",
	    "none", "signature does not match: signed header fields were changed, the body was not; the domain is testing DKIM (t=y)"},
	{"t=y", DNS_OK, "t=y; p=" TEST_KEY, "pass", "1024-bit key"},
	{"bare", DNS_OK, "p=MIGJAoGBAOQeU5CgFPNZGIazlXo2k/eJ1jpaTTxrmqF1HrDLlt04pvaMtCJj8nXoliLRC/H9vJjMI1vdb3XLcW60AIN/PBD8EL97/y4GwJH7LPUvGP48vqUe+owqszesbiGy1PlCO8c70/OjFnJVgvMF87YR4Lcincb7aSvI5MgpP6X8rjDdAgMBAAE=",
	    "pass", "1024-bit key"},
	{"in quotes", DNS_OK, "p=\"" TEST_KEY "\"\\", "pass", "1024-bit key"},
	{"= inside", DNS_OK, "p=MIGfM=" TEST_KEY_TAIL, "permerror", "key cannot be read"},
	{"a fourth of a group", DNS_OK, "p=" TEST_KEY "A", "permerror", "key cannot be read"},
	{"bytes behind it", DNS_OK, "p=" TEST_KEY "AAAA", "pass", "1024-bit key"},
	{"a byte is missing", DNS_OK, "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQ" TEST_MODULUS "QIDAQA", "permerror", "key cannot be read"},
	{"exponent as long as the modulus", DNS_OK, "p=MIIBIDANBgkqhkiG9w0BAQEFAAOCAQ0AMIIBCA" TEST_MODULUS "Q" TEST_MODULUS "A==", "permerror", "key cannot be read"},
	{"of a curve", DNS_OK, "p=MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEIN7VIb57Ict4ajRmpVnUb/t/Y0rIDZEJyMpZE/6n9Y9Kd8Uh8BXsd9TG6wHEQZkGGjV+vs/lQY0xOv7eLqD8sg==",
	    "permerror", "key cannot be read"},
	{"Ed25519 as RSA", DNS_OK, "p=" BRISBANE, "permerror", "key cannot be read"},
	{"empty modulus", DNS_OK, "p=MAYCAQACAQM=", "fail", NULL},
};

static const struct { const char *name, *record, *result; } ed25519_keys[] = {
	{"plain", "k=ed25519; p=" BRISBANE, "pass"},
	{"a byte too long", "k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURoA", "permerror"},
	{"too short", "k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHUQ==", "permerror"},
	{"in a SubjectPublicKeyInfo", "k=ed25519; p=MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "permerror"},
	{"without k=", "p=" BRISBANE, "permerror"},
	{"RSA", "k=ed25519; p=" TEST_KEY, "permerror"},
};
/* clang-format on */

static void
test_ed25519_keys(void)
{
	for (size_t i = 0; i < COUNT(ed25519_keys); i++) {
		const struct fakedns_row rows[] = {
		    {ED25519_ROW, DNS_TXT, DNS_OK, ed25519_keys[i].record},
		    {NULL, DNS_A, DNS_OK, NULL}};
		struct dns dns = {.rows = rows};
		struct faketxn f;

		faketxn_init(&f, &check_dkim, &dns, "192.0.2.1");
		play(&f, &(struct message){.signatures = {ED25519}});
		tap_is(faketxn_results(&f), ed25519_keys[i].result, "Ed25519 key: %s",
		    ed25519_keys[i].name);
		faketxn_fini(&f);
	}
}

static void
test_keys(void)
{
	const struct message m = {.signatures = {RSA}};
	struct faketxn f;

	for (size_t i = 0; i < COUNT(keys); i++) {
		bool absent = keys[i].status == DNS_NXDOMAIN;
		const struct fakedns_row rows[] = {
		    {absent ? "other" : RSA_ROW, DNS_TXT, keys[i].status, keys[i].record},
		    {NULL, DNS_A, DNS_OK, NULL}};
		struct dns dns = {.rows = rows};

		faketxn_init(&f, &check_dkim, &dns, "192.0.2.1");
		play(&f, &m);
		tap_is(faketxn_results(&f), keys[i].result, "key: %s", keys[i].name);
		if (keys[i].reason != NULL)
			tap_is(faketxn_reason(&f), keys[i].reason, "its reason");
		faketxn_fini(&f);
	}
	{
		const struct fakedns_row rows[] = {{RSA_ROW, DNS_TXT, DNS_OK, RSA_KEY},
		    {RSA_ROW, DNS_TXT, DNS_OK, "p=" BRISBANE}, {NULL, DNS_A, DNS_OK, NULL}};
		struct dns dns = {.rows = rows};

		faketxn_init(&f, &check_dkim, &dns, "192.0.2.1");
		play(&f, &m);
		tap_is(faketxn_reason(&f), "key " RSA_ROW ": several key records", "two keys");
		faketxn_fini(&f);
	}
	{
		const struct fakedns_row rows[] = {{RSA_ROW, DNS_TXT, DNS_OK, "v=spf1 -all"},
		    {RSA_ROW, DNS_TXT, DNS_OK, RSA_KEY}, {NULL, DNS_A, DNS_OK, NULL}};
		struct dns dns = {.rows = rows};

		faketxn_init(&f, &check_dkim, &dns, "192.0.2.1");
		play(&f, &m);
		tap_is(faketxn_results(&f), "pass", "a key beside another text");
		tap_is(faketxn_props(&f),
		    "header.d=football.example.com header.i=@football.example.com header.s=test "
		    "header.a=rsa-sha256 header.b=F45dVWDf",
		    "its properties");
		faketxn_fini(&f);
	}
}

static void
test_key_length(void)
{
	char long_text[5000] = "v=DKIM1; p=" TEST_KEY "; n=";
	const struct fakedns_row rows[] = {
	    {RSA_ROW, DNS_TXT, DNS_OK, long_text}, {NULL, DNS_A, DNS_OK, NULL}};
	const struct message m = {.signatures = {RSA}};
	struct dns dns = {.rows = rows};
	struct faketxn f;
	char text[2000] = "k=rsa; p=";
	struct key key;

	memset(text + strlen(text), 'A', 736);
	tap_is_int(key_read(text, strlen(text), "rsa-sha256", &key), KEY_OK, "4096 bits fit");
	memset(text + strlen(text), 'A', 700);
	tap_is_int(
	    key_read(text, strlen(text), "rsa-sha256", &key), KEY_TOO_LONG, "8192 bits do not");

	memset(long_text + strlen(long_text), 'n', 4096 - strlen(long_text));
	faketxn_init(&f, &check_dkim, &dns, "192.0.2.1");
	play(&f, &m);
	tap_is(faketxn_results(&f), "pass", "4096 bytes, most of them a note");
	faketxn_fini(&f);
	strcat(long_text, "n");
	faketxn_init(&f, &check_dkim, &dns, "192.0.2.1");
	play(&f, &m);
	tap_is(faketxn_reason(&f), "key " RSA_ROW ": answer too large", "one byte more");
	faketxn_fini(&f);
}

/* clang-format off */
static const struct {
	const char *name;
	struct signature sig;
	struct verifier_finding f;
	int64_t body;
	bool partial;
	enum word word;
} policies[] = {
	{"good", {.length = -1, .expires = -1, .signed_at = -1}, {.header_matches = true, .body_matches = true, .key_bits = 2048}, 0, false, WORD_PASS},
	{"Ed25519", {.length = -1, .expires = -1, .signed_at = -1}, {.header_matches = true, .body_matches = true}, 0, false, WORD_PASS},
	{"short key", {.length = -1, .expires = -1, .signed_at = -1}, {.header_matches = true, .body_matches = true, .key_bits = 1023}, 0, false, WORD_POLICY},
	{"rsa-sha1", {.length = -1, .expires = -1, .signed_at = -1}, {.header_matches = true, .body_matches = true, .key_bits = 2048, .sha1 = true}, 0, false, WORD_POLICY},
	{"broken rsa-sha1", {.length = -1, .expires = -1, .signed_at = -1}, {.header_matches = true, .key_bits = 2048, .sha1 = true}, 0, false, WORD_FAIL},
	{"expired", {.length = -1, .expires = 1000, .signed_at = -1}, {.header_matches = true, .body_matches = true}, 0, false, WORD_POLICY},
	{"expired, in grace", {.length = -1, .expires = 9800, .signed_at = -1}, {.header_matches = true, .body_matches = true}, 0, false, WORD_PASS},
	{"signed soon", {.length = -1, .expires = -1, .signed_at = 10300}, {.header_matches = true, .body_matches = true}, 0, false, WORD_PASS},
	{"signed in the future", {.length = -1, .expires = -1, .signed_at = 10301}, {.header_matches = true, .body_matches = true}, 0, false, WORD_POLICY},
	{"l= of all", {.length = 100, .expires = -1, .signed_at = -1}, {.header_matches = true, .body_matches = true}, 100, false, WORD_PASS},
	{"l= of less", {.length = 99, .expires = -1, .signed_at = -1}, {.header_matches = true, .body_matches = true}, 100, false, WORD_POLICY},
	{"l= of less, allowed", {.length = 99, .expires = -1, .signed_at = -1}, {.header_matches = true, .body_matches = true}, 100, true, WORD_PASS},
	/* The library says "passed" and i= of a subdomain in one breath. */
	{"t=s", {.length = -1, .expires = -1, .signed_at = -1}, {.header_matches = true, .body_matches = true, .bad_key = true, .error_text = "x"}, 0, false, WORD_PERMERROR},
};
/* clang-format on */

static void
test_policy(void)
{
	char room[300];
	struct buf reason;

	for (size_t i = 0; i < COUNT(policies); i++) {
		struct dkim_policy p = policy;

		p.partial_body = policies[i].partial;
		buf_init(&reason, room, sizeof room);
		tap_is(word_text(signature_judge(
			   &policies[i].sig, &policies[i].f, &p, 10000, policies[i].body, &reason)),
		    word_text(policies[i].word), "policy: %s (%s)", policies[i].name, reason.s);
	}
}

/* Which of many are verified, and how many lines that makes. */
static void
test_many(void)
{
	static const char *const domains[] = {"a.example", "a.example", "b.example", "c.example",
	    "mail.football.example.com", "football.example.com", "d.example", "example.com"};
	struct arena arena = {.cap = 1 << 20};
	struct signature *list = NULL, **end = &list;
	char chosen[20] = "";
	struct dns dns = {.rows = good};
	struct header *first = NULL, **hend = &first;
	struct faketxn f;

	for (size_t i = 0; i < COUNT(domains); i++) {
		*end = arena_alloc(&arena, sizeof **end);
		(*end)->domain = domains[i];
		(*end)->length = -1;
		end = &(*end)->next;
	}
	signature_choose(list, 5, "football.example.com");
	for (const struct signature *s = list; s != NULL; s = s->next)
		strcat(chosen, s->chosen ? "x" : ".");
	tap_is(chosen, "x.x.xx.x", "the author's domain first, then one of each");
	chosen[0] = '\0';
	for (struct signature *s = list; s != NULL; s = s->next) {
		s->chosen = false;
		s->length = s->domain[0] == 'a' || s->domain[0] == 'm' ? 10 : -1;
	}
	signature_choose(list, 8, "football.example.com");
	for (const struct signature *s = list; s != NULL; s = s->next)
		strcat(chosen, s->chosen ? "x" : ".");
	tap_is(chosen, "x.xxxxxx", "of those with l= two");
	tap_ok(list->next->fault != NULL, "the third is at fault");
	arena_fini(&arena);

	faketxn_init(&f, &check_dkim, &dns, "192.0.2.1");
	f.txn.options = &policy;
	for (int i = 0; i < 500; i++)
		hend = &add(hend, "DKIM-Signature",
		    arena_printf(&f.arena,
			" v=1; a=rsa-sha256; d=x%d.example; s=s; h=from; bh=x; b=abcdefgh%d", i, i),
		    &f.arena)
			    ->next;
	hend = &add(hend, "DKIM-Signature", RSA, &f.arena)->next;
	for (size_t i = 0; i < COUNT(joe); i++)
		hend = &add(hend, joe[i].name, joe[i].value, &f.arena)->next;
	for (const struct header *h = first; h != NULL; h = h->next)
		check_dkim.header(&f.txn, h);
	f.txn.headers = first;
	faketxn_ask(&f, STAGE_EOH);
	check_dkim.body(&f.txn, (const unsigned char *)BODY, strlen(BODY));
	faketxn_judge(&f, STAGE_EOM);
	tap_is_int((int64_t)f.count, 25, "501 signatures make 25 verdicts");
	tap_is(check_dkim.results[f.verdicts[7].result].name, "pass",
	    "the aligned one is among the eight");
	tap_is(f.verdicts[8].reason, "too many signatures", "the ninth is too many");
	tap_is(f.verdicts[24].reason, "477 more signatures, too many", "the rest is counted");
	tap_is(f.verdicts[0].props[4].value, "abcdefgh0", "b= tells them apart");
	faketxn_fini(&f);

	faketxn_init(&f, &check_dkim, &dns, "192.0.2.1");
	f.txn.headers_cut = true;
	play(&f, &(struct message){.signatures = {RSA}});
	tap_is(faketxn_reason(&f), "the header is too large to be verified", "a header cut short");
	faketxn_fini(&f);
	faketxn_init(&f, &check_dkim, &dns, "192.0.2.1");
	f.txn.headers_cut = true;
	play(&f, &(struct message){.signatures = {NULL}});
	tap_is(faketxn_results(&f), "neutral", "behind the cut there may be signatures");
	faketxn_fini(&f);
}

int
main(void)
{
	policy = (struct dkim_policy){
	    .minimum_key_bits = 1024, .maximum_signatures = 8, .expiry_grace = 300 * 1000};
	test_messages();
	test_keys();
	test_ed25519_keys();
	tap_ok(ERR_peek_error() == 0, "OpenSSL keeps no errors for others on this thread");
	test_key_length();
	test_policy();
	test_many();
	return tap_done();
}
