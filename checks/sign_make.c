/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Not by libopendkim, whose signing (2.11) loses the private key of each
 * Ed25519 signature for ever, and some bytes of each other one.  One hash of
 * the body does for all keys.
 */
#include "checks/sign_make.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "checks/sign_canon.h"
#include "checks/sign_key.h"

#define NAME          "DKIM-Signature"
#define LINE_WISH     72 /* columns; RFC 5322 2.1.1 */
#define SIGNATURE_MAX 2048 /* bytes; RSA of 16384 bits */
#define HASH_SIZE     32

struct maker {
	const struct maker_style *style;
	const struct header **fields; /* bottom up, the order h= names them in (RFC 6376 5.4.2) */
	size_t field_count;
	const struct header *header;
	struct canon_body body;
	unsigned char body_hash[HASH_SIZE];
	bool body_ended;
};

static bool
is_listed(const struct string_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcasecmp(list->v[i], name) == 0)
			return true;
	return false;
}

static bool
is_present(const struct header *h, const char *name)
{
	while (h != NULL && strcasecmp(h->name, name) != 0)
		h = h->next;
	return h != NULL;
}

/* MTAs add these where they are missing, Sendmail after we have signed (RFC 6409 8.2, 8.3). */
static bool
may_come_later(const char *name)
{
	return strcasecmp(name, "Date") == 0 || strcasecmp(name, "Message-ID") == 0;
}

static int
choose_fields(struct maker *m)
{
	size_t n = 0, at;

	for (const struct header *h = m->header; h != NULL; h = h->next)
		n += is_listed(m->style->fields, h->name) || is_listed(m->style->sealed, h->name);
	m->fields = calloc(n + 1, sizeof *m->fields);
	if (m->fields == NULL)
		return -1;
	m->field_count = at = n;
	for (const struct header *h = m->header; h != NULL; h = h->next)
		if (is_listed(m->style->fields, h->name) || is_listed(m->style->sealed, h->name))
			m->fields[--at] = h;
	return 0;
}

struct maker *
maker_new(const struct maker_style *style, const struct header *header)
{
	struct maker *m = calloc(1, sizeof *m);

	if (m == NULL)
		return NULL;
	m->style = style;
	m->header = header;
	m->body.relaxed = !style->simple_body;
	if (choose_fields(m) == 0 && (m->body.hash = EVP_MD_CTX_new()) != NULL &&
	    EVP_DigestInit_ex(m->body.hash, EVP_sha256(), NULL) == 1)
		return m;
	maker_free(&m);
	return NULL;
}

void
maker_free(struct maker **mp)
{
	struct maker *m = *mp;

	*mp = NULL;
	if (m == NULL)
		return;
	EVP_MD_CTX_free(m->body.hash);
	free(m->fields);
	free(m);
}

void
maker_body(struct maker *m, const unsigned char *bytes, size_t len)
{
	canon_body_add(&m->body, bytes, len);
}

/* ---- the field */

static void
fold(struct buf *b, size_t *column)
{
	buf_puts(b, "\n\t");
	*column = 8;
}

/* h=: each name ends a possible line. */
static void
put_name(struct buf *b, size_t *column, const char *name)
{
	if (b->s[b->len - 1] != '=')
		buf_putc(b, ':');
	if (*column + strlen(name) > LINE_WISH) {
		fold(b, column);
		buf_putc(b, ' ');
	}
	buf_puts(b, name);
	*column += strlen(name) + 1;
}

static void
put_names(const struct maker *m, struct buf *b)
{
	const struct string_list *sealed = m->style->sealed;
	size_t column;

	fold(b, &column);
	buf_puts(b, "h=");
	column += 2;
	for (size_t i = 0; i < m->field_count; i++)
		put_name(b, &column, m->fields[i]->name);
	for (size_t i = 0; i < sealed->n; i++)
		if (!may_come_later(sealed->v[i]) || is_present(m->header, sealed->v[i]))
			put_name(b, &column, sealed->v[i]);
}

