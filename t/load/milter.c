/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The milter protocol as Postfix speaks it: what awaits no reply is written
 * together with what follows.  What the filter wants is learnt once, from a
 * negotiation beforehand; every connection negotiates again.
 */
#include <arpa/inet.h>
#include <libmilter/mfdef.h>
#include <stdio.h>
#include <string.h>

#include "t/load/load.h"
#include "t/mtaclient/protocol.h"

#define PORT 25252 /* of the client */

/* Its steps: what every filter wanted. */
static struct mta agreed;

static int
milter_prepare(const char *where)
{
	mta_init(&agreed);
	if (mta_open(&agreed, where) < 0 || mta_negotiate(&agreed) < 0)
		return -1;
	mta_close(&agreed);
	return 0;
}

static void
head_put(char head[5], char command, size_t len)
{
	uint32_t wire = htonl((uint32_t)len + 1);

	memcpy(head, &wire, 4);
	head[4] = command;
}

static void
packet(struct buf *out, char command, const char *data, size_t len)
{
	char head[5];

	head_put(head, command, len);
	buf_write(out, head, sizeof head);
	buf_write(out, data, len);
}

static void
packet_add(struct mail *m, const char *step, enum load_step where, const char *data, size_t len)
{
	const struct mta_step *s = mta_step(step);
	char head[5];

	if (!mta_sends(&agreed, s))
		return;
	head_put(head, s->command, len);
	mail_add(m, head, sizeof head);
	mail_add(m, data, len);
	mail_part(m, where, mta_awaits(&agreed, s));
}

/* "Name: value" becomes name NUL value NUL. */
static void
field_add(struct mail *m, const char *field)
{
	const char *colon = strchr(field, ':'), *value = colon + 1;
	char room[70000];
	struct buf data;

	if ((agreed.steps & SMFIP_HDR_LEADSPC) == 0)
		value += strspn(value, " ");
	buf_init(&data, room, sizeof room);
	buf_write(&data, field, (size_t)(colon - field));
	buf_putc(&data, '\0');
	buf_write(&data, value, strlen(value) + 1);
	packet_add(m, "header", LOAD_CONTENT, data.s, data.len);
}

static void
milter_compose(struct mail *m, const char *fields, const struct buf *body)
{
	for (const char *f = fields; *f != '\0'; f += strlen(f) + 1)
		field_add(m, f);
	packet_add(m, "eoh", LOAD_CONTENT, "", 0);
	m->body = m->count;
	for (size_t at = 0, len; at < body->len; at += len) {
		len = body->len - at < MILTER_CHUNK_SIZE ? body->len - at : MILTER_CHUNK_SIZE;
		packet_add(m, "body", LOAD_CONTENT, body->s + at, len);
	}
	packet_add(m, "eom", LOAD_END, "", 0);
}

static void
say_open(struct session *s, struct buf *data)
{
	const uint32_t offer[] = {
	    htonl(SMFI_PROT_VERSION), htonl(agreed.actions), htonl(SMFI_CURR_PROT)};

	(void)s;
	buf_write(data, (const char *)offer, sizeof offer);
}

static void
macros(struct session *s, char command, const char *pairs, size_t len)
{
	char room[200];
	struct buf data;

	buf_init(&data, room, sizeof room);
	buf_putc(&data, command);
	buf_write(&data, pairs, len);
	packet(&s->out, SMFIC_MACRO, data.s, data.len);
}

static void
say_connect(struct session *s, struct buf *data)
{
	static const char pairs[] = "j\0mx.example.org\0{daemon_name}\0smtpd\0"
				    "{daemon_addr}\000192.0.2.250\0{daemon_port}\00025";
	const uint16_t port = htons(PORT);

	macros(s, SMFIC_CONNECT, pairs, sizeof pairs);
	buf_write(data, s->client.host, strlen(s->client.host) + 1);
	buf_putc(data, SMFIA_INET);
	buf_write(data, (const char *)&port, sizeof port);
	buf_write(data, s->client.address, strlen(s->client.address) + 1);
	s->began = now_ns();
}

static void
say_helo(struct session *s, struct buf *data)
{
	buf_write(data, s->client.host, strlen(s->client.host) + 1);
}

static void
say_mail(struct session *s, struct buf *data)
{
	if (s->began == 0)
		s->began = now_ns();
	buf_printf(data, "<%s>", s->client.sender);
	buf_putc(data, '\0');
}

static void
say_rcpt(struct session *s, struct buf *data)
{
	buf_printf(data, "<user%u@example.org>", s->rcpts);
	buf_putc(data, '\0');
}

static void
say_data(struct session *s, struct buf *data)
{
	static const char id[] = "i\0004XQ0000000z1";

	(void)data;
	macros(s, SMFIC_DATA, id, sizeof id);
	macros(s, SMFIC_EOH, id, sizeof id);
	macros(s, SMFIC_BODYEOB, id, sizeof id);
}

