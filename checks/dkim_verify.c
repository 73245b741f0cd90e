/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What libopendkim 2.11 must be kept from, each measured: asking the DNS (a
 * shared resolver that takes NXDOMAIN for trouble), stopping at the first good
 * signature, giving up on a message whose From it cannot read, judging times
 * by its own clock, truncating header fields with LF folds.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
/* It needs the types above. */
#include <opendkim/dkim.h>
#include <openssl/evp.h>

#include "checks/dkim_length.h"
#include "checks/dkim_verify.h"

#define FIELD_NAME_MAX 998 /* RFC 5322 2.1.1; the library has fixed buffers */
#define LINE_MAX_SIZE  (256 * 1024) /* octets; it keeps a line until it ends, once for each hash */

/*
 * Seconds.  It refuses by its own clock what is expired for longer, or signed
 * later in the future; so large that it never does: times are judged in dkim.c.
 * Not larger, as it subtracts this from t= without a look.
 */
#define CLOCK_DRIFT 1000000000

struct verifier {
	DKIM *dkim;
	struct signature *fed[2 * VERIFIER_SIGNATURES_MAX]; /* in the order of the library's list */
	int fed_count;
	char *field; /* the one being converted */
	size_t field_size;
	bool wants_length;
	bool broken;
	bool processed; /* all signatures */
	bool any_body;
	size_t line; /* octets of the last line so far */
	bool line_too_long;
	unsigned char before_last, last; /* octets of it */
	struct body_length length;
	verifier_key *key;
	void *key_arg;
};

static DKIM_LIB *library;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Its list has an entry for each DKIM-Signature we showed it, in that order, because of BADSIGHANDLES. */
static struct signature *
signature_of(DKIM *dkim, const DKIM_SIGINFO *info)
{
	struct verifier *v = dkim_get_user_context(dkim);
	DKIM_SIGINFO **list;
	int n;

	if (dkim_getsiglist(dkim, &list, &n) != DKIM_STAT_OK)
		return NULL;
	for (int i = 0; i < n && i < v->fed_count; i++)
		if (list[i] == info)
			return v->fed[i];
	return NULL;
}

