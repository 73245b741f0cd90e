/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keys of a subject, then each table in turn.  An entry that stands in a
 * table ends the search in it, whatever it says: DUNNO keeps a shorter key
 * from being found, as in Postfix.
 */
#include "checks/access/find.h"

#include <string.h>

#include "checks/access/tables.h"
#include "checks/author.h"
#include "checks/rdns.h"

#define HELO_MAX 255 /* octets (RFC 5321 4.5.3.1.2): what is longer is no name */

const char *const subject_words[SUBJECT_COUNT + 1] = {
    [SUBJECT_CLIENT] = "client",
    [SUBJECT_HELO] = "helo",
    [SUBJECT_SENDER] = "sender",
    [SUBJECT_RECIPIENT] = "recipient",
    [SUBJECT_AUTHOR] = "author",
    [SUBJECT_COUNT] = NULL,
};

static struct key_style
style_of(const struct txn *t)
{
	const struct access_options *o = t->options;

	return (struct key_style){.delimiters = o->delimiter, .dotted = o->parents == 1};
}

/* The domain that a From field names; "" if there is not exactly one. */
static const char *
author_domain(const struct txn *t, struct arena *a)
{
	struct author author;

	author_find(&author, t);
	return arena_strdup(a, author.domain);
}

/*
 * The client's name and address.  Name servers of the client that take their
 * time get half of what there is, so that they cannot keep us from the tables.
 */
static void
client_keys(const struct txn *t, struct keys *k, const struct key_style *style, struct arena *a)
{
	struct txn hasty = *t;
	int64_t now = clock_mono(t->clock);
	const char *name;

	if (t->client.addr.family == ADDR_NONE)
		return;
	hasty.deadline = now + (t->deadline - now) / 2;
	name = rdns_verified_name(&hasty);
	if (name != NULL)
		keys_domain(k, name, style, a);
	else if (rdns_is_certain(
		     &hasty)) /* Postfix's word for it, which people have in their tables */
		keys_domain(k, "unknown", style, a);
	keys_addr(k, &t->client.addr, a);
}

static void
make_keys(const struct txn *t, enum subject subject, struct keys *k, struct arena *a)
{
	struct key_style style = style_of(t);
	const char *name = "";

	*k = (struct keys){.n = 0};
	switch (subject) {
	case SUBJECT_CLIENT:
		client_keys(t, k, &style, a);
		return;
	case SUBJECT_HELO:
		name = t->helo != NULL && strlen(t->helo) <= HELO_MAX ? t->helo : "";
		break;
	case SUBJECT_SENDER:
		keys_path(k, &t->sender, &style, a);
		return;
	case SUBJECT_RECIPIENT:
		keys_path(k, &t->rcpt->path, &style, a);
		return;
	case SUBJECT_AUTHOR:
		name = author_domain(t, a);
		break;
	case SUBJECT_COUNT:
		break;
	}
	if (name == NULL)
		k->failed = true;
	else if (name[0] != '\0')
		keys_domain(k, name, &style, a);
}

static void
set_entry(
    struct entry *e, enum table_status status, const char *key, const char *text, struct arena *a)
{
	*e = (struct entry){
	    .kind = ENTRY_TEMPERROR, .key = arena_strdup(a, key), .value = arena_strdup(a, text)};
	if (e->key == NULL || e->value == NULL) {
		e->why = "out of memory";
		return;
	}
	if (status == TABLE_TEMPERROR)
		e->why = e->value;
	else if (!rhs_parse(&e->rhs, e->value, &e->why))
		e->kind = ENTRY_INVALID;
	else
		e->kind = e->rhs.action == RHS_DUNNO ? ENTRY_NONE : ENTRY_RHS;
}

static void
find_in(struct txn *t, const char *table, enum subject subject, const struct keys *k,
    struct arena *a, struct entry *e)
{
	char room[TABLE_VALUE_SIZE], network[64];
	enum table_status status;
	const char *key = "";
	struct buf text, net;

	*e = (struct entry){.kind = ENTRY_NONE};
	buf_init(&text, room, sizeof room);
	buf_init(&net, network, sizeof network);
	status = tables_find_first(t->service, table, k, t->deadline, &key, &text);
	if (status == TABLE_NONE && subject == SUBJECT_CLIENT) {
		status = tables_find_network(t->service, table, &t->client.addr, &net, &text);
		key = net.s;
	}
	if (status != TABLE_NONE)
		set_entry(e, status, key, text.s, a);
}

int
access_find(struct txn *t, enum subject subject, struct arena *a, struct entry *out)
{
	const struct access_options *o = t->options;
	const struct access_table *tables = o->tables.v;
	struct keys k;
	bool made = false;

	for (size_t i = 0; i < o->tables.n; i++) {
		out[i] = (struct entry){.kind = ENTRY_NONE};
		if ((tables[i].asked >> subject & 1) == 0)
			continue;
		if (!made)
			make_keys(t, subject, &k, a);
		made = true;
		if (k.failed)
			return -1;
		find_in(t, tables[i].title, subject, &k, a, &out[i]);
	}
	return 0;
}

const char *
access_name(const struct txn *t, enum subject subject, struct arena *a)
{
	const char *name = NULL;

	switch (subject) {
	case SUBJECT_CLIENT:
		name = t->client.addr_text;
		break;
	case SUBJECT_HELO:
		name = t->helo;
		break;
	case SUBJECT_SENDER:
		name = t->sender.null ? "<>" : t->sender.text;
		break;
	case SUBJECT_RECIPIENT:
		name = t->rcpt->path.text;
		break;
	case SUBJECT_AUTHOR:
		name = author_domain(t, a);
		break;
	case SUBJECT_COUNT:
		break;
	}
	name = arena_printf(a, "%s %s", subject_words[subject], name != NULL ? name : "");
	return name != NULL ? name : "";
}
