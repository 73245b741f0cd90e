/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/sign.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "t/tap.h"
#include "t/unit/faketxn.h"

static char folder[] = "/tmp/bailey-sign.XXXXXX";
static struct arena arena;

static const char *
path_of(const char *name)
{
	return arena_printf(&arena, "%s/%s", folder, name);
}

static void
put(const char *name, mode_t mode, const char *text)
{
	FILE *out = fopen(path_of(name), "w");

	if (out == NULL || fputs(text, out) == EOF || fclose(out) != 0)
		abort();
	(void)chmod(path_of(name), mode);
}

enum form { PKCS8, TRADITIONAL, ENCRYPTED };

static void
put_key(const char *name, mode_t mode, EVP_PKEY *key, enum form form)
{
	FILE *out = fopen(path_of(name), "w");
	char secret[] = "secret";
	int good;

	if (out == NULL || key == NULL)
		abort();
	if (form == TRADITIONAL) {
		BIO *bio = BIO_new_fp(out, BIO_NOCLOSE);

		good = PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL);
		(void)BIO_free(bio);
	} else {
		good = PEM_write_PKCS8PrivateKey(out, key,
		    form == ENCRYPTED ? EVP_aes_128_cbc() : NULL, NULL, 0, NULL,
		    form == ENCRYPTED ? secret : NULL);
	}
	if (good != 1 || fclose(out) != 0)
		abort();
	(void)chmod(path_of(name), mode);
	EVP_PKEY_free(key);
}

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

/* Base64 of DER: the traditional form of RSA, PKCS #8 of Ed25519. */
static const char *
der_of(const char *name)
{
	FILE *in = fopen(path_of(name), "r");
	EVP_PKEY *key = in != NULL ? PEM_read_PrivateKey(in, NULL, NULL, NULL) : NULL;
	unsigned char *der = NULL, *text;
	int n = key != NULL ? i2d_PrivateKey(key, &der) : -1;

	if (n <= 0)
		abort();
	text = arena_alloc(&arena, EVP_ENCODE_LENGTH((size_t)n));
	(void)EVP_EncodeBlock(text, der, n);
	OPENSSL_free(der);
	EVP_PKEY_free(key);
	(void)fclose(in);
	return (const char *)text;
}

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

static const struct {
	const char *key_table, *signing_table; /* KEY: a path */
	const char *local, *domain, *wanted; /* names, or the reason */
} table_cases[] = {
    /* OpenDKIM's own order, in a file that is no refile. */
    {"k d.ex:s:KEY", "joe@d.ex k", "joe", "d.ex", "k"},
    {"k d.ex:s:KEY", "joe@d.ex k", "Joe", "d.ex", "k"},
    {"k d.ex:s:KEY", "joe@d.ex k", "jim", "d.ex", ""},
    {"k d.ex:s:KEY", "d.ex k", "jim", "d.ex", "k"},
    {"k d.ex:s:KEY", "d.ex k", "jim", "a.d.ex", ""},
    {"k d.ex:s:KEY", ".d.ex k", "jim", "a.b.d.ex", "k"},
    {"k d.ex:s:KEY", ".d.ex k", "jim", "d.ex", ""},
    {"k d.ex:s:KEY", "joe@.ex k", "joe", "a.d.ex", "k"},
    {"k d.ex:s:KEY", "joe@* k", "joe", "anywhere.ex", "k"},
    {"k d.ex:s:KEY", "* k", "joe", "anywhere.ex", "k"},
    {"a d.ex:s:KEY\nb d.ex:s:KEY\nc d.ex:s:KEY", "* a\nd.ex b\njoe@d.ex c", "joe", "d.ex", "c b a"},
    {"% %:s:KEY\nd.ex d.ex:s:KEY", "* %", "joe", "d.ex", "d.ex"},
    {"d.ex d.ex:s:KEY", "* %", "joe", "other.ex", ""},
    {"# comment\n\n k\t%:s:KEY # why\n", "\n# comment\n*  k  # all\n", "joe", "other.ex", "k"},
    /* "%" in a path: the files that are there, for their domains. */
    {"k %:s:KEY.%", "* k", "joe", "d.ex", "k(d.ex,d.ex)"},
    {"k %:s:KEY.%", "* k", "joe", "a.d.ex", "k(a.d.ex,a.d.ex)"},
    {"k %:s:KEY.%", "* k", "joe", "b.d.ex", ""},
    {"k ours.ex:s:KEY.%", "* k", "joe", "d.ex", "k(d.ex,ours.ex)"},
    {"k %:s:KEY[?].%/%.pem", "* k", "joe", "d.ex", "k(d.ex,d.ex)"},
    {"k %:s:KEY[?].%/%.pem", "* k", "joe", "e.ex", ""},
    {"k %:s:KEY.%\nl %:s:KEY", "* k\n* l", "joe", "b.d.ex", "l"},
    /* refile */
    {"k d.ex:s:KEY", "refile: *@d.ex k", "joe", "d.ex", "k"},
    {"k d.ex:s:KEY", "refile: *@d.ex k", "joe", "a.d.ex", ""},
    {"k d.ex:s:KEY", "refile: *@*.d.ex k", "joe", "a.d.ex", "k"},
    {"a d.ex:s:KEY\nb d.ex:s:KEY", "refile: j*@d.ex b\n*@d.ex a", "joe", "d.ex", "b a"},
    {"a d.ex:s:KEY\nb d.ex:s:KEY", "refile: j*@d.ex b\n*@d.ex a", "tim", "d.ex", "a"},
    {"k d.ex:s:KEY", "refile: *a*a*a*a*b@d.ex k", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "d.ex",
	""},
    /* mistakes */
    {"k d.ex:s:KEY\nk d.ex:s:KEY", "* k", "", "", "keys:2: written twice: k"},
    {"k d.ex:s", "* k", "", "", "keys:1: not DOMAIN:SELECTOR:PATH"},
    {"k d..ex:s:KEY", "* k", "", "", "keys:1: not a domain: d..ex"},
    {"k d.ex:s:/nowhere/%/s.pem", "* k", "", "",
	"keys:1: no file for any domain: /nowhere/%/s.pem"},
    {"k d.ex:s:MC4C", "* k", "", "",
	"keys:1: key k: neither a path nor a private key in base64 of DER"},
    {"k d.ex:s:%", "* k", "", "",
	"keys:1: key k: neither a path nor a private key in base64 of DER"},
    {"k d.ex:s:KEY", "*", "", "", "rows:1: not two words"},
    {"k d.ex:s:KEY", "* k l", "", "", "rows:1: not two words"},
    {"k d.ex:s:KEY", "a k\n* l", "", "", "rows:2: not in the key table: l"},
    {"k d.ex:s:KEY", "* k:joe@d.ex", "", "",
	"rows:1: an identity (i=) of its own cannot be signed: k:joe@d.ex"},
};

