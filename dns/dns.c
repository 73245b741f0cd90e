/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Look-ups: from the cache if it has them, else on their way through the
 * transport; and the resolver of the process around them.
 */
#include "config.h"

#include "dns/dns.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "dns/resolver.h"

/* Temporary answers are kept just so that a burst asks once; the next message may have more luck. */
#define TEMPORARY_MS 1000
#define TIMEOUT_MS   5000
#define CACHE_SIZE   (16 << 20)

struct waiter {
	LIST_ENTRY(waiter) link;
	pthread_cond_t cond;
};

/* On the way from the first process to this one; getpid() for each question is a system call. */
static atomic_uint forks;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
count_fork(void)
{
	atomic_fetch_add(&forks, 1);
}

static void
watch_forks(void)
{
	(void)pthread_atfork(NULL, NULL, count_fork);
}

bool
resolver_forked(const struct dns *d)
{
	return d->forks != forks;
}

/* The answer is there: everybody may have it.  Callbacks are left to the caller. */
static void
settle(struct dns *d, struct lookup *l, struct dns_answer *answer, size_t size)
{
	struct waiter *w;

	if (answer != NULL) {
		int64_t life =
		    dns_is_temporary(answer->status) ? TEMPORARY_MS : (int64_t)answer->ttl * 1000;

		answer->name = l->name;
		answer->expires = clock_mono(d->clock) + life;
		l->answer = answer;
	} else {
		l->answer = &l->nothing; /* expired from the start, so the cache drops it */
	}
	cache_settle(&d->cache, l, size);
	for (w = LIST_FIRST(&l->waiters); w != NULL; w = LIST_NEXT(w, link))
		(void)pthread_cond_signal(&w->cond);
}

static void
answer_offline(struct dns *d, struct lookup *l)
{
	size_t size = 0;
	struct dns_answer *a = replay_answer(d->replay, l->name, l->nothing.type, &size);

	l->missing = a == NULL;
	settle(d, l, a, size);
}

static void
start(struct dns *d, struct lookup *l)
{
	if (d->replay != NULL) {
		answer_offline(d, l);
		return;
	}
	if (d->in_flight >= DNS_INFLIGHT_MAX) {
		d->stats.over_limit++;
		l->answer = &l->nothing;
		return;
	}
	if (transport_start(d->transport, l->name, l->nothing.type, d->timeout, lookup_ref(l)) !=
	    0) {
		lookup_unref(l);
		l->answer = &l->nothing;
		return;
	}
	l->began = histogram_now();
	d->in_flight++;
	cache_insert(&d->cache, l);
}

struct lookup *
resolver_ask(struct dns *d, const struct question *q)
{
	struct lookup *l;
	size_t size = 0;

	d->stats.asked++;
	if (q->askable && (l = cache_find(&d->cache, q, clock_mono(d->clock))) != NULL) {
		if (l->answer != NULL)
			d->stats.cache_hits++;
		else
			d->stats.joined++;
		return lookup_ref(l);
	}
	if ((l = lookup_new(&d->cache, q)) == NULL)
		return NULL;
	if (q->askable)
		start(d, l);
	else
		settle(d, l, answer_new(DNS_NXDOMAIN, q->type, &size), size);
	return l;
}

void
resolver_wait(struct dns *d, struct lookup *l, int64_t deadline)
{
	struct timespec ts = {.tv_sec = deadline / 1000, .tv_nsec = deadline % 1000 * 1000000};
	pthread_condattr_t attr;
	struct waiter w;
	int result = 0;

	if (d->waiting >= DNS_WAITERS_MAX) {
		d->stats.over_limit++;
		return;
	}
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&w.cond, &attr);
	(void)pthread_condattr_destroy(&attr);
	LIST_INSERT_HEAD(&l->waiters, &w, link);
	d->waiting++;
	while (l->answer == NULL && result != ETIMEDOUT)
		result = pthread_cond_timedwait(&w.cond, &d->lock, &ts);
	d->waiting--;
	LIST_REMOVE(&w, link);
	(void)pthread_cond_destroy(&w.cond);
}

void
resolver_drop(struct dns *d, struct lookup *l)
{
	(void)pthread_mutex_lock(&d->lock);
	lookup_unref(l);
	(void)pthread_mutex_unlock(&d->lock);
}

