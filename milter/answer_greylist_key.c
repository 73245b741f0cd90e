/* SPDX-License-Identifier: BSD-2-Clause */
/* Words of an administrator made fields of keys, as greylist.c makes them of a message. */
#include "milter/answer_greylist.h"

#include <stdio.h>
#include <string.h>

#include "lib/name.h"

static bool
is_hidden(const char *text)
{
	return text[0] == '#' && strlen(text) == KEYHASH_TEXT_SIZE - 1 &&
	       strspn(text + 1, "0123456789abcdef") == KEYHASH_TEXT_SIZE - 2;
}

/* In place. */
static void
hide(const struct greylist_options *o, char text[GREYLIST_TEXT_SIZE])
{
	char hidden[KEYHASH_TEXT_SIZE];

	if (greylist_hiding(o) != NULL && text[0] != '\0' && !is_hidden(text))
		(void)strcpy(text, keyhash_text(greylist_hiding(o), text, hidden));
}

static bool
read_client(struct greylist_words *w, const char *typed, json_t *out)
{
	const struct greylist_options *o = w->options;
	char text[ADDR_TEXT_SIZE], name[NAME_TEXT_SIZE];
	struct addr *a = &w->network.net;

	if (addr_parse(a, typed) || addr_parse_literal(a, typed)) {
		w->client = CLIENT_ADDRESS;
		greylist_key_network(
		    a, (unsigned)o->ipv4_prefix, (unsigned)o->ipv6_prefix, w->triplet);
		(void)strcpy(w->counted, addr_format(a, text));
	} else if (cidr_parse(&w->network, typed)) {
		w->client = CLIENT_NETWORK;
		greylist_key_network(a, w->network.prefix, w->network.prefix, w->triplet);
	} else if (is_hidden(typed) || name_canon(typed, name) == NAME_OK) {
		w->client = CLIENT_NAME;
		(void)strcpy(w->triplet, is_hidden(typed) ? typed : name);
		(void)strcpy(w->counted, w->triplet);
	} else
		return answer_fail(out, "the client is no address, network or domain");
	(void)strcpy(w->clear[0], w->triplet);
	hide(o, w->triplet);
	hide(o, w->counted);
	return true;
}

static bool
read_domain(struct greylist_words *w, struct greylist_address *a, const char *typed, json_t *out)
{
	char name[NAME_TEXT_SIZE];

	if (name_canon(typed, name) != NAME_OK)
		return answer_fail(out, "neither an address nor a domain; the null sender is <>");
	if (greylist_hiding(w->options) != NULL)
		return answer_fail(
		    out, "key-file hides addresses: only a whole one can be looked for");
	(void)strcpy(a->domain, name);
	return true;
}

static void
put_fields(struct greylist_words *w, struct greylist_address *a, const struct path *p)
{
	if (a == &w->sender) {
		greylist_key_sender(p->local, p->domain, a->text);
		(void)snprintf(w->proven, sizeof w->proven, "%s", p->domain);
		(void)strcpy(w->clear[1], w->proven);
		hide(w->options, w->proven);
	} else {
		greylist_key_rcpt(p->local, p->domain, a->text);
		greylist_key_sender(p->local, p->domain, w->writer);
		hide(w->options, w->writer);
	}
	hide(w->options, a->text);
}

static bool
read_address(struct greylist_words *w, struct greylist_address *a, const char *typed, json_t *out)
{
	struct arena arena = {.cap = 1 << 16};
	struct path p;
	bool good = true;

	a->given = true;
	if (is_hidden(typed)) {
		(void)strcpy(a->text, typed);
		if (a == &w->rcpt)
			(void)strcpy(w->writer, typed);
	} else if (strpbrk(typed, "@<") == NULL)
		good = read_domain(w, a, typed, out);
	else if (path_parse(&p, typed, &arena) == 0)
		put_fields(w, a, &p);
	else
		good = answer_fail(out, "an address that long is none");
	arena_fini(&arena);
	return good;
}

bool
greylist_words_read(
    struct greylist_words *w, const struct answer_memory *m, const json_t *argument, json_t *out)
{
	const char *client = json_string_value(json_object_get(argument, "client"));
	const char *sender = json_string_value(json_object_get(argument, "sender"));
	const char *rcpt = json_string_value(json_object_get(argument, "recipient"));

	*w = (struct greylist_words){.options = memory_options(m, out)};
	return w->options != NULL && (client == NULL || read_client(w, client, out)) &&
	       (sender == NULL || read_address(w, &w->sender, sender, out)) &&
	       (rcpt == NULL || read_address(w, &w->rcpt, rcpt, out));
}

void
greylist_words_triplet(const struct greylist_words *w, const char *client, struct record_key *k)
{
	record_key_make(
	    k, RECORD_TRIPLET, (const char *const[]){client, w->sender.text, w->rcpt.text}, 3);
}

enum store_status
greylist_words_get(const struct answer_memory *m, const struct record_key *k, int64_t now,
    struct greylist_record *r)
{
	uint8_t value[RECORD_GREYLIST_SIZE];
	enum store_status status;
	size_t len;

	*r = (struct greylist_record){.first = 0};
	record_head_put(value, 0);
	status = store_get(m->store, k, now, value + RECORD_HEAD, sizeof value - RECORD_HEAD, &len);
	if (status == STORE_OK &&
	    !record_greylist_get((struct record_bytes){value, RECORD_HEAD + len}, r))
		return STORE_NEWER;
	return status == STORE_MISSING ? STORE_OK : status;
}

bool
greylist_words_counter(const struct greylist_words *w, unsigned i, struct record_key *k)
{
	char text[GREYLIST_TEXT_SIZE], address[ADDR_TEXT_SIZE];
	const char *field = w->counted;
	struct addr a = w->network.net;

	if (i > 0 && w->client != CLIENT_NETWORK)
		return false;
	if (w->client == CLIENT_NETWORK) {
		size_t last = addr_len(&a) - 1;
		unsigned bits = (unsigned)addr_len(&a) * 8 - w->network.prefix;

		if (bits > 8 || i >= 1U << bits)
			return false;
		a.bytes[last] = (uint8_t)(a.bytes[last] + i);
		(void)strcpy(text, addr_format(&a, address));
		hide(w->options, text);
		field = text;
	}
	record_key_make(k, RECORD_CLIENT, &field, 1);
	return true;
}
