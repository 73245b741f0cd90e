/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers are made when first asked for and live in the session's arena. */
#include "t/unit/fakedns_mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/name.h"

struct known {
	struct dns_answer answer;
	struct known *next;
};

struct pending {
	const struct dns_answer *answer;
	dns_then *fn;
	void *arg;
	struct pending *next;
};

struct dns_session {
	struct dns *dns;
	struct arena arena;
	struct known *known;
	struct pending *pending;
};

static void *
need(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

struct dns_session *
dns_session_new(struct dns *dns)
{
	struct dns_session *s = need(calloc(1, sizeof *s));

	s->dns = dns;
	arena_init(&s->arena, 1 << 24);
	return s;
}

void
dns_session_free(struct dns_session **s)
{
	static const struct dns_answer gone = {.status = DNS_TIMEOUT, .name = ""};

	if (*s == NULL)
		return;
	for (struct pending *p = (*s)->pending; p != NULL; p = p->next)
		p->fn(NULL, &gone, p->arg);
	arena_fini(&(*s)->arena);
	free(*s);
	*s = NULL;
}

/* Answers are kept: giving them up only matters where memory does. */
void
dns_session_forget(struct dns_session *s)
{
	(void)s;
}

void
dns_session_each(struct dns_session *s, void (*fn)(const struct dns_answer *, void *), void *arg)
{
	for (struct known *k = s->known; k != NULL; k = k->next)
		fn(&k->answer, arg);
}

static void
fill(struct dns_rr *rr, const struct fakedns_row *row)
{
	const char *data = row->data;
	char *end;

	switch (row->type) {
	case DNS_A:
	case DNS_AAAA:
		if (!addr_parse(&rr->addr, data))
			abort();
		return;
	case DNS_TXT:
		rr->txt.bytes = data;
		rr->txt.len = strlen(data);
		return;
	case DNS_MX:
		rr->preference = (uint16_t)strtoul(data, &end, 10);
		data = end + 1;
		break;
	case DNS_PTR:
	case DNS_CNAME:
	case DNS_SOA:
		break;
	}
	rr->bad_name = data[0] == '!';
	rr->name = data + rr->bad_name;
}

static void
answer(struct dns_session *s, struct dns_answer *a)
{
	const struct fakedns_row *first = s->dns->rows, *row;
	struct dns_rr *rr;
	bool exists = false;

	for (row = first; row->name != NULL; row++) {
		if (strcmp(row->name, a->name) != 0)
			continue;
		exists = true;
		if (row->type != a->type)
			continue;
		a->status = row->status;
		a->count += row->status == DNS_OK;
	}
	if (a->status == DNS_NXDOMAIN && exists)
		a->status = DNS_NODATA;
	for (row = first; !exists && row->name != NULL; row++)
		if (strcmp(row->name, "*") == 0)
			a->status = row->status;
	if (a->count == 0)
		return;
	a->rr = rr = need(arena_array(&s->arena, a->count, sizeof *rr));
	for (row = first; row->name != NULL; row++)
		if (strcmp(row->name, a->name) == 0 && row->type == a->type)
			fill(rr++, row);
}

/* The answer, and whether it is asked for the first time. */
static const struct dns_answer *
look_up(struct dns_session *s, const char *name, enum dns_type type, bool *first_r)
{
	struct dns *dns = s->dns;
	char canon[NAME_TEXT_SIZE];
	size_t used = strlen(dns->asked);
	struct known *k;

	if (name_canon(name, canon) != NAME_OK)
		canon[0] = '\0';
	for (k = s->known; k != NULL; k = k->next)
		if (k->answer.type == type && strcmp(k->answer.name, canon) == 0)
			break;
	*first_r = k == NULL;
	if (k != NULL)
		return &k->answer;
	k = need(arena_alloc(&s->arena, sizeof *k));
	k->answer = (struct dns_answer){.status = DNS_NXDOMAIN, .type = type, .ttl = 300};
	k->answer.name = need(arena_strdup(&s->arena, canon));
	answer(s, &k->answer);
	k->next = s->known;
	s->known = k;
	(void)snprintf(
	    dns->asked + used, sizeof dns->asked - used, "%s/%s ", canon, dns_type_text(type));
	return &k->answer;
}

void
dns_ask(struct dns_session *s, const char *name, enum dns_type type)
{
	bool first;

	(void)look_up(s, name, type, &first);
}

void
dns_ask_then(struct dns_session *s, const char *name, enum dns_type type, dns_then *fn, void *arg)
{
	bool first;
	const struct dns_answer *a = look_up(s, name, type, &first);
	struct pending *p;

	if (!s->dns->hold) {
		fn(s, a, arg);
		return;
	}
	p = need(arena_alloc(&s->arena, sizeof *p));
	*p = (struct pending){a, fn, arg, s->pending};
	s->pending = p;
}

void
fakedns_release(struct dns_session *s)
{
	struct pending *p;

	while ((p = s->pending) != NULL) {
		s->pending = p->next;
		p->fn(s, p->answer, p->arg);
	}
}

const struct dns_answer *
dns_get(struct dns_session *s, const char *name, enum dns_type type, int64_t deadline)
{
	bool first;
	const struct dns_answer *a = look_up(s, name, type, &first);

	s->dns->unasked += first;
	if (type == DNS_TXT && deadline > s->dns->text_until)
		s->dns->text_until = deadline;
	return a;
}
