/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SPF macros (RFC 7208 7): scanner and expander.  A value is split at its
 * delimiters, perhaps reversed, cut to its right-hand parts, joined by dots
 * and perhaps URL-escaped.  A record of 4 KB can expand to a hundred times
 * that, but a name keeps only its last 253 characters (7.3) and a text its
 * first SPF_EXPLANATION_MAX: so both grow in small fixed rooms.
 */
#include <inttypes.h>
#include <string.h>

#include "checks/spf/macro.h"
#include "lib/ascii.h"
#include "lib/buf.h"

#define DELIMITERS ".-+,/_="
/* RFC 7208 7.3: "at least 128 labels" must be countable; more than any name has. */
#define PARTS_MAX  999

static const struct spf_text dot = {".", 1};

/* Take the first character if it is one of a set. */
static bool
take(struct spf_text *t, const char *set)
{
	if (t->len == 0 || t->s[0] == '\0' || strchr(set, t->s[0]) == NULL)
		return false;
	t->s++;
	t->len--;
	return true;
}

/* transformers *delimiter "}", where transformers = *DIGIT [ "r" ] */
static int
next_transformers(struct spf_text *t, struct macro *m, const char **why_r)
{
	bool has_digits = false;

	while (t->len > 0 && ascii_is_digit(t->s[0])) {
		if (m->parts <= PARTS_MAX)
			m->parts = m->parts * 10 + (unsigned)(t->s[0] - '0');
		has_digits = true;
		t->s++;
		t->len--;
	}
	if (has_digits && m->parts == 0) {
		/* RFC 7208 7.1: "The DIGIT transformer ... MUST be nonzero." */
		*why_r = "macro keeps no part";
		return -1;
	}
	m->reverse = take(t, "rR");
	m->delimiters.s = t->s;
	while (take(t, DELIMITERS))
		m->delimiters.len++;
	if (!take(t, "}")) {
		*why_r = "malformed macro";
		return -1;
	}
	return 1;
}

/* What follows a '%'. */
static int
next_expand(struct spf_text *t, enum macro_place place, struct macro *m, const char **why_r)
{
	const char *letters = place == MACRO_IN_EXPLANATION ? "slodiphvcrt" : "slodiphv";
	char c;

	m->is_expand = true;
	if (take(t, "%"))
		m->literal = (struct spf_text){"%", 1};
	else if (take(t, "_"))
		m->literal = (struct spf_text){" ", 1};
	else if (take(t, "-"))
		m->literal = (struct spf_text){"%20", 3};
	if (m->literal.len > 0)
		return 1;
	if (!take(t, "{")) {
		*why_r = "'%' that begins no macro";
		return -1;
	}
	c = t->len > 0 ? t->s[0] : '\0';
	m->letter = ascii_lower(c);
	m->url = m->letter != c;
	if (m->letter == '\0' || strchr(letters, m->letter) == NULL) {
		*why_r = "unknown macro letter";
		return -1;
	}
	t->s++;
	t->len--;
	return next_transformers(t, m, why_r);
}

/* macro-literal = %x21-24 / %x26-7E; explain-string adds SP (RFC 7208 6.2). */
static bool
is_literal(char c, enum macro_place place)
{
	return (c > ' ' && c <= '~' && c != '%') || (c == ' ' && place == MACRO_IN_EXPLANATION);
}

int
macro_next(struct spf_text *rest, enum macro_place place, struct macro *m, const char **why_r)
{
	*m = (struct macro){0};
	if (rest->len == 0)
		return 0;
	if (take(rest, "%"))
		return next_expand(rest, place, m, why_r);
	m->literal.s = rest->s;
	while (rest->len > 0 && is_literal(rest->s[0], place)) {
		rest->s++;
		rest->len--;
		m->literal.len++;
	}
	if (m->literal.len == 0) {
		*why_r = "character that is not allowed";
		return -1;
	}
	return 1;
}

/*
 * Where an expansion goes.  A name drops its begin when it overflows, keeping
 * what truncation to 253 characters could need; a text drops its end.
 */
struct expansion {
	struct buf *out;
	bool is_name;
	bool url;
};
#define NAME_KEPT (NAME_TEXT_SIZE + 1) /* 253, the dot before, the dot behind */
#define NAME_ROOM (2 * NAME_KEPT + 1)

static void
put_char(struct expansion *x, char c)
{
	struct buf *b = x->out;

	if (x->is_name && b->len == b->size - 1) {
		memmove(b->s, b->s + b->len - NAME_KEPT, NAME_KEPT);
		b->len = NAME_KEPT;
	}
	buf_putc(b, c);
}

/* RFC 3986 2.3, 2.1: all but the unreserved characters are escaped. */
static void
put(struct expansion *x, struct spf_text t)
{
	static const char hex[] = "0123456789ABCDEF";
	static const char unreserved[] = "-._~0123456789"
					 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	for (size_t i = 0; i < t.len; i++) {
		unsigned char c = (unsigned char)t.s[i];

		if (!x->url || (c != '\0' && strchr(unreserved, c) != NULL)) {
			put_char(x, t.s[i]);
			continue;
		}
		put_char(x, '%');
		put_char(x, hex[c >> 4]);
		put_char(x, hex[c & 15]);
	}
}

static bool
is_in(struct spf_text set, char c)
{
	return memchr(set.s, c, set.len) != NULL;
}

