/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client in a Received field, in the ways of Postfix, Sendmail and Exim:
 *
 *	from HELO (name [192.0.2.1]) by ...
 *	from HELO (user@name [IPv6:2001:db8::1] (may be forged)) by ...
 *	from name ([192.0.2.1] helo=HELO) by ...
 *	from [192.0.2.1] (helo=HELO) by ...
 *
 * HELO is what the client wanted it to be, so an address is only read where
 * the relay put it: in brackets, in the comment, not behind "helo="; and the
 * word behind "from" counts only if the comment has none.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "checks/spf/trace.h"
#include "lib/ascii.h"
#include "lib/text.h"

#define FIELD_MAX 1000 /* bytes of a Received field that are read */

/* "[192.0.2.1]", "[IPv6:2001:db8::1]" at the begin of a text. */
static bool
read_literal(const char *s, struct addr *addr)
{
	char text[ADDR_TEXT_SIZE];
	size_t len;

	if (*s++ != '[')
		return false;
	if (strncasecmp(s, "IPv6:", 5) == 0)
		s += 5;
	len = strcspn(s, "]");
	if (s[len] != ']' || len >= sizeof text)
		return false;
	memcpy(text, s, len);
	text[len] = '\0';
	return addr_parse(addr, text);
}

/* The address in a comment; s stands behind its '('. */
static bool
read_comment(const char *s, struct trace_client *c)
{
	const char *helo = strstr(s, "helo=");

	if (helo != NULL) {
		size_t len = strcspn(helo + 5, " )");

		(void)snprintf(c->helo, sizeof c->helo, "%.*s", (int)len, helo + 5);
	}
	for (const char *p = s; *p != '\0' && *p != ')'; p++)
		if (*p == '[' && (p == s || p[-1] == ' '))
			return read_literal(p, &c->addr);
	return false;
}

enum reading { NO_CLIENT, CLIENT, UNREADABLE };

static enum reading
read_received(const struct header *h, struct trace_client *c)
{
	char field[FIELD_MAX + 1], *word, *end;
	size_t len = h->value_len < FIELD_MAX ? h->value_len : FIELD_MAX;

	*c = (struct trace_client){0};
	for (size_t i = 0; i < len; i++)
		field[i] = ascii_is_printable(h->value[i]) ? h->value[i] : ' ';
	field[len] = '\0';
	word = field + strspn(field, " ");
	if (strncasecmp(word, "from ", 5) != 0)
		return NO_CLIENT;
	word += 5 + strspn(word + 5, " ");
	end = word + strcspn(word, " ");
	(void)snprintf(c->helo, sizeof c->helo, "%.*s", (int)(end - word), word);
	end += strspn(end, " ");
	if (*end == '(' && read_comment(end + 1, c))
		return CLIENT;
	return read_literal(word, &c->addr) ? CLIENT : UNREADABLE;
}

static bool
is_ours(const struct addr *addr, const struct cidr_list *relays)
{
	/* A content filter on the relay hands the message back to it. */
	return cidr_any(relays->v, relays->n, addr) || addr_is_loopback(addr);
}

bool
trace_find_client(const struct header *h, const struct cidr_list *relays, struct trace_client *c)
{
	for (unsigned hops = 0; h != NULL && hops < TRACE_HOPS_MAX; h = h->next) {
		if (strcasecmp(h->name, "Received") != 0)
			continue;
		hops++;
		switch (read_received(h, c)) {
		case NO_CLIENT:
			break;
		case CLIENT:
			if (!is_ours(&c->addr, relays))
				return true;
			break;
		case UNREADABLE:
			return false;
		}
	}
	return false;
}

/*
 * Bytes of a value: local part, "@" and domain of RFC 5321 4.5.3.1, so that all
 * fit in TRACE_FIELD_SIZE and no line is longer than 998 (RFC 5322 2.1.1).
 */
#define VALUE_MAX 320

/* key-value pair of RFC 7208 9.1; as quoted-string, which may hold anything. */
static void
put_quoted(struct buf *b, const char *key, const char *value)
{
	buf_printf(b, "\n\t%s=\"", key);
	for (const char *end = value + strnlen(value, VALUE_MAX); value < end; value++) {
		if (!ascii_is_printable(*value))
			continue;
		if (*value == '"' || *value == '\\')
			buf_putc(b, '\\');
		buf_putc(b, *value);
	}
	buf_puts(b, "\";");
}

#define COMMENT_MAX 300 /* bytes of a reason */

void
trace_received_spf(
    struct buf *b, const struct spf_query *q, const struct spf_answer *a, const char *identity)
{
	char text[ADDR_TEXT_SIZE];

	buf_printf(b, "%s (", spf_result_text(a->result));
	text_comment(b, a->reason, COMMENT_MAX);
	buf_printf(b, ")\n\tidentity=%s;", identity);
	put_quoted(b, "client-ip", addr_format(&q->client, text));
	put_quoted(b, "envelope-from", q->sender);
	put_quoted(b, "helo", q->helo != NULL ? q->helo : "");
	put_quoted(b, "receiver", q->receiver != NULL ? q->receiver : "");
	if (a->mechanism != NULL)
		put_quoted(b, "mechanism", a->mechanism);
	if (b->len > 0 && b->s[b->len - 1] == ';')
		b->s[--b->len] = '\0';
}