static void
put_base64(struct buf *b, const unsigned char *bytes, size_t len)
{
	char text[EVP_ENCODE_LENGTH(SIGNATURE_MAX)];
	size_t n = (size_t)EVP_EncodeBlock((unsigned char *)text, bytes, (int)len), column = 8 + 2;

	for (size_t i = 0, part; i < n; i += part) {
		part = n - i < LINE_WISH - column ? n - i : LINE_WISH - column;
		buf_write(b, text + i, part);
		if (i + part < n) {
			fold(b, &column);
			buf_putc(b, ' ');
		}
	}
}

/* All but the signature. */
static void
put_tags(
    const struct maker *m, bool ed25519, const char *domain, const char *selector, struct buf *b)
{
	const struct maker_style *s = m->style;

	buf_printf(b, "v=1; a=%s-sha256; c=%s/%s; d=%s;\n\ts=%s; t=%lld;",
	    ed25519 ? "ed25519" : "rsa", s->simple_header ? "simple" : "relaxed",
	    s->simple_body ? "simple" : "relaxed", domain, selector, (long long)s->now);
	if (s->lifetime > 0)
		buf_printf(b, " x=%lld;", (long long)(s->now + s->lifetime));
	put_names(m, b);
	buf_puts(b, ";\n\tbh=");
	put_base64(b, m->body_hash, sizeof m->body_hash);
	buf_puts(b, ";\n\tb=");
}

/* RFC 6376 3.7: the fields of h=, then this one, without its signature and line end. */
static bool
hash_header(const struct maker *m, const struct buf *own, unsigned char out[HASH_SIZE])
{
	bool relaxed = !m->style->simple_header, good = false;
	EVP_MD_CTX *hash = EVP_MD_CTX_new();

	if (hash != NULL && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1) {
		for (size_t i = 0; i < m->field_count; i++) {
			const struct header *h = m->fields[i];

			canon_field(hash, h->name, h->value, h->value_len, relaxed, false);
		}
		canon_field(hash, NAME, own->s, own->len, relaxed, true);
		good = EVP_DigestFinal_ex(hash, out, NULL) == 1;
	}
	EVP_MD_CTX_free(hash);
	return good;
}

/* RFC 8463 3: Ed25519 signs the hash as if it were the message. */
static bool
sign_ed25519(EVP_PKEY *key, const unsigned char *hash, unsigned char *out, size_t *len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx != NULL && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
		    EVP_DigestSign(ctx, out, len, hash, HASH_SIZE) == 1;

	EVP_MD_CTX_free(ctx);
	return good;
}

static bool
sign_rsa(EVP_PKEY *key, const unsigned char *hash, unsigned char *out, size_t *len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool good = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
		    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
		    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
		    EVP_PKEY_sign(ctx, out, len, hash, HASH_SIZE) == 1;

	EVP_PKEY_CTX_free(ctx);
	return good;
}

/* own begins with the space that will stand behind the name. */
static bool
put_signature(const struct maker *m, EVP_PKEY *key, bool ed25519, struct buf *own)
{
	unsigned char hash[HASH_SIZE], out[SIGNATURE_MAX];
	size_t len = sizeof out;

	if (!hash_header(m, own, hash) ||
	    !(ed25519 ? sign_ed25519 : sign_rsa)(key, hash, out, &len))
		return false;
	put_base64(own, out, len);
	return true;
}

static bool
end_body(struct maker *m)
{
	if (m->body_ended)
		return true;
	canon_body_end(&m->body);
	m->body_ended = EVP_DigestFinal_ex(m->body.hash, m->body_hash, NULL) == 1;
	return m->body_ended;
}

int
maker_sign(struct maker *m, const char *pem, const char *domain, const char *selector,
    struct buf *value, const char **why_r)
{
	EVP_PKEY *key = sign_key_parse(pem);
	char room[MAKER_FIELD_MAX];
	bool ed25519, good;
	struct buf own;

	*why_r = "out of memory";
	if (key == NULL)
		return -1;
	ed25519 = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519;
	buf_init(&own, room, sizeof room);
	buf_putc(&own, ' ');
	good = end_body(m);
	put_tags(m, ed25519, domain, selector, &own);
	good = good && put_signature(m, key, ed25519, &own);
	EVP_PKEY_free(key);
	if (own.cut)
		*why_r = "the field becomes too long";
	if (!good || own.cut)
		return -1;
	buf_puts(value, own.s + 1);
	return value->cut ? -1 : 0;
}
