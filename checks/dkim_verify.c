/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What libopendkim 2.11 must be kept from, each measured: asking the DNS (a
 * shared resolver that takes NXDOMAIN for trouble), stopping at the first good
 * signature, giving up on a message whose From it cannot read, judging times
 * by its own clock, truncating header fields with LF folds, and two things
 * that it does right but slowly: keys (dkim_proof.h) and the body, of which it
 * copies every byte on its own and which it hashes once for each signature.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>
/* It needs the types above. */
#include <opendkim/dkim.h>
#include <openssl/evp.h>

#include "checks/dkim_proof.h"
#include "checks/dkim_verify.h"
#include "checks/sign_canon.h"
#include "lib/tags.h"

#define FIELD_NAME_MAX 998 /* RFC 5322 2.1.1; the library has fixed buffers */

/*
 * Seconds.  It refuses by its own clock what is expired for longer, or signed
 * later in the future; so large that it never does: times are judged in dkim.c.
 * Not larger, as it subtracts this from t= without a look.
 */
#define CLOCK_DRIFT 1000000000

/* Signatures with the same c= for the body, hash and l= share one. */
struct body {
	struct body *next;
	struct canon_body canon;
	const EVP_MD *md;
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned len;
};

struct verifier {
	DKIM *dkim;
	struct signature *fed[2 * VERIFIER_SIGNATURES_MAX]; /* in the order of the library's list */
	struct verifier_finding found[2 * VERIFIER_SIGNATURES_MAX];
	int fed_count;
	char *field; /* the one being converted */
	size_t field_size;
	struct body *bodies;
	bool broken;
	bool spoilt; /* the library must not even be asked to free it */
	bool processed; /* all signatures */
	verifier_key *key;
	void *key_arg;
};

static DKIM_LIB *library;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static DKIM_CBSTAT
on_key(DKIM *dkim, DKIM_SIGINFO *info, u_char *record, size_t size)
{
	(void)dkim;
	(void)info;
	(void)record;
	(void)size;
	return DKIM_CBSTAT_NOTFOUND; /* it shall not ask anybody */
}

static DKIM_CBSTAT
on_prescreen(DKIM *dkim, DKIM_SIGINFO **list, int n)
{
	const struct verifier *v = dkim_get_user_context(dkim);

	for (int i = 0; i < n; i++)
		if (i >= v->fed_count || !v->fed[i]->chosen)
			dkim_sig_ignore(list[i]);
	return DKIM_CBSTAT_CONTINUE;
}

static const EVP_MD *
md_of(const struct signature *sig)
{
	return strcasecmp(sig->a, "rsa-sha1") == 0 ? EVP_sha1() : EVP_sha256();
}

static struct body *
body_of(const struct verifier *v, const struct signature *sig)
{
	struct body *b = v->bodies;

	while (b != NULL &&
	       (b->canon.relaxed != sig->relaxed_body || b->md != md_of(sig) ||
		   b->canon.limited != (sig->length >= 0) || b->canon.limit != sig->length))
		b = b->next;
	return b;
}

/* 0, or -1 without memory. */
static int
body_want(struct verifier *v, const struct signature *sig)
{
	struct body *b = body_of(v, sig);

	if (b != NULL)
		return 0;
	b = calloc(1, sizeof *b);
	if (b == NULL)
		return -1;
	b->next = v->bodies;
	v->bodies = b;
	b->md = md_of(sig);
	b->canon.relaxed = sig->relaxed_body;
	b->canon.limited = sig->length >= 0;
	b->canon.limit = sig->length;
	b->canon.hash = EVP_MD_CTX_new();
	return b->canon.hash != NULL && EVP_DigestInit_ex(b->canon.hash, b->md, NULL) == 1 ? 0 : -1;
}

static void
bodies_free(struct body **list)
{
	for (struct body *b = *list, *next; b != NULL; b = next) {
		next = b->next;
		EVP_MD_CTX_free(b->canon.hash);
		free(b);
	}
	*list = NULL;
}

static void
compare_body(const struct body *b, const struct signature *sig, struct verifier_finding *f)
{
	unsigned char said[EVP_MAX_MD_SIZE];

	f->body_length = b->canon.length;
	f->body_matches = sig->bh != NULL && proof_decode(sig->bh, said, sizeof said) == b->len &&
			  memcmp(said, b->hash, b->len) == 0;
	if (sig->length <= b->canon.length)
		return;
	f->bad_signature = true;
	f->error_text = "more octets of the body are signed than there are";
}

