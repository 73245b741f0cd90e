/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One greylisting attempt on a store of this host: the client's record says
 * whether it is asked at all, the triplet's record decides, and a triplet that
 * passed is credited to the client.  Each is one key and one step; a crash
 * between them costs one credit, never a verdict.
 */
#include "db/backend.h"

struct step {
	const struct store_attempt *attempt;
	struct greylist_answer *answer;
	bool allowed, newer;
};

static bool
record_in(struct step *st, const struct small_value *v, struct greylist_record *r)
{
	*r = (struct greylist_record){.first = 0};
	if (v->len != 0 && !record_greylist_get((struct record_bytes){v->bytes, v->len}, r))
		st->newer = true;
	return !st->newer;
}

static bool
record_out(const struct step *st, struct small_value *v, const struct greylist_record *r)
{
	record_greylist_put(v->bytes, r, greylist_expires(r, st->attempt->params));
	v->len = RECORD_GREYLIST_SIZE;
	return true;
}

static bool
ask_client(void *ctx, struct small_value *v)
{
	struct step *st = ctx;
	struct greylist_record r;
	bool changed;

	if (!record_in(st, v, &r))
		return false;
	st->allowed = greylist_client_allowed(&r, st->attempt->now, st->attempt->params, &changed);
	return changed && record_out(st, v, &r);
}

static bool
ask_triplet(void *ctx, struct small_value *v)
{
	struct step *st = ctx;
	struct greylist_record r;

	return record_in(st, v, &r) &&
	       greylist_decide(&r, st->attempt->now, st->attempt->params, st->answer) &&
	       record_out(st, v, &r);
}

static bool
credit_client(void *ctx, struct small_value *v)
{
	struct step *st = ctx;
	struct greylist_record r;

	return record_in(st, v, &r) &&
	       greylist_client_credit(&r, st->attempt->now, st->attempt->params) &&
	       record_out(st, v, &r);
}

enum store_status
store_credit_local(struct store *s, const struct store_attempt *t)
{
	struct step st = {.attempt = t};
	enum store_status status =
	    s->backend->update(s, record_key_bytes(t->client), credit_client, &st);

	return status == STORE_OK && st.newer ? STORE_NEWER : status;
}

enum store_status
store_greylist_local(struct store *s, const struct store_attempt *t, struct greylist_answer *a)
{
	struct step st = {.attempt = t, .answer = a};
	struct record_bytes triplet = record_key_bytes(t->triplet);
	struct record_bytes client = record_key_bytes(t->client);
	bool counts = t->params->auto_allow_after > 0;
	enum store_status status = STORE_OK;

	if (counts)
		status = s->backend->update(s, client, ask_client, &st);
	if (status == STORE_OK && st.allowed) {
		*a = (struct greylist_answer){.outcome = GREYLIST_ALLOWED};
		return STORE_OK;
	}
	if (status == STORE_OK && !st.newer)
		status = s->backend->update(s, triplet, ask_triplet, &st);
	if (status != STORE_OK || st.newer)
		return status != STORE_OK ? status : STORE_NEWER;
	if (counts && a->outcome == GREYLIST_PASSED)
		(void)s->backend->update(s, client, credit_client, &st);
	return STORE_OK;
}
