/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One pass, no backtracking: the words in front of '@', '<' or ':' are read
 * before it is known whether they are a local part, a display name or the
 * name of a group; only then are they held to the rule for it.
 */
#include "lib/mailbox.h"

#include <string.h>

#include "lib/ascii.h"
#include "lib/header.h"

struct words { /* word *(word / ".") */
	size_t count;
	bool local; /* they could be a local part: single dots between single words */
	char text[MAILBOX_LOCAL_SIZE]; /* of the local part; "" if too long */
};

static bool
take_atom(struct header_cursor *c, struct buf *out)
{
	size_t n = 0;

	while (n < c->len && ascii_is_atext(c->s[n]))
		n++;
	if (out != NULL)
		buf_write(out, c->s, n);
	c->s += n;
	c->len -= n;
	return n > 0;
}

/* A quoted-string that ends; header_quoted() is content with one that does not. */
static bool
take_word(struct header_cursor *c, struct buf *out)
{
	return take_atom(c, out) || header_quoted(c, out);
}

static bool
take_words(struct header_cursor *c, struct words *w)
{
	bool after_dot = true;
	struct buf text;

	*w = (struct words){.local = true};
	buf_init(&text, w->text, sizeof w->text);
	while (header_cfws(c)) {
		if (header_char(c, '.')) {
			/* RFC 5322 4.1 obs-phrase: not in front. */
			if (w->count == 0)
				return false;
			w->local = w->local && !after_dot;
			after_dot = true;
			buf_putc(&text, '.');
		} else if (c->len > 0 && (*c->s == '"' || ascii_is_atext(*c->s))) {
			if (!take_word(c, &text))
				return false;
			w->local = w->local && after_dot;
			after_dot = false;
			w->count++;
		} else {
			w->local = w->local && !after_dot;
			if (text.cut)
				buf_reset(&text);
			return true;
		}
	}
	return false;
}

/* RFC 5322 3.4.1 domain, 4.4 obs-domain; out is canonical. */
static enum mailbox_fault
take_domain(struct header_cursor *c, char out[NAME_TEXT_SIZE])
{
	char room[4 * NAME_TEXT_SIZE];
	struct buf b;

	out[0] = '\0';
	buf_init(&b, room, sizeof room);
	if (!header_cfws(c))
		return MAILBOX_SYNTAX;
	if (c->len > 0 && *c->s == '[')
		return MAILBOX_BAD_DOMAIN;
	do {
		if (b.len > 0)
			buf_putc(&b, '.');
		if (!header_cfws(c) || !take_atom(c, &b) || !header_cfws(c))
			return MAILBOX_SYNTAX;
	} while (header_char(c, '.'));
	if (b.cut || name_canon(b.s, out) != NAME_OK)
		return MAILBOX_BAD_DOMAIN;
	return MAILBOX_OK;
}

static enum mailbox_fault
add(struct mailbox_list *list, const char *local, const char *domain)
{
	if (list->count++ == 0) {
		strcpy(list->local, local);
		strcpy(list->domain, domain);
	} else if (list->other[0] == '\0' && strcmp(list->domain, domain) != 0) {
		strcpy(list->other, domain);
	}
	return MAILBOX_OK;
}

static enum mailbox_fault
take_addr_domain(struct header_cursor *c, const struct words *local, struct mailbox_list *list)
{
	char domain[NAME_TEXT_SIZE];
	enum mailbox_fault fault = take_domain(c, domain);

	return fault == MAILBOX_OK ? add(list, local->text, domain) : fault;
}

/* RFC 5322 4.4 obs-route: "@a, @b:". */
static enum mailbox_fault
take_route(struct header_cursor *c)
{
	char ignored[NAME_TEXT_SIZE];

	for (;;) {
		enum mailbox_fault fault = MAILBOX_OK;

		if (header_char(c, '@'))
			fault = take_domain(c, ignored);
		if (fault != MAILBOX_OK)
			return fault;
		if (!header_cfws(c))
			return MAILBOX_SYNTAX;
		if (header_char(c, ':'))
			return MAILBOX_OK;
		if (!header_char(c, ',') || !header_cfws(c))
			return MAILBOX_SYNTAX;
	}
}

