/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reverse-paths are made alike by rewriting their local part, in order: SRS,
 * BATV, extension, numbers.
 */
#include "config.h"

#include "checks/greylist_key.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/ascii.h"
#include "lib/buf.h"

/* A word character as regular expressions see it: numbers between two others are variable. */
static bool
is_word(char c)
{
	return ascii_is_alnum(c) || c == '_';
}

static void
put_lower(struct buf *b, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_putc(b, ascii_lower(s[i]));
}

static void
put_domain(struct buf *b, const char *domain)
{
	if (domain[0] == '\0')
		return;
	buf_putc(b, '@');
	put_lower(b, domain, strlen(domain));
}

/* Copy, each number that is a word of its own as '#'. */
static void
put_without_numbers(struct buf *b, const char *s, size_t n)
{
	size_t i = 0, digits;

	while (i < n) {
		for (digits = 0; i + digits < n && ascii_is_digit(s[i + digits]); digits++)
			continue;
		if (digits > 0 && (i == 0 || !is_word(s[i - 1])) &&
		    (i + digits == n || !is_word(s[i + digits])))
			buf_putc(b, '#');
		else
			put_lower(b, s + i, digits > 0 ? digits : (digits = 1));
		i += digits;
	}
}

/*
 * A BATV tag: key number, day, hash; ten hexadecimal digits, of which the first
 * are decimal (draft-levine-smtp-batv 4).  Some make it one shorter.
 */
static bool
is_tag(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && strchr("0123456789abcdef", ascii_lower(s[i])) != NULL)
		i++;
	return i == n && (n == 9 || n == 10) && ascii_is_digit(s[0]);
}

/* prvs=TAG=user, or by some prvs=user=TAG; btv1==TAG==user.  The user's part, or all of it. */
static void
skip_batv(const char **s, size_t *n)
{
	const char *a = *s + 5, *b, *end = *s + *n;

	if (*n > 6 && strncasecmp(*s, "btv1==", 6) == 0) {
		a += 1;
		b = memmem(a, (size_t)(end - a), "==", 2);
		if (b != NULL) {
			*s = b + 2;
			*n = (size_t)(end - *s);
		}
		return;
	}
	if (*n <= 5 || strncasecmp(*s, "prvs=", 5) != 0 ||
	    (b = memchr(a, '=', (size_t)(end - a))) == NULL)
		return;
	if (!is_tag(a, (size_t)(b - a)) && memchr(b + 1, '=', (size_t)(end - b - 1)) != NULL)
		return; /* VERP in the user's part is only known behind a tag */
	if (is_tag(b + 1, (size_t)(end - b - 1)) && !is_tag(a, (size_t)(b - a))) {
		*s = a;
		*n = (size_t)(b - a);
	} else {
		*s = b + 1;
		*n = (size_t)(end - *s);
	}
}

/* SRS0=hash=day=domain=user, SRS1=hash=forwarder==hash=day=...: hashes and days change, the rest stays. */
static size_t
put_srs(struct buf *b, const char *s, size_t n)
{
	const char *at = s + 5, *end = s + n, *next;
	int variable = 2;

	if (n < 6 || strncasecmp(s, "srs", 3) != 0 || (s[3] != '0' && s[3] != '1') ||
	    strchr("=+-", s[4]) == NULL)
		return 0;
	put_lower(b, s, 4);
	buf_putc(b, '=');
	if (s[3] == '1') { /* hash, forwarder, and an SRS0 without its name */
		next = memchr(at, '=', (size_t)(end - at));
		at = next != NULL ? memmem(next, (size_t)(end - next), "==", 2) : NULL;
		if (at == NULL) {
			buf_reset(b);
			return 0;
		}
		buf_puts(b, "#");
		put_lower(b, next, (size_t)(at + 2 - next));
		at += 2;
	}
	while (variable-- > 0 && (next = memchr(at, '=', (size_t)(end - at))) != NULL) {
		buf_puts(b, "#=");
		at = next + 1;
	}
	return (size_t)(at - s);
}

void
greylist_key_sender(const char *local, const char *domain, char out[GREYLIST_TEXT_SIZE])
{
	size_t n = strlen(local), srs;
	struct buf b;
	const char *plus;

	buf_init(&b, out, GREYLIST_TEXT_SIZE);
	srs = put_srs(&b, local, n);
	local += srs;
	n -= srs;
	if (srs == 0)
		skip_batv(&local, &n);
	plus = memchr(local, '+', n);
	put_without_numbers(&b, local, plus != NULL ? (size_t)(plus - local) : n);
	put_domain(&b, domain);
}

void
greylist_key_rcpt(const char *local, const char *domain, char out[GREYLIST_TEXT_SIZE])
{
	struct buf b;

	buf_init(&b, out, GREYLIST_TEXT_SIZE);
	put_lower(&b, local, strlen(local));
	put_domain(&b, domain);
}

void
greylist_key_network(
    const struct addr *a, unsigned ipv4_prefix, unsigned ipv6_prefix, char out[GREYLIST_TEXT_SIZE])
{
	char text[ADDR_TEXT_SIZE];
	struct cidr net;

	addr_network(&net, a, a->family == ADDR_V4 ? ipv4_prefix : ipv6_prefix);
	(void)snprintf(out, GREYLIST_TEXT_SIZE, "%s/%u", addr_format(&net.net, text), net.prefix);
}

void
greylist_keys(const struct greylist_who *w, struct record_key *triplet, struct record_key *client)
{
	char net[GREYLIST_TEXT_SIZE], sender[GREYLIST_TEXT_SIZE], rcpt[GREYLIST_TEXT_SIZE];
	char address[ADDR_TEXT_SIZE], hidden[RECORD_FIELDS_MAX + 1][KEYHASH_TEXT_SIZE];
	const char *fields[] = {w->proven, sender, rcpt};
	const char *counted = w->proven;

	if (w->proven == NULL) {
		greylist_key_network(w->client, w->ipv4_prefix, w->ipv6_prefix, net);
		fields[0] = net;
		counted = addr_format(w->client, address);
	}
	greylist_key_sender(w->sender->local, w->sender->domain, sender);
	greylist_key_rcpt(w->rcpt->local, w->rcpt->domain, rcpt);
	if (w->hide != NULL) {
		for (size_t i = 0; i < RECORD_FIELDS_MAX; i++)
			fields[i] = keyhash_text(w->hide, fields[i], hidden[i]);
		counted = keyhash_text(w->hide, counted, hidden[RECORD_FIELDS_MAX]);
	}
	record_key_make(triplet, RECORD_TRIPLET, fields, RECORD_FIELDS_MAX);
	record_key_make(client, RECORD_CLIENT, &counted, 1);
}
