/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads SPF records (RFC 7208 4.6.1, 5, 6, 12).  The grammar is followed to
 * the letter, because 4.6 wants permerror for a mistake anywhere, even behind
 * a term that matches.  Records are hostile: any bytes up to DNS_TXT_MAX.
 */
#include "config.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "checks/spf/record.h"
#include "lib/ascii.h"

#define TAG     "v=spf1"
#define TAG_LEN (sizeof TAG - 1)

/* Where a domain-spec may or must stand, and a prefix length. */
enum argument { ARG_NONE, ARG_DOMAIN, ARG_OPTIONAL_DOMAIN, ARG_HOSTS, ARG_NETWORK };

/* clang-format off */
static const struct mechanism {
	const char	*name;
	enum spf_kind	 kind;
	enum argument	 argument;
} mechanisms[] = {
	{ "all",	SPF_ALL,	ARG_NONE },
	{ "include",	SPF_INCLUDE,	ARG_DOMAIN },
	{ "a",		SPF_A,		ARG_HOSTS },
	{ "mx",		SPF_MX,		ARG_HOSTS },
	{ "ptr",	SPF_PTR,	ARG_OPTIONAL_DOMAIN },
	{ "ip4",	SPF_IP4,	ARG_NETWORK },
	{ "ip6",	SPF_IP6,	ARG_NETWORK },
	{ "exists",	SPF_EXISTS,	ARG_DOMAIN },
};
/* clang-format on */
#define MECHANISM_COUNT (sizeof mechanisms / sizeof *mechanisms)

static bool
is_alpha(char c)
{
	return ascii_is_alnum(c) && !ascii_is_digit(c);
}

static bool
text_is(struct spf_text t, const char *word)
{
	return t.len == strlen(word) && strncasecmp(t.s, word, t.len) == 0;
}

static struct spf_text
text_from(struct spf_text t, size_t skip)
{
	return (struct spf_text){t.s + skip, t.len - skip};
}

bool
spf_record_is(struct spf_text t)
{
	return t.len >= TAG_LEN && strncasecmp(t.s, TAG, TAG_LEN) == 0 &&
	       (t.len == TAG_LEN || t.s[TAG_LEN] == ' ');
}

void
spf_reader_init(struct spf_reader *r, struct spf_text record)
{
	*r = (struct spf_reader){.record = record, .at = TAG_LEN};
}

/* A fault of what `at' points to, inside the record the reader holds. */
static int
fault(struct spf_fault *f, const struct spf_reader *r, const char *at, const char *what)
{
	*f = (struct spf_fault){.what = what, .at = (size_t)(at - r->record.s)};
	return -1;
}

/*
 * toplabel = ( *alphanum ALPHA *alphanum ) /
 *            ( 1*alphanum "-" *( alphanum / "-" ) alphanum )
 */
static bool
is_toplabel(struct spf_text t)
{
	bool more_than_digits = false;

	if (t.len == 0 || t.s[0] == '-' || t.s[t.len - 1] == '-')
		return false;
	for (size_t i = 0; i < t.len; i++) {
		if (!ascii_is_alnum(t.s[i]) && t.s[i] != '-')
			return false;
		more_than_digits |= !ascii_is_digit(t.s[i]);
	}
	return more_than_digits;
}

/* domain-end = ( "." toplabel [ "." ] ) / macro-expand, of which this is the former. */
static bool
ends_in_toplabel(struct spf_text t)
{
	const char *dot;

	if (t.len > 0 && t.s[t.len - 1] == '.')
		t.len--;
	dot = memrchr(t.s, '.', t.len);
	return dot != NULL && is_toplabel(text_from(t, (size_t)(dot + 1 - t.s)));
}

