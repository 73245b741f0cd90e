/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One strict reading, then a copy of what it found.  RFC 6376 3.6.1 discards a
 * record where v= comes second, 3.2 one where a tag comes twice; the library
 * would take both.
 */
#include "checks/dkim_key.h"

#include <string.h>
#include <strings.h>

#include "lib/ascii.h"
#include "lib/tags.h"

/* Whether a list with colons holds one of two words. */
static bool
list_has(const struct tag *t, const char *a, const char *b)
{
	const char *s = t->value, *end = t->value + t->value_len;

	while (s < end) {
		const char *colon = memchr(s, ':', (size_t)(end - s));
		const char *stop = colon != NULL ? colon : end;
		struct tag word = {.value = s, .value_len = (size_t)(stop - s)};
		char room[16];
		struct buf w;

		buf_init(&w, room, sizeof room);
		tag_collapse(&word, &w);
		word = (struct tag){.value = w.s, .value_len = w.len};
		if (!w.cut && (tag_value_is(&word, a) || tag_value_is(&word, b)))
			return true;
		s = stop + 1;
	}
	return false;
}

static bool
is_printable(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!ascii_is_printable(s[i]) && !ascii_is_folding_space(s[i]))
			return false;
	return true;
}

bool
key_is_record(const char *text, size_t len)
{
	struct tag t;

	return tags_find(text, len, "p", &t);
}

static bool
is_type_of(const struct tag *type, const char *algorithm)
{
	size_t len = strcspn(algorithm, "-");

	return len == type->value_len && strncasecmp(type->value, algorithm, len) == 0;
}

static enum key_fault
fault(const char *s, size_t len, const char *algorithm)
{
	static const struct tag rsa = {.value = "rsa", .value_len = 3};
	struct tags_cursor c = {s, len};
	struct tag first, t;

	if (!tags_are_valid(s, len) || !tags_next(&c, &first))
		return KEY_SYNTAX;
	if (tags_find(s, len, "v", &t) &&
	    (!tag_is(&first, "v") || t.value_len != 5 || memcmp(t.value, "DKIM1", 5) != 0))
		return KEY_VERSION;
	if (!is_type_of(tags_find(s, len, "k", &t) ? &t : &rsa, algorithm))
		return KEY_TYPE;
	if (tags_find(s, len, "s", &t) && !list_has(&t, "email", "*"))
		return KEY_SERVICE;
	if (!tags_find(s, len, "p", &t))
		return KEY_NO_P;
	if (t.value_len == 0)
		return KEY_REVOKED;
	return is_printable(t.value, t.value_len) ? KEY_OK : KEY_SYNTAX;
}

enum key_fault
key_read(const char *text, size_t len, const char *algorithm, struct buf *out)
{
	static const char *const wanted[] = {"k", "h", "t", "p"};
	enum key_fault f = fault(text, len, algorithm);
	struct tag t;

	if (f != KEY_OK)
		return f;
	buf_puts(out, "v=DKIM1");
	for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
		if (!tags_find(text, len, wanted[i], &t) || !is_printable(t.value, t.value_len))
			continue;
		buf_printf(out, ";%s=", wanted[i]);
		tag_collapse(&t, out);
	}
	return out->cut ? KEY_TOO_LONG : KEY_OK;
}

const char *
key_fault_text(enum key_fault f)
{
	switch (f) {
	case KEY_OK:
		return "valid";
	case KEY_SYNTAX:
		return "malformed key record";
	case KEY_VERSION:
		return "key record of another version, or v= is not its first tag";
	case KEY_NO_P:
		return "key record without a key";
	case KEY_REVOKED:
		return "key was revoked";
	case KEY_TYPE:
		return "key is not of the type that the signature needs";
	case KEY_SERVICE:
		return "key is not for mail";
	case KEY_TOO_LONG:
		return "key too long";
	}
	return "";
}