/* RFC 6376 3.6.1, t=s. */
static bool
is_below(const struct signature *sig)
{
	const char *at = sig->i != NULL ? strrchr(sig->i, '@') : NULL;

	return at == NULL || strcasecmp(at + 1, sig->d) != 0;
}

/* A tag that is there, and the library misses, is one that it had no memory for. */
static bool
lacked_memory(const struct signature *sig, int error)
{
	static const struct {
		int error;
		const char *tag;
	} missing[] = {{DKIM_SIGERROR_MISSING_A, "a"}, {DKIM_SIGERROR_MISSING_B, "b"},
	    {DKIM_SIGERROR_MISSING_BH, "bh"}, {DKIM_SIGERROR_MISSING_D, "d"},
	    {DKIM_SIGERROR_MISSING_H, "h"}, {DKIM_SIGERROR_MISSING_S, "s"},
	    {DKIM_SIGERROR_MISSING_V, "v"}};
	const struct header *h = sig->field;
	struct tag t;

	for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
		if (missing[i].error == error)
			return tags_find(h->value, h->value_len, missing[i].tag, &t) &&
			       t.value_len > 0;
	return false;
}

static void
not_verified(struct signature *sig)
{
	sig->key_trouble = "cannot be verified: out of memory";
	sig->key_temporary = true;
}

static void
compare_header(
    struct verifier *v, DKIM_SIGINFO *info, struct signature *sig, struct verifier_finding *f)
{
	void *hash, *body;
	size_t len, body_len;
	struct key key;
	enum proof proof;

	if (v->key(sig, &key, v->key_arg) == -1)
		return;
	if (dkim_sig_gethashes(info, &hash, &len, &body, &body_len) != DKIM_STAT_OK) {
		f->bad_signature = true;
		return;
	}
	proof = proof_check(key.p, sig->a, hash, len, sig->b, &f->key_bits);
	if (proof == PROOF_NO_MEMORY) {
		not_verified(sig);
		return;
	}
	f->header_matches = proof == PROOF_GOOD;
	f->testing = key.testing;
	f->bad_key = proof == PROOF_NO_KEY || (key.strict && is_below(sig));
	if (f->bad_key)
		f->error_text = proof == PROOF_NO_KEY ? "key cannot be read"
						      : "the key is not for subdomains in i=";
}

/* Its list has an entry for each DKIM-Signature we showed it, in that order, because of BADSIGHANDLES. */
static DKIM_CBSTAT
on_final(DKIM *dkim, DKIM_SIGINFO **list, int n)
{
	struct verifier *v = dkim_get_user_context(dkim);

	for (int i = 0; i < n && i < v->fed_count; i++) {
		struct verifier_finding *f = &v->found[i];
		int error = dkim_sig_geterror(list[i]);

		if (!v->fed[i]->chosen)
			continue;
		f->error_text = "cannot be verified";
		f->sha1 = md_of(v->fed[i]) == EVP_sha1();
		/* It has seen no body, so each l= is too large for it. */
		f->bad_signature = error > DKIM_SIGERROR_OK && error != DKIM_SIGERROR_TOOLARGE_L;
		if (lacked_memory(v->fed[i], error))
			not_verified(v->fed[i]);
		if (f->bad_signature && dkim_sig_geterrorstr(error) != NULL)
			f->error_text = dkim_sig_geterrorstr(error);
		if (f->bad_signature)
			continue;
		compare_body(body_of(v, v->fed[i]), v->fed[i], f);
		compare_header(v, list[i], v->fed[i], f);
		/* Or it would try itself. */
		dkim_sig_ignore(list[i]);
	}
	v->processed = true;
	return DKIM_CBSTAT_CONTINUE;
}

static void
set_up(void)
{
	unsigned flags = DKIM_LIBFLAGS_DELAYSIGPROC | DKIM_LIBFLAGS_BADSIGHANDLES, bits = 0;
	uint64_t drift = CLOCK_DRIFT;
	DKIM_LIB *lib = dkim_init(NULL, NULL);

	if (lib == NULL)
		return;
	if (dkim_options(lib, DKIM_OP_SETOPT, DKIM_OPTS_FLAGS, &flags, sizeof flags) !=
		DKIM_STAT_OK ||
	    dkim_options(lib, DKIM_OP_SETOPT, DKIM_OPTS_CLOCKDRIFT, &drift, sizeof drift) !=
		DKIM_STAT_OK ||
	    dkim_options(lib, DKIM_OP_SETOPT, DKIM_OPTS_MINKEYBITS, &bits, sizeof bits) !=
		DKIM_STAT_OK) {
		dkim_close(lib);
		return;
	}
	(void)dkim_set_key_lookup(lib, on_key);
	(void)dkim_set_prescreen(lib, on_prescreen);
	(void)dkim_set_final(lib, on_final);
	library = lib;
}

