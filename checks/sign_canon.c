/* SPDX-License-Identifier: BSD-2-Clause */
/* What may turn out to stand at the end of a line or of the body is held back until that is known. */
#include "checks/sign_canon.h"

#include <string.h>

#include "lib/ascii.h"

#define BLOCK 16 /* bytes looked at at once */

static void
emit(struct canon_body *c, const unsigned char *bytes, size_t len)
{
	int64_t left = c->limited ? c->limit - c->length : INT64_MAX;

	if (left > 0)
		(void)EVP_DigestUpdate(c->hash, bytes, (uint64_t)left < len ? (size_t)left : len);
	c->length += (int64_t)len;
}

static void
put(struct canon_body *c, const void *bytes, size_t len)
{
	if (len > sizeof c->out - c->len) {
		emit(c, c->out, c->len);
		c->len = 0;
	}
	if (len > sizeof c->out) {
		emit(c, bytes, len);
	} else {
		memcpy(c->out + c->len, bytes, len);
		c->len += len;
	}
	c->any = true;
}

/* Bytes inside a line: all that was held back stood inside, too. */
static void
put_inside(struct canon_body *c, const void *bytes, size_t len)
{
	for (; c->line_ends > 0; c->line_ends--)
		put(c, "\r\n", 2);
	if (c->space)
		put(c, " ", 1);
	c->space = false;
	put(c, bytes, len);
}

/* Nothing but words with one space between them; looks at one byte more. */
static bool
is_plain_block(const unsigned char s[BLOCK + 1])
{
	unsigned char odd = 0;

	/* Without a branch, so that it becomes a few instructions for all of them. */
	for (int i = 0; i < BLOCK; i++)
		odd |= (unsigned char)((s[i] < ' ') | ((s[i] == ' ') & (s[i + 1] <= ' ')));
	return odd == 0;
}

/* Of the byte and what belongs to it, after another one that stays: how many stay, too. */
static size_t
count_one(const bool special[256], const unsigned char *s, size_t len)
{
	if (!special[s[0]])
		return 1;
	if (s[0] == ' ')
		return len > 1 && !special[s[1]] ? 1 : 0;
	return len > 2 && s[0] == '\r' && s[1] == '\n' && !special[s[2]] ? 2 : 0;
}

/* How many of these bytes stay as they are: lines of words with one space between them do. */
static size_t
count_plain(const struct canon_body *c, const unsigned char *s, size_t len)
{
	static const bool specials[2][256] = {
	    {['\r'] = true}, {['\r'] = true, [' '] = true, ['\t'] = true}};
	const bool *special = specials[c->relaxed];
	size_t n = 0, one;

	if (special[s[0]])
		return 0;
	while (n < len) {
		if (len - n > BLOCK && is_plain_block(s + n)) {
			n += BLOCK;
			continue;
		}
		/* A line end, most often: behind it all may be plain again. */
		for (size_t end = n + BLOCK; n < end && n < len; n += one) {
			if ((one = count_one(special, s + n, len - n)) == 0)
				return n;
			if (one == 2)
				end = n;
		}
	}
	return n;
}

void
canon_body_add(struct canon_body *c, const unsigned char *bytes, size_t len)
{
	for (size_t i = 0, n; i < len; i += n) {
		unsigned char byte = bytes[i];

		n = c->cr ? 0 : count_plain(c, bytes + i, len - i);
		if (n > 0) {
			put_inside(c, bytes + i, n);
			continue;
		}
		n = 1;
		if (c->cr && byte == '\n') {
			c->cr = c->space = false;
			c->line_ends++;
			continue;
		}
		if (c->cr)
			put_inside(c, "\r", 1);
		c->cr = byte == '\r';
		if (c->relaxed && (byte == ' ' || byte == '\t'))
			c->space = true;
		else if (!c->cr)
			put_inside(c, &byte, 1);
	}
}

void
canon_body_end(struct canon_body *c)
{
	if (c->cr)
		put_inside(c, "\r", 1);
	/* RFC 6376 3.4.3: an empty body is a line end; 3.4.4: nothing. */
	if (c->any || !c->relaxed)
		put(c, "\r\n", 2);
	emit(c, c->out, c->len);
	c->len = 0;
}

static void
field_relaxed(EVP_MD_CTX *hash, const char *name, const char *value, size_t len)
{
	size_t name_len = strlen(name), n = 0;
	char out[512];
	bool space = false, begun = false;

	while (name_len > 0 && ascii_is_folding_space(name[name_len - 1]))
		name_len--;
	for (size_t i = 0; i < name_len; i++) {
		char lower = ascii_lower(name[i]);

		(void)EVP_DigestUpdate(hash, &lower, 1);
	}
	out[n++] = ':';
	for (size_t i = 0; i < len; i++) {
		if (ascii_is_folding_space(value[i])) {
			space = begun;
			continue;
		}
		if (n + 2 > sizeof out) {
			(void)EVP_DigestUpdate(hash, out, n);
			n = 0;
		}
		if (space)
			out[n++] = ' ';
		out[n++] = value[i];
		space = false;
		begun = true;
	}
	(void)EVP_DigestUpdate(hash, out, n);
}

static void
field_simple(EVP_MD_CTX *hash, const char *name, const char *value, size_t len)
{
	(void)EVP_DigestUpdate(hash, name, strlen(name));
	(void)EVP_DigestUpdate(hash, ":", 1);
	while (len > 0) {
		const char *fold = memchr(value, '\n', len);
		size_t n = fold != NULL ? (size_t)(fold - value) : len;

		(void)EVP_DigestUpdate(hash, value, n);
		if (fold == NULL)
			return;
		/* Milters get folds as LF. */
		(void)EVP_DigestUpdate(hash, n > 0 && fold[-1] == '\r' ? "\n" : "\r\n",
		    n > 0 && fold[-1] == '\r' ? 1 : 2);
		value += n + 1;
		len -= n + 1;
	}
}

void
canon_field(
    EVP_MD_CTX *hash, const char *name, const char *value, size_t len, bool relaxed, bool last)
{
	(relaxed ? field_relaxed : field_simple)(hash, name, value, len);
	if (!last)
		(void)EVP_DigestUpdate(hash, "\r\n", 2);
}
