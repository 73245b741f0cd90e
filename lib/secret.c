/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Secret: a key is known by the zone it stands before, or by its looks: long,
 * letters and digits mixed, nothing that a person would type.
 */
#include "config.h" /* strcasestr */

#include "lib/secret.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "lib/ascii.h"

#define KEY_LENGTH_MIN 20

/* clang-format off */
static const struct {
	const char	*below;
	unsigned	 labels;	/* of the list itself, in front of `below' */
} keyed[] = {
	{ ".dq.spamhaus.net", 1 },	/* KEY.zen.dq.spamhaus.net */
	{ ".mail.abusix.zone", 1 },	/* KEY.combined.mail.abusix.zone */
};
/* clang-format on */

/* Whether a label stands in front of the list's own. */
static bool
is_keyed_zone(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof keyed / sizeof keyed[0]; i++) {
		size_t below = strlen(keyed[i].below);
		unsigned dots = 0;

		if (len <= below || strncasecmp(name + len - below, keyed[i].below, below) != 0)
			continue;
		for (size_t k = 0; k < len - below; k++)
			dots += name[k] == '.';
		if (dots >= keyed[i].labels)
			return true;
	}
	return false;
}

static bool
looks_like_key(const char *label, size_t len)
{
	size_t digits = 0;

	for (size_t i = 0; i < len; i++) {
		if (!ascii_is_alnum(label[i]))
			return false;
		digits += ascii_is_digit(label[i]);
	}
	return len >= KEY_LENGTH_MIN && digits > 0 && digits < len;
}

size_t
secret_len(const char *name)
{
	size_t len = strcspn(name, "=* \t"), label = strcspn(name, ".");

	if (len > 0 && name[len - 1] == '.')
		len--;
	if (label + 1 >= len)
		return 0;
	return is_keyed_zone(name, len) || looks_like_key(name, label) ? label + 1 : 0;
}

void
secret_hide(char *text, const char *key)
{
	size_t len = strlen(key);

	for (char *p = text; (p = strcasestr(p, key)) != NULL; p += len)
		if ((p == text || !ascii_is_alnum(p[-1])) && !ascii_is_alnum(p[len]))
			memset(p, '*', len);
}
