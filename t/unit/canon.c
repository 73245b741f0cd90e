/* SPDX-License-Identifier: BSD-2-Clause */
/* A body as DKIM hashes it, wherever it is cut, and how much of it l= leaves. */
#include "checks/sign_canon.h"

#include <stdlib.h>
#include <string.h>

#include "t/tap.h"

#define LONG "012345678901234567890123456789012345678901234567890123456789 abc\tdef"

/* clang-format off */
static const struct { const char *body, *simple, *relaxed; } bodies[] = {
	{"", "\r\n", ""},
	{"\r\n\r\n", "\r\n", ""},
	{"a", "a\r\n", "a\r\n"},
	{"a\r\n", "a\r\n", "a\r\n"},
	{"a\r\n\r\n\r\n", "a\r\n", "a\r\n"},
	{" \t\r\n", " \t\r\n", ""},
	{" ", " \r\n", ""},
	{"a b c\r\n", "a b c\r\n", "a b c\r\n"},
	{"a \t b \r\n\r\n c\r\n", "a \t b \r\n\r\n c\r\n", "a b\r\n\r\n c\r\n"},
	{" a  b\t \tc\t\r\n \r\n\r\n", " a  b\t \tc\t\r\n \r\n", " a b c\r\n"},
	{"\ta\tb\r\n", "\ta\tb\r\n", " a b\r\n"},
	{"a\r\n \r\n", "a\r\n \r\n", "a\r\n"},
	{"\r\n\r\na\r\n", "\r\n\r\na\r\n", "\r\n\r\na\r\n"},
	{"a\rb\nc\r", "a\rb\nc\r\r\n", "a\rb\nc\r\r\n"},
	{"a\r\r\n", "a\r\r\n", "a\r\r\n"},
	{"a \rb \r \n", "a \rb \r \n\r\n", "a \rb \r \n\r\n"},
	{"8-bit \xff\xfe \xff\r\n", "8-bit \xff\xfe \xff\r\n", "8-bit \xff\xfe \xff\r\n"},
	{LONG LONG LONG LONG " \r\n" LONG, LONG LONG LONG LONG " \r\n" LONG "\r\n", NULL},
};
/* clang-format on */

static void
hash_of(const char *text, size_t len, unsigned char out[32])
{
	if (EVP_Digest(text, len, out, NULL, EVP_sha256(), NULL) != 1)
		abort();
}

/* limit -1: all. */
static int64_t
canon(const char *body, bool relaxed, size_t chunk, int64_t limit, unsigned char out[32])
{
	struct canon_body c = {.relaxed = relaxed, .limited = limit >= 0, .limit = limit};
	size_t len = strlen(body);

	c.hash = EVP_MD_CTX_new();
	if (c.hash == NULL || EVP_DigestInit_ex(c.hash, EVP_sha256(), NULL) != 1)
		abort();
	for (size_t at = 0; at < len; at += chunk)
		canon_body_add(
		    &c, (const unsigned char *)body + at, len - at < chunk ? len - at : chunk);
	canon_body_end(&c);
	if (EVP_DigestFinal_ex(c.hash, out, NULL) != 1)
		abort();
	EVP_MD_CTX_free(c.hash);
	return c.length;
}

static void
test_one(size_t i, bool relaxed, const char *wanted)
{
	unsigned char is[32], should[32];
	size_t len = strlen(wanted), wrong = 0;

	for (size_t chunk = 1; chunk <= strlen(bodies[i].body) + 1; chunk++) {
		hash_of(wanted, len, should);
		wrong += canon(bodies[i].body, relaxed, chunk, -1, is) != (int64_t)len;
		wrong += memcmp(is, should, sizeof is) != 0;
		for (size_t limit = 0; limit <= len; limit++) {
			hash_of(wanted, limit, should);
			wrong += canon(bodies[i].body, relaxed, chunk, (int64_t)limit, is) !=
				 (int64_t)len;
			wrong += memcmp(is, should, sizeof is) != 0;
		}
	}
	tap_is_int((int64_t)wrong, 0, "body %zu, %s", i, relaxed ? "relaxed" : "simple");
}

/* Longer than what is kept until it is hashed. */
static void
test_large(void)
{
	static char body[70000], wanted[70000];
	unsigned char is[32], should[32];

	memset(body, 'a', sizeof body - 1);
	memset(body + 3000, ' ', 2);
	memset(wanted, 'a', sizeof wanted - 1);
	wanted[3000] = ' ';
	memcpy(wanted + sizeof wanted - 2, "\r\n", 2);
	hash_of(wanted, sizeof wanted, should);
	for (size_t chunk = 1000; chunk < sizeof body; chunk *= 2) {
		tap_is_int(canon(body, true, chunk, -1, is), sizeof wanted, "a long line");
		tap_ok(memcmp(is, should, sizeof is) == 0, "in chunks of %zu", chunk);
	}
}

int
main(void)
{
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		test_one(i, false, bodies[i].simple);
		if (bodies[i].relaxed != NULL)
			test_one(i, true, bodies[i].relaxed);
	}
	test_large();
	return tap_done();
}
