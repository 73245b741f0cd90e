/* SPDX-License-Identifier: BSD-2-Clause */
/* A hash table of answers; questions nobody prepared get theirs at the first time. */
#include "t/memdns.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS 4096

struct dns_session {
	char nothing;
};

struct entry {
	struct dns_answer answer;
	struct dns_rr *rr;
	bool exists; /* has records, not only been asked for */
	bool asked;
	struct entry *next;
};

static struct dns_session session;
static struct entry *slots[SLOTS];
static unsigned asked, asked_different;

static void *
must(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

static struct entry **
slot(const char *name, enum dns_type type)
{
	unsigned hash = 2166136261u ^ (unsigned)type;

	for (; *name != '\0'; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return &slots[hash % SLOTS];
}

static struct entry *
find(const char *name, enum dns_type type)
{
	struct entry *e = *slot(name, type);

	while (e != NULL && (e->answer.type != type || strcmp(e->answer.name, name) != 0))
		e = e->next;
	return e;
}

static struct entry *
find_or_make(const char *name, enum dns_type type)
{
	struct entry *e = find(name, type), **at = slot(name, type);

	if (e != NULL)
		return e;
	e = must(calloc(1, sizeof *e));
	e->answer.name = must(strdup(name));
	e->answer.type = type;
	e->answer.status = DNS_NXDOMAIN;
	e->next = *at;
	*at = e;
	return e;
}

static struct dns_rr *
add_rr(const char *name, enum dns_type type)
{
	struct entry *e = find_or_make(name, type);

	e->exists = true;
	e->answer.status = DNS_OK;
	e->answer.ttl = 3600;
	e->rr = must(realloc(e->rr, (e->answer.count + 1) * sizeof *e->rr));
	e->answer.rr = e->rr;
	memset(&e->rr[e->answer.count], 0, sizeof *e->rr);
	/* The name exists for all types from now on. */
	for (size_t i = 0; i < SLOTS; i++)
		for (struct entry *o = slots[i]; o != NULL; o = o->next)
			if (o->answer.status == DNS_NXDOMAIN && strcmp(o->answer.name, name) == 0)
				o->answer.status = DNS_NODATA;
	return &e->rr[e->answer.count++];
}

void
memdns_add_txt(const char *name, const void *bytes, size_t len)
{
	struct dns_rr *rr = add_rr(name, DNS_TXT);
	char *copy = must(malloc(len + 1));

	memcpy(copy, bytes, len);
	copy[len] = '\0';
	rr->txt.bytes = copy;
	rr->txt.len = len;
}

void
memdns_add(const char *name, enum dns_type type, const char *value)
{
	struct dns_rr *rr;

	if (type == DNS_TXT) {
		memdns_add_txt(name, value, strlen(value));
		return;
	}
	rr = add_rr(name, type);
	if (type != DNS_A && type != DNS_AAAA)
		rr->name = must(strdup(value));
	else if (!addr_parse(&rr->addr, value))
		abort();
}

void
memdns_fail(const char *name, enum dns_type type, enum dns_status status)
{
	struct entry *e = find_or_make(name, type);

	e->exists = true;
	e->answer.status = status;
}

static const enum dns_type types[] = {
    DNS_A, DNS_CNAME, DNS_SOA, DNS_PTR, DNS_MX, DNS_TXT, DNS_AAAA};
#define TYPE_COUNT (sizeof types / sizeof *types)

static void
add_line(char *line)
{
	char *name = strsep(&line, " "), *type = strsep(&line, " ");
	enum dns_status status = DNS_OK;
	size_t i = 0;

	while (type != NULL && i < TYPE_COUNT && strcmp(dns_type_text(types[i]), type) != 0)
		i++;
	if (line == NULL || i == TYPE_COUNT)
		abort();
	if (line[0] != '!') {
		memdns_add(name, types[i], line);
		return;
	}
	while (strcmp(dns_status_text(status), line + 1) != 0)
		status++;
	memdns_fail(name, types[i], status);
}

void
memdns_zone(const char *text)
{
	char *copy = must(strdup(text)), *rest = copy, *line;

	while ((line = strsep(&rest, "\n")) != NULL)
		if (line[0] != '\0')
			add_line(line);
	free(copy);
}

static void
free_entry(struct entry *e)
{
	for (size_t i = 0; i < e->answer.count; i++) {
		if (e->answer.type == DNS_TXT)
			free((void *)e->rr[i].txt.bytes);
		else if (e->answer.type != DNS_A && e->answer.type != DNS_AAAA)
			free((void *)e->rr[i].name);
	}
	free(e->rr);
	free((void *)e->answer.name);
	free(e);
}

void
memdns_reset(void)
{
	for (size_t i = 0; i < SLOTS; i++)
		while (slots[i] != NULL) {
			struct entry *e = slots[i];

			slots[i] = e->next;
			free_entry(e);
		}
	asked = asked_different = 0;
}

unsigned
memdns_asked(void)
{
	return asked;
}

unsigned
memdns_asked_different(void)
{
	return asked_different;
}

bool
memdns_was_asked(const char *name, enum dns_type type)
{
	const struct entry *e = find(name, type);

	return e != NULL && e->asked;
}

struct dns_session *
memdns_session(void)
{
	return &session;
}

static bool
name_exists(const char *name)
{
	for (size_t i = 0; i < TYPE_COUNT; i++) {
		const struct entry *e = find(name, types[i]);

		if (e != NULL && e->exists)
			return true;
	}
	return false;
}

/* --- dns/dns.h ------------------------------------------------------------ */

const struct dns_answer *
dns_get(struct dns_session *s, const char *name, enum dns_type type, int64_t deadline)
{
	struct entry *e = find(name, type);

	(void)s;
	(void)deadline;
	asked++;
	if (e == NULL) {
		e = find_or_make(name, type);
		e->answer.status = name_exists(name) ? DNS_NODATA : DNS_NXDOMAIN;
	}
	asked_different += !e->asked;
	e->asked = true;
	return &e->answer;
}

void
dns_ask(struct dns_session *s, const char *name, enum dns_type type)
{
	(void)dns_get(s, name, type, 0);
}

void
dns_ask_then(struct dns_session *s, const char *name, enum dns_type type, dns_then *fn, void *arg)
{
	fn(s, dns_get(s, name, type, 0), arg);
}
