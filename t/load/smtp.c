/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SMTP, one command at a time: from the addresses of the clients, or with
 * XCLIENT to an MTA that lets this host say whom it speaks for.
 */
#include <stdio.h>
#include <string.h>

#include "t/load/load.h"
#include "t/mtaclient/protocol.h"

static int
smtp_prepare(const char *where)
{
	struct mta probe;
	int r;

	mta_init(&probe);
	r = mta_open(&probe, where);
	mta_fini(&probe);
	return r;
}

/* Line ends of folds become CRLF; no line of ours begins with a dot. */
static void
smtp_compose(struct mail *m, const char *fields, const struct buf *body)
{
	for (const char *f = fields; *f != '\0'; f += strlen(f) + 1) {
		for (const char *line = f; *line != '\0';) {
			size_t len = strcspn(line, "\n");

			mail_add(m, line, len);
			mail_add(m, "\r\n", 2);
			line += len + (line[len] == '\n');
		}
	}
	mail_add(m, "\r\n", 2);
	mail_part(m, LOAD_CONTENT, false);
	m->body = m->count;
	mail_add(m, body->s, body->len);
	mail_part(m, LOAD_CONTENT, false);
	mail_add(m, ".\r\n", 3);
	mail_part(m, LOAD_END, true);
}

enum place {
	AT_BANNER,
	AT_EHLO,
	AT_XCLIENT,
	AT_HELO,
	AT_MAIL,
	AT_RCPT,
	AT_DATA,
	AT_RSET,
	AT_CONTENT,
	AT_OVER
};

static void
say(struct session *s, enum load_step step)
{
	const struct load_client *c = &s->client;

	switch ((enum place)s->at) {
	case AT_BANNER:
		if (load.own)
			s->began = now_ns();
		break;
	case AT_EHLO:
	case AT_HELO:
		buf_printf(&s->out, "EHLO %s\r\n", c->host);
		break;
	case AT_XCLIENT:
		s->began = now_ns();
		buf_printf(&s->out, "XCLIENT NAME=%s ADDR=%s PORT=25252\r\n", c->host, c->address);
		break;
	case AT_RSET:
		buf_puts(&s->out, "RSET\r\n");
		break;
	case AT_MAIL:
		if (s->began == 0)
			s->began = now_ns();
		buf_printf(&s->out, "MAIL FROM:<%s>\r\n", c->sender);
		break;
	case AT_RCPT:
		buf_printf(&s->out, "RCPT TO:<user%u@example.org>\r\n", s->rcpts);
		break;
	case AT_DATA:
		buf_puts(&s->out, "DATA\r\n");
		break;
	case AT_CONTENT:
	case AT_OVER:
		break;
	}
	session_await(s, step);
	if (s->at == AT_DATA)
		s->at = AT_CONTENT;
	else if (s->at == AT_RSET)
		s->at = AT_MAIL;
	else if (load.own && s->at == AT_BANNER)
		s->at = AT_HELO;
	else if (s->at != AT_RCPT || ++s->rcpts == load.recipients)
		s->at++;
}

static bool
smtp_next(struct session *s)
{
	static const enum load_step steps[] = {LOAD_OPEN, LOAD_OPEN, LOAD_CONNECT, LOAD_HELO,
	    LOAD_MAIL, LOAD_RCPT, LOAD_DATA, LOAD_HELO};
	const struct mail_part *part;

	if (s->at == AT_OVER || (s->idle && s->at == AT_MAIL)) {
		s->settled = true;
		return false;
	}
	if (s->left == 0 && (s->at == AT_MAIL || s->at == AT_RSET)) {
		buf_puts(&s->out, "QUIT\r\n");
		s->at = AT_OVER;
		return true;
	}
	if (s->at < AT_CONTENT) {
		say(s, steps[s->at]);
		return true;
	}
	part = &s->client.mail->parts[s->part++];
	s->body_end = part->end;
	if (part->awaited)
		session_await(s, part->step);
	return true;
}

static void
reply(struct session *s, char digit)
{
	bool rcpt = s->step == LOAD_RCPT;

	s->taken += rcpt && digit == '2';
	/* Beside the end of a message only refusals end it. */
	if (s->step != LOAD_END &&
	    (rcpt ? s->taken > 0 || s->rcpts < load.recipients : digit < '4'))
		return;
	s->at = s->step == LOAD_END ? AT_MAIL : AT_RSET;
	session_fate(s, digit == '2'   ? FATE_ACCEPTED
			: digit == '4' ? FATE_DEFERRED
				       : FATE_REJECTED);
}

static long
smtp_take(struct session *s)
{
	const char *end = memchr(s->in, '\n', s->in_len);

	if (end == NULL)
		return s->in_len == sizeof s->in ? -1 : 0;
	if (end - s->in < 4)
		return -1;
	if (s->in[3] == '-')
		return end - s->in + 1;
	/* The farewell; and an MTA that stops says so unasked. */
	if (s->at == AT_OVER)
		return end - s->in + 1;
	if (!s->awaited)
		return -1;
	s->awaited = false;
	figures_time(s->step, now_ns() - s->asked);
	reply(s, s->in[0]);
	return end - s->in + 1;
}

const struct load_dialogue dialogue_smtp = {smtp_prepare, smtp_compose, smtp_next, smtp_take};
