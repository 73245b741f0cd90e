/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/sign.h"

#include <stdlib.h>
#include <string.h>

#include "t/tap.h"
#include "t/unit/faketxn.h"
#include "t/unit/key_files.h"

static struct arena arena;

static void
put_keys(void)
{
	put_key("rsa", 0600, EVP_RSA_gen(2048), PKCS8);
	put_key("rsa-traditional", 0640, EVP_RSA_gen(1024), TRADITIONAL);
	put_key("ed25519", 0400, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), PKCS8);
	put_key("readable", 0604, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), PKCS8);
	put_key("weak", 0600, EVP_RSA_gen(768), PKCS8);
	put_key("ec", 0600, EVP_EC_gen("P-256"), PKCS8);
	put_key("ed448", 0600, EVP_PKEY_Q_keygen(NULL, NULL, "ED448"), PKCS8);
	put_key("encrypted", 0600, EVP_RSA_gen(1024), ENCRYPTED);
	put("empty", 0600, "");
	put("broken", 0600, "-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n");
	put("public", 0600, "-----BEGIN PUBLIC KEY-----\nMC4C\n-----END PUBLIC KEY-----\n");
}

static const struct {
	const char *file, *wanted; /* the reason, without the file's name; NULL: loaded */
	bool ed25519;
} key_cases[] = {
    {"rsa", NULL, false},
    {"rsa-traditional", NULL, false},
    {"ed25519", NULL, true},
    {"readable", "a private key others have access to; chmod 0600 or 0640", false},
    {"weak", "an RSA key of less than 1024 bits, which nobody accepts", false},
    {"ec", "neither an RSA nor an Ed25519 key", false},
    {"ed448", "neither an RSA nor an Ed25519 key", false},
    {"encrypted", "no private key in PEM, without passphrase", false},
    {"empty", "no private key in PEM, without passphrase", false},
    {"broken", "no private key in PEM, without passphrase", false},
    {"public", "no private key in PEM, without passphrase", false},
    {"absent", "No such file or directory", false},
    {".", "not a file", false},
};

static void
test_keys(void)
{
	for (size_t i = 0; i < sizeof key_cases / sizeof *key_cases; i++) {
		struct sign_key k = {.selector = "s", .path = path_of(key_cases[i].file)};
		struct sign_key text = {.selector = "s", .path = "text"};
		const char *why = "";
		int r = sign_key_load(&k, &arena, &why);

		if (key_cases[i].wanted != NULL) {
			tap_is(why, arena_printf(&arena, "%s: %s", k.path, key_cases[i].wanted),
			    "%s", key_cases[i].file);
			continue;
		}
		tap_is_int(r, 0, "%s: %s", key_cases[i].file, why);
		tap_ok(k.ed25519 == key_cases[i].ed25519, "%s: type", key_cases[i].file);
		r = sign_key_load_text(&text, der_of(key_cases[i].file), &arena, &why);
		tap_is_int(r, 0, "%s as text: %s", key_cases[i].file, why);
		tap_is(text.published, k.published, "%s as text: same key", key_cases[i].file);
	}
}

/* P stands for the public part. */
static const struct {
	const char *records[2];
	enum dns_status status;
	const char *wanted; /* NULL: it matches */
} published[] = {
    {{"v=DKIM1; k=rsa; p=P"}, DNS_OK, NULL},
    {{"p=P"}, DNS_OK, NULL},
    {{"k=rsa; t=y; p=P;"}, DNS_OK, NULL},
    {{"v=spf1 -all", "v=DKIM1; p=P"}, DNS_OK, NULL},
    {{"v=DKIM1; p=P", "v=DKIM1; p=P"}, DNS_OK, "several key records"},
    {{"v=DKIM1; p=MIGf"}, DNS_OK, "another key"},
    {{"v=spf1 -all"}, DNS_OK, "no key record"},
    {{NULL}, DNS_NXDOMAIN, "NXDOMAIN"},
    {{NULL}, DNS_NODATA, "NODATA"},
};

