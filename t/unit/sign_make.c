/* SPDX-License-Identifier: BSD-2-Clause */
/* What we sign libopendkim must verify, however the message looks and wherever it is cut. */
#include "checks/sign_make.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "checks/dkim_verify.h"
#include "t/tap.h"

#define NOW 1700000000

static struct arena arena;
static char *pem;
static const char *record;

static void
make_key(void)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	BIO *bio = BIO_new(BIO_s_mem());
	unsigned char raw[32], text[64];
	size_t len = sizeof raw;
	char *bytes;
	long n;

	if (key == NULL || bio == NULL ||
	    PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1 ||
	    EVP_PKEY_get_raw_public_key(key, raw, &len) != 1)
		abort();
	n = BIO_get_mem_data(bio, &bytes);
	pem = arena_strndup(&arena, bytes, (size_t)n);
	(void)EVP_EncodeBlock(text, raw, (int)len);
	record = arena_printf(&arena, "v=DKIM1; k=ed25519; p=%s", (char *)text);
	(void)BIO_free(bio);
	EVP_PKEY_free(key);
}

static int
give_key(struct signature *sig, struct key *out, void *arg)
{
	(void)arg;
	return key_read(record, strlen(record), sig->a, out) == KEY_OK ? 0 : -1;
}

static const char *const bodies[] = {
    "",
    "\r\n",
    "\r\n\r\n\r\n",
    "a\r\n",
    " ",
    " \t\r\n",
    " \t\r\n \r\n",
    "a \t b  \r\n\r\n \r\n\tc\t\r\n \r\n\r\n",
    "\r\n\r\na\r\n",
    "8-bit \xff\xfe\r\n",
    "a",
    "\r\n \r\n a",
    "a\r\rb\r\n",
};

static const struct header headers[] = {
    {.name = "Subject", .value = " plain"},
    {.name = "SUBJECT", .value = "  capitals,  spaces \t"},
    {.name = "Subject", .value = "\n folded at once\n\tand  again \n \n end"},
    {.name = "Subject", .value = ""},
    {.name = "Subject", .value = " "},
    {.name = "Subject", .value = "without space, \xc3\xa4 8-bit"},
    {.name = "Subject", .value = " CRLF\r\n folded"},
};

/* Two of a kind, and one nobody signs, around what is tried. */
static struct header *
list_of(const struct header *tried)
{
	static const struct header parts[] = {
	    {.name = "From", .value = " a@example.org"},
	    {.name = "Subject", .value = " one more"},
	    {.name = "X-Unsigned", .value = " x"},
	};
	struct header *list = NULL;

	for (size_t i = 0; i < 4; i++) {
		struct header *h = arena_alloc(&arena, sizeof *h);

		*h = i < 3 ? parts[i] : *tried;
		h->value_len = strlen(h->value);
		h->next = list;
		list = h;
	}
	return list;
}

static bool
verifies(struct header *signed_list, const char *body)
{
	struct signature *sig = signature_read(signed_list, &arena);
	struct verifier *v = verifier_new();
	struct verifier_finding finding;

	if (sig == NULL || sig->fault != NULL || v == NULL)
		abort();
	sig->chosen = true;
	for (const struct header *h = signed_list; h != NULL; h = h->next)
		(void)verifier_header(v, h, h == signed_list ? sig : NULL);
	(void)verifier_eoh(v);
	verifier_body(v, (const unsigned char *)body, strlen(body));
	(void)verifier_eom(v, give_key, NULL);
	verifier_find(v, sig, &finding);
	verifier_free(&v);
	return finding.header_matches && finding.body_matches;
}

/* The body comes in two chunks, cut there. */
static bool
round_trip(const struct maker_style *style, struct header *list, const char *body, size_t cut)
{
	struct header *field = arena_alloc(&arena, sizeof *field);
	struct maker *m = maker_new(style, list);
	char room[MAKER_FIELD_MAX];
	const char *why = "";
	struct buf value;

	if (m == NULL)
		abort();
	buf_init(&value, room, sizeof room);
	buf_putc(&value, ' ');
	maker_body(m, (const unsigned char *)body, cut);
	maker_body(m, (const unsigned char *)body + cut, strlen(body) - cut);
	if (maker_sign(m, pem, "example.org", "s", &value, &why) == -1)
		tap_note("%s", why);
	maker_free(&m);
	*field = (struct header){.name = "DKIM-Signature",
	    .value = arena_strdup(&arena, value.s),
	    .value_len = value.len,
	    .next = list};
	return verifies(field, body);
}

static void
test_style(const struct maker_style *style, const char *name)
{
	size_t count = sizeof bodies / sizeof *bodies;

	for (size_t i = 0; i < count; i++) {
		bool good = true;

		for (size_t cut = 0; cut <= strlen(bodies[i]); cut++)
			good = round_trip(style, list_of(&headers[0]), bodies[i], cut) && good;
		tap_ok(good, "%s: body %zu", name, i);
	}
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
		tap_ok(
		    round_trip(style, list_of(&headers[i]), "a\r\n", 0), "%s: header %zu", name, i);
}

/* What was sealed cannot be added. */
static void
test_sealed(const struct maker_style *style)
{
	struct header more = {.name = "Subject", .value = " added", .value_len = 6};
	struct header *list = list_of(&headers[0]), *field = arena_alloc(&arena, sizeof *field);
	struct maker *m = maker_new(style, list);
	char room[MAKER_FIELD_MAX];
	const char *why;
	struct buf value;

	buf_init(&value, room, sizeof room);
	buf_putc(&value, ' ');
	if (m == NULL || maker_sign(m, pem, "example.org", "s", &value, &why) == -1)
		abort();
	maker_free(&m);
	*field = (struct header){
	    .name = "DKIM-Signature", .value = value.s, .value_len = value.len, .next = list};
	tap_ok(verifies(field, ""), "untouched");
	more.next = list;
	field->next = &more;
	tap_ok(!verifies(field, ""), "a Subject added");
}

static void
test_long(const struct maker_style *style)
{
	struct header *list = NULL;
	char room[MAKER_FIELD_MAX];
	const char *why = "";
	struct maker *m;
	struct buf value;

	for (size_t i = 0; i < 2000; i++) {
		struct header *h = arena_alloc(&arena, sizeof *h);

		*h = (struct header){.name = "Subject", .value = "", .next = list};
		list = h;
	}
	m = maker_new(style, list);
	buf_init(&value, room, sizeof room);
	tap_is_int(
	    maker_sign(m, pem, "example.org", "s", &value, &why), -1, "2,000 fields to sign");
	tap_is(why, "the field becomes too long", "and why not");
	maker_free(&m);
}

int
main(void)
{
	static const char *const names[] = {"From", "Subject", "Date"};
	struct string_list list = {names, 3};
	struct maker_style style = {
	    .now = NOW, .lifetime = 86400, .fields = &list, .sealed = &list};

	arena_init(&arena, 64 * 1024 * 1024);
	make_key();
	test_style(&style, "relaxed/relaxed");
	test_sealed(&style);
	test_long(&style);
	style.simple_body = true;
	test_style(&style, "relaxed/simple");
	style.simple_header = true;
	style.lifetime = 0;
	test_style(&style, "simple/simple");
	arena_fini(&arena);
	return tap_done();
}
