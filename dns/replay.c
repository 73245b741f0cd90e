/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file stays in memory as it is, its lines ended by NUL; an answer is made
 * of its lines whenever somebody asks.
 */
#include "dns/replay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dns/packet.h"
#include "lib/ascii.h"

#define MAGIC "bailey-answers 1"

struct entry {
	enum dns_type type;
	enum dns_status status;
	uint32_t ttl;
	bool secure;
	const char *name;
	const char *records; /* the line behind it */
};

struct replay {
	char *text, *end;
	struct entry *entries;
	size_t count, room;
};

/* ---- writing */

static void
put_escaped(FILE *fp, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (ascii_is_printable(s[i]) && s[i] != '\\')
			(void)putc(s[i], fp);
		else
			(void)fprintf(fp, "\\x%02x", (unsigned char)s[i]);
	}
	(void)putc('\n', fp);
}

void
dns_record_begin(FILE *fp, int64_t wall)
{
	(void)fprintf(fp, "%s\ntime %" PRId64 "\n", MAGIC, wall);
}

void
dns_record(FILE *fp, const struct dns_answer *a)
{
	char text[ADDR_TEXT_SIZE];

	(void)fprintf(fp, "answer %s %s %" PRIu32 " %s ", dns_type_text(a->type),
	    dns_status_text(a->status), a->ttl, a->secure ? "secure" : "-");
	put_escaped(fp, a->name, strlen(a->name));
	for (size_t i = 0; i < a->count; i++) {
		const struct dns_rr *rr = &a->rr[i];

		switch (a->type) {
		case DNS_A:
		case DNS_AAAA:
			(void)fprintf(fp, "\taddr %s\n", addr_format(&rr->addr, text));
			break;
		case DNS_TXT:
			(void)fputs("\ttxt ", fp);
			put_escaped(fp, rr->txt.bytes, rr->txt.len);
			break;
		case DNS_CNAME:
		case DNS_SOA:
		case DNS_PTR:
		case DNS_MX:
			(void)fprintf(
			    fp, "\t%s %u ", rr->bad_name ? "bad-name" : "name", rr->preference);
			put_escaped(fp, rr->name, strlen(rr->name));
			break;
		}
	}
}

/* ---- reading */