/* On the transport's thread. */
static void
lookup_done(void *owner, void *tag, struct dns_answer *answer, size_t size)
{
	struct dns *d = owner;
	struct lookup *l = tag;
	struct then *t;

	if (answer == NULL)
		answer = answer_new(DNS_TIMEOUT, l->nothing.type, &size);
	(void)pthread_mutex_lock(&d->lock);
	d->in_flight--;
	histogram_since(&d->stats.times, l->began);
	d->stats.by_status[answer != NULL ? answer->status : DNS_TIMEOUT]++;
	settle(d, l, answer, size);
	(void)pthread_mutex_unlock(&d->lock);
	/* Nobody adds to the list of one that has its answer. */
	while ((t = STAILQ_FIRST(&l->thens)) != NULL) {
		STAILQ_REMOVE_HEAD(&l->thens, link);
		then_call(t, l);
		free(t);
	}
	resolver_drop(d, l);
}

struct dns *
dns_open(const struct dns_options *o, const struct clock *clock, const char **why_r)
{
	const char *file;
	struct servers *servers = servers_of(&o->servers, &file, why_r);
	struct dns *d = servers != NULL ? calloc(1, sizeof *d) : NULL;

	if (d == NULL) {
		if (servers != NULL)
			servers_unref(servers);
		return NULL;
	}
	d->clock = clock;
	(void)pthread_once(&once, watch_forks);
	d->forks = forks;
	d->timeout = o->timeout > 0 ? o->timeout : TIMEOUT_MS;
	(void)pthread_mutex_init(&d->lock, NULL);
	*why_r = "no memory";
	if (cache_init(&d->cache, o->cache_size > 0 ? (size_t)o->cache_size : CACHE_SIZE) != 0) {
		servers_unref(servers);
	} else {
		d->transport = transport_open(servers, file, lookup_done, d, o->tcp_only, why_r);
	}
	if (d->transport == NULL) {
		cache_fini(&d->cache);
		(void)pthread_mutex_destroy(&d->lock);
		free(d);
		return NULL;
	}
	return d;
}

struct dns *
dns_open_replay(FILE *fp, const struct clock *clock, int64_t *wall_r, const char **why_r)
{
	struct replay *replay = replay_open(fp, wall_r, why_r);
	struct dns *d = replay != NULL ? calloc(1, sizeof *d) : NULL;

	if (d == NULL || cache_init(&d->cache, CACHE_SIZE) != 0) {
		if (replay != NULL)
			*why_r = "no memory";
		replay_close(&replay);
		free(d);
		return NULL;
	}
	d->replay = replay;
	d->clock = clock;
	(void)pthread_once(&once, watch_forks);
	d->forks = forks;
	(void)pthread_mutex_init(&d->lock, NULL);
	return d;
}

int
dns_reconfigure(struct dns *d, const struct dns_options *o, const char **why_r)
{
	const char *file;
	struct servers *servers;

	if (d->replay != NULL)
		return 0;
	servers = servers_of(&o->servers, &file, why_r);
	if (servers == NULL)
		return -1;
	if (transport_use(d->transport, servers, file) != 0) {
		*why_r = "no memory";
		return -1;
	}
	(void)pthread_mutex_lock(&d->lock);
	d->timeout = o->timeout > 0 ? o->timeout : TIMEOUT_MS;
	cache_limit(&d->cache, o->cache_size > 0 ? (size_t)o->cache_size : CACHE_SIZE);
	(void)pthread_mutex_unlock(&d->lock);
	return 0;
}

void
dns_close(struct dns **dp)
{
	struct dns *d = *dp;

	*dp = NULL;
	if (d == NULL || resolver_forked(d))
		return;
	if (d->transport != NULL)
		transport_close(&d->transport);
	replay_close(&d->replay);
	cache_fini(&d->cache);
	(void)pthread_mutex_destroy(&d->lock);
	free(d);
}

void
dns_get_stats(struct dns *d, struct dns_stats *stats)
{
	*stats = (struct dns_stats){0};
	if (resolver_forked(d))
		return;
	(void)pthread_mutex_lock(&d->lock);
	*stats = d->stats;
	stats->cached = d->cache.done;
	stats->cache_bytes = d->cache.bytes;
	(void)pthread_mutex_unlock(&d->lock);
	if (d->transport != NULL)
		transport_get_stats(d->transport, stats);
}

const char *
dns_advice(struct dns *d)
{
	if (d->replay != NULL || transport_has_loopback(d->transport))
		return NULL;
	return "no loopback name server: a caching resolver on this host is faster, and DNS lists "
	       "refuse those of others";
}