static void
test_published(void)
{
	struct sign_key k = {.selector = "s", .path = path_of("rsa")};
	const char *why;

	if (sign_key_load(&k, &arena, &why) == -1)
		abort();
	for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
		struct dns_rr rr[2] = {{.preference = 0}};
		struct dns_answer a = {.status = published[i].status, .type = DNS_TXT, .rr = rr};
		char room[200];
		struct buf b;

		for (; a.count < 2 && published[i].records[a.count] != NULL; a.count++) {
			const char *text = published[i].records[a.count], *p = strchr(text, 'P');

			if (p != NULL)
				text = arena_printf(
				    &arena, "%.*s%s%s", (int)(p - text), text, k.published, p + 1);
			rr[a.count].txt.bytes = text;
			rr[a.count].txt.len = strlen(text);
		}
		buf_init(&b, room, sizeof room);
		tap_ok(sign_key_matches(&k, &a, &b) == (published[i].wanted == NULL),
		    "published key %zu", i);
		tap_is(b.s, published[i].wanted != NULL ? published[i].wanted : "",
		    "published key %zu: reason", i);
	}
}

/* ---- the check */

static struct sign_options
options_for(struct sign_domain *d)
{
	static const char *const fields[] = {"From", "Date", "Subject", "X-Ours"};
	static const char *const sealed[] = {"From", "Date", "To"};
	struct sign_options o = {.fields = {fields, 4}, .sealed = {sealed, 3}, .domains = {d, 1}};

	return o;
}

static void
give_key(struct sign_domain *d, const char *title, bool subdomains)
{
	static const char *const selectors[] = {"ed25519"};
	static struct sign_key key;
	const char *why;

	key = (struct sign_key){.selector = "ed25519", .path = path_of("ed25519")};
	if (sign_key_load(&key, &arena, &why) == -1)
		abort();
	*d = (struct sign_domain){.title = title,
	    .name = title,
	    .selectors = {selectors, 1},
	    .subdomains = subdomains,
	    .keys = &key};
}

static const struct {
	const char *name;
	const char *header; /* "Name: value" lines */
	const char *domain; /* of the key; a dot in front: sub-domains, too */
	const char *result, *reason;
	const char *signs; /* h= */
} sign_cases[] = {
    {"ours", "From: a@d.ex\nDate: x\n", "d.ex", "signed", "ed25519._domainkey.d.ex",
	"Date:From:From:Date:To"},
    {"capitals", "From: a@D.EX\n", "d.ex", "signed", "ed25519._domainkey.d.ex", "From:From:To"},
    {"no Date: an MTA may add one", "From: a@d.ex\n", "d.ex", "signed", "ed25519._domainkey.d.ex",
	"From:From:To"},
    {"fields twice", "From: a@d.ex\nTo: b\nTo: c\nX-Other: d\nX-Ours: e\n", "d.ex", "signed",
	"ed25519._domainkey.d.ex", "X-Ours:To:To:From:From:To"},
    {"a sub-domain", "From: a@b.d.ex\n", "d.ex", "none", "no key for author domain b.d.ex", NULL},
    {"a sub-domain, wanted", "From: a@b.d.ex\n", ".d.ex", "signed", "ed25519._domainkey.d.ex",
	"From:From:To"},
    {"somebody else's", "From: a@other.ex\n", "d.ex", "none", "no key for author domain other.ex",
	NULL},
    {"Sender has no say", "From: a@other.ex\nSender: a@d.ex\n", "d.ex", "none",
	"no key for author domain other.ex", NULL},
    {"no From", "Sender: a@d.ex\n", "d.ex", "none", "the message has not exactly one author domain",
	NULL},
    {"two From", "From: a@d.ex\nFrom: a@other.ex\n", "d.ex", "none",
	"the message has not exactly one author domain", NULL},
};

static struct header *
headers_of(const char *text)
{
	struct header *first = NULL, **end = &first;

	while (*text != '\0') {
		size_t name = strcspn(text, ":"), line = strcspn(text, "\n");
		struct header *h = arena_alloc(&arena, sizeof *h);

		h->name = arena_strndup(&arena, text, name);
		h->value = arena_strndup(&arena, text + name + 1, line - name - 1);
		h->value_len = line - name - 1;
		*end = h;
		end = &h->next;
		text += line + 1;
	}
	return first;
}

