/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mail: clients and messages, made before the clock starts.  Each client has
 * its address, name, sender and message; the messages of large runs are shared,
 * as are the sender's domains, so that memory stays small.
 *
 *	client n	198.18.0.0/15, host c<n>.load.example
 *	its domain	d<n % domains>.load.example
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks/sign_make.h"
#include "t/load/load.h"

#define MAILS_BYTES (128U << 20) /* of all messages together, if that is one for each domain */
#define FIELDS_SIZE (1U << 20)

static struct mail *mails;
static unsigned mail_count;

void
mail_add(struct mail *m, const char *bytes, size_t len)
{
	if (m->len + len > m->room) {
		m->room = 2 * (m->len + len);
		m->bytes = realloc(m->bytes, m->room);
		if (m->bytes == NULL)
			abort();
	}
	memcpy(m->bytes + m->len, bytes, len);
	m->len += len;
}

void
mail_part(struct mail *m, enum load_step step, bool awaited)
{
	m->parts = reallocarray(m->parts, m->count + 1, sizeof *m->parts);
	if (m->parts == NULL)
		abort();
	m->parts[m->count++] = (struct mail_part){.end = m->len, .step = step, .awaited = awaited};
}

void
client_choose(struct load_client *c, unsigned n)
{
	n %= load.clients;
	c->n = n;
	(void)snprintf(c->address, sizeof c->address, "198.%u.%u.%u", 18 + (n >> 16 & 1),
	    n >> 8 & 255, n & 255);
	(void)snprintf(c->host, sizeof c->host, "c%u.load.example", n);
	(void)snprintf(c->domain, sizeof c->domain, "d%u.load.example", n % load.domains);
	(void)snprintf(c->sender, sizeof c->sender, "s%u@%s", n, c->domain);
	c->mail = mails != NULL ? &mails[n % mail_count] : NULL;
}

static void
put_field(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, "%s: %s", name, value);
	buf_putc(out, '\0');
}

/* As a message of a mail program looks; the bytes end each field with NUL. */
static void
fields_write(struct buf *out, const struct load_client *c, unsigned n)
{
	char text[300], name[40];

	(void)snprintf(text, sizeof text,
	    "from %s (%s [%s])\n\tby relay.load.example (Postfix) with ESMTPS id 4XQ%05X\n"
	    "\tfor <user@example.org>; Sun, 22 Nov 2026 01:00:00 +0000 (UTC)",
	    c->host, c->host, c->address, n);
	put_field(out, "Received", text);
	(void)snprintf(text, sizeof text, "Sender %u <%s>", n, c->sender);
	put_field(out, "From", text);
	put_field(out, "To", "User <user@example.org>");
	(void)snprintf(text, sizeof text, "A message to measure with, number %u", n);
	put_field(out, "Subject", text);
	put_field(out, "Date", "Sun, 22 Nov 2026 01:00:00 +0000");
	(void)snprintf(text, sizeof text, "<%u.load@%s>", n, c->domain);
	put_field(out, "Message-ID", text);
	put_field(out, "MIME-Version", "1.0");
	put_field(out, "Content-Type", "text/plain; charset=utf-8");
	for (unsigned i = 0; i < load.fields; i++) {
		(void)snprintf(name, sizeof name, "X-Field-%u", i);
		put_field(out, name, "one more field, as lists and filters add them");
	}
}

static void
body_write(struct buf *out, unsigned n)
{
	while (out->len + 80 < load.size)
		buf_printf(out,
		    "%06u words of a message, in lines as people and programs write\r\n",
		    n + (unsigned)out->len);
	while (out->len + 2 < load.size)
		buf_putc(out, 'x');
	buf_puts(out, "\r\n");
}

static struct header *
header_list(const char *fields, struct arena *arena)
{
	struct header *first = NULL, **end = &first, *h;

	for (const char *f = fields; *f != '\0'; f += strlen(f) + 1) {
		const char *colon = strchr(f, ':');

		h = arena_alloc(arena, sizeof *h);
		if (h == NULL)
			errx(1, "too many fields to sign");
		h->name = arena_strndup(arena, f, (size_t)(colon - f));
		h->value = colon + 1;
		h->value_len = strlen(h->value);
		*end = h;
		end = &h->next;
	}
	return first;
}

/* Appends a DKIM-Signature to the fields. */
static void
mail_sign(struct buf *fields, const struct buf *body, const char *domain, const char *pem)
{
	static const char *const names[] = {
	    "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"};
	static const struct string_list list = {names, sizeof names / sizeof *names}, none;
	struct maker_style style = {
	    .now = clock_wall(&clock_real), .fields = &list, .sealed = &none};
	char room[MAKER_FIELD_MAX];
	struct buf value;
	struct arena arena;
	struct maker *maker;
	const char *why = "no memory";

	arena_init(&arena, FIELDS_SIZE);
	buf_init(&value, room, sizeof room);
	maker = maker_new(&style, header_list(fields->s, &arena));
	if (maker == NULL)
		errx(1, "%s", why);
	maker_body(maker, (const unsigned char *)body->s, body->len);
	if (maker_sign(maker, pem, domain, load.selector, &value, &why) < 0)
		errx(1, "cannot sign: %s", why);
	maker_free(&maker);
	arena_fini(&arena);
	put_field(fields, "DKIM-Signature", value.s);
}

static char *
key_read(void)
{
	static char pem[16384];
	FILE *f = fopen(load.key, "re");

	if (f == NULL)
		err(1, "%s", load.key);
	pem[fread(pem, 1, sizeof pem - 1, f)] = '\0';
	(void)fclose(f);
	return pem;
}

int
mail_prepare(const struct load_dialogue *dialogue)
{
	const char *pem = load.key != NULL ? key_read() : NULL;
	unsigned room = MAILS_BYTES / (load.size + 1000);
	size_t body_size = load.size + 100U;
	char *fields_room = malloc(FIELDS_SIZE), *body_room = malloc(body_size);
	struct mail *made;

	/* Signed for their sender's domain, so the clients who share one share that, too. */
	mail_count = room < load.domains ? load.domains : room - room % load.domains;
	if (mail_count > load.clients)
		mail_count = load.clients;
	made = calloc(mail_count, sizeof *made);
	if (made == NULL || fields_room == NULL || body_room == NULL)
		return -1;
	for (unsigned n = 0; n < mail_count; n++) {
		struct load_client c;
		struct buf fields, body;

		buf_init(&fields, fields_room, FIELDS_SIZE);
		buf_init(&body, body_room, body_size);
		client_choose(&c, n);
		fields_write(&fields, &c, n);
		body_write(&body, n);
		if (pem != NULL)
			mail_sign(&fields, &body, c.domain, pem);
		dialogue->compose(&made[n], fields.s, &body);
	}
	mails = made;
	free(fields_room);
	free(body_room);
	return 0;
}
