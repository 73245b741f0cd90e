/* SPDX-License-Identifier: BSD-2-Clause */
/* Lenient as RFC 9989 4.8 wants it: what is malformed or unknown is as if it were not there. */
#include "checks/dmarc/record.h"

#include <string.h>

#include "lib/ascii.h"
#include "lib/tags.h"

const char *
dmarc_policy_text(enum dmarc_policy p)
{
	switch (p) {
	case DMARC_NONE:
		return "none";
	case DMARC_QUARANTINE:
		return "quarantine";
	case DMARC_REJECT:
		return "reject";
	case DMARC_UNSAID:
		break;
	}
	return "";
}

static void
read_policy(const struct tag *t, struct dmarc_record *r, enum dmarc_policy *out)
{
	*out = DMARC_UNSAID;
	for (enum dmarc_policy p = DMARC_NONE; p < DMARC_UNSAID; p++)
		if (tag_value_is(t, dmarc_policy_text(p)))
			*out = p;
	if (*out == DMARC_UNSAID)
		r->bad_policy = true;
}

/* RFC 3986 3: scheme ":" something; of mailto an address. */
static bool
is_uri(const char *s, size_t len)
{
	const char *colon = memchr(s, ':', len);
	const char *rest = colon != NULL ? colon + 1 : s;
	size_t rest_len = len - (size_t)(rest - s);

	if (colon == NULL || colon == s || rest_len == 0)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!ascii_is_printable(s[i]) || s[i] == ' ')
			return false;
	if (colon - s != 6 || strncasecmp(s, "mailto", 6) != 0)
		return true;
	return memchr(rest + 1, '@', rest_len - 1) != NULL && rest[rest_len - 1] != '@';
}

static bool
has_uri(const struct tag *t)
{
	const char *s = t->value, *end = t->value + t->value_len;

	while (s < end) {
		const char *comma = memchr(s, ',', (size_t)(end - s));
		const char *stop = comma != NULL ? comma : end;
		size_t len;

		while (s < stop && ascii_is_folding_space(*s))
			s++;
		len = (size_t)(stop - s);
		while (len > 0 && ascii_is_folding_space(s[len - 1]))
			len--;
		if (is_uri(s, len))
			return true;
		s = stop + 1;
	}
	return false;
}

/* "1:d": unknown ones are ignored. */
static unsigned
read_fo(const struct tag *t)
{
	unsigned fo = 0;

	for (size_t i = 0; i < t->value_len; i++) {
		const char *at = strchr(DMARC_FO, ascii_lower(t->value[i]));

		if (at != NULL && *at != '\0')
			fo |= 1U << (at - DMARC_FO);
	}
	return fo;
}

static void
read_tag(const struct tag *t, struct dmarc_record *r)
{
	if (tag_is(t, "p"))
		read_policy(t, r, &r->p);
	else if (tag_is(t, "sp"))
		read_policy(t, r, &r->sp);
	else if (tag_is(t, "np"))
		read_policy(t, r, &r->np);
	else if (tag_is(t, "psd"))
		r->psd = tag_value_is(t, "y")   ? DMARC_PSD_YES
			 : tag_value_is(t, "n") ? DMARC_PSD_NO
						: DMARC_PSD_UNKNOWN;
	else if (tag_is(t, "adkim"))
		r->strict_dkim = tag_value_is(t, "s");
	else if (tag_is(t, "aspf"))
		r->strict_spf = tag_value_is(t, "s");
	else if (tag_is(t, "t"))
		r->testing = tag_value_is(t, "y");
	else if (tag_is(t, "fo"))
		r->fo = read_fo(t);
	else if (tag_is(t, "rua"))
		r->has_rua = has_uri(t);
}

bool
dmarc_record_parse(struct dmarc_record *r, const char *text, size_t len)
{
	struct tags_cursor c = {text, len};
	struct tag t;

	*r = (struct dmarc_record){.p = DMARC_UNSAID, .sp = DMARC_UNSAID, .np = DMARC_UNSAID};
	/* The version is the first tag, and this once letter case counts. */
	if (!tags_next(&c, &t) || !tag_is(&t, "v") || t.value_len != 6 ||
	    memcmp(t.value, "DMARC1", 6) != 0)
		return false;
	while (tags_next(&c, &t))
		read_tag(&t, r);
	return true;
}

enum dmarc_policy
dmarc_record_policy(const struct dmarc_record *r, bool own, bool exists)
{
	enum dmarc_policy p = r->p;

	if (r->p == DMARC_UNSAID || r->bad_policy)
		return r->has_rua ? DMARC_NONE : DMARC_UNSAID;
	if (!own && r->sp != DMARC_UNSAID)
		p = r->sp;
	if (!own && !exists && r->np != DMARC_UNSAID)
		p = r->np;
	return p;
}

enum dmarc_policy
dmarc_policy_lower(enum dmarc_policy p)
{
	return p == DMARC_REJECT ? DMARC_QUARANTINE : p == DMARC_QUARANTINE ? DMARC_NONE : p;
}