/* macro-string; whether it ends in a macro comes back, too. */
static int
check_macros(
    const struct spf_reader *r, struct spf_text t, bool *ends_in_macro_r, struct spf_fault *f)
{
	struct macro m;
	const char *why;
	int got;

	*ends_in_macro_r = false;
	while ((got = macro_next(&t, MACRO_IN_RECORD, &m, &why)) == 1)
		*ends_in_macro_r = m.is_expand;
	return got == 0 ? 0 : fault(f, r, t.s, why);
}

/* domain-spec = macro-string domain-end */
static int
check_domain_spec(const struct spf_reader *r, struct spf_text t, struct spf_fault *f)
{
	bool ends_in_macro;

	if (t.len == 0)
		return fault(f, r, t.s, "domain name missing");
	if (check_macros(r, t, &ends_in_macro, f) == -1)
		return -1;
	if (!ends_in_macro && !ends_in_toplabel(t))
		return fault(f, r, t.s, "not a full domain name");
	return 0;
}

/* Where a "/" 1*DIGIT at the end of a text begins; its length when there is none. */
static size_t
prefix_begin(struct spf_text t)
{
	size_t n = t.len;

	while (n > 0 && ascii_is_digit(t.s[n - 1]))
		n--;
	return n < t.len && n > 0 && t.s[n - 1] == '/' ? n - 1 : t.len;
}

/*
 * ip4-cidr-length, ip6-cidr-length: cut off the end if there is one.  "Invalid
 * CIDR is prohibited" (RFC 7208 5.6); a leading zero would be, as in the
 * address before it.
 */
static int
cut_prefix(const struct spf_reader *r, struct spf_text *t, unsigned max, unsigned *prefix_r,
    struct spf_fault *f)
{
	size_t slash = prefix_begin(*t);
	unsigned value = 0;

	if (slash == t->len)
		return 0;
	if (t->s[slash + 1] == '0' && t->len - slash > 2)
		return fault(f, r, t->s + slash, "prefix length with a leading zero");
	for (size_t i = slash + 1; i < t->len && value <= max; i++)
		value = value * 10 + (unsigned)(t->s[i] - '0');
	if (value > max)
		return fault(f, r, t->s + slash, "prefix length too large");
	*prefix_r = value;
	t->len = slash;
	return 0;
}

/* dual-cidr-length = [ ip4-cidr-length ] [ "/" ip6-cidr-length ] */
static int
cut_dual_prefix(
    const struct spf_reader *r, struct spf_text *t, struct spf_term *term, struct spf_fault *f)
{
	size_t slash = prefix_begin(*t);

	if (slash < t->len && slash > 0 && t->s[slash - 1] == '/') {
		if (cut_prefix(r, t, 128, &term->prefix6, f) == -1)
			return -1;
		t->len--;
	}
	return cut_prefix(r, t, 32, &term->prefix4, f);
}

/* a, mx = name [ ":" domain-spec ] [ dual-cidr-length ]; rest is what follows the name. */
static int
read_hosts(
    const struct spf_reader *r, struct spf_text rest, struct spf_term *term, struct spf_fault *f)
{
	if (cut_dual_prefix(r, &rest, term, f) == -1)
		return -1;
	if (rest.len == 0)
		return 0;
	if (rest.s[0] != ':')
		return fault(f, r, rest.s, "malformed prefix length");
	term->spec = text_from(rest, 1);
	return check_domain_spec(r, term->spec, f);
}

/* ip4, ip6 = name ":" network [ cidr-length ]; host bits may be set. */
static int
read_network(
    const struct spf_reader *r, struct spf_text rest, struct spf_term *term, struct spf_fault *f)
{
	bool v4 = term->kind == SPF_IP4;
	unsigned prefix = v4 ? 32 : 128;
	struct addr addr = {.family = v4 ? ADDR_V4 : ADDR_V6};
	char text[INET6_ADDRSTRLEN];

	if (rest.len == 0 || rest.s[0] != ':')
		return fault(f, r, rest.s, "address missing");
	rest = text_from(rest, 1);
	if (cut_prefix(r, &rest, prefix, &prefix, f) == -1)
		return -1;
	if (rest.len >= sizeof text || memchr(rest.s, '\0', rest.len) != NULL)
		return fault(f, r, rest.s, "not an address");
	memcpy(text, rest.s, rest.len);
	text[rest.len] = '\0';
	/* Not addr_parse(): ip6:::ffff:192.0.2.1 must not become IPv4 (RFC 7208 5). */
	if (inet_pton(v4 ? AF_INET : AF_INET6, text, addr.bytes) != 1)
		return fault(f, r, rest.s, "not an address");
	addr_network(&term->network, &addr, prefix);
	return 0;
}

