/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 8601 2.2 in both directions. */
#include "config.h" /* strcasestr */

#include "milter/authres.h"

#include <string.h>
#include <strings.h>

#include "lib/header.h"
#include "lib/name.h"
#include "lib/text.h"

#define COMMENT_MAX 200 /* bytes of a reason; a header field is no log */
#define VALUE_MAX   900 /* bytes; RFC 5322 2.1.1 ends a line at 998 */
#define LINE_WISH   78 /* RFC 5322 2.1.1; folds are made to stay below */
#define TAB_WIDTH   8

/* Add a piece, on a new line if this one would grow too long. */
static void
add(struct buf *b, size_t *column, const char *piece)
{
	size_t len = strlen(piece);

	if (*column + 1 + len >= LINE_WISH) {
		buf_puts(b, "\n\t");
		*column = TAB_WIDTH;
	} else {
		buf_putc(b, ' ');
		*column += 1;
	}
	buf_puts(b, piece);
	*column += len;
}

static void
add_verdict(struct buf *b, const struct verdict *v)
{
	const char *method = v->method != NULL ? v->method : v->check->method;
	const char *word = word_text(v->check->results[v->result].word);
	size_t column = TAB_WIDTH + strlen(method) + 1 + strlen(word), start;
	char room[2 * VALUE_MAX + 100];
	struct buf piece;

	buf_printf(b, ";\n\t%s=%s", method, word);
	buf_init(&piece, room, sizeof room);
	if (v->reason != NULL && v->reason[0] != '\0') {
		buf_putc(&piece, '(');
		text_comment(&piece, v->reason, COMMENT_MAX);
		buf_putc(&piece, ')');
		add(b, &column, piece.s);
	}
	for (unsigned i = 0; i < v->prop_count; i++) {
		const struct prop *p = &v->props[i];

		buf_reset(&piece);
		buf_printf(&piece, "%s.%s=", p->ptype, p->property);
		start = piece.len;
		text_pvalue(&piece, p->value);
		if (!piece.cut && piece.len - start <= VALUE_MAX)
			add(b, &column, piece.s);
	}
}

/* What the MTA found, not we; the administrator may not want to tell the world. */
static bool
add_login(struct buf *b, const struct stage_walk *w)
{
	static const struct result pass[] = {{.name = "pass", .word = WORD_PASS}, {.name = NULL}};
	static const struct check auth = {.name = "auth", .method = "auth", .results = pass};
	const char *user = stage_txn(w)->auth_user;

	if (user == NULL || !stage_conf(w)->report_login)
		return false;
	add_verdict(b,
	    &(struct verdict){.check = &auth, .props = {{"smtp", "auth", user}}, .prop_count = 1});
	return true;
}

void
authres_format(struct buf *b, const struct stage_walk *w)
{
	const struct verdict *all[STAGE_VERDICTS_MAX];
	size_t n = stage_verdicts(w, all), before;
	bool any;

	text_value(b, stage_txn(w)->site->authserv_id);
	any = add_login(b, w);
	for (size_t i = 0; i < n; i++) {
		if (all[i]->hidden || (all[i]->method == NULL && all[i]->check->method == NULL))
			continue;
		before = b->len;
		add_verdict(b, all[i]);
		if (b->cut) {
			b->s[b->len = before] = '\0';
			b->cut = false;
			break;
		}
		any = true;
	}
	if (!any)
		buf_puts(b, "; none");
}

/* The same name: letter case, a final dot and U-labels make no difference. */
static bool
same_id(const char *a, const char *b)
{
	char x[NAME_TEXT_SIZE], y[NAME_TEXT_SIZE];

	if (strcasecmp(a, b) == 0)
		return true;
	return name_canon(a, x) == NAME_OK && name_canon(b, y) == NAME_OK && strcmp(x, y) == 0;
}

/* Our name anywhere, in any case.  An id has at most 253 characters, so this is linear. */
static bool
contains(const char *value, const char *id)
{
	return strcasestr(value, id) != NULL;
}

/* An authserv-id: RFC 2045 value, and, beyond it, UTF-8 (RFC 8616 5). */
static bool
take_id(struct header_cursor *c, struct buf *out)
{
	size_t n = 0;

	if (c->len > 0 && *c->s == '"')
		return header_quoted(c, out);
	while (n < c->len && (unsigned char)c->s[n] > ' ' &&
	       strchr("()<>@,;:\\\"/[]?=\x7f", c->s[n]) == NULL)
		n++;
	buf_write(out, c->s, n);
	c->s += n;
	c->len -= n;
	return n > 0;
}

/* 8-bit that is no U-label is nobody's name, but some reader may see ours in it. */
static bool
is_broken(const char *id)
{
	char canonical[NAME_TEXT_SIZE];

	for (const char *p = id; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80)
			return name_canon(id, canonical) != NAME_OK;
	return false;
}

bool
authres_claims(const char *value, const char *authserv_id)
{
	struct header_cursor c = {value, strlen(value)};
	char id_room[1024], version_room[16];
	struct buf id, version;

	buf_init(&id, id_room, sizeof id_room);
	buf_init(&version, version_room, sizeof version_room);
	if (!header_cfws(&c) || !take_id(&c, &id) || id.cut || is_broken(id.s))
		return contains(value, authserv_id);
	if (same_id(id.s, authserv_id))
		return true;
	if (!header_cfws(&c))
		return contains(value, authserv_id);
	if (c.len > 0 && *c.s != ';') {
		/* What stands here can only be a version, and we know none but 1. */
		if (!header_token(&c, &version) || !header_cfws(&c) || (c.len > 0 && *c.s != ';'))
			return contains(value, authserv_id);
		if (strcmp(version.s, "1") != 0)
			return true;
	}
	return false;
}
