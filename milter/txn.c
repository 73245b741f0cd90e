/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What checks call while they run: reporting, their state, other checks'
 * verdicts.  Declared in checks/check.h.
 */
#include "milter/stage_private.h"

#include <string.h>

#include "milter/stats.h"

struct verdict *
report(struct txn *t, unsigned result, const char *fmt, ...)
{
	struct stage_walk *w = t->walk;
	struct verdict_list *list = walk_list(w);
	struct verdict *v = arena_alloc(t->arena, sizeof *v);
	va_list ap;

	w->scratch = (struct verdict){.check = t->check};
	if (list->n == VERDICTS_MAX) {
		w->dropped++;
		return &w->scratch;
	}
	va_start(ap, fmt);
	if (v != NULL)
		v->reason = arena_vprintf(t->arena, fmt, ap);
	va_end(ap);
	if (v == NULL || v->reason == NULL) {
		walk_no_memory(w, w->running);
		return &w->scratch;
	}
	v->check = t->check;
	v->result = result;
	v->acts_at = w->stage;
	v->rcpt = list == &w->lists[ABOUT_RECIPIENT] ? t->rcpt->index : -1;
	list->v[list->n++] = v;
	stats_verdict(w->running, result);
	return v;
}

void
verdict_prop(
    struct txn *t, struct verdict *v, const char *ptype, const char *property, const char *value)
{
	const char *copy = arena_strdup(t->arena, value);

	if (copy != NULL && v->prop_count < VERDICT_PROPS_MAX)
		v->props[v->prop_count++] = (struct prop){ptype, property, copy};
}

void *
txn_msg_state(struct txn *t)
{
	return t->walk->msg_state[t->walk->running];
}

int
txn_add_header(struct txn *t, const char *name, const char *value)
{
	struct stage_walk *w = t->walk;
	struct stage_field *f = arena_alloc(&w->msg, sizeof *f);

	if (f == NULL || (f->name = arena_strdup(&w->msg, name)) == NULL ||
	    (f->value = arena_strdup(&w->msg, value)) == NULL)
		return -1;
	*w->fields_end = f;
	w->fields_end = &f->next;
	return 0;
}

const struct verdict *
txn_verdict(const struct txn *t, const char *check, size_t n)
{
	const struct verdict *all[STAGE_VERDICTS_MAX];
	size_t count = stage_verdicts(t->walk, all);

	for (size_t i = 0; i < count; i++)
		if (strcmp(all[i]->check->name, check) == 0 && n-- == 0)
			return all[i];
	return NULL;
}

bool
txn_is_suspect(const struct txn *t)
{
	struct conf_rules rules = walk_rules(t->walk);
	bool shadow = policy_mode(&rules, t->check) == MODE_SHADOW;
	const struct verdict *all[STAGE_VERDICTS_MAX];
	size_t count = stage_verdicts(t->walk, all);

	if (t->walk->view.greylist)
		return true;
	for (size_t i = 0; i < count; i++)
		if (all[i]->check != t->check &&
		    policy_is_evidence(
			shadow ? policy_configured(&rules, all[i]) : policy_action(&rules, all[i])))
			return true;
	return false;
}