static const char *
with_key(const char *text)
{
	const char *copy = "", *place;

	for (; (place = strstr(text, "KEY")) != NULL; text = place + 3)
		copy = arena_printf(
		    &arena, "%s%.*s%s", copy, (int)(place - text), text, path_of("ed25519"));
	return arena_printf(&arena, "%s%s\n", copy, text);
}

/* For whom a key was found by "%", and as whom it signs. */
static const char *
limits_of(const struct sign_named_key *k)
{
	return k->author != NULL ? arena_printf(&arena, "(%s,%s)", k->author, k->domain) : "";
}

static void
put_files(void)
{
	static const char *const names[] = {"ed25519.d.ex", "ed25519.a.d.ex",
	    "ed25519[?].d.ex/d.ex.pem", "ed25519[?].e.ex/d.ex.pem"};

	(void)mkdir(path_of("ed25519[?].d.ex"), 0700);
	(void)mkdir(path_of("ed25519[?].e.ex"), 0700);
	put("ed25519.not a domain", 0600, "and no key");
	put("ed25519x.d.ex", 0600, "no key");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		put_key(names[i], 0600, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), PKCS8);
}

/* A key in the table itself: the table is as secret as a key. */
static void
test_text_in_table(void)
{
	const struct sign_named_key *found[1];
	const char *why = "";

	put("rows", 0644, "* k\n");
	for (int shared = 0; shared < 2; shared++) {
		struct sign_table t = {.wild = false};

		put("keys", shared ? 0604 : 0640,
		    arena_printf(&arena, "k d.ex:s:%s\n", der_of("rsa")));
		tap_is_int(sign_table_load(&t, path_of("keys"), path_of("rows"), &arena, &why),
		    -shared, "a key in a table, %s", shared ? "others may read it" : why);
		tap_is_int(
		    (int64_t)sign_table_find(&t, "joe", "d.ex", found, 1), !shared, "keys found");
	}
	tap_is(why + strlen(folder) + 1,
	    "keys:1: a private key in a table others have access to; chmod 0600 or 0640",
	    "and why not");
}

static void
test_tables(void)
{
	for (size_t i = 0; i < sizeof table_cases / sizeof *table_cases; i++) {
		const char *rows = table_cases[i].signing_table, *why = NULL, *got = "";
		bool wild = strncmp(rows, "refile: ", 8) == 0;
		const struct sign_named_key *found[SIGN_KEYS_MAX];
		struct sign_table t = {.wild = false};
		size_t n;

		put("keys", 0600, with_key(table_cases[i].key_table));
		put("rows", 0600, rows + (wild ? 8 : 0));
		if (sign_table_load(&t, path_of("keys"),
			arena_printf(&arena, "%s%s", wild ? "refile:" : "", path_of("rows")),
			&arena, &why) == -1) {
			tap_is(why + strlen(folder) + 1, table_cases[i].wanted, "tables %zu", i);
			continue;
		}
		n = sign_table_find(
		    &t, table_cases[i].local, table_cases[i].domain, found, SIGN_KEYS_MAX);
		for (size_t k = 0; k < n; k++)
			got = arena_printf(&arena, "%s%s%s%s", got, k > 0 ? " " : "",
			    found[k]->name, limits_of(found[k]));
		tap_is(got, table_cases[i].wanted, "tables %zu", i);
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
	arena_init(&arena, 16 * 1024 * 1024);
	if (mkdtemp(folder) == NULL)
		abort();
	put_keys();
	test_keys();
	test_published();
	put_files();
	test_tables();
	test_text_in_table();
	test_check();
	test_options();
	(void)!system(arena_printf(&arena, "rm -rf '%s'", folder));
	arena_fini(&arena);
	return tap_done();
}
