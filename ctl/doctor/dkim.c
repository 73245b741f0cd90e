/* SPDX-License-Identifier: BSD-2-Clause */
/* DKIM keys we sign with, compared with what the DNS publishes of them. */
#include "config.h"

#include <string.h>

#include "checks/dkim_key.h"
#include "checks/sign.h"
#include "ctl/doctor/doctor.h"
#include "lib/tags.h"

#define RSA_BITS_GOOD 2048 /* RFC 8301 3.2 recommends so many */

struct walk {
	struct doctor *d;
	struct names_line good;
};

static void
ask_key(const struct sign_key *k, const char *domain, void *arg)
{
	struct doctor *d = arg;
	char name[SIGN_KEY_NAME_SIZE];

	sign_key_name(k, domain, name);
	dns_ask(d->session, name, DNS_TXT);
}

static void
ask(struct doctor *d)
{
	const struct sign_options *o = doctor_options(d, &check_sign);

	if (o != NULL)
		sign_each_key(o, ask_key, d);
}

static int
bits_of(const struct sign_key *k)
{
	EVP_PKEY *key = sign_key_parse(k->pem);
	int bits = key != NULL ? EVP_PKEY_get_bits(key) : 0;

	EVP_PKEY_free(key);
	return bits;
}

/* RFC 6376 3.6.1: t= is a list of flags; with y verifiers may take a signature for none. */
static bool
is_testing(const struct dns_answer *a)
{
	struct tag t;

	for (size_t i = 0; i < a->count; i++)
		if (key_is_record(a->rr[i].txt.bytes, a->rr[i].txt.len) &&
		    tags_find(a->rr[i].txt.bytes, a->rr[i].txt.len, "t", &t) &&
		    memchr(t.value, 'y', t.value_len) != NULL)
			return true;
	return false;
}

static void
tell_key(const struct sign_key *k, const char *domain, void *arg)
{
	struct walk *w = arg;
	struct doctor *d = w->d;
	char name[SIGN_KEY_NAME_SIZE], room[SIGN_KEY_RECORD_SIZE], reason[100];
	const struct dns_answer *a;
	struct buf record, why;
	int bits = bits_of(k);

	sign_key_name(k, domain, name);
	a = doctor_get(d, name, DNS_TXT);
	buf_init(&record, room, sizeof room);
	sign_key_record(k, &record);
	buf_init(&why, reason, sizeof reason);
	if (dns_is_temporary(a->status))
		find(d, LEVEL_WARN, "DKIM", "its name servers, then ask again",
		    "%s cannot be looked up (%s)", name, dns_status_text(a->status));
	else if (!sign_key_matches(k, a, &why))
		find(d, LEVEL_FAIL, "DKIM", doctor_printf(d, "%s. TXT \"%s\"", name, record.s),
		    "signatures by %s do not verify: the DNS has %s at %s", k->path, why.s, name);
	else if (is_testing(a))
		find(d, LEVEL_WARN, "DKIM", doctor_printf(d, "take t=y out of %s", name),
		    "%s says t=y: verifiers may ignore its signatures", name);
	else if (!k->ed25519 && bits < RSA_BITS_GOOD)
		find(d, LEVEL_WARN, "DKIM", doctor_printf(d, "baileyctl dkim-keygen %s", domain),
		    "%s has only %d bits; %d are usual", name, bits, RSA_BITS_GOOD);
	else
		names_add(&w->good, name);
}

struct search {
	const char *domain;
	bool found;
};

static void
match(const struct sign_key *k, const char *domain, void *arg)
{
	struct search *s = arg;

	(void)k;
	s->found = s->found || name_within(s->domain, domain);
}

size_t
dkim_unsigned(struct doctor *d, struct names_line *names)
{
	const struct sign_options *o = doctor_options(d, &check_sign);
	size_t n = 0;

	names_begin(names);
	for (size_t i = 0; i < d->domain_count; i++) {
		struct search s = {.domain = d->domains[i]};

		if (o != NULL)
			sign_each_key(o, match, &s);
		if (s.found)
			continue;
		names_add(names, d->domains[i]);
		n++;
	}
	return n;
}

static void
tell(struct doctor *d)
{
	const struct sign_options *o = doctor_options(d, &check_sign);
	struct walk w = {.d = d};
	struct names_line missing;

	names_begin(&w.good);
	if (o != NULL)
		sign_each_key(o, tell_key, &w);
	if (w.good.buf.len > 0)
		find(d, LEVEL_OK, "DKIM", NULL, "the DNS has our keys: %s", w.good.room);
	if (dkim_unsigned(d, &missing) > 0)
		find(d, LEVEL_WARN, "DKIM",
		    doctor_printf(d, "baileyctl dkim-keygen %.*s, unless another program signs",
			(int)strcspn(missing.room, ","), missing.room),
		    "we have no key to sign with for %s", missing.room);
}

const struct probe probe_dkim = {
    .subject = "Our name", .ask = ask, .tell = tell, .needs_dns = true};