static int
hex(char c)
{
	c = ascii_lower(c);
	return ascii_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Into out, which may be the same place; the length, or SIZE_MAX when malformed. */
static size_t
unescape(char *out, const char *s)
{
	size_t len = 0;

	for (; *s != '\0'; s++) {
		if (*s != '\\') {
			out[len++] = *s;
			continue;
		}
		if (s[1] != 'x' || hex(s[2]) < 0 || hex(s[3]) < 0)
			return SIZE_MAX;
		out[len++] = (char)(hex(s[2]) << 4 | hex(s[3]));
		s += 3;
	}
	out[len] = '\0';
	return len;
}

/* The record of one line, its text in room; false: malformed. */
static bool
read_record(struct dns_rr *rr, enum dns_type type, const char *line, char *room)
{
	unsigned preference;
	int at = 0;

	switch (type) {
	case DNS_A:
	case DNS_AAAA:
		return strncmp(line, "\taddr ", 6) == 0 && addr_parse(&rr->addr, line + 6) &&
		       rr->addr.family == (type == DNS_A ? ADDR_V4 : ADDR_V6);
	case DNS_TXT:
		rr->txt.bytes = room;
		return strncmp(line, "\ttxt ", 5) == 0 &&
		       (rr->txt.len = unescape(room, line + 5)) <= DNS_TXT_MAX;
	case DNS_CNAME:
	case DNS_SOA:
	case DNS_PTR:
	case DNS_MX:
		rr->bad_name = strncmp(line, "\tbad-name ", 10) == 0;
		if (sscanf(line, rr->bad_name ? "\tbad-name %5u %n" : "\tname %5u %n", &preference,
			&at) != 1 ||
		    at == 0 || preference > UINT16_MAX)
			return false;
		rr->preference = (uint16_t)preference;
		rr->name = room;
		return unescape(room, line + at) != SIZE_MAX;
	}
	return false;
}

static const char *
next_line(const char *line)
{
	return line + strlen(line) + 1;
}

/* NULL: malformed, or no memory. */
static struct dns_answer *
make_answer(const struct replay *r, const struct entry *e, size_t *size_r)
{
	size_t count = 0, size = sizeof(struct dns_answer);
	struct dns_answer *a;
	struct dns_rr *rr;
	char *room;

	for (const char *l = e->records; l < r->end && *l == '\t'; l = next_line(l), count++)
		size += sizeof *rr + strlen(l) + 1;
	if (count > DNS_RR_MAX || (count > 0) != (e->status == DNS_OK) ||
	    (a = calloc(1, size)) == NULL)
		return NULL;
	rr = (struct dns_rr *)(a + 1);
	room = (char *)(rr + count);
	*a = (struct dns_answer){.status = e->status,
	    .type = e->type,
	    .secure = e->secure,
	    .ttl = e->ttl,
	    .count = count,
	    .rr = count > 0 ? rr : NULL};
	for (const char *l = e->records; l < r->end && *l == '\t'; l = next_line(l), rr++) {
		if (!read_record(rr, e->type, l, room)) {
			free(a);
			return NULL;
		}
		room += strlen(l) + 1;
	}
	*size_r = size;
	return a;
}

static bool
find_words(struct entry *e, const char *type, const char *status)
{
	static const enum dns_type types[] = {
	    DNS_A, DNS_CNAME, DNS_SOA, DNS_PTR, DNS_MX, DNS_TXT, DNS_AAAA};
	size_t t = 0, n = sizeof types / sizeof *types;
	enum dns_status s = 0;

	while (t < n && strcmp(dns_type_text(types[t]), type) != 0)
		t++;
	while (s < DNS_STATUS_COUNT && strcmp(dns_status_text(s), status) != 0)
		s++;
	if (t == n || s == DNS_STATUS_COUNT)
		return false;
	e->type = types[t];
	e->status = s;
	return true;
}

/* "answer TYPE STATUS TTL secure|- NAME"; false: malformed. */
static bool
read_entry(struct entry *e, char *line)
{
	char type[8], status[16], secure[8];
	int at = 0;

	if (sscanf(line, "answer %7s %15s %6" SCNu32 " %7s %n", type, status, &e->ttl, secure,
		&at) != 4 ||
	    at == 0 || e->ttl > DNS_TTL_MAX || !find_words(e, type, status))
		return false;
	e->secure = strcmp(secure, "secure") == 0;
	e->name = line + at;
	e->records = next_line(line);
	return unescape(line + at, line + at) != SIZE_MAX;
}

static struct entry *
more(struct replay *r)
{
	size_t room = r->room > 0 ? 2 * r->room : 64;
	struct entry *v;

	if (r->count == r->room) {
		v = room <= 2 * REPLAY_ANSWERS_MAX ? realloc(r->entries, room * sizeof *v) : NULL;
		if (v == NULL)
			return NULL;
		r->entries = v;
		r->room = room;
	}
	return &r->entries[r->count];
}

static bool
read_time(const char *line, int64_t *wall_r)
{
	unsigned long long seconds;
	char *end;

	if (strncmp(line, "time ", 5) != 0 || !ascii_is_digit(line[5]))
		return false;
	errno = 0;
	seconds = strtoull(line + 5, &end, 10);
	*wall_r = (int64_t)seconds;
	return errno == 0 && *end == '\0' && seconds <= REPLAY_TIME_MAX;
}

/* Everything is read once, so that nothing malformed is met later. */
static const char *
read_lines(struct replay *r, int64_t *wall_r)
{
	struct dns_answer *a;
	char *line = r->text, *next;
	size_t size;

	if (r->end - line < 2 || strcmp(line, MAGIC) != 0)
		return "not a file of answers: its first line is not \"" MAGIC "\"";
	for (line += sizeof MAGIC; line < r->end; line = next) {
		next = line + strlen(line) + 1;
		if (*line == '\t' || read_time(line, wall_r))
			continue;
		if (more(r) == NULL)
			return "too many answers";
		if (!read_entry(more(r), line) || (a = make_answer(r, more(r), &size)) == NULL)
			return "an answer in it is malformed";
		free(a);
		r->count++;
	}
	return NULL;
}

struct replay *
replay_open(FILE *fp, int64_t *wall_r, const char **why_r)
{
	struct replay *r = calloc(1, sizeof *r);
	size_t len;

	*why_r = "no memory";
	*wall_r = 0;
	if (r == NULL || (r->text = malloc(REPLAY_FILE_MAX + 2)) == NULL) {
		replay_close(&r);
		return NULL;
	}
	len = fread(r->text, 1, REPLAY_FILE_MAX + 1, fp);
	r->end = r->text + len;
	*r->end = '\0';
	for (char *p = r->text; p < r->end; p++)
		if (*p == '\n')
			*p = '\0';
	*why_r = ferror(fp)              ? strerror(errno)
		 : len > REPLAY_FILE_MAX ? "not a file of answers: it is too long"
					 : read_lines(r, wall_r);
	if (*why_r != NULL)
		replay_close(&r);
	return r;
}

void
replay_close(struct replay **rp)
{
	struct replay *r = *rp;

	*rp = NULL;
	if (r == NULL)
		return;
	free(r->entries);
	free(r->text);
	free(r);
}

struct dns_answer *
replay_answer(const struct replay *r, const char *name, enum dns_type type, size_t *size_r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->entries[i].type == type && strcmp(r->entries[i].name, name) == 0)
			return make_answer(r, &r->entries[i], size_r);
	return NULL;
}