/* include, exists = name ":" domain-spec;  ptr = name [ ":" domain-spec ] */
static int
read_domain(
    const struct spf_reader *r, struct spf_text rest, struct spf_term *term, struct spf_fault *f)
{
	if (rest.len == 0 || rest.s[0] != ':')
		return fault(f, r, rest.s, "domain name missing");
	term->spec = text_from(rest, 1);
	return check_domain_spec(r, term->spec, f);
}

static int
read_argument(const struct spf_reader *r, enum argument argument, struct spf_text rest,
    struct spf_term *term, struct spf_fault *f)
{
	switch (argument) {
	case ARG_NONE:
		return rest.len == 0 ? 0 : fault(f, r, rest.s, "nothing may follow here");
	case ARG_OPTIONAL_DOMAIN:
		return rest.len == 0 ? 0 : read_domain(r, rest, term, f);
	case ARG_DOMAIN:
		return read_domain(r, rest, term, f);
	case ARG_HOSTS:
		return read_hosts(r, rest, term, f);
	case ARG_NETWORK:
		return read_network(r, rest, term, f);
	}
	return -1;
}

/* directive = [ qualifier ] mechanism */
static int
read_directive(
    const struct spf_reader *r, struct spf_text t, struct spf_term *term, struct spf_fault *f)
{
	static const char qualifiers[] = "+-~?";
	static const enum spf_result results[] = {SPF_PASS, SPF_FAIL, SPF_SOFTFAIL, SPF_NEUTRAL};
	const char *q = t.s[0] == '\0' ? NULL : strchr(qualifiers, t.s[0]);
	struct spf_text name;

	term->qualifier = SPF_PASS;
	if (q != NULL) {
		term->qualifier = results[q - qualifiers];
		t = text_from(t, 1);
	}
	name = t;
	for (name.len = 0; name.len < t.len; name.len++)
		if (t.s[name.len] == ':' || t.s[name.len] == '/')
			break;
	for (size_t i = 0; i < MECHANISM_COUNT; i++) {
		if (!text_is(name, mechanisms[i].name))
			continue;
		term->kind = mechanisms[i].kind;
		return read_argument(r, mechanisms[i].argument, text_from(t, name.len), term, f);
	}
	return fault(f, r, t.s, "unknown mechanism");
}

/*
 * modifier = name "=" ...  The length of the name, 0 if the term is no
 * modifier: name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." )
 */
static size_t
modifier_name(struct spf_text t)
{
	size_t n = 0;

	while (n < t.len && (is_alpha(t.s[n]) || (n > 0 && (ascii_is_digit(t.s[n]) ||
							       memchr("-_.", t.s[n], 3) != NULL))))
		n++;
	return n < t.len && t.s[n] == '=' ? n : 0;
}

/* redirect = "redirect" "=" domain-spec; exp likewise; unknown-modifier = name "=" macro-string */
static int
read_modifier(const struct spf_reader *r, struct spf_text t, size_t name_len, struct spf_term *term,
    struct spf_fault *f)
{
	struct spf_text name = {t.s, name_len};
	bool ignored;

	term->spec = text_from(t, name_len + 1);
	term->kind = text_is(name, "redirect") ? SPF_REDIRECT
		     : text_is(name, "exp")    ? SPF_EXP
					       : SPF_UNKNOWN_MODIFIER;
	if (term->kind == SPF_UNKNOWN_MODIFIER)
		return check_macros(r, term->spec, &ignored, f);
	return check_domain_spec(r, term->spec, f);
}