/* Trouble is told to the signature: the library knows too few kinds of it. */
static DKIM_CBSTAT
on_key(DKIM *dkim, DKIM_SIGINFO *info, u_char *record, size_t size)
{
	struct verifier *v = dkim_get_user_context(dkim);
	struct signature *sig = signature_of(dkim, info);
	struct buf b;

	if (sig == NULL)
		return DKIM_CBSTAT_NOTFOUND;
	buf_init(&b, (char *)record, size);
	return v->key(sig, &b, v->key_arg) == 0 ? DKIM_CBSTAT_CONTINUE : DKIM_CBSTAT_NOTFOUND;
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

/* All of them; left alone it stops at the first good one. */
static DKIM_CBSTAT
on_final(DKIM *dkim, DKIM_SIGINFO **list, int n)
{
	struct verifier *v = dkim_get_user_context(dkim);

	v->processed = true;
	for (int i = 0; i < n; i++)
		if ((dkim_sig_getflags(list[i]) & DKIM_SIGFLAG_IGNORE) == 0 &&
		    dkim_sig_geterror(list[i]) == DKIM_SIGERROR_UNKNOWN)
			(void)dkim_sig_process(dkim, list[i]);
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
	(void)dkim_free(v->dkim);
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
	for (size_t i = 0; i < h->value_len; i++) {
		if (h->value[i] == '\n' && (i == 0 || h->value[i - 1] != '\r'))
			buf_putc(&b, '\r');
		buf_putc(&b, h->value[i]);
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
		v->wants_length = v->wants_length || (sig->chosen && sig->length >= 0);
	}
	if ((text = field_text(v, h, &len)) == NULL)
		return -1;
	/* What it does not take nobody can have signed. */
	(void)dkim_header(v->dkim, (u_char *)(uintptr_t)text, len);
	return 0;
}

int
verifier_eoh(struct verifier *v)
{
	DKIM_SIGINFO **list;
	int n;

	v->broken = dkim_eoh(v->dkim) != DKIM_STAT_OK ||
		    dkim_getsiglist(v->dkim, &list, &n) != DKIM_STAT_OK || n != v->fed_count;
	return v->broken ? -1 : 0;
}

static bool
lines_are_short(struct verifier *v, const unsigned char *bytes, size_t len)
{
	const unsigned char *lf, *end = bytes + len;
	unsigned char before = v->last;

	while ((lf = memchr(bytes, '\n', (size_t)(end - bytes))) != NULL) {
		v->line += (size_t)(lf - bytes);
		if (v->line > LINE_MAX_SIZE)
			return false;
		if ((lf > bytes ? lf[-1] : before) == '\r')
			v->line = 0;
		before = '\n';
		bytes = lf + 1;
	}
	v->line += (size_t)(end - bytes);
	return v->line <= LINE_MAX_SIZE;
}

void
verifier_body(struct verifier *v, const unsigned char *bytes, size_t len)
{
	if (v->broken || v->line_too_long || len == 0)
		return;
	if (!lines_are_short(v, bytes, len)) {
		v->line_too_long = true;
		return;
	}
	if (v->wants_length)
		body_length_add(&v->length, bytes, len);
	v->any_body = true;
	v->before_last = len > 1 ? bytes[len - 2] : v->last;
	v->last = bytes[len - 1];
	if (dkim_body(v->dkim, (u_char *)(uintptr_t)bytes, len) != DKIM_STAT_OK)
		v->broken = true;
}

int
verifier_eom(struct verifier *v, verifier_key *key, void *arg)
{
	u_char line_end[] = "\r\n";

	/* RFC 6376 3.4.3 adds a missing one; the library calls such a body a syntax error. */
	if (v->any_body && (v->before_last != '\r' || v->last != '\n'))
		verifier_body(v, line_end, 2);
	if (v->broken)
		return -1;
	if (v->line_too_long)
		return 0;
	v->key = key;
	v->key_arg = arg;
	/* What it returns speaks of one signature only. */
	(void)dkim_eom(v->dkim, NULL);
	return v->processed ? 0 : -1;
}

/* bh= is not compared when the signature itself is wrong; what broke is worth knowing. */
static bool
body_matches(DKIM_SIGINFO *info)
{
	const unsigned char *said = dkim_sig_gettagvalue(info, false, (u_char *)(uintptr_t) "bh");
	unsigned char text[EVP_ENCODE_LENGTH(EVP_MAX_MD_SIZE)];
	void *header, *body;
	size_t header_len, len;

	if (dkim_sig_getbh(info) == DKIM_SIGBH_MATCH)
		return true;
	if (said == NULL ||
	    dkim_sig_gethashes(info, &header, &header_len, &body, &len) != DKIM_STAT_OK ||
	    len > EVP_MAX_MD_SIZE)
		return false;
	(void)EVP_EncodeBlock(text, body, (int)len);
	return strcmp((const char *)said, (const char *)text) == 0;
}

/* RFC 6376 6.1.1 (the signature), 6.1.2 (its key); the rest is the hashes. */
static bool
is_key_error(int error)
{
	switch (error) {
	case DKIM_SIGERROR_NOKEY:
	case DKIM_SIGERROR_DNSSYNTAX:
	case DKIM_SIGERROR_KEYFAIL:
	case DKIM_SIGERROR_SUBDOMAIN:
	case DKIM_SIGERROR_MULTIREPLY:
		return true;
	}
	return error >= DKIM_SIGERROR_KEYVERSION && error <= DKIM_SIGERROR_KEYTOOSMALL &&
	       error != DKIM_SIGERROR_MISSING_V && error != DKIM_SIGERROR_EMPTY_V;
}

void
verifier_find(
    const struct verifier *v, const struct signature *sig, struct verifier_finding *finding)
{
	DKIM_SIGINFO **list, *info;
	dkim_alg_t alg;
	int n, error;

	*finding = (struct verifier_finding){
	    .bad_signature = v->line_too_long, .error_text = "a line of the body is too long"};
	if (v->line_too_long)
		return;
	finding->error_text = "cannot be verified";
	if (sig->fed < 0 || dkim_getsiglist(v->dkim, &list, &n) != DKIM_STAT_OK || sig->fed >= n)
		return;
	info = list[sig->fed];
	error = dkim_sig_geterror(info);
	finding->header_matches = (dkim_sig_getflags(info) & DKIM_SIGFLAG_PASSED) != 0;
	finding->testing = (dkim_sig_getflags(info) & DKIM_SIGFLAG_TESTKEY) != 0;
	finding->body_matches = body_matches(info);
	finding->sha1 = dkim_sig_getsignalg(info, &alg) == DKIM_STAT_OK && alg == DKIM_SIGN_RSASHA1;
	(void)dkim_sig_getkeysize(info, &finding->key_bits);
	finding->bad_key = is_key_error(error);
	/* The flags still say "passed" after some errors. */
	finding->bad_signature =
	    !finding->bad_key && error > DKIM_SIGERROR_OK && error != DKIM_SIGERROR_BADSIG;
	if (error > DKIM_SIGERROR_OK && dkim_sig_geterrorstr(error) != NULL)
		finding->error_text = dkim_sig_geterrorstr(error);
}

int64_t
verifier_body_length(const struct verifier *v, bool relaxed)
{
	return body_length_get(&v->length, relaxed);
}
