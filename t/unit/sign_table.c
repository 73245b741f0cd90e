/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/sign.h"

#include <string.h>
#include <sys/stat.h>

#include "t/tap.h"
#include "t/unit/key_files.h"

static struct arena arena;

static const struct {
	const char *key_table, *signing_table; /* KEY: a path; "refile: " in front */
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
    {"refile: k d.ex:s:KEY", "refile: *@d.ex k", "joe", "d.ex", "k"},
    {"refile: k d.ex:s:KEY", "d.ex k", "joe", "d.ex", "k"},
    /* mistakes */
    {"refile: *.d.ex d.ex:s:KEY", "* k", "", "", "keys:1: a pattern cannot name a key: *.d.ex"},
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
	tap_is(why + strlen(key_folder) + 1,
	    "keys:1: a private key in a table others have access to; chmod 0600 or 0640",
	    "and why not");
}

/* The table in a file of that name, as the configuration would call it. */
static const char *
put_table(const char *name, const char *text)
{
	bool wild = strncmp(text, "refile: ", 8) == 0;

	put(name, 0600, text + (wild ? 8 : 0));
	return arena_printf(&arena, "%s%s", wild ? "refile:" : "", path_of(name));
}

static void
test_tables(void)
{
	for (size_t i = 0; i < sizeof table_cases / sizeof *table_cases; i++) {
		const char *keys = put_table("keys", with_key(table_cases[i].key_table));
		const char *rows = put_table("rows", table_cases[i].signing_table);
		const char *why = NULL, *got = "";
		const struct sign_named_key *found[SIGN_KEYS_MAX];
		struct sign_table t = {.wild = false};
		size_t n;

		if (sign_table_load(&t, keys, rows, &arena, &why) == -1) {
			tap_is(
			    why + strlen(key_folder) + 1, table_cases[i].wanted, "tables %zu", i);
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

int
main(void)
{
	key_files_open(&arena);
	put_key("ed25519", 0400, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), PKCS8);
	put_key("rsa", 0600, EVP_RSA_gen(2048), PKCS8);
	put_files();
	test_tables();
	test_text_in_table();
	key_files_close(&arena);
	return tap_done();
}
