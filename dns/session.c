/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sessions.  One holds every look-up it has asked for until it forgets, so
 * within a message one question has one answer, however short its TTL; and a
 * callback is told when the session it came from no longer wants to know.
 */
#include <stdlib.h>
#include <string.h>

#include "dns/resolver.h"

struct held {
	struct lookup *lookup;
	bool gave_up; /* the caller was told DNS_TIMEOUT */
};

struct dns_session {
	struct dns *dns;
	pthread_mutex_t lock;
	struct held *held;
	size_t count, size;
	unsigned refs; /* the owner, and callbacks to come */
	unsigned generation; /* counts what was forgotten */
	bool closed;
};

/* For those who cannot be given one of their own: no memory, or a child of fork(). */
static const struct dns_answer no_answer = {.status = DNS_TIMEOUT, .name = ""};

struct dns_session *
dns_session_new(struct dns *d)
{
	struct dns_session *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->dns = d;
	s->refs = 1;
	(void)pthread_mutex_init(&s->lock, NULL);
	return s;
}

static void
session_unref(struct dns_session *s)
{
	bool last;

	(void)pthread_mutex_lock(&s->lock);
	last = --s->refs == 0;
	(void)pthread_mutex_unlock(&s->lock);
	if (!last)
		return;
	(void)pthread_mutex_destroy(&s->lock);
	free(s->held);
	free(s);
}

/* Under session.lock. */
static void
let_go(struct dns_session *s)
{
	size_t i;

	s->generation++;
	if (s->count == 0)
		return;
	(void)pthread_mutex_lock(&s->dns->lock);
	for (i = 0; i < s->count; i++)
		lookup_unref(s->held[i].lookup);
	(void)pthread_mutex_unlock(&s->dns->lock);
	s->count = 0;
}

void
dns_session_forget(struct dns_session *s)
{
	if (resolver_forked(s->dns))
		return;
	(void)pthread_mutex_lock(&s->lock);
	let_go(s);
	(void)pthread_mutex_unlock(&s->lock);
}

void
dns_session_free(struct dns_session **sp)
{
	struct dns_session *s = *sp;

	*sp = NULL;
	if (s == NULL || resolver_forked(s->dns))
		return;
	(void)pthread_mutex_lock(&s->lock);
	s->closed = true;
	let_go(s);
	(void)pthread_mutex_unlock(&s->lock);
	session_unref(s);
}

/* A session that has forgotten, or is gone, no longer wants to know. */
void
then_call(const struct then *t, const struct lookup *l)
{
	struct dns_session *s = t->session;
	bool wanted;

	(void)pthread_mutex_lock(&s->lock);
	wanted = !s->closed && s->generation == t->generation;
	(void)pthread_mutex_unlock(&s->lock);
	t->fn(wanted ? s : NULL, wanted ? l->answer : &l->nothing, t->arg);
	session_unref(s);
}

static void
refuse(struct dns *d)
{
	(void)pthread_mutex_lock(&d->lock);
	d->stats.over_limit++;
	(void)pthread_mutex_unlock(&d->lock);
}

/* Under session.lock: the place of a question among those held; NULL: no room. */
static struct held *
hold(struct dns_session *s, const struct question *q)
{
	struct lookup *l;
	struct held *held;
	size_t i, size;

	for (i = 0; i < s->count; i++) {
		l = s->held[i].lookup;
		if (l->nothing.type == q->type && strcmp(l->name, q->name) == 0)
			return &s->held[i];
	}
	if (s->closed || s->count == DNS_SESSION_MAX) {
		refuse(s->dns);
		return NULL;
	}
	if (s->count == s->size) {
		size = s->size > 0 ? 2 * s->size : 16;
		if ((held = realloc(s->held, size * sizeof *held)) == NULL)
			return NULL;
		s->held = held;
		s->size = size;
	}
	(void)pthread_mutex_lock(&s->dns->lock);
	l = resolver_ask(s->dns, q);
	(void)pthread_mutex_unlock(&s->dns->lock);
	if (l == NULL)
		return NULL;
	s->held[s->count] = (struct held){.lookup = l};
	return &s->held[s->count++];
}

