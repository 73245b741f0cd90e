/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Health: the watches of all zones.  They form a list that only grows, so mail
 * finds its watch without a lock; each fact of a watch has one writer, or is
 * an atomic counter.  Only the anomaly's window has a lock, held for one look
 * into a small table.
 */
#include "checks/dnsbl/health.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks/dnsbl/faults.h"
#include "checks/dnsbl/trial.h"

#define FAMILY_COUNT (ADDR_V6 + 1)

/* What is known of a zone's addresses of one family, or (ADDR_NONE) names. */
struct side {
	_Atomic(const char *) unsound; /* why, or NULL */
	atomic_bool tested;
	struct trial *trial; /* under way; only the tick's */
	int64_t due; /* of the next one, ms; only the tick's */
};

struct watch {
	_Atomic(struct watch *) next;
	char name[NAME_TEXT_SIZE];
	bool of_names;
	struct side side[FAMILY_COUNT];

	atomic_uint timeouts; /* in a row */
	atomic_bool silent;
	struct trial *ping; /* under way; only the tick's, as is the time of the next one */
	int64_t ping_due;
	atomic_uint faults; /* seen since it was last told */
	atomic_uint_least32_t fault; /* the last one, first octet on top */

	pthread_mutex_t lock; /* of anomaly */
	struct anomaly anomaly;
	atomic_bool anomalous; /* anomaly.tripped, to be read without the lock */

	/* What was told already; only the tick's. */
	bool told_silent, told_anomalous;
	int64_t fault_told; /* when, ms; 0: never */
};

struct health {
	pthread_mutex_t lock; /* of adding */
	_Atomic(struct watch *) first;
};

struct health *
health_open(void)
{
	struct health *h = calloc(1, sizeof *h);

	if (h != NULL)
		(void)pthread_mutex_init(&h->lock, NULL);
	return h;
}

void
health_close(struct health **hp)
{
	struct health *h = *hp;
	struct watch *w, *next;

	if (h == NULL)
		return;
	for (w = atomic_load(&h->first); w != NULL; w = next) {
		next = atomic_load(&w->next);
		for (int f = 0; f < FAMILY_COUNT; f++)
			trial_free(&w->side[f].trial);
		trial_free(&w->ping);
		(void)pthread_mutex_destroy(&w->lock);
		free(w);
	}
	(void)pthread_mutex_destroy(&h->lock);
	free(h);
	*hp = NULL;
}

static bool
is_of_names(const struct zone *z)
{
	return (z->subjects & SUBJECT_BIT(SUBJECT_CLIENT)) == 0;
}

static struct watch *
find(struct health *h, const struct zone *z)
{
	struct watch *w = atomic_load(&h->first);

	while (w != NULL && (strcmp(w->name, z->name) != 0 || w->of_names != is_of_names(z)))
		w = atomic_load(&w->next);
	return w;
}

static struct watch *
add(struct health *h, const struct zone *z)
{
	struct watch *w = calloc(1, sizeof *w);
	uint64_t seed;

	if (w == NULL)
		return NULL;
	(void)snprintf(w->name, sizeof w->name, "%s", z->name);
	w->of_names = is_of_names(z);
	(void)pthread_mutex_init(&w->lock, NULL);
	arc4random_buf(&seed, sizeof seed);
	anomaly_init(&w->anomaly, seed);
	atomic_store(&w->next, atomic_load(&h->first));
	atomic_store(&h->first, w);
	return w;
}

struct watch *
health_watch(struct health *h, const struct zone *z)
{
	struct watch *w = find(h, z);

	if (w != NULL)
		return w;
	(void)pthread_mutex_lock(&h->lock);
	if ((w = find(h, z)) == NULL)
		w = add(h, z);
	(void)pthread_mutex_unlock(&h->lock);
	return w;
}

const char *
watch_unfit(const struct watch *w, enum addr_family family)
{
	return atomic_load(&w->silent) ? "does not answer" : atomic_load(&w->side[family].unsound);
}

bool
watch_is_anomalous(const struct watch *w)
{
	return atomic_load(&w->anomalous);
}

bool
watch_is_tested(const struct watch *w, enum addr_family family)
{
	return atomic_load(&w->side[family].tested);
}

void
watch_answered(struct watch *w)
{
	/* Nearly always 0 already: a read shares the cache line, a write would not. */
	if (atomic_load_explicit(&w->timeouts, memory_order_relaxed) != 0)
		atomic_store(&w->timeouts, 0);
}

void
watch_timed_out(struct watch *w, const struct health_limits *limits)
{
	if (atomic_fetch_add(&w->timeouts, 1) + 1 >= limits->silent_after)
		atomic_store(&w->silent, true);
}

void
watch_fault(struct watch *w, const struct addr *a)
{
	uint32_t packed = 0;

	for (int i = 0; i < 4; i++)
		packed = packed << 8 | a->bytes[i];
	atomic_store(&w->fault, packed);
	atomic_fetch_add(&w->faults, 1);
}

void
watch_observe(struct watch *w, const struct health_limits *limits, int64_t now,
    const struct addr *client, unsigned marks)
{
	if (limits->anomaly.clients == 0)
		return;
	(void)pthread_mutex_lock(&w->lock);
	if (anomaly_observe(&w->anomaly, &limits->anomaly, now, client, marks))
		atomic_store(&w->anomalous, w->anomaly.tripped);
	(void)pthread_mutex_unlock(&w->lock);
}

/* The tick's view of one zone; what one tick hands down. */
struct round {
	const struct zone *zone;
	struct watch *watch;
	const struct health_limits *limits;
	struct dns *dns;
	int64_t now;
	health_say *say;
};

