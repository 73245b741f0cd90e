/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last part of a reply, how to get help and the id, always fits; what a
 * check or the other side said is cut before it.
 */
#include "milter/reply.h"

#include <ctype.h>
#include <string.h>

#include "lib/text.h"

#define REASON_MAX 400 /* bytes; what a line of a log or a bounce can still show */

/* "550 5.7.25" of the right class into its two parts. */
static bool
take_codes(struct reply *r, const char *codes, char class)
{
	if (codes == NULL || codes[0] != class || strlen(codes) < 9 ||
	    strlen(codes + 4) >= sizeof r->xcode || !isdigit((unsigned char)codes[1]) ||
	    !isdigit((unsigned char)codes[2]) || codes[3] != ' ' || codes[4] != class ||
	    codes[5] != '.')
		return false;
	memcpy(r->code, codes, 3);
	r->code[3] = '\0';
	memcpy(r->xcode, codes + 4, strlen(codes + 4) + 1);
	return true;
}

static void
choose_codes(struct reply *r, const struct decision *d)
{
	bool reject = d->action == ACTION_REJECT;
	const struct verdict *v = d->cause;
	const struct result *row = v != NULL ? &v->check->results[v->result] : NULL;
	/* RFC 7372 3.3: one code for several failed methods, if one of them is why. */
	bool several = d->failed > 1 && row != NULL && row->word == WORD_FAIL &&
		       (v->method != NULL || v->check->method != NULL);

	if (v != NULL && take_codes(r, v->codes, reject ? '5' : '4'))
		return;
	if (several)
		(void)take_codes(r, reject ? "550 5.7.26" : "451 4.7.26", reject ? '5' : '4');
	else if (row == NULL ||
		 !take_codes(r, reject ? row->reject : row->tempfail, reject ? '5' : '4'))
		(void)take_codes(r, reject ? "550 5.7.1" : "451 4.7.1", reject ? '5' : '4');
}

/* The administrator's word, else the postmaster nobody may refuse (RFC 5321 4.5.1). */
static void
add_help(struct buf *b, const struct txn *t, const struct conf *conf)
{
	const struct rcpt *to = t->rcpt != NULL ? t->rcpt : t->rcpt_count > 0 ? t->rcpts : NULL;

	if (conf->contact != NULL) {
		buf_puts(b, "; help: ");
		text_reply(b, conf->contact, 200);
	} else if (to != NULL && to->path.domain != NULL && to->path.domain[0] != '\0') {
		buf_puts(b, "; help: postmaster@");
		text_reply(b, to->path.domain, 253);
	}
}

void
reply_format(
    struct reply *r, const struct txn *t, const struct conf *conf, const struct decision *d)
{
	const struct verdict *v = d->cause;
	const char *why = v == NULL ? NULL : v->reply != NULL ? v->reply : v->reason;
	struct buf b;

	choose_codes(r, d);
	buf_init(&b, r->text, sizeof r->text);
	text_reply(&b, why != NULL ? why : "refused by local policy", REASON_MAX);
	add_help(&b, t, conf);
	buf_printf(&b, " [id=%s]", t->id);
}
