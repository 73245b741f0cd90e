/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Views: recipients may have rules of their own, by class or by a word of an
 * access table.  A message has one end for all of them, so there only holds
 * what they have in common, and different classes mean the general rules.
 * Postmaster and abuse, whom no rule refuses, have no say in that.
 */
#include "milter/stage_private.h"

struct conf_rules
walk_rules(const struct stage_walk *w)
{
	struct conf_rules r = conf_rules(w->conf, w->view.class);

	if (w->view.shadow && r.mode == MODE_ENFORCE)
		r.mode = MODE_SHADOW;
	return r;
}

/* What a recipient asked to keep for the end (keep_for_end) is not found anew. */
static void
forget_verdicts(struct verdict_list *list, const struct check *of)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		if (list->v[i]->check != of || list->v[i]->rcpt >= 0)
			list->v[n++] = list->v[i];
	list->n = n;
}

/* What was found with other options than this class has is found anew. */
static void
use_class(struct stage_walk *w, const struct conf_class *class)
{
	const struct conf_check *was = conf_rules(w->conf, w->found_by).checks;
	const struct conf_check *is = conf_rules(w->conf, class).checks;

	for (size_t i = 0; was != is && i < w->rows; i++) {
		if (was[i].options == is[i].options)
			continue;
		w->judged[i] = false;
		forget_verdicts(&w->lists[ABOUT_MESSAGE], check_registry[i]);
	}
	w->found_by = class;
	w->view = (struct stage_view){.class = class};
}

void
walk_view_rcpt(struct stage_walk *w)
{
	use_class(w, conf_class_of(w->conf, &w->txn.rcpt->path));
}

void
walk_view_share(struct stage_walk *w)
{
	bool exempt = w->txn.rcpt->exempt;
	enum stage_shared by = exempt ? SHARED_BY_EXEMPT : SHARED_BY_ALL;

	if (w->shared_by > by)
		return;
	if (w->shared_by < by) {
		w->shared = w->view;
		w->shared_by = by;
		return;
	}
	if (w->shared.class != w->view.class)
		w->shared.class = NULL;
	w->shared.skipped &= w->view.skipped;
	w->shared.shadow &= w->view.shadow;
	w->shared.greylist &= w->view.greylist;
}

void
walk_view_message(struct stage_walk *w)
{
	w->view = w->shared;
}

void
walk_view_reset(struct stage_walk *w)
{
	use_class(w, NULL);
	w->shared = w->view;
	w->shared_by = SHARED_BY_NOBODY;
}

/* What a check in shadow wants is not done. */
static bool
is_enforced(const struct txn *t)
{
	struct conf_rules rules = walk_rules(t->walk);

	return policy_mode(&rules, t->check) == MODE_ENFORCE;
}

void
txn_skip(struct txn *t, uint32_t rows)
{
	if (is_enforced(t))
		t->walk->view.skipped |= rows & ~(UINT32_C(1) << t->walk->running);
}

void
txn_greylist(struct txn *t)
{
	t->walk->view.greylist |= is_enforced(t);
}

void
txn_shadow(struct txn *t)
{
	t->walk->view.shadow |= is_enforced(t);
}

bool
txn_must_split(const struct txn *t)
{
	const struct stage_walk *w = t->walk;

	return w->shared_by == SHARED_BY_ALL && t->rcpt != NULL && !t->rcpt->exempt &&
	       conf_classes_differ(w->conf, w->shared.class, w->view.class);
}
