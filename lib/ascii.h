/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ascii: classes of characters, the same in every locale.  Arguments are
 * plain chars; bytes above 127 belong to no class but where it is said.
 */
#ifndef LIB_ASCII_H
#define LIB_ASCII_H

#include <stdbool.h>
#include <string.h>

static inline bool
ascii_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static inline char
ascii_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c & ~0x20) : c;
}

static inline bool
ascii_is_alnum(char c)
{
	char l = ascii_lower(c);

	return ascii_is_digit(c) || (l >= 'a' && l <= 'z');
}

static inline bool
ascii_is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

static inline bool
ascii_is_eight_bit(char c)
{
	return (unsigned char)c > 0x7f;
}

/* Space to tilde. */
static inline bool
ascii_is_printable(char c)
{
	return !ascii_is_control(c) && !ascii_is_eight_bit(c);
}

/* RFC 5322 2.2.2, 2.2.3: white space, and the ends of folded lines. */
static inline bool
ascii_is_folding_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* RFC 5322 3.2.3 atext; with RFC 6532 3.2 all of UTF-8 beyond ASCII. */
static inline bool
ascii_is_atext(char c)
{
	return ascii_is_alnum(c) || ascii_is_eight_bit(c) ||
	    (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* RFC 5322 3.2.3 dot-atom-text: atoms with single dots between them. */
static inline bool
ascii_is_dot_atom(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool edge = i == 0 || i + 1 == len || s[i + 1] == '.';

		if (s[i] == '.' ? edge : !ascii_is_atext(s[i]))
			return false;
	}
	return len > 0;
}

/* RFC 2045 5.1: a character of a token. */
static inline bool
ascii_is_token(char c)
{
	return ascii_is_printable(c) && strchr(" ()<>@,;:\\\"/[]?=", c) == NULL;
}

#endif
