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
canon(
    const char *body, size_t len, bool relaxed, size_t chunk, int64_t limit, unsigned char out[32])
{
	struct canon_body c = {.relaxed = relaxed, .limited = limit >= 0, .limit = limit};

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
		wrong += canon(bodies[i].body, strlen(bodies[i].body), relaxed, chunk, -1, is) !=
			 (int64_t)len;
		wrong += memcmp(is, should, sizeof is) != 0;
		for (size_t limit = 0; limit <= len; limit++) {
			hash_of(wanted, limit, should);
			wrong += canon(bodies[i].body, strlen(bodies[i].body), relaxed, chunk,
				     (int64_t)limit, is) != (int64_t)len;
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
		tap_is_int(canon(body, sizeof body - 1, true, chunk, -1, is), sizeof wanted,
		    "a long line");
		tap_ok(memcmp(is, should, sizeof is) == 0, "in chunks of %zu", chunk);
	}
}

/* RFC 6376 3.4.3 and 3.4.4 word by word, with all of the body at hand; out: len + 2 bytes. */
static size_t
canon_plainly(const char *body, size_t len, bool relaxed, char *out)
{
	size_t n = 0;

	for (size_t i = 0, end; i < len; i = end) {
		for (end = i; end < len && (body[end] == ' ' || body[end] == '\t'); end++)
			;
		if (relaxed && end > i) {
			if (end < len && (end + 1 == len || memcmp(body + end, "\r\n", 2) != 0))
				out[n++] = ' ';
			continue;
		}
		out[n++] = body[i];
		end = i + 1;
	}
	while (n >= 2 && memcmp(out + n - 2, "\r\n", 2) == 0)
		n -= 2;
	if (n > 0 || !relaxed) {
		memcpy(out + n, "\r\n", 2);
		n += 2;
	}
	return n;
}

static uint32_t
draw(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % below;
}

/* Words of about a block and everything that is special about a body, put together at random. */
static size_t
draw_body(uint32_t *seed, char body[2000])
{
	static const struct {
		const char *s;
		size_t len;
	} pieces[] = {{"\r\n", 2}, {"\r\n", 2}, {" ", 1}, {" ", 1}, {"\t", 1}, {"\r", 1}, {"\n", 1},
	    {"", 1}, {"\x7f\xff", 2}, {"a", 1}, {"word", 4}, {"fourteen bytes", 14},
	    {"fifteen bytes x", 15}, {"sixteen bytes xx", 16}};
	size_t count = sizeof pieces / sizeof *pieces, n = 0;
	uint32_t kinds = 1 + draw(seed, (uint32_t)count), first = draw(seed, (uint32_t)count);

	for (uint32_t left = draw(seed, 100); left > 0; left--) {
		size_t i = (first + draw(seed, kinds)) % count;

		memcpy(body + n, pieces[i].s, pieces[i].len);
		n += pieces[i].len;
	}
	return n;
}

static void
test_random(void)
{
	char body[2000], wanted[2002];
	unsigned char is[32], should[32];
	uint32_t seed = 6376;
	size_t wrong = 0;

	for (int i = 0; i < 4000; i++) {
		size_t len = draw_body(&seed, body), chunk = 1 + draw(&seed, 40);
		bool relaxed = i % 2 == 0;
		size_t all = canon_plainly(body, len, relaxed, wanted);
		uint32_t limit = draw(&seed, (uint32_t)all + 10);

		hash_of(wanted, all, should);
		wrong += canon(body, len, relaxed, chunk, -1, is) != (int64_t)all;
		wrong += memcmp(is, should, sizeof is) != 0;
		hash_of(wanted, limit < all ? limit : all, should);
		wrong += canon(body, len, relaxed, chunk, limit, is) != (int64_t)all;
		wrong += memcmp(is, should, sizeof is) != 0;
	}
	tap_is_int((int64_t)wrong, 0, "4000 bodies at random");
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
	test_random();
	return tap_done();
}