/* Take the first part, or the last one, off a value with the delimiter beside it. */
static struct spf_text
cut_part(struct spf_text *value, struct spf_text delimiters, bool from_the_end)
{
	struct spf_text part = *value;
	size_t n = 0;

	if (from_the_end) {
		while (n < value->len && !is_in(delimiters, value->s[value->len - 1 - n]))
			n++;
		part = (struct spf_text){value->s + value->len - n, n};
		value->len -= n < value->len ? n + 1 : n;
		return part;
	}
	while (n < value->len && !is_in(delimiters, value->s[n]))
		n++;
	part.len = n;
	n += n < value->len;
	value->s += n;
	value->len -= n;
	return part;
}

/* Split at the delimiters, reverse, keep the right-hand parts, join by dots (RFC 7208 7.3). */
static void
put_parts(struct expansion *x, const struct macro *m, struct spf_text value)
{
	struct spf_text delimiters = m->delimiters.len > 0 ? m->delimiters : dot;
	size_t count = 1, skip;

	for (size_t i = 0; i < value.len; i++)
		count += is_in(delimiters, value.s[i]);
	skip = m->parts > 0 && m->parts < count ? count - m->parts : 0;
	for (size_t i = 0; i < count; i++) {
		struct spf_text part = cut_part(&value, delimiters, m->reverse);

		if (i > skip)
			put(x, dot);
		if (i >= skip)
			put(x, part);
	}
}

/* %{i}: IPv6 as 32 nibbles with dots between. */
static void
write_address(struct buf *b, const struct addr *addr)
{
	char text[ADDR_TEXT_SIZE];

	if (addr->family == ADDR_V4) {
		buf_puts(b, addr_format(addr, text));
		return;
	}
	for (size_t i = 0; i < 16; i++)
		buf_printf(
		    b, "%s%X.%X", i > 0 ? "." : "", addr->bytes[i] >> 4, addr->bytes[i] & 15U);
}

/* RFC 7208 7.2.  The room holds the longest: local@domain. */
#define VALUE_SIZE (SPF_LOCAL_MAX + NAME_TEXT_SIZE + 1)

static void
write_value(struct macro_values *v, char letter, struct buf *b)
{
	const struct spf_query *q = v->query;
	char text[ADDR_TEXT_SIZE];

	switch (letter) {
	case 's':
		buf_write(b, v->identity->local, v->identity->local_len);
		buf_printf(b, "@%s", v->identity->domain);
		v->used_local = true;
		break;
	case 'l':
		buf_write(b, v->identity->local, v->identity->local_len);
		v->used_local = true;
		break;
	case 'o':
		buf_puts(b, v->identity->domain);
		break;
	case 'd':
		buf_puts(b, v->domain);
		break;
	case 'i':
		write_address(b, &q->client);
		break;
	case 'p':
		buf_puts(b, v->validated(v->arg));
		break;
	case 'h':
		if (q->helo != NULL)
			buf_write(b, q->helo, strnlen(q->helo, SPF_HELO_MAX));
		break;
	case 'v':
		buf_puts(b, q->client.family == ADDR_V4 ? "in-addr" : "ip6");
		break;
	case 'c':
		buf_puts(b, addr_format(&q->client, text));
		break;
	case 'r':
		buf_puts(b, q->receiver != NULL ? q->receiver : "unknown");
		break;
	case 't':
		buf_printf(b, "%" PRId64, clock_wall(q->clock));
		break;
	}
}

static int
expand(struct macro_values *v, struct spf_text t, enum macro_place place, struct buf *out)
{
	struct expansion x = {.out = out, .is_name = place == MACRO_IN_RECORD};
	char room[VALUE_SIZE];
	struct macro m;
	struct buf value;
	const char *why;
	int got;

	while ((got = macro_next(&t, place, &m, &why)) == 1) {
		x.url = m.url;
		if (m.letter == '\0') {
			put(&x, m.literal);
			continue;
		}
		buf_init(&value, room, sizeof room);
		write_value(v, m.letter, &value);
		put_parts(&x, &m, (struct spf_text){value.s, value.len});
	}
	return got;
}

/*
 * Whether the DNS can have such a name: labels of 1-63 printable characters.
 * RFC 8616 4: a local part that is not ASCII makes no name.
 */
static bool
can_exist(const char *name)
{
	size_t label = 0;

	for (; *name != '\0'; name++) {
		if (*name == '.' && label == 0)
			return false;
		if (!ascii_is_printable(*name))
			return false;
		label = *name == '.' ? 0 : label + 1;
		if (label > NAME_LABEL_MAX)
			return false;
	}
	return label > 0;
}

bool
macro_name(struct spf_text t, char out[NAME_TEXT_SIZE])
{
	if (t.len > 0 && t.s[t.len - 1] == '.')
		t.len--;
	/* RFC 7208 7.3: "the left side is truncated to fit, by removing successive domain labels". */
	while (t.len >= NAME_TEXT_SIZE)
		(void)cut_part(&t, dot, false);
	for (size_t i = 0; i < t.len; i++)
		out[i] = ascii_lower(t.s[i]);
	out[t.len] = '\0';
	return strlen(out) == t.len && can_exist(out);
}

bool
macro_target(struct macro_values *v, struct spf_text spec, char out[NAME_TEXT_SIZE])
{
	char room[NAME_ROOM];
	struct buf b;

	buf_init(&b, room, sizeof room);
	return expand(v, spec, MACRO_IN_RECORD, &b) == 0 &&
	       macro_name((struct spf_text){b.s, b.len}, out);
}

bool
macro_explain(struct macro_values *v, struct spf_text text, struct buf *out)
{
	if (expand(v, text, MACRO_IN_EXPLANATION, out) == -1)
		return false;
	/* The text was ASCII, but %{h} and %{l} are whatever the client said. */
	for (char *s = out->s; *s != '\0'; s++)
		if (!ascii_is_printable(*s))
			*s = '?';
	return true;
}
