/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One strict reading, and only then what the key says.  RFC 6376 3.6.1 discards
 * a record where v= comes second, 3.2 one where a tag comes twice.
 */
#include "checks/dkim_key.h"

#include <string.h>
#include <strings.h>

#include "lib/buf.h"
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

static const char *
hash_of(const char *algorithm)
{
	const char *dash = strchr(algorithm, '-');

	return dash != NULL ? dash + 1 : "";
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
	if (tags_find(s, len, "h", &t) && !list_has(&t, hash_of(algorithm), "*"))
		return KEY_HASH;
	if (!tags_find(s, len, "p", &t))
		return KEY_NO_P;
	if (t.value_len == 0)
		return KEY_REVOKED;
	return KEY_OK;
}

enum key_fault
key_read(const char *text, size_t len, const char *algorithm, struct key *key)
{
	enum key_fault f = fault(text, len, algorithm);
	struct tag t;
	struct buf p;

	*key = (struct key){.testing = false};
	if (f != KEY_OK)
		return f;
	if (tags_find(text, len, "t", &t)) {
		key->testing = list_has(&t, "y", "y");
		key->strict = list_has(&t, "s", "s");
	}
	buf_init(&p, key->p, sizeof key->p);
	if (tags_find(text, len, "p", &t))
		tag_collapse(&t, &p);
	return p.cut ? KEY_TOO_LONG : KEY_OK;
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
	case KEY_HASH:
		return "key is not for the hash that the signature uses";
	case KEY_TOO_LONG:
		return "key too long";
	}
	return "";
}