enum place { AT_OPEN, AT_CONNECT, AT_HELO, AT_MAIL, AT_RCPT, AT_DATA, AT_CONTENT, AT_OVER };

static const struct row {
	const char *name;
	enum load_step step;
	void (*say)(struct session *, struct buf *);
} rows[] = {
    [AT_OPEN] = {"open", LOAD_OPEN, say_open},
    [AT_CONNECT] = {"connect", LOAD_CONNECT, say_connect},
    [AT_HELO] = {"helo", LOAD_HELO, say_helo},
    [AT_MAIL] = {"mail", LOAD_MAIL, say_mail},
    [AT_RCPT] = {"rcpt", LOAD_RCPT, say_rcpt},
    [AT_DATA] = {"data", LOAD_DATA, say_data},
};

/* One row of the envelope. */
static void
say(struct session *s)
{
	const struct row *row = &rows[s->at];
	const struct mta_step *step = mta_step(row->name);
	char room[512];
	struct buf data;

	buf_init(&data, room, sizeof room);
	row->say(s, &data);
	if (step == NULL || mta_sends(&agreed, step))
		packet(&s->out, step == NULL ? SMFIC_OPTNEG : step->command, data.s, data.len);
	if (step == NULL || (mta_sends(&agreed, step) && mta_awaits(&agreed, step)))
		session_await(s, row->step);
	if (s->at != AT_RCPT || ++s->rcpts == load.recipients)
		s->at++;
}

static void
send_part(struct session *s)
{
	const struct mail_part *part = &s->client.mail->parts[s->part++];

	s->body_end = part->end;
	if (part->awaited)
		session_await(s, part->step);
}

static bool
milter_next(struct session *s)
{
	if (s->at == AT_OVER || (s->idle && s->at == AT_MAIL)) {
		s->settled = true;
		return false;
	}
	if (s->at == AT_MAIL && s->left == 0) {
		packet(&s->out, SMFIC_QUIT, "", 0);
		s->at = AT_OVER;
	} else if (s->at == AT_CONTENT) {
		send_part(s);
	} else {
		say(s);
	}
	return true;
}

static void
message_end(struct session *s, enum load_fate fate)
{
	session_fate(s, fate);
	s->at = AT_MAIL;
}

/* The reply of the filter in full, r[0] its code. */
static void
reply(struct session *s, const char *r)
{
	bool rcpt = s->step == LOAD_RCPT && s->at <= AT_DATA;

	switch (r[0]) {
	case SMFIR_CONTINUE:
		s->taken += rcpt;
		if (s->step == LOAD_END)
			message_end(s, FATE_ACCEPTED);
		break;
	case SMFIR_ACCEPT:
		message_end(s, FATE_ACCEPTED);
		break;
	case SMFIR_DISCARD:
		message_end(s, FATE_DISCARDED);
		break;
	case SMFIR_SKIP: /* no more of the body */
		s->part = s->client.mail->count - 1;
		s->body = s->body_end = s->client.mail->parts[s->part - 1].end;
		break;
	default: /* a refusal */
		if (!rcpt || (s->rcpts == load.recipients && s->taken == 0)) {
			packet(&s->out, SMFIC_ABORT, "", 0);
			message_end(
			    s, r[0] == SMFIR_TEMPFAIL || (r[0] == SMFIR_REPLYCODE && r[1] == '4')
				   ? FATE_DEFERRED
				   : FATE_REJECTED);
		}
	}
}

/* Edits come before the reply, and may be long. */
static bool
is_final(char code)
{
	return code == SMFIR_CONTINUE || code == SMFIR_ACCEPT || code == SMFIR_REJECT ||
	       code == SMFIR_TEMPFAIL || code == SMFIR_DISCARD || code == SMFIR_REPLYCODE ||
	       code == SMFIR_SKIP || code == SMFIC_OPTNEG;
}

static long
milter_take(struct session *s)
{
	uint32_t len;

	if (s->in_len < 5)
		return 0;
	len = mta_number(s->in);
	if (len == 0 || len > MTA_ROOM)
		return -1;
	if (len + 4 > s->in_len && len + 4 <= sizeof s->in)
		return 0;
	if (!is_final(s->in[4]))
		return (long)len + 4;
	if (!s->awaited || len + 4 > sizeof s->in)
		return -1;
	s->awaited = false;
	figures_time(s->step, now_ns() - s->asked);
	if (s->in[4] != SMFIC_OPTNEG)
		reply(s, s->in + 4);
	return (long)len + 4;
}

const struct load_dialogue dialogue_milter = {
    milter_prepare, milter_compose, milter_next, milter_take};
