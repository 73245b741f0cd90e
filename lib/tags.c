/* SPDX-License-Identifier: BSD-2-Clause */
/* A semicolon always ends a value: RFC 6376 3.2 has no quoting. */
#include "lib/tags.h"

#include <string.h>
#include <strings.h>

#include "lib/ascii.h"

static void
trim(const char **s, size_t *len)
{
	while (*len > 0 && ascii_is_folding_space(**s)) {
		(*s)++;
		(*len)--;
	}
	while (*len > 0 && ascii_is_folding_space((*s)[*len - 1]))
		(*len)--;
}

/* RFC 6376 3.2: tag-name = ALPHA *ALNUMPUNC. */
static bool
is_name(const char *s, size_t len)
{
	if (len == 0 || ascii_is_digit(*s))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!ascii_is_alnum(s[i]) && (s[i] != '_' || i == 0))
			return false;
	return true;
}

static void
split(const char *piece, size_t len, struct tag *t)
{
	const char *equals = memchr(piece, '=', len);

	*t = (struct tag){.name = piece, .value = piece};
	if (equals == NULL)
		return;
	t->name_len = (size_t)(equals - piece);
	t->value = equals + 1;
	t->value_len = len - t->name_len - 1;
	trim(&t->name, &t->name_len);
	trim(&t->value, &t->value_len);
	if (!is_name(t->name, t->name_len))
		t->name_len = 0;
}

bool
tags_next(struct tags_cursor *c, struct tag *t)
{
	while (c->len > 0) {
		const char *piece = c->s, *end = memchr(c->s, ';', c->len);
		size_t len = end != NULL ? (size_t)(end - piece) : c->len;
		size_t taken = end != NULL ? len + 1 : len;

		c->s += taken;
		c->len -= taken;
		trim(&piece, &len);
		if (len > 0) {
			split(piece, len, t);
			return true;
		}
	}
	return false;
}

bool
tag_is(const struct tag *t, const char *name)
{
	return strlen(name) == t->name_len && memcmp(t->name, name, t->name_len) == 0;
}

bool
tag_value_is(const struct tag *t, const char *value)
{
	return strlen(value) == t->value_len && strncasecmp(t->value, value, t->value_len) == 0;
}

void
tag_collapse(const struct tag *t, struct buf *out)
{
	for (size_t i = 0; i < t->value_len; i++)
		if (!ascii_is_folding_space(t->value[i]))
			buf_putc(out, t->value[i]);
}

bool
tags_are_valid(const char *s, size_t len)
{
	struct tags_cursor c = {s, len};
	struct tag seen[TAGS_MAX], t;
	size_t n = 0;

	while (tags_next(&c, &t)) {
		if (t.name_len == 0 || n == TAGS_MAX)
			return false;
		for (size_t i = 0; i < n; i++)
			if (seen[i].name_len == t.name_len &&
			    strncasecmp(seen[i].name, t.name, t.name_len) == 0)
				return false;
		seen[n++] = t;
	}
	return n > 0;
}

bool
tags_find(const char *s, size_t len, const char *name, struct tag *t)
{
	struct tags_cursor c = {s, len};

	while (tags_next(&c, t))
		if (tag_is(t, name))
			return true;
	return false;
}