/* Behind '<'. */
static enum mailbox_fault
take_angle(struct header_cursor *c, struct mailbox_list *list)
{
	enum mailbox_fault fault = MAILBOX_OK;
	struct words local;

	if (!header_cfws(c))
		return MAILBOX_SYNTAX;
	if (c->len > 0 && (*c->s == '@' || *c->s == ','))
		fault = take_route(c);
	if (fault != MAILBOX_OK)
		return fault;
	if (!take_words(c, &local) || local.count == 0 || !local.local)
		return MAILBOX_SYNTAX;
	if (!header_char(c, '@'))
		return c->len > 0 && *c->s == '>' ? MAILBOX_NO_DOMAIN : MAILBOX_SYNTAX;
	if ((fault = take_addr_domain(c, &local, list)) != MAILBOX_OK)
		return fault;
	return header_char(c, '>') && header_cfws(c) ? MAILBOX_OK : MAILBOX_SYNTAX;
}

/* One list element; a group's name with its ':' too. */
static enum mailbox_fault
take_element(struct header_cursor *c, bool *in_group, struct mailbox_list *list)
{
	struct words w;

	if (!take_words(c, &w))
		return MAILBOX_SYNTAX;
	if (header_char(c, '<'))
		return take_angle(c, list);
	if (w.count == 0)
		return MAILBOX_OK; /* RFC 5322 4.4: obsolete lists may have nothing between commas */
	if (w.local && header_char(c, '@'))
		return take_addr_domain(c, &w, list);
	if (!*in_group && header_char(c, ':')) {
		*in_group = true;
		return take_element(c, in_group, list);
	}
	return w.local && (c->len == 0 || *c->s == ',') ? MAILBOX_NO_DOMAIN : MAILBOX_SYNTAX;
}

static enum mailbox_fault
take_list(struct header_cursor *c, struct mailbox_list *list)
{
	bool in_group = false;
	enum mailbox_fault fault;

	do {
		if ((fault = take_element(c, &in_group, list)) != MAILBOX_OK)
			return fault;
		if (in_group && header_char(c, ';')) {
			in_group = false;
			if (!header_cfws(c))
				return MAILBOX_SYNTAX;
		}
	} while (header_char(c, ','));
	return c->len == 0 && !in_group ? MAILBOX_OK : MAILBOX_SYNTAX;
}

/* Tab and the ends of folded lines are all that a field may hold of them. */
static bool
has_control(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (ascii_is_control(s[i]) && !ascii_is_folding_space(s[i]))
			return true;
	return false;
}

enum mailbox_fault
mailbox_read(const char *value, size_t len, struct mailbox_list *list)
{
	struct header_cursor c = {value, len};
	enum mailbox_fault fault = MAILBOX_SYNTAX;

	*list = (struct mailbox_list){.count = 0};
	if (!has_control(value, len))
		fault = take_list(&c, list);
	if (fault == MAILBOX_OK && list->count == 0)
		fault = MAILBOX_NONE;
	if (fault != MAILBOX_OK)
		list->local[0] = list->domain[0] = list->other[0] = '\0';
	return fault;
}

const char *
mailbox_fault_text(enum mailbox_fault fault)
{
	switch (fault) {
	case MAILBOX_OK:
		return "valid";
	case MAILBOX_NONE:
		return "no address";
	case MAILBOX_SYNTAX:
		return "not an unambiguous list of addresses";
	case MAILBOX_NO_DOMAIN:
		return "address without a domain";
	case MAILBOX_BAD_DOMAIN:
		return "address whose domain is not a domain name";
	}
	return "";
}