static void
tell_faults(const struct round *r)
{
	struct watch *w = r->watch;
	uint32_t packed = atomic_load(&w->fault);
	struct addr a = {.family = ADDR_V4};
	char text[ADDR_TEXT_SIZE], line[512];
	const char *meaning;

	if (atomic_load(&w->faults) == 0 ||
	    (w->fault_told != 0 && r->now - w->fault_told < HEALTH_FAULT_QUIET))
		return;
	w->fault_told = r->now;
	for (int i = 0; i < 4; i++)
		a.bytes[i] = (uint8_t)(packed >> (24 - 8 * i));
	meaning = fault_text(w->name, &a);
	(void)snprintf(line, sizeof line, "answered %s (seen: %u), which is no listing: %s",
	    addr_format(&a, text), atomic_exchange(&w->faults, 0),
	    meaning == NULL ? "an error of the question" : meaning);
	r->say(r->zone, true, line);
}

static void
tell_changes(const struct round *r)
{
	struct watch *w = r->watch;
	bool silent = atomic_load(&w->silent), anomalous = atomic_load(&w->anomalous);
	char line[160];

	if (silent != w->told_silent) {
		(void)snprintf(line, sizeof line,
		    "does not answer, %u time-outs in a row: not asked until it does",
		    atomic_load(&w->timeouts));
		r->say(r->zone, silent, silent ? line : "answers again: asked again");
		w->told_silent = silent;
	}
	if (anomalous != w->told_anomalous) {
		r->say(r->zone, anomalous,
		    anomalous
			? "suddenly lists far more clients than before: SET ASIDE, its listings "
			  "do not count until it lists less"
			: "lists as much as before again: its listings count again");
		w->told_anomalous = anomalous;
	}
}

/* Plus or minus a tenth, so that servers started together do not ask together for ever. */
static int64_t
jitter(int64_t interval)
{
	uint32_t tenth = (uint32_t)(interval / 10);

	return tenth == 0 ? interval : interval - tenth + arc4random_uniform(2 * tenth);
}

static void
tell_soundness(const struct round *r, enum addr_family family, const char *was, const char *is)
{
	char line[512];

	if (is != NULL) {
		(void)snprintf(line, sizeof line, "failed its test (RFC 5782): %s; not asked%s", is,
		    family == ADDR_V6 ? " for IPv6 clients" : " until it passes");
		r->say(r->zone, family != ADDR_V6, line);
	} else if (was != NULL) {
		r->say(r->zone, false,
		    family == ADDR_V6 ? "passes its test again: asked again for IPv6 clients"
				      : "passes its test again: asked again");
	}
}

/* A trial has ended. */
static void
conclude(
    const struct round *r, enum addr_family family, enum trial_outcome outcome, const char *why)
{
	struct watch *w = r->watch;
	struct side *s = &w->side[family];
	const char *was = atomic_load(&s->unsound), *is = outcome == TRIAL_UNSOUND ? why : NULL;
	int64_t wait = r->limits->test_interval;

	trial_free(&s->trial);
	if (outcome == TRIAL_UNKNOWN) {
		s->due = r->now + jitter(HEALTH_RETRY);
		return;
	}
	if (is != NULL && wait > HEALTH_FAILED_RETRY)
		wait = HEALTH_FAILED_RETRY;
	s->due = r->now + jitter(wait);
	atomic_store(&s->unsound, is);
	atomic_store(&s->tested, true);
	if (was != is)
		tell_soundness(r, family, was, is);
}

static void
test(const struct round *r, enum addr_family family)
{
	struct side *s = &r->watch->side[family];
	enum trial_outcome outcome;
	const char *why = NULL;

	if (s->trial == NULL && r->zone->self_test && s->due <= r->now)
		s->trial = trial_start(r->dns, r->zone->name, family);
	if (s->trial == NULL)
		return;
	outcome = trial_outcome(s->trial, &why);
	if (outcome != TRIAL_PENDING)
		conclude(r, family, outcome, why);
}

/* A silent zone is tried again by us, so that no mail pays for it with a time-out. */
static void
ping(const struct round *r)
{
	struct watch *w = r->watch;
	enum trial_outcome outcome;
	const char *why;

	if (!atomic_load(&w->silent))
		return;
	if (!w->told_silent)
		w->ping_due = r->now + r->limits->silent_pause;
	if (w->ping == NULL && w->ping_due <= r->now)
		w->ping = trial_ping(r->dns, r->zone->name);
	if (w->ping == NULL || (outcome = trial_outcome(w->ping, &why)) == TRIAL_PENDING)
		return;
	trial_free(&w->ping);
	w->ping_due = r->now + r->limits->silent_pause;
	if (outcome == TRIAL_SOUND) {
		atomic_store(&w->timeouts, 0);
		atomic_store(&w->silent, false);
	}
}

void
health_tick(struct health *h, const struct zone *zones, size_t count,
    const struct health_limits *limits, struct dns *dns, const struct clock *clock, health_say *say)
{
	struct round r = {.limits = limits, .dns = dns, .now = clock_mono(clock), .say = say};

	for (size_t i = 0; i < count; i++) {
		r.zone = &zones[i];
		if ((r.watch = health_watch(h, r.zone)) == NULL)
			continue;
		if (r.watch->of_names) {
			test(&r, ADDR_NONE);
		} else {
			test(&r, ADDR_V4);
			test(&r, ADDR_V6);
		}
		ping(&r);
		tell_changes(&r);
		tell_faults(&r);
	}
}
