/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One pass over the labels decides what is a name; libidn2 (its only user is
 * here) turns UTF-8 into A-labels before, so that whatever IDNA maps to a dot
 * or a space is judged as such.
 */
#include "lib/name.h"

#include <idn2.h>
#include <stdint.h>
#include <string.h>

#include "lib/ascii.h"

/* Longest UTF-8 worth converting: A-labels are never shorter in characters. */
#define UTF8_MAX (4 * (NAME_TEXT_SIZE - 1))

/* TR46 mapping, so capitals and full-width letters are as good as small ones. */
static enum name_fault
from_utf8(const char *in, char out[NAME_TEXT_SIZE + 1])
{
	uint8_t *ascii = NULL;
	enum name_fault fault = NAME_OK;
	int rc;

	if (strlen(in) > UTF8_MAX)
		return NAME_TOO_LONG;
	rc = idn2_lookup_u8((const uint8_t *)in, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (rc == IDN2_TOO_BIG_DOMAIN || rc == IDN2_TOO_BIG_LABEL || rc == IDN2_PUNYCODE_BIG_OUTPUT)
		fault = NAME_TOO_LONG;
	else if (rc != IDN2_OK)
		fault = NAME_BAD_IDN;
	else if (strlen((char *)ascii) > NAME_TEXT_SIZE)
		fault = NAME_TOO_LONG;
	else
		strcpy(out, (char *)ascii);
	idn2_free(ascii);
	return fault;
}

static enum name_fault
label_fault(const char *label, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!ascii_is_alnum(label[i]) && label[i] != '-' && label[i] != '_')
			return NAME_BAD_CHARACTER;
	if (len == 0 || label[0] == '-' || label[len - 1] == '-')
		return NAME_BAD_LABEL;
	return len > NAME_LABEL_MAX ? NAME_TOO_LONG : NAME_OK;
}

static enum name_fault
labels_fault(const char *name, size_t len)
{
	const char *end = name + len;
	bool numeric = false;

	while (name <= end) {
		const char *dot = memchr(name, '.', (size_t)(end - name));
		size_t n = (size_t)((dot != NULL ? dot : end) - name);
		enum name_fault fault = label_fault(name, n);

		if (fault != NAME_OK)
			return fault;
		numeric = strspn(name, "0123456789") >= n;
		name += n + 1;
	}
	return numeric ? NAME_ALL_NUMERIC : NAME_OK;
}

enum name_fault
name_canon(const char *in, char out[NAME_TEXT_SIZE])
{
	char ascii[NAME_TEXT_SIZE + 1]; /* room for the trailing dot */
	enum name_fault fault;
	size_t len;

	out[0] = '\0';
	for (len = 0; in[len] != '\0' && !ascii_is_eight_bit(in[len]); len++)
		continue;
	if (in[len] != '\0') {
		if ((fault = from_utf8(in, ascii)) != NAME_OK)
			return fault;
		in = ascii;
		len = strlen(in);
	}
	if (len > 0 && in[len - 1] == '.')
		len--;
	if (len == 0)
		return NAME_EMPTY;
	if (len >= NAME_TEXT_SIZE)
		return NAME_TOO_LONG;
	if ((fault = labels_fault(in, len)) != NAME_OK)
		return fault;
	for (size_t i = 0; i < len; i++)
		out[i] = ascii_lower(in[i]);
	out[len] = '\0';
	return NAME_OK;
}

const char *
name_fault_text(enum name_fault fault)
{
	switch (fault) {
	case NAME_OK:
		return "valid";
	case NAME_EMPTY:
		return "empty";
	case NAME_TOO_LONG:
		return "name or label too long";
	case NAME_BAD_LABEL:
		return "empty label, or hyphen at the edge of one";
	case NAME_BAD_CHARACTER:
		return "character not allowed in a host name";
	case NAME_BAD_IDN:
		return "not a valid internationalized name";
	case NAME_ALL_NUMERIC:
		return "last label is all digits";
	}
	return "";
}

size_t
name_labels(const char *name)
{
	size_t n = name[0] != '\0';

	for (; (name = strchr(name, '.')) != NULL; name++)
		n++;
	return n;
}

const char *
name_parent(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot != NULL ? dot + 1 : NULL;
}

bool
name_within(const char *name, const char *domain)
{
	size_t n = strlen(name), d = strlen(domain);

	if (d == 0 || n < d || strcmp(name + n - d, domain) != 0)
		return false;
	return n == d || name[n - d - 1] == '.';
}
