/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order matters.  Deleting comes before inserting, because Postfix counts
 * inserted fields too, and runs from the highest number to the lowest, because
 * Postfix renumbers after each deletion and Sendmail does not (measured: deleting
 * upwards left every second forgery; CVE-2022-48521).
 */
#include "config.h"

#include "milter/edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/text.h"
#include "milter/authres.h"

#define FIELD "Authentication-Results"

void
edit_forged_note(
    struct edit_forged *f, const char *name, const char *value, const char *authserv_id)
{
	if (strcasecmp(name, FIELD) != 0)
		return;
	f->seen++;
	if (!authres_claims(value, authserv_id))
		return;
	/* Few sessions need it, and idle ones are many. */
	if (f->nth == NULL)
		f->nth = calloc(EDIT_FORGED_MAX, sizeof *f->nth);
	if (f->nth != NULL && f->count < EDIT_FORGED_MAX)
		f->nth[f->count++] = f->seen;
	else
		f->beyond = true;
}

void
edit_forged_reset(struct edit_forged *f)
{
	free(f->nth);
	*f = (struct edit_forged){.seen = 0};
}

static int
delete_forged(SMFICTX *ctx, const struct edit_forged *f)
{
	char name[] = FIELD;

	for (size_t i = f->count; i-- > 0;)
		if (smfi_chgheader(ctx, name, (int)f->nth[i], NULL) != MI_SUCCESS)
			return -1;
	return 0;
}

/* On top of everything, the MTA's own Received too (RFC 8601 4.1). */
static int
put_on_top(SMFICTX *ctx, const struct edit_rights *r, const char *name, const char *value)
{
	char *copy = NULL, *field = strdup(name);
	int ret = -1;

	if (field != NULL && asprintf(&copy, "%s%s", r->leading_space ? " " : "", value) >= 0 &&
	    smfi_insheader(ctx, 0, field, copy) == MI_SUCCESS)
		ret = 0;
	free(field);
	free(copy);
	return ret;
}

/* Each goes on top of the one before: the last of the list first. */
static int
put_fields(SMFICTX *ctx, const struct edit_rights *r, const struct stage_field *field)
{
	if (field == NULL)
		return 0;
	if (put_fields(ctx, r, field->next) < 0)
		return -1;
	return put_on_top(ctx, r, field->name, field->value);
}

static int
quarantine(SMFICTX *ctx, const struct decision *d)
{
	char room[200], text[] = "quarantined by policy";
	struct buf b;

	if (d->cause == NULL || d->cause->reason == NULL)
		return smfi_quarantine(ctx, text) == MI_SUCCESS ? 0 : -1;
	buf_init(&b, room, sizeof room);
	text_reply(&b, d->cause->reason, sizeof room - 1);
	return smfi_quarantine(ctx, room) == MI_SUCCESS ? 0 : -1;
}

int
edit_message(SMFICTX *ctx, const struct edit_rights *r, const struct edit_forged *f,
    const struct stage_walk *walk, const struct decision *d)
{
	char room[AUTHRES_SIZE];
	struct buf b;

	if (r->change && delete_forged(ctx, f) < 0)
		return -1;
	if (r->add) {
		buf_init(&b, room, sizeof room);
		authres_format(&b, walk);
		if (put_fields(ctx, r, stage_fields(walk)) < 0 ||
		    put_on_top(ctx, r, FIELD, room) < 0)
			return -1;
	}
	if (d->action == ACTION_QUARANTINE && r->quarantine)
		return quarantine(ctx, d);
	return 0;
}
