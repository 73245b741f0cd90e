/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The header is read line by line, a field with its folds at a time; the body
 * in pieces, its line ends made CRLF (RFC 5321 2.3.8), as a milter sees it.
 */
#include "config.h"

#include "ctl/message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/ascii.h"
#include "milter/authres.h"

#define PIECE 65536 /* bytes of body at a time; what libmilter hands over at most is 65535 */

struct field {
	char *text; /* "Name: value", folds with LF; NULL: none */
	size_t len;
};

struct reader {
	FILE *in;
	struct stage_walk *walk;
	struct field field;
	unsigned forged;
};

static void
hand_over(struct reader *r)
{
	char *colon = r->field.text != NULL ? strchr(r->field.text, ':') : NULL;

	if (colon != NULL) {
		*colon = '\0';
		if (strcasecmp(r->field.text, "Authentication-Results") == 0)
			r->forged +=
			    authres_claims(colon + 1, stage_txn(r->walk)->site->authserv_id);
		/* Beyond a limit it is not looked at, as in the daemon. */
		(void)stage_header(r->walk, r->field.text, colon + 1);
	}
	free(r->field.text);
	r->field = (struct field){.text = NULL};
}

/* RFC 5322 2.2: printable characters but the colon, then it; blanks before it are obsolete. */
static bool
begins_field(const char *line)
{
	size_t n = 0;

	while (ascii_is_printable(line[n]) && line[n] != ' ' && line[n] != ':')
		n++;
	return n > 0 && line[n] == ':';
}

static bool
append(struct field *f, const char *line)
{
	size_t more = strlen(line);
	char *text = realloc(f->text, f->len + more + 2);

	if (text == NULL)
		return false;
	if (f->len > 0)
		text[f->len++] = '\n';
	memcpy(text + f->len, line, more + 1);
	f->text = text;
	f->len += more;
	return true;
}

/* *line_r is the first one that does not belong to it, "" behind an empty one; the caller frees. */
static int
read_header(struct reader *r, char **line_r)
{
	size_t room = 0;
	char *line = NULL;
	bool first = true, ok = true;
	ssize_t len = 0;

	errno = 0;
	while (ok && (len = getline(&line, &room, r->in)) > 0) {
		line[strcspn(line, "\r\n")] = '\0';
		if (first && strncmp(line, "From ", 5) == 0)
			continue;
		first = false;
		if (r->field.text == NULL || !ascii_is_folding_space(*line)) {
			hand_over(r);
			if (!begins_field(line))
				break;
		}
		ok = append(&r->field, line);
	}
	hand_over(r);
	*line_r = line;
	/* Without memory it is neither at an end nor in error. */
	return ok && (len > 0 || feof(r->in)) ? 0 : -1;
}

static void
feed(struct stage_walk *w, const char *bytes, size_t len)
{
	if (len > 0)
		stage_body(w, (const unsigned char *)bytes, len);
}

static void
read_body(struct reader *r)
{
	static char piece[PIECE];
	size_t len = 0;
	int c, last = '\0';

	while ((c = getc(r->in)) != EOF) {
		if (c == '\n' && last != '\r')
			piece[len++] = '\r';
		piece[len++] = (char)c;
		last = c;
		if (len >= sizeof piece - 1) {
			feed(r->walk, piece, len);
			len = 0;
		}
	}
	feed(r->walk, piece, len);
}

int
message_feed(FILE *in, struct stage_walk *w, unsigned *forged_r)
{
	struct reader r = {.in = in, .walk = w};
	char *line;
	int rc = read_header(&r, &line);

	*forged_r = r.forged;
	if (rc == 0) {
		stage_eoh(w);
		if (!feof(in) && line != NULL && *line != '\0') {
			feed(w, line, strlen(line));
			feed(w, "\r\n", 2);
		}
		read_body(&r);
		rc = ferror(in) ? -1 : 0;
	}
	free(line);
	return rc;
}