/* terms = *( 1*SP ( directive / modifier ) ), then *SP */
int
spf_reader_next(struct spf_reader *r, struct spf_term *term, struct spf_fault *f)
{
	const struct spf_text *record = &r->record;
	size_t name_len;
	int status;

	while (r->at < record->len && record->s[r->at] == ' ')
		r->at++;
	if (r->at == record->len)
		return 0;
	*term = (struct spf_term){.text.s = record->s + r->at, .prefix4 = 32, .prefix6 = 128};
	while (r->at < record->len && record->s[r->at] != ' ')
		r->at++;
	term->text.len = (size_t)(record->s + r->at - term->text.s);

	name_len = modifier_name(term->text);
	if (name_len > 0)
		status = read_modifier(r, term->text, name_len, term, f);
	else
		status = read_directive(r, term->text, term, f);
	return status == 0 ? 1 : -1;
}

/* RFC 7208 6: redirect and exp "MUST NOT appear in a record more than once each". */
static int
keep_modifier(const struct spf_reader *r, const struct spf_term *term, struct spf_text *kept,
    struct spf_fault *f)
{
	if (kept->len > 0)
		return fault(f, r, term->text.s, "modifier appears twice");
	*kept = term->spec;
	return 0;
}

int
spf_record_check(struct spf_text record, struct spf_modifiers *m, struct spf_fault *f)
{
	struct spf_reader r;
	struct spf_term term;
	int status;

	*m = (struct spf_modifiers){0};
	spf_reader_init(&r, record);
	while ((status = spf_reader_next(&r, &term, f)) == 1) {
		if (term.kind == SPF_REDIRECT && keep_modifier(&r, &term, &m->redirect, f) == -1)
			return -1;
		if (term.kind == SPF_EXP && keep_modifier(&r, &term, &m->exp, f) == -1)
			return -1;
	}
	return status;
}

bool
spf_term_asks(const struct spf_term *term)
{
	switch (term->kind) {
	case SPF_INCLUDE:
	case SPF_A:
	case SPF_MX:
	case SPF_PTR:
	case SPF_EXISTS:
	case SPF_REDIRECT:
		return true;
	case SPF_ALL:
	case SPF_IP4:
	case SPF_IP6:
	case SPF_EXP:
	case SPF_UNKNOWN_MODIFIER:
		return false;
	}
	return false;
}

bool
spf_record_forbids_all(struct spf_text record)
{
	struct spf_reader r;
	struct spf_term term;
	struct spf_fault ignored;

	spf_reader_init(&r, record);
	while (spf_reader_next(&r, &term, &ignored) == 1)
		if (!spf_is_modifier(&term))
			return term.kind == SPF_ALL && term.qualifier == SPF_FAIL;
	return false;
}

int
spf_record_select(const struct dns_answer *answer, struct spf_text *record_r)
{
	int found = 0;

	for (size_t i = 0; i < answer->count; i++) {
		struct spf_text t = {answer->rr[i].txt.bytes, answer->rr[i].txt.len};

		if (!spf_record_is(t))
			continue;
		*record_r = t;
		if (++found > 1)
			return -1;
	}
	return found;
}

bool
spf_rr_name(const struct dns_rr *rr, char out[NAME_TEXT_SIZE])
{
	const char *s = rr->name;
	size_t len = 0;

	while (*s != '\0' && len < NAME_TEXT_SIZE - 1) {
		int c = (unsigned char)*s++;

		if (c == '\\') {
			if (strspn(s, "0123456789") < 3)
				return false;
			c = (s[0] - '0') * 100 + (s[1] - '0') * 10 + (s[2] - '0');
			s += 3;
			if (c == '.' || c == '\0')
				return false;
		}
		out[len++] = (char)c;
	}
	out[len] = '\0';
	return len > 0 && *s == '\0';
}
