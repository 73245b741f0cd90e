/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands of a script: each fills the packet of its step, sends it, and
 * prints what came back.
 */
#include "t/mtaclient/script.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmilter/mfdef.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "t/mtaclient/words.h"

#define LINE_ROOM (4 * 1024 * 1024) /* bytes of one line, repetitions written out */

void
script_init(struct script *s, const char *where)
{
	char *room = malloc(LINE_ROOM);

	if (room == NULL)
		abort();
	*s = (struct script){.where = where, .actions = SMFI_CURR_ACTS, .steps = SMFI_CURR_PROT};
	buf_init(&s->last, room, LINE_ROOM);
	mta_init(&s->mta);
	message_reset(&s->message);
}

void
script_fini(struct script *s)
{
	mta_fini(&s->mta);
	message_fini(&s->message);
	free(s->last.s);
}

static void say(struct script *, const char *, ...) __attribute__((format(printf, 2, 3)));

/* Prints and remembers one line; what is not printable ASCII becomes an escape. */
static void
say(struct script *s, const char *fmt, ...)
{
	static char text[LINE_ROOM / 4];
	struct buf b;
	va_list ap;

	buf_init(&b, text, sizeof text);
	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	buf_reset(&s->last);
	for (const char *p = b.s; *p != '\0'; p++) {
		if (*p == '\n')
			buf_puts(&s->last, "\\n");
		else if (*p == '\t')
			buf_puts(&s->last, "\\t");
		else if (*p < ' ' || *p > '~')
			buf_printf(&s->last, "\\x%02x", (unsigned char)*p);
		else
			buf_putc(&s->last, *p);
	}
	(void)puts(s->last.s);
	(void)fflush(stdout);
}

static void
wrong(struct script *s, const char *what)
{
	s->failed++;
	say(s, "script: %s", what);
}

/*
 * Reply text as the MTA gives it to the client: %% is one %.  A lone % is
 * dropped by Postfix; Sendmail takes its default text instead.
 */
static void
percent(const struct script *s, char *text)
{
	char *to = text;

	for (const char *p = text; *p != '\0'; p++) {
		if (*p != '%')
			*to++ = *p;
		else if (p[1] == '%')
			*to++ = *p++;
		else if (s->message.style == STYLE_SENDMAIL) {
			(void)strcpy(text, *text == '5' ? "550 5.0.0 Command rejected"
							: "451 4.3.2 Please try again later");
			return;
		}
	}
	*to = '\0';
}

static const char *
reply_name(int r)
{
	switch (r) {
	case SMFIR_CONTINUE:
		return "continue";
	case SMFIR_ACCEPT:
		return "accept";
	case SMFIR_REJECT:
		return "reject";
	case SMFIR_TEMPFAIL:
		return "tempfail";
	case SMFIR_DISCARD:
		return "discard";
	case SMFIR_SKIP:
		return "skip";
	case SMFIR_CONN_FAIL:
		return "connection-failure";
	case SMFIR_SHUTDOWN:
		return "shutdown";
	default:
		return NULL;
	}
}

/* A field edit: index (4 bytes) if indexed, name NUL value NUL. */
static void
edit(struct script *s, const char *verb, int r, bool indexed)
{
	const struct buf *in = &s->mta.in;
	uint32_t index = indexed && in->len >= 4 ? mta_number(in->s) : 0;
	const char *name = in->s + (indexed ? 4 : 0);
	const char *value = name + strlen(name) + 1;

	if ((size_t)(value - in->s) >= in->len || in->s[in->len - 1] != '\0') {
		wrong(s, "the filter sent a malformed edit");
		return;
	}
	say(s, "eom: %s %u %s:%s", verb, index, name, value);
	if (r == SMFIR_INSHEADER)
		message_insert(&s->message, index, name, value);
	else if (r == SMFIR_CHGHEADER)
		message_change(&s->message, index, name, value);
	else
		message_append(&s->message, name, value);
}