/* The value of a tag, white space gone. */
static const char *
tag_of(const char *value, const char *tag)
{
	const char *at = strstr(value, tag), *end;
	char *out;
	size_t n = 0;

	if (at == NULL)
		return "";
	at += strlen(tag);
	end = at + strcspn(at, ";");
	out = arena_alloc(&arena, (size_t)(end - at) + 1);
	for (; at < end; at++)
		if (strchr(" \t\n", *at) == NULL)
			out[n++] = *at;
	return out;
}

static void
test_check(void)
{
	for (size_t i = 0; i < sizeof sign_cases / sizeof *sign_cases; i++) {
		bool below = sign_cases[i].domain[0] == '.';
		struct sign_options o;
		struct sign_domain d;
		struct faketxn f;

		give_key(&d, sign_cases[i].domain + below, below);
		o = options_for(&d);
		faketxn_init(&f, &check_sign, NULL, "192.0.2.1");
		f.txn.options = &o;
		f.txn.origin = ORIGIN_AUTHENTICATED;
		f.txn.headers = headers_of(sign_cases[i].header);
		faketxn_ask(&f, STAGE_EOH);
		check_sign.body(&f.txn, (const unsigned char *)"hello\r\n", 7);
		faketxn_judge(&f, STAGE_EOM);
		tap_is(faketxn_results(&f), sign_cases[i].result, "%s", sign_cases[i].name);
		tap_is(faketxn_reason(&f), sign_cases[i].reason, "%s: reason", sign_cases[i].name);
		tap_is_int((int64_t)f.field_count, sign_cases[i].signs != NULL, "%s: signatures",
		    sign_cases[i].name);
		if (f.field_count > 0)
			tap_is(tag_of(f.fields[0].value, "\th="), sign_cases[i].signs,
			    "%s: h=", sign_cases[i].name);
		faketxn_fini(&f);
	}
}

static void
test_options(void)
{
	struct sign_options o;
	struct sign_domain d;
	struct faketxn f;
	struct cidr net;

	give_key(&d, "d.ex", false);
	o = options_for(&d);
	o.lifetime = 3600 * 1000;
	o.canonicalization = SIGN_SIMPLE_RELAXED;
	faketxn_init(&f, &check_sign, NULL, "192.0.2.1");
	f.txn.options = &o;
	f.txn.origin = ORIGIN_TRUSTED;
	f.clock.wall_s = 1000000000;
	f.txn.headers = headers_of("From: a@d.ex\n");
	faketxn_ask(&f, STAGE_EOH);
	faketxn_judge(&f, STAGE_EOM);
	tap_is(tag_of(f.fields[0].value, "c="), "simple/relaxed", "canonicalization");
	tap_is(tag_of(f.fields[0].value, " t="), "1000000000", "signed now");
	tap_is(tag_of(f.fields[0].value, "x="), "1000003600", "lifetime");
	tap_ok(strchr(f.fields[0].value, '\r') == NULL, "LF folds");
	faketxn_fini(&f);

	if (!cidr_parse(&net, "192.0.2.0/24"))
		abort();
	o.relays = (struct cidr_list){&net, 1};
	faketxn_init(&f, &check_sign, NULL, "192.0.2.1");
	f.txn.options = &o;
	f.txn.origin = ORIGIN_TRUSTED;
	f.txn.headers = headers_of("From: a@d.ex\n");
	faketxn_ask(&f, STAGE_EOH);
	faketxn_judge(&f, STAGE_EOM);
	tap_is(faketxn_reason(&f), "the client relays mail of others", "a relay");
	faketxn_fini(&f);
}

int
main(void)
{
	key_files_open(&arena);
	put_keys();
	test_keys();
	test_published();
	test_check();
	test_options();
	key_files_close(&arena);
	return tap_done();
}
