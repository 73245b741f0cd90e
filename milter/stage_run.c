/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Running the checks of a walk: who is skipped, who is due, with which memory
 * and until when, and what they have found.  A check that cannot run for want
 * of memory gets a temperror made in advance.
 */
#include "milter/stage_private.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "milter/stats.h"

static size_t registry_rows;
/* By registry row, and whether judged at end of message; check NULL: it has no temperror. */
static struct verdict no_memory[CHECKS_MAX][2];
static atomic_uint id_counter;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
assert_order(const struct check *c, size_t row)
{
	assert(row < CHECKS_MAX);
	/* What is found of a connection stays, whoever the recipients are and whatever class they have. */
	assert(c->scope != SCOPE_CONNECTION || (c->judge[STAGE_EOM] == NULL && c->options == NULL));
	for (const char *const *name = c->after; name != NULL && *name != NULL; name++) {
		size_t i = 0;

		while (i < row && strcmp(check_registry[i]->name, *name) != 0)
			i++;
		assert(i < row);
	}
}

static void
prepare(void)
{
	for (; check_registry[registry_rows] != NULL; registry_rows++) {
		const struct check *c = check_registry[registry_rows];

		assert_order(c, registry_rows);
		for (unsigned r = 0; c->results[r].name != NULL; r++) {
			/* The first one, where there are several. */
			if (c->results[r].word != WORD_TEMPERROR ||
			    no_memory[registry_rows][0].check != NULL)
				continue;
			for (int eom = 0; eom < 2; eom++)
				no_memory[registry_rows][eom] = (struct verdict){.check = c,
				    .result = r,
				    .reason = "out of memory",
				    .acts_at = eom ? STAGE_EOM : STAGE_RCPT,
				    .rcpt = -1};
		}
	}
	/* So that two daemons, or one started anew, do not count alike. */
	atomic_init(&id_counter, arc4random());
}

size_t
walk_prepare(void)
{
	(void)pthread_once(&once, prepare);
	return registry_rows;
}

/* 35 bits of seconds, 25 of a counter: sorts by time, and grep finds it. */
static void
write_id(char out[STAGE_ID_SIZE], int64_t wall, unsigned counter)
{
	static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
	uint64_t n = (uint64_t)wall << 25 | (counter & ((1U << 25) - 1));

	out[STAGE_ID_SIZE - 1] = '\0';
	for (int i = STAGE_ID_SIZE - 2; i >= 0; i--, n >>= 5)
		out[i] = digits[n & 31];
}

void
walk_make_id(char out[STAGE_ID_SIZE], const struct clock *clock)
{
	write_id(out, clock_wall(clock), atomic_fetch_add(&id_counter, 1));
}

void
stage_id_first(char out[STAGE_ID_SIZE], int64_t wall)
{
	write_id(out, wall, 0);
}

const char *
stage_skipped(const struct stage_walk *w, size_t row)
{
	const struct check *c = check_registry[row];
	struct conf_rules rules = walk_rules(w);

	if (policy_mode(&rules, c) == MODE_OFF)
		return "off";
	if ((c->origins & w->txn.origin) == 0)
		return origin_text(w->txn.origin);
	if (c->needs_ip && w->txn.client.addr.family == ADDR_NONE)
		return "no-ip";
	if ((w->view.skipped >> row & 1) != 0)
		return "access";
	return NULL;
}

static int
about(const struct stage_walk *w, const struct check *c)
{
	if (c->scope == SCOPE_CONNECTION)
		return ABOUT_CONNECTION;
	return c->scope == SCOPE_RECIPIENT && w->stage == STAGE_RCPT ? ABOUT_RECIPIENT
								     : ABOUT_MESSAGE;
}

struct verdict_list *
walk_list(struct stage_walk *w)
{
	return &w->lists[about(w, w->txn.check)];
}

void
walk_no_memory(struct stage_walk *w, size_t row)
{
	struct verdict_list *list = &w->lists[about(w, check_registry[row])];
	struct verdict *v = &no_memory[row][w->stage == STAGE_EOM];

	w->dropped++;
	if (v->check == NULL || list->n == VERDICTS_MAX ||
	    (list->n > 0 && list->v[list->n - 1] == v))
		return;
	list->v[list->n++] = v;
	stats_verdict(row, v->result);
}

bool
walk_enter(struct stage_walk *w, size_t row, enum stage stage)
{
	struct arena *const arenas[ABOUT_COUNT] = {&w->facts, &w->msg, &w->one};
	const struct check *c = check_registry[row];
	const struct conf_rules rules = walk_rules(w);
	struct txn *t = &w->txn;

	w->stage = stage;
	w->running = row;
	t->check = c;
	t->options = rules.checks[row].options;
	t->shadow = policy_mode(&rules, c) == MODE_SHADOW;
	t->service = w->house->services[row];
	t->arena = arenas[about(w, c)];
	t->deadline = clock_mono(t->clock) + w->conf->resolver.budget - w->waited;
	if (c->msg_state > 0 && w->in_message && w->msg_state[row] == NULL)
		w->msg_state[row] = arena_alloc(&w->msg, c->msg_state);
	return c->msg_state == 0 || !w->in_message || w->msg_state[row] != NULL;
}

void
walk_ask(struct stage_walk *w, enum stage stage)
{
	w->stage = stage;
	for (size_t i = 0; i < registry_rows; i++) {
		const struct check *c = check_registry[i];

		if (c->ask[stage] != NULL && stage_skipped(w, i) == NULL && walk_enter(w, i, stage))
			c->ask[stage](&w->txn);
	}
}

static void
judge(struct stage_walk *w, size_t row, enum stage stage)
{
	int64_t begin, began = histogram_now();

	if (!walk_enter(w, row, stage)) {
		walk_no_memory(w, row);
		return;
	}
	begin = clock_mono(w->txn.clock);
	w->txn.check->judge[stage](&w->txn);
	w->waited += clock_mono(w->txn.clock) - begin;
	stats_check(row, began);
}

void
walk_judge(struct stage_walk *w, enum stage stage)
{
	w->stage = stage;
	for (size_t i = 0; i < registry_rows; i++) {
		const struct check *c = check_registry[i];
		bool once_only = stage == STAGE_RCPT && c->scope != SCOPE_RECIPIENT;

		if (c->judge[stage] == NULL || stage_skipped(w, i) != NULL ||
		    (once_only && w->judged[i]))
			continue;
		w->judged[i] = true;
		judge(w, i, stage);
	}
}

size_t
stage_verdicts(const struct stage_walk *w, const struct verdict *out[static STAGE_VERDICTS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < registry_rows; i++) {
		if (stage_skipped(w, i) != NULL)
			continue;
		for (size_t k = 0; w->lists != NULL && k < ABOUT_COUNT; k++)
			for (size_t j = 0; j < w->lists[k].n; j++)
				if (w->lists[k].v[j]->check == check_registry[i])
					out[n++] = w->lists[k].v[j];
	}
	return n;
}

struct policy_input
walk_input(const struct stage_walk *w, enum stage stage,
    const struct verdict *room[static STAGE_VERDICTS_MAX])
{
	return (struct policy_input){.rules = walk_rules(w),
	    .verdicts = room,
	    .count = stage_verdicts(w, room),
	    .stage = stage,
	    .origin = w->txn.origin};
}

void
walk_decide(const struct stage_walk *w, enum stage stage, bool exempt, struct decision *d)
{
	const struct verdict *room[STAGE_VERDICTS_MAX];
	struct policy_input in = walk_input(w, stage, room);

	in.exempt = exempt;
	policy_decide(&in, d);
}
