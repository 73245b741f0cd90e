/* SPDX-License-Identifier: BSD-2-Clause */
/* What may turn out to stand at the end of a line or of the body is held back until that is known. */
#include "checks/sign_canon.h"

#include <string.h>

#include "lib/ascii.h"

static void
put(struct canon_body *c, char byte)
{
	if (c->len == sizeof c->out) {
		(void)EVP_DigestUpdate(c->hash, c->out, c->len);
		c->len = 0;
	}
	c->out[c->len++] = (unsigned char)byte;
	c->any = true;
}

static void
put_line_end(struct canon_body *c)
{
	put(c, '\r');
	put(c, '\n');
}

/* A byte inside a line: all that was held back stood inside, too. */
static void
put_inside(struct canon_body *c, char byte)
{
	for (; c->line_ends > 0; c->line_ends--)
		put_line_end(c);
	if (c->space)
		put(c, ' ');
	c->space = false;
	put(c, byte);
}

void
canon_body_add(struct canon_body *c, const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char byte = (char)bytes[i];

		if (c->cr && byte == '\n') {
			c->cr = c->space = false;
			c->line_ends++;
			continue;
		}
		if (c->cr)
			put_inside(c, '\r');
		c->cr = byte == '\r';
		if (c->relaxed && (byte == ' ' || byte == '\t'))
			c->space = true;
		else if (!c->cr)
			put_inside(c, byte);
	}
}

void
canon_body_end(struct canon_body *c)
{
	if (c->cr)
		put_inside(c, '\r');
	/* RFC 6376 3.4.3: an empty body is a line end; 3.4.4: nothing. */
	if (c->any || !c->relaxed)
		put_line_end(c);
	(void)EVP_DigestUpdate(c->hash, c->out, c->len);
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