void
dns_session_each(struct dns_session *s, void (*fn)(const struct dns_answer *, void *), void *arg)
{
	const struct dns_answer *answer;
	size_t i;

	if (resolver_forked(s->dns))
		return;
	(void)pthread_mutex_lock(&s->lock);
	for (i = 0; i < s->count; i++) {
		struct lookup *l = s->held[i].lookup;

		(void)pthread_mutex_lock(&s->dns->lock);
		answer = l->answer != NULL && !s->held[i].gave_up ? l->answer : &l->nothing;
		(void)pthread_mutex_unlock(&s->dns->lock);
		fn(answer, arg);
	}
	(void)pthread_mutex_unlock(&s->lock);
}

void
dns_ask(struct dns_session *s, const char *name, enum dns_type type)
{
	struct question q;

	if (resolver_forked(s->dns))
		return;
	question_make(&q, name, type);
	(void)pthread_mutex_lock(&s->lock);
	(void)hold(s, &q);
	(void)pthread_mutex_unlock(&s->lock);
}

/*
 * What is known about a question, asking it if nobody did.  NULL: in flight,
 * and then *lookup_r is a reference of the caller's.
 */
static const struct dns_answer *
peek(struct dns_session *s, const struct question *q, struct then *t, struct lookup **lookup_r)
{
	const struct dns_answer *answer = &no_answer;
	struct held *held;
	struct lookup *l;

	*lookup_r = NULL;
	(void)pthread_mutex_lock(&s->lock);
	if ((held = hold(s, q)) != NULL) {
		l = held->lookup;
		(void)pthread_mutex_lock(&s->dns->lock);
		answer = held->gave_up ? &l->nothing : l->answer;
		/* What is only asked ahead may have been under way still when the answers were recorded. */
		if (l->missing && t == NULL) {
			s->dns->stats.missing++;
			l->missing = false;
		}
		if (answer == NULL)
			*lookup_r = lookup_ref(l);
		if (answer == NULL && t != NULL) {
			t->generation = s->generation;
			s->refs++;
			STAILQ_INSERT_TAIL(&l->thens, t, link);
		}
		(void)pthread_mutex_unlock(&s->dns->lock);
	}
	(void)pthread_mutex_unlock(&s->lock);
	return answer;
}

void
dns_ask_then(struct dns_session *s, const char *name, enum dns_type type, dns_then *fn, void *arg)
{
	const struct dns_answer *answer = &no_answer;
	struct lookup *l = NULL;
	struct question q;
	struct then *t;

	if (!resolver_forked(s->dns) && (t = malloc(sizeof *t)) != NULL) {
		*t = (struct then){.session = s, .fn = fn, .arg = arg};
		question_make(&q, name, type);
		if ((answer = peek(s, &q, t, &l)) != NULL)
			free(t);
	}
	if (l != NULL)
		resolver_drop(s->dns, l);
	if (answer != NULL)
		fn(s, answer, arg);
}

/* The session was told DNS_TIMEOUT, and will be again. */
static void
give_up(struct dns_session *s, const struct lookup *l)
{
	size_t i;

	(void)pthread_mutex_lock(&s->lock);
	for (i = 0; i < s->count; i++)
		if (s->held[i].lookup == l)
			s->held[i].gave_up = true;
	(void)pthread_mutex_unlock(&s->lock);
}

const struct dns_answer *
dns_get(struct dns_session *s, const char *name, enum dns_type type, int64_t deadline)
{
	const struct dns_answer *answer;
	struct question q;
	struct lookup *l;

	if (resolver_forked(s->dns))
		return &no_answer;
	question_make(&q, name, type);
	if ((answer = peek(s, &q, NULL, &l)) != NULL)
		return answer;
	(void)pthread_mutex_lock(&s->dns->lock);
	resolver_wait(s->dns, l, deadline);
	answer = l->answer;
	(void)pthread_mutex_unlock(&s->dns->lock);
	if (answer == NULL) {
		give_up(s, l);
		answer = &l->nothing;
	}
	/* The session holds it, too: what is returned stays. */
	resolver_drop(s->dns, l);
	return answer;
}