/* Prints one packet; true if it was the reply itself and not an edit before it. */
static bool
reply_take(struct script *s, const char *step, int r)
{
	if (r == SMFIR_INSHEADER)
		edit(s, "insert", r, true);
	else if (r == SMFIR_CHGHEADER)
		edit(s, "change", r, true);
	else if (r == SMFIR_ADDHEADER)
		edit(s, "add", r, false);
	else if (r == SMFIR_QUARANTINE)
		say(s, "%s: quarantine %s", step, s->mta.in.s);
	else if (r == SMFIR_PROGRESS)
		say(s, "%s: progress", step);
	else {
		if (r == SMFIR_REPLYCODE) {
			percent(s, s->mta.in.s);
			say(s, "%s: %s", step, s->mta.in.s);
		} else if (r < 0)
			say(s, "%s: closed", step);
		else if (reply_name(r) != NULL)
			say(s, "%s: %s", step, reply_name(r));
		else
			say(s, "%s: unknown reply %d", step, r);
		return true;
	}
	return false;
}

static void
perform(struct script *s, const struct mta_step *step)
{
	if (s->mta.fd >= 0 && !mta_sends(&s->mta, step)) {
		say(s, "%s: not sent", step->name);
		return;
	}
	if (mta_send(&s->mta, step) < 0) {
		say(s, "%s: closed", step->name);
		return;
	}
	if (!mta_awaits(&s->mta, step)) {
		say(s, "%s: no reply", step->name);
		return;
	}
	while (!reply_take(s, step->name, mta_receive(&s->mta)))
		;
}

/* Each do_... fills the packet from the rest of its line. */
static void
do_connect(struct script *s, char *rest)
{
	struct buf *out = &s->mta.out;
	char family, *host = words_next(&rest), *addr = words_next(&rest);
	uint16_t port = htons((uint16_t)atoi(words_next(&rest)));

	words_unescape(out, host);
	buf_putc(out, '\0');
	family = strchr(addr, ':') != NULL ? SMFIA_INET6
		 : *addr == '/'            ? SMFIA_UNIX
		 : *addr == '-'            ? SMFIA_UNKNOWN
					   : SMFIA_INET;
	buf_putc(out, family);
	if (family == SMFIA_UNKNOWN)
		return;
	buf_write(out, (const char *)&port, sizeof port);
	buf_write(out, addr, strlen(addr) + 1);
}

static void
do_text(struct script *s, char *rest)
{
	words_unescape(&s->mta.out, rest);
	buf_putc(&s->mta.out, '\0');
}

static void
do_words(struct script *s, char *rest)
{
	do {
		words_unescape(&s->mta.out, words_next(&rest));
		buf_putc(&s->mta.out, '\0');
	} while (*rest != '\0');
}

static void
do_header(struct script *s, char *rest)
{
	struct buf *out = &s->mta.out;
	char *colon = strchr(rest, ':'), *value;
	bool leading = (s->mta.steps & SMFIP_HDR_LEADSPC) != 0;

	if (colon == NULL) {
		wrong(s, "header without colon");
		return;
	}
	*colon = '\0';
	words_unescape(out, rest);
	buf_putc(out, '\0');
	value = out->s + out->len;
	words_unescape(out, colon + 1 + (!leading && colon[1] == ' '));
	buf_putc(out, '\0');
	message_append(&s->message, out->s, value);
}

static void
do_body(struct script *s, char *rest)
{
	words_unescape(&s->mta.out, rest);
}

static void
do_mail(struct script *s, char *rest)
{
	message_reset(&s->message);
	do_words(s, rest);
}

static void
do_nothing(struct script *s, char *rest)
{
	(void)s;
	(void)rest;
}

/* The commands that are not steps of the protocol. */
static void
cmd_open(struct script *s, char *rest)
{
	struct mta *m = &s->mta;

	m->actions = s->actions;
	m->steps = s->steps;
	if (mta_open(m, *rest != '\0' ? rest : s->where) < 0)
		say(s, "open: %s", strerror(errno));
	else if (mta_negotiate(m) < 0)
		say(s, "open: closed");
	else
		say(s, "open: actions=0x%x steps=0x%x", m->actions, m->steps);
}

static void
cmd_connect_only(struct script *s, char *rest)
{
	s->mta.steps = 0;
	if (mta_open(&s->mta, *rest != '\0' ? rest : s->where) < 0)
		say(s, "open-only: %s", strerror(errno));
	else
		say(s, "open-only: connected");
}