void
verifier_prepare(void)
{
	(void)pthread_once(&once, set_up);
	proof_prepare();
}

struct verifier *
verifier_new(void)
{
	struct verifier *v = calloc(1, sizeof *v);
	DKIM_STAT st;

	(void)pthread_once(&once, set_up);
	if (v == NULL || library == NULL) {
		free(v);
		return NULL;
	}
	v->dkim = dkim_verify(library, (const u_char *)"", NULL, &st);
	if (v->dkim == NULL) {
		free(v);
		return NULL;
	}
	(void)dkim_set_user_context(v->dkim, v);
	return v;
}

void
verifier_free(struct verifier **vp)
{
	struct verifier *v = *vp;

	*vp = NULL;
	if (v == NULL)
		return;
	/* What it could not make for want of memory it would free all the same. */
	if (!v->spoilt)
		(void)dkim_free(v->dkim);
	bodies_free(&v->bodies);
	free(v->field);
	free(v);
}

/* "Name:value" with CRLF folds, as it was on the wire; NULL without memory. */
static const char *
field_text(struct verifier *v, const struct header *h, size_t *len_r)
{
	size_t size = strlen(h->name) + 2 + 2 * h->value_len;
	struct buf b;

	if (size > v->field_size) {
		char *more = realloc(v->field, size);

		if (more == NULL)
			return NULL;
		v->field = more;
		v->field_size = size;
	}
	buf_init(&b, v->field, v->field_size);
	buf_puts(&b, h->name);
	buf_putc(&b, ':');
	for (const char *at = h->value, *end = at + h->value_len, *lf; at < end; at = lf) {
		lf = memchr(at + 1, '\n', (size_t)(end - at - 1));
		if (lf == NULL)
			lf = end;
		if (*at == '\n' && (at == h->value || at[-1] != '\r'))
			buf_putc(&b, '\r');
		buf_write(&b, at, (size_t)(lf - at));
	}
	*len_r = b.len;
	return b.s;
}

int
verifier_header(struct verifier *v, const struct header *h, struct signature *sig)
{
	const char *text;
	size_t len;

	if (strlen(h->name) > FIELD_NAME_MAX)
		return 0;
	if (sig != NULL) {
		int max = sig->chosen ? 2 * VERIFIER_SIGNATURES_MAX : VERIFIER_SIGNATURES_MAX;

		if (v->fed_count >= max)
			return 0;
		sig->fed = v->fed_count;
		v->fed[v->fed_count++] = sig;
		if (sig->chosen && body_want(v, sig) == -1)
			return -1;
	}
	if ((text = field_text(v, h, &len)) == NULL)
		return -1;
	/* What else it does not take nobody can have signed. */
	return dkim_header(v->dkim, (u_char *)(uintptr_t)text, len) == DKIM_STAT_NORESOURCE ? -1
											    : 0;
}

int
verifier_eoh(struct verifier *v)
{
	DKIM_SIGINFO **list;
	DKIM_STAT st = dkim_eoh(v->dkim);
	int n;

	v->spoilt = st == DKIM_STAT_NORESOURCE;
	v->broken = st != DKIM_STAT_OK || dkim_getsiglist(v->dkim, &list, &n) != DKIM_STAT_OK ||
		    n != v->fed_count;
	return v->broken ? -1 : 0;
}

void
verifier_body(struct verifier *v, const unsigned char *bytes, size_t len)
{
	for (struct body *b = v->bodies; b != NULL; b = b->next)
		canon_body_add(&b->canon, bytes, len);
}

int
verifier_eom(struct verifier *v, verifier_key *key, void *arg)
{
	if (v->broken)
		return -1;
	for (struct body *b = v->bodies; b != NULL; b = b->next) {
		canon_body_end(&b->canon);
		if (EVP_DigestFinal_ex(b->canon.hash, b->hash, &b->len) != 1)
			return -1;
	}
	v->key = key;
	v->key_arg = arg;
	/* What it returns speaks of one signature only. */
	(void)dkim_eom(v->dkim, NULL);
	return v->processed ? 0 : -1;
}

void
verifier_find(
    const struct verifier *v, const struct signature *sig, struct verifier_finding *finding)
{
	*finding = sig->fed >= 0 ? v->found[sig->fed]
				 : (struct verifier_finding){.error_text = "cannot be verified"};
}
