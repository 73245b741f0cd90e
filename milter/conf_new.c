/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The empty snapshot and its plan: which section has which tables.  Every
 * check gets keys for its mode and its results beside its own options.
 */
#include "milter/conf_private.h"

#include <string.h>

_Static_assert(sizeof(enum action) == sizeof(unsigned), "results are choices");
_Static_assert(ACTION_ACCEPT == ACTION_COUNT - 1, "the last word can be left out");

/* The words of what a result may do; `accept', the last one, only where the check is no hearsay. */
static const char **
action_words(struct arena *a, bool hearsay)
{
	const unsigned count = hearsay ? ACTION_ACCEPT : ACTION_COUNT;
	const char **words = arena_array(a, ACTION_COUNT + 1, sizeof *words);

	for (unsigned i = 0; words != NULL && i < count; i++)
		words[i] = action_text((enum action)i);
	return words;
}

/* mode = "..." and, for every result, result = "action". */
static struct option *
verdict_table(const struct check *check, const char **const actions[2], struct arena *a)
{
	size_t n = 0;
	struct option *table;

	while (check->results[n].name != NULL)
		n++;
	if (n > RESULTS_MAX || (table = arena_array(a, n + 2, sizeof *table)) == NULL)
		return NULL;
	table[0] = (struct option){.key = "mode",
	    .type = OPTION_CHOICE,
	    .offset = offsetof(struct conf_check, mode),
	    .value = "enforce",
	    .choices = conf_mode_words};
	for (size_t i = 0; i < n; i++)
		table[1 + i] = (struct option){.key = check->results[i].name,
		    .type = OPTION_CHOICE,
		    .offset = offsetof(struct conf_check, actions) + i * sizeof(unsigned),
		    .value = action_text(check->results[i].action),
		    .choices = actions[check->hearsay]};
	return table;
}

static int
plan_check(struct conf *c, size_t i, const char **const actions[2], struct conf_group *g)
{
	const struct check *check = check_registry[i];
	struct arena *a = &c->private->arena;
	struct option *table = verdict_table(check, actions, a);
	void *options = arena_alloc(a, check->options_size);

	if (table == NULL || options == NULL)
		return -1;
	c->checks[i].options = options;
	*g = (struct conf_group){.name = check->name,
	    .parts = {{table, &c->checks[i]}, {check->options, options}},
	    .finish = check->finish,
	    .finish_base = options,
	    .check = check,
	    .row = i};
	return 0;
}

/* Groups that are no check's; those of the checks follow. */
enum { GROUP_TOP, GROUP_RESOLVER, GROUP_STORE, GROUP_METRICS, GROUP_RECEIPTS, GROUP_CHECKS };

static int
plan(struct conf *c)
{
	struct conf_private *p = c->private;
	const char **const actions[2] = {
	    action_words(&p->arena, false), action_words(&p->arena, true)};
	size_t n = 0;

	while (check_registry[n] != NULL)
		n++;
	p->groups = arena_array(&p->arena, n + GROUP_CHECKS, sizeof *p->groups);
	if (actions[0] == NULL || actions[1] == NULL || p->groups == NULL || n > CHECKS_MAX)
		return -1;
	p->groups[GROUP_TOP] = (struct conf_group){
	    .parts = {{conf_option_table, c}}, .finish = conf_finish, .finish_base = c};
	p->groups[GROUP_RESOLVER] = (struct conf_group){.name = "resolver",
	    .parts = {{dns_option_table, &c->resolver}},
	    .finish = dns_options_finish,
	    .finish_base = &c->resolver};
	p->groups[GROUP_STORE] = (struct conf_group){.name = "store",
	    .parts = {{store_option_table, &c->store}},
	    .finish = store_options_finish,
	    .finish_base = &c->store};
	p->groups[GROUP_METRICS] = (struct conf_group){.name = "metrics",
	    .parts = {{metrics_option_table, &c->metrics}},
	    .finish = metrics_options_finish,
	    .finish_base = &c->metrics};
	p->groups[GROUP_RECEIPTS] = (struct conf_group){
	    .name = "receipts", .parts = {{receipt_option_table, &c->receipts}}};
	p->group_count = n + GROUP_CHECKS;
	for (size_t i = 0; i < n; i++)
		if (plan_check(c, i, actions, &p->groups[i + GROUP_CHECKS]) == -1)
			return -1;
	return 0;
}

struct conf *
conf_new(size_t arena_max)
{
	struct arena a;
	struct conf *c;

	arena_init(&a, arena_max);
	c = arena_alloc(&a, sizeof *c);
	if (c == NULL || (c->private = arena_alloc(&a, sizeof *c->private)) == NULL) {
		arena_fini(&a);
		return NULL;
	}
	c->private->arena = a;
	atomic_init(&c->private->references, 1);
	if (plan(c) == -1)
		conf_unref(&c);
	return c;
}

struct conf *
conf_written(struct conf *c)
{
	return conf_ref(c->private->written != NULL ? c->private->written : c);
}

/* Borrows everything from what was written, and keeps that alive. */
struct conf *
conf_with_mode(struct conf *of, enum mode mode)
{
	struct arena a;
	struct conf *c;

	arena_init(&a, sizeof *c + sizeof *c->private + 64);
	c = arena_alloc(&a, sizeof *c);
	if (c == NULL) {
		arena_fini(&a);
		return NULL;
	}
	*c = *of;
	c->mode = mode;
	c->private = arena_alloc(&a, sizeof *c->private);
	if (c->private == NULL) {
		arena_fini(&a);
		return NULL;
	}
	c->private->groups = of->private->groups;
	c->private->group_count = of->private->group_count;
	c->private->written = conf_written(of);
	c->private->arena = a;
	atomic_init(&c->private->references, 1);
	return c;
}
