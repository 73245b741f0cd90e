/* SPDX-License-Identifier: BSD-2-Clause */
/* What could be wrong with a key is found when the configuration is read, not when mail waits. */
#include "checks/sign_key.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks/dkim_key.h"
#include "checks/dkim_verify.h"
#include "checks/sign_make.h"

#define DER_MAX  (4 * 1024) /* bytes of a public key; RSA-16384 takes 2 KB */
#define ANY_TIME 1700000000 /* libopendkim takes those before 2001 for the future */

static int
fail(const struct sign_key *k, struct arena *a, const char **why_r, const char *what)
{
	*why_r = arena_printf(a, "%s: %s", k->path, what);
	return -1;
}

/* The file's text in the arena, or NULL with *why_r. */
static char *
read_file(const struct sign_key *k, struct arena *a, const char **why_r)
{
	int fd = open(k->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *text = NULL;
	struct stat st;
	ssize_t got;

	if (fd < 0 || fstat(fd, &st) < 0)
		(void)fail(k, a, why_r, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		(void)fail(k, a, why_r, "not a file");
	else if ((st.st_mode & S_IRWXO) != 0)
		(void)fail(k, a, why_r, "a private key others have access to; chmod 0600 or 0640");
	else if (st.st_size > SIGN_KEY_FILE_MAX)
		(void)fail(k, a, why_r, "too large for a private key");
	else if ((text = arena_alloc(a, (size_t)st.st_size + 1)) != NULL) {
		got = read(fd, text, (size_t)st.st_size);
		text[got > 0 ? got : 0] = '\0';
	}
	if (fd >= 0)
		(void)close(fd);
	return text;
}

/* A key with a passphrase is of no use to a daemon; never ask a terminal for it. */
static int
no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

EVP_PKEY *
sign_key_parse(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key =
	    bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;

	(void)BIO_free(bio);
	return key;
}

/* p=: SubjectPublicKeyInfo of an RSA key (as everybody publishes), the 32 bytes of Ed25519 (RFC 8463 4). */
static const char *
public_text(EVP_PKEY *key, bool ed25519, struct arena *a)
{
	unsigned char der[DER_MAX], *p = der, *text;
	size_t len = sizeof der;
	int n;

	if (ed25519) {
		if (EVP_PKEY_get_raw_public_key(key, der, &len) != 1)
			return NULL;
		n = (int)len;
	} else {
		n = i2d_PUBKEY(key, NULL);
		if (n <= 0 || n > DER_MAX || i2d_PUBKEY(key, &p) != n)
			return NULL;
	}
	text = arena_alloc(a, EVP_ENCODE_LENGTH((size_t)n));
	if (text != NULL)
		(void)EVP_EncodeBlock(text, der, n);
	return (char *)text;
}

static int
examine(struct sign_key *k, EVP_PKEY *key, struct arena *a, const char **why_r)
{
	int type = EVP_PKEY_get_base_id(key);

	k->ed25519 = type == EVP_PKEY_ED25519;
	if (type != EVP_PKEY_RSA && !k->ed25519)
		return fail(k, a, why_r, "neither an RSA nor an Ed25519 key");
	if (!k->ed25519 && EVP_PKEY_get_bits(key) < SIGN_KEY_BITS_MIN)
		return fail(k, a, why_r, "an RSA key of less than 1024 bits, which nobody accepts");
	k->published = public_text(key, k->ed25519, a);
	return k->published != NULL ? 0 : fail(k, a, why_r, "out of memory");
}

/* verifier_key: our own instead of the DNS's. */
static int
own_key(struct signature *sig, struct key *key, void *arg)
{
	const struct sign_key *k = arg;
	struct buf p;

	(void)sig;
	*key = (struct key){.testing = false};
	buf_init(&p, key->p, sizeof key->p);
	buf_puts(&p, k->published);
	return p.cut ? -1 : 0;
}

static bool
verifies(const struct sign_key *k, struct header *header, struct arena *a)
{
	struct verifier_finding finding = {.header_matches = false};
	struct signature *sig = signature_read(header, a);
	struct verifier *v = verifier_new();

	if (sig != NULL && v != NULL) {
		sig->chosen = true;
		if (verifier_header(v, header, sig) == 0 &&
		    verifier_header(v, header->next, NULL) == 0 && verifier_eoh(v) == 0 &&
		    verifier_eom(v, own_key, (void *)(uintptr_t)k) == 0)
			verifier_find(v, sig, &finding);
	}
	verifier_free(&v);
	return finding.header_matches && finding.body_matches;
}

static int
try_out(const struct sign_key *k, struct arena *a, const char **why_r)
{
	static const char *const names[] = {"From"};
	struct string_list fields = {names, 1};
	struct header from = {.name = "From", .value = " a@example.org", .value_len = 14};
	struct header field = {.name = "DKIM-Signature", .next = &from};
	struct maker_style style = {.now = ANY_TIME, .fields = &fields, .sealed = &fields};
	struct maker *m = maker_new(&style, &from);
	const char *why = "out of memory";
	char room[MAKER_FIELD_MAX];
	struct buf value;
	bool good;

	buf_init(&value, room, sizeof room);
	buf_putc(&value, ' ');
	good = m != NULL && maker_sign(m, k->pem, "example.org", k->selector, &value, &why) == 0;
	maker_free(&m);
	if (!good)
		return fail(k, a, why_r, why);
	field.value = value.s;
	field.value_len = value.len;
	if (verifies(k, &field, a))
		return 0;
	return fail(k, a, why_r, "a signature made with it does not verify");
}

/* NULL: not base64 of a private key, or no memory. */
static char *
pem_of(const char *base64, struct arena *a)
{
	size_t len = strlen(base64);
	unsigned char *der = len <= SIGN_KEY_FILE_MAX ? arena_alloc(a, len + 1) : NULL;
	int n = der != NULL ? EVP_DecodeBlock(der, (const unsigned char *)base64, (int)len) : -1;
	const unsigned char *p = der;
	EVP_PKEY *key = n > 0 ? d2i_AutoPrivateKey(NULL, &p, n) : NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	char *text, *pem = NULL;
	long size;

	if (key != NULL && bio != NULL &&
	    PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1) {
		size = BIO_get_mem_data(bio, &text);
		pem = arena_strndup(a, text, (size_t)size);
	}
	(void)BIO_free(bio);
	EVP_PKEY_free(key);
	return pem;
}

static int
load_pem(struct sign_key *k, struct arena *a, const char **why_r)
{
	EVP_PKEY *key;
	int r;

	if ((key = sign_key_parse(k->pem)) == NULL)
		return fail(k, a, why_r, "no private key in PEM, without passphrase");
	r = examine(k, key, a, why_r);
	EVP_PKEY_free(key);
	return r == 0 ? try_out(k, a, why_r) : -1;
}

int
sign_key_load(struct sign_key *k, struct arena *a, const char **why_r)
{
	*why_r = "out of memory";
	k->pem = read_file(k, a, why_r);
	return k->pem != NULL ? load_pem(k, a, why_r) : -1;
}

int
sign_key_load_text(struct sign_key *k, const char *base64, struct arena *a, const char **why_r)
{
	k->pem = pem_of(base64, a);
	if (k->pem == NULL)
		return fail(k, a, why_r, "neither a path nor a private key in base64 of DER");
	return load_pem(k, a, why_r);
}

void
sign_key_record(const struct sign_key *k, struct buf *out)
{
	buf_printf(out, "v=DKIM1; k=%s; p=%s", k->ed25519 ? "ed25519" : "rsa", k->published);
}

void
sign_key_name(const struct sign_key *k, const char *domain, char out[SIGN_KEY_NAME_SIZE])
{
	(void)snprintf(out, SIGN_KEY_NAME_SIZE, "%s._domainkey.%s", k->selector, domain);
}

bool
sign_key_matches(const struct sign_key *k, const struct dns_answer *a, struct buf *why)
{
	const struct dns_rr *found = NULL;
	enum key_fault fault;
	struct key key;

	for (size_t i = 0; i < a->count; i++) {
		if (!key_is_record(a->rr[i].txt.bytes, a->rr[i].txt.len))
			continue;
		if (found != NULL) {
			buf_puts(why, "several key records");
			return false;
		}
		found = &a->rr[i];
	}
	if (found == NULL) {
		buf_puts(why, a->status == DNS_OK ? "no key record" : dns_status_text(a->status));
		return false;
	}
	fault = key_read(
	    found->txt.bytes, found->txt.len, k->ed25519 ? "ed25519-sha256" : "rsa-sha256", &key);
	if (fault != KEY_OK) {
		buf_puts(why, key_fault_text(fault));
		return false;
	}
	if (strcmp(key.p, k->published) == 0)
		return true;
	buf_puts(why, "another key");
	return false;
}