static void
cmd_style(struct script *s, char *rest)
{
	s->message.style = strcmp(rest, "sendmail") == 0 ? STYLE_SENDMAIL : STYLE_POSTFIX;
}

static void
cmd_offer(struct script *s, char *rest)
{
	s->actions = (uint32_t)strtoul(words_next(&rest), NULL, 0);
	s->steps = (uint32_t)strtoul(rest, NULL, 0);
}

static void
cmd_macro(struct script *s, char *rest)
{
	char *stage = words_next(&rest), *value = strchr(rest, '=');

	if (value != NULL)
		*value++ = '\0';
	if (value == NULL || !mta_macro(&s->mta, stage, rest, value))
		wrong(s, "macro STAGE NAME=VALUE");
}

static void
cmd_no_macros(struct script *s, char *rest)
{
	(void)rest;
	for (int i = 0; i < MTA_STAGE_COUNT; i++)
		buf_reset(&s->mta.macros[i]);
}

static void
cmd_headers(struct script *s, char *rest)
{
	(void)rest;
	for (size_t i = 0; i < s->message.count; i++) {
		const struct field *f = &s->message.fields[i];

		if (!f->gone)
			say(s, "headers: %s:%s", f->name, f->value);
	}
	say(s, "headers: end");
}

static void
cmd_raw(struct script *s, char *rest)
{
	struct buf *out = &s->mta.out;

	words_unescape(out, rest);
	if (mta_send_raw(&s->mta, out->s, out->len) < 0)
		say(s, "raw: closed");
}

static void
cmd_reply(struct script *s, char *rest)
{
	(void)rest;
	while (!reply_take(s, "reply", mta_receive(&s->mta)))
		;
}

static void
cmd_drop(struct script *s, char *rest)
{
	(void)rest;
	mta_close(&s->mta);
}

static void
cmd_sleep(struct script *s, char *rest)
{
	(void)s;
	(void)poll(NULL, 0, atoi(rest));
}

static void
cmd_echo(struct script *s, char *rest)
{
	say(s, "echo: %s", rest);
}

static void
cmd_expect(struct script *s, char *rest)
{
	if (strstr(s->last.s, rest) != NULL)
		return;
	s->failed++;
	(void)printf("expect: wanted \"%s\" in \"%s\"\n", rest, s->last.s);
	(void)fflush(stdout);
}

typedef void command_fn(struct script *, char *rest);

/* clang-format off */
static const struct {
	const char	*name;
	command_fn	*fn;
	bool		 step;		/* fn fills a packet, which is sent */
} commands[] = {
	{"connect",	do_connect,		true},
	{"helo",	do_text,		true},
	{"mail",	do_mail,		true},
	{"rcpt",	do_words,		true},
	{"data",	do_nothing,		true},
	{"header",	do_header,		true},
	{"eoh",		do_nothing,		true},
	{"body",	do_body,		true},
	{"eom",		do_nothing,		true},
	{"unknown",	do_text,		true},
	{"abort",	do_nothing,		true},
	{"quit",	do_nothing,		true},
	{"quit-nc",	do_nothing,		true},
	{"open",	cmd_open,		false},
	{"open-only",	cmd_connect_only,	false},
	{"style",	cmd_style,		false},
	{"offer",	cmd_offer,		false},
	{"macro",	cmd_macro,		false},
	{"no-macros",	cmd_no_macros,		false},
	{"headers",	cmd_headers,		false},
	{"raw",		cmd_raw,		false},
	{"reply",	cmd_reply,		false},
	{"drop",	cmd_drop,		false},
	{"sleep",	cmd_sleep,		false},
	{"echo",	cmd_echo,		false},
	{"expect",	cmd_expect,		false},
};
/* clang-format on */

void
script_line(struct script *s, char *line)
{
	char *rest = line, *name;

	if (*line == '\0' || *line == '#')
		return;
	name = words_next(&rest);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (strcmp(commands[i].name, name) != 0)
			continue;
		buf_reset(&s->mta.out);
		commands[i].fn(s, rest);
		if (commands[i].step)
			perform(s, mta_step(name));
		return;
	}
	wrong(s, "unknown command");
}
