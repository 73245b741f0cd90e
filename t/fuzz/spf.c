/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole SPF evaluations with hostile records and a hostile DNS.  Input: a byte
 * of flags, then lines: HELO name, local part, and records.  The first record
 * is that of the sender's domain; a hash of the name picks one for any
 * other, and the status and number of all other answers.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks/spf/spf.h"
#include "checks/spf/trace.h"
#include "t/fuzz/fuzz.h"

#define RECORDS_MAX 8
#define ANSWERS_MAX 400 /* more than any evaluation and its look ahead may ask for */
#define RR_MAX      12

/* All an evaluation may ask, its explanation and one %{p} included. */
#define LOOKUPS_MAX (1 + SPF_TERMS_MAX * (1 + SPF_MX_MAX) + 1 + 1 + SPF_PTR_MAX)

const char fuzz_name[] = "spf";

struct answer {
	struct dns_answer answer;
	char name[NAME_TEXT_SIZE];
	struct dns_rr rr[RR_MAX];
};

static struct answer answers[ANSWERS_MAX];
static size_t answer_count;
static char *records[RECORDS_MAX];
static size_t record_len[RECORDS_MAX], record_count;
static unsigned seed;

static unsigned
hash(const char *name, enum dns_type type)
{
	unsigned h = 2166136261u ^ seed ^ (unsigned)type;

	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return h ^ h >> 15;
}

static void
fill_rr(struct dns_rr *rr, enum dns_type type, unsigned h)
{
	static const char *const names[] = {
	    "", "h.d.example", "d.example", "*.d.example", "x\\032y.example", "single\\"};

	memset(rr, 0, sizeof *rr);
	if (type == DNS_TXT) {
		rr->txt.bytes = records[h % record_count];
		rr->txt.len = record_len[h % record_count];
	} else if (type == DNS_A || type == DNS_AAAA) {
		(void)addr_parse(&rr->addr, type == DNS_A ? "192.0.2.1" : "2001:db8::1");
		rr->addr.bytes[3] ^= (uint8_t)(h & 1);
	} else {
		rr->name = names[h % (sizeof names / sizeof *names)];
		rr->bad_name = strpbrk(rr->name, "\\*") != NULL;
	}
}

const struct dns_answer *
dns_get(struct dns_session *s, const char *name, enum dns_type type, int64_t deadline)
{
	struct answer *a = &answers[answer_count++];
	unsigned h = hash(name, type);
	bool first = type == DNS_TXT && strcmp(name, "d.example") == 0;

	(void)s;
	(void)deadline;
	if (answer_count == ANSWERS_MAX || strlen(name) >= sizeof a->name)
		abort();
	strcpy(a->name, name);
	a->answer = (struct dns_answer){.type = type, .name = a->name, .rr = a->rr};
	a->answer.status =
	    first || h % 4 != 0 ? DNS_OK : (enum dns_status)(h / 4 % DNS_STATUS_COUNT);
	if (a->answer.status != DNS_OK)
		return &a->answer;
	a->answer.count =
	    first || type == DNS_TXT ? 1U + (!first && h % 16 == 1) : 1 + h / 8 % RR_MAX;
	for (size_t i = 0; i < a->answer.count; i++)
		fill_rr(&a->rr[i], type, first ? 0 : h + (unsigned)i);
	return &a->answer;
}

void
dns_ask(struct dns_session *s, const char *name, enum dns_type type)
{
	(void)s;
	(void)type;
	if (strlen(name) >= NAME_TEXT_SIZE)
		abort();
}

void
dns_ask_then(struct dns_session *s, const char *name, enum dns_type type, dns_then *fn, void *arg)
{
	fn(s, dns_get(s, name, type, 0), arg);
}

/* Take a line off the rest, which has room for a NUL: its length. */
static size_t
cut_line(char **rest, size_t *left, char **line_r)
{
	char *nl = memchr(*rest, '\n', *left);
	size_t len = nl != NULL ? (size_t)(nl - *rest) : *left;

	*line_r = *rest;
	(*rest)[len] = '\0';
	len += nl != NULL;
	*rest += len;
	*left -= len;
	return len - (nl != NULL);
}

static void
read_records(char *rest, size_t left)
{
	record_count = 0;
	do {
		record_len[record_count] = cut_line(&rest, &left, &records[record_count]);
		record_count++;
	} while (left > 0 && record_count < RECORDS_MAX);
}

static void
evaluate(spf_engine *engine, const struct spf_query *q)
{
	char room[TRACE_FIELD_SIZE];
	struct spf_answer a;
	struct buf b;

	answer_count = 0;
	engine(q, &a);
	if (a.terms > SPF_TERMS_MAX || a.voids > SPF_VOIDS_MAX + 1 || a.lookups > LOOKUPS_MAX)
		abort();
	if (a.domain == NULL || a.reason == NULL || a.result >= SPF_RESULT_COUNT)
		abort();
	for (const char *s = a.explanation; s != NULL && *s != '\0'; s++)
		if (*s < ' ' || *s > '~')
			abort();
	buf_init(&b, room, sizeof room);
	trace_received_spf(&b, q, &a, "mailfrom");
	arena_reset(q->arena);
}

void
fuzz_one(const uint8_t *data, size_t size)
{
	static struct arena arena = {.cap = 1024 * 1024};
	struct spf_query q = {.receiver = "mx.example.net", .clock = &clock_real, .arena = &arena};
	char *copy, *rest, *helo, *local, sender[600];

	if (size < 1 || size > 8192)
		return;
	copy = malloc(size + 1);
	if (copy == NULL)
		return;
	memcpy(copy, data, size);
	copy[size] = '\0';
	seed = data[0];
	(void)addr_parse(&q.client, seed & 1 ? "2001:db8::1" : "192.0.2.1");
	rest = copy + 1;
	size--;
	(void)cut_line(&rest, &size, &helo);
	(void)cut_line(&rest, &size, &local);
	q.helo = helo;
	(void)snprintf(sender, sizeof sender, "%.300s@d.example", local);
	q.sender = seed & 2 ? "" : sender;
	read_records(rest, size);
	answer_count = 0;
	spf_look_ahead(NULL, "d.example", &q.client);
	evaluate(spf_native, &q);
#ifdef HAVE_LIBSPF2
	evaluate(spf_libspf2, &q);
#endif
	free(copy);
}
