/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sessions of the resolver: many threads, callbacks, bounds, fork.
 */
#include "config.h"

#include "dns/dns.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dns/resolver.h"
#include "t/tap.h"
#include "t/unit/fakeserver.h"

static const char zone[] = "$ORIGIN example.org.\n"
			   "a A 192.0.2.1\n"
			   "txt TXT \"v=spf1 \" \"-all\"\n"
			   "* A 192.0.2.9\n";

static const char rules[] = "*.dead.example.org * drop\n"
			    "*.slow.example.org A delay 400\n";

static struct fakeserver server;

#define THREADS 64

static atomic_int good;
static pthread_barrier_t barrier;

static void *
ask_same(void *arg)
{
	struct dns_session *s = dns_session_new(arg);

	(void)pthread_barrier_wait(&barrier);
	if (dns_get(s, "j.slow.example.org", DNS_A, in(LONG_MS))->status == DNS_OK)
		good++;
	dns_session_free(&s);
	return NULL;
}

static void *
ask_many(void *arg)
{
	struct dns_session *s = dns_session_new(arg);
	char name[64];
	int i;

	for (i = 0; i < 50; i++) {
		(void)snprintf(name, sizeof name, "n%d.example.org", i);
		dns_ask(s, name, DNS_A);
	}
	for (i = 0; i < 50; i++) {
		(void)snprintf(name, sizeof name, "n%d.example.org", i);
		if (dns_get(s, name, DNS_A, in(LONG_MS))->status == DNS_OK)
			good++;
		if (i % 10 == 0)
			dns_session_forget(s);
	}
	dns_session_free(&s);
	return NULL;
}

static void
test_threads(void)
{
	struct dns *d = resolver_of(&server, LONG_MS);
	pthread_t thread[THREADS];
	struct dns_stats st;
	int i;

	(void)pthread_barrier_init(&barrier, NULL, THREADS);
	good = 0;
	for (i = 0; i < THREADS; i++)
		(void)pthread_create(&thread[i], NULL, ask_same, d);
	for (i = 0; i < THREADS; i++)
		(void)pthread_join(thread[i], NULL);
	(void)pthread_barrier_destroy(&barrier);
	dns_get_stats(d, &st);
	tap_is_int(good, THREADS, "64 threads have the answer");
	tap_is_int((int64_t)(st.joined + st.cache_hits), THREADS - 1, "... to one question");
	tap_is_int(fakeserver_asked(&server, "udp j.slow.example.org A"), 1 + (int64_t)st.retried,
	    "... that was asked once");
	good = 0;
	for (i = 0; i < THREADS; i++)
		(void)pthread_create(&thread[i], NULL, ask_many, d);
	for (i = 0; i < THREADS; i++)
		(void)pthread_join(thread[i], NULL);
	tap_is_int(good, 50 * THREADS, "64 threads, 50 questions each");
	dns_close(&d);
}

/* What a callback saw. */
struct seen {
	atomic_int calls;
	bool session;
	enum dns_status status;
	struct dns_session *next;
};

static void
note(struct dns_session *s, const struct dns_answer *a, void *arg)
{
	struct seen *seen = arg;

	seen->session = s != NULL;
	seen->status = a->status;
	seen->calls++;
}

/* Asks again from within. */
static void
chain(struct dns_session *s, const struct dns_answer *a, void *arg)
{
	if (a->status == DNS_OK)
		dns_ask_then(s, "txt.example.org", DNS_TXT, note, arg);
}

static void
wait_for(struct seen *seen)
{
	int i;

	for (i = 0; i < LONG_MS / 10 && seen->calls == 0; i++)
		(void)usleep(10000);
}

static void
test_then(void)
{
	struct dns *d = resolver_of(&server, 1000);
	struct dns_session *s = dns_session_new(d);
	struct seen flying = {0}, cached = {0}, bad = {0}, chained = {0}, gone = {0}, forgot = {0},
		    closed = {0}, late = {0};

	dns_ask_then(s, "then.example.org", DNS_A, note, &flying);
	wait_for(&flying);
	tap_ok(flying.session && flying.status == DNS_OK, "callback when the answer comes");
	dns_ask_then(s, "then.example.org", DNS_A, note, &cached);
	tap_ok(cached.calls == 1 && cached.status == DNS_OK, "at once when it is known");
	dns_ask_then(s, "th..en", DNS_A, note, &bad);
	tap_ok(bad.calls == 1 && bad.status == DNS_NXDOMAIN, "at once for a bad name");
	dns_ask_then(s, "then2.example.org", DNS_A, chain, &chained);
	wait_for(&chained);
	tap_is_int(chained.status, DNS_OK, "a callback that asks");

	dns_ask_then(s, "f.dead.example.org", DNS_A, note, &forgot);
	dns_session_forget(s);
	wait_for(&forgot);
	tap_ok(!forgot.session && dns_is_temporary(forgot.status), "the session forgot");
	dns_ask_then(s, "late.dead.example.org", DNS_A, note, &late);
	wait_for(&late);
	tap_ok(late.session && late.status == DNS_TIMEOUT, "a time-out");
	dns_ask_then(s, "x.slow.example.org", DNS_A, note, &gone);
	dns_session_free(&s);
	wait_for(&gone);
	tap_ok(!gone.session && dns_is_temporary(gone.status), "the session was freed");

	s = dns_session_new(d);
	dns_ask_then(s, "c.dead.example.org", DNS_A, note, &closed);
	dns_session_free(&s);
	dns_close(&d);
	tap_ok(!closed.session && dns_is_temporary(closed.status), "the resolver was closed");
	tap_ok(flying.calls == 1 && cached.calls == 1 && bad.calls == 1 && chained.calls == 1 &&
		   forgot.calls == 1 && late.calls == 1 && gone.calls == 1 && closed.calls == 1,
	    "each exactly once");
}

static void
test_bounds(void)
{
	struct dns *d = resolver_of(&server, LONG_MS);
	struct dns_session *s[3];
	struct dns_stats st;
	struct seen seen = {0};
	char name[64];
	int i;

	for (i = 0; i < 3; i++)
		s[i] = dns_session_new(d);
	for (i = 0; i < DNS_INFLIGHT_MAX + 10; i++) {
		(void)snprintf(name, sizeof name, "n%d.dead.example.org", i);
		dns_ask(s[i / 2000], name, DNS_A);
	}
	dns_get_stats(d, &st);
	tap_is_int((int64_t)st.over_limit, 10, "ten more than may be in flight");
	tap_is_int(dns_get(s[2], name, DNS_A, in(LONG_MS))->status, DNS_TIMEOUT, "... time out");
	dns_ask_then(s[2], "more.dead.example.org", DNS_A, note, &seen);
	tap_ok(seen.calls == 1 && seen.status == DNS_TIMEOUT, "... and call back");
	for (i = 0; i < 3; i++)
		dns_session_free(&s[i]);
	dns_close(&d);
}

/* 16384 threads would only tell what this machine can do: the count is set. */
static void
test_waiters_bound(void)
{
	struct dns *d = resolver_of(&server, LONG_MS);
	struct dns_session *s = dns_session_new(d);
	int64_t began = clock_mono(&clock_real);
	struct dns_stats st;

	(void)pthread_mutex_lock(&d->lock);
	d->waiting = DNS_WAITERS_MAX;
	(void)pthread_mutex_unlock(&d->lock);
	tap_is_int(dns_get(s, "one.dead.example.org", DNS_A, began + LONG_MS)->status, DNS_TIMEOUT,
	    "one more than may wait");
	tap_ok(clock_mono(&clock_real) - began < LONG_MS, "... does not");
	dns_get_stats(d, &st);
	tap_is_int((int64_t)st.over_limit, 1, "... and is counted");
	(void)pthread_mutex_lock(&d->lock);
	tap_is_int((int64_t)d->waiting, DNS_WAITERS_MAX, "... once");
	d->waiting = DNS_WAITERS_MAX - 1;
	(void)pthread_mutex_unlock(&d->lock);
	tap_is_int(dns_get(s, "mx.example.org", DNS_A, in(LONG_MS))->status, DNS_OK,
	    "the last one that may");
	dns_session_free(&s);
	dns_close(&d);
}

static void
test_session_bound(void)
{
	struct dns *d = resolver_of(&server, LONG_MS);
	struct dns_session *s = dns_session_new(d);
	struct dns_stats st;
	char name[64];
	int i;

	for (i = 0; i <= DNS_SESSION_MAX; i++) {
		(void)snprintf(name, sizeof name, "%d..example.org", i);
		dns_ask(s, name, DNS_A);
	}
	tap_is_int(dns_get(s, name, DNS_A, in(LONG_MS))->status, DNS_TIMEOUT, "a session is full");
	dns_get_stats(d, &st);
	tap_is_int((int64_t)st.over_limit, 2, "... which is counted");
	dns_session_forget(s);
	tap_is_int(dns_get(s, name, DNS_A, in(LONG_MS))->status, DNS_NXDOMAIN, "until it forgets");
	dns_session_free(&s);
	dns_close(&d);
}

static void
test_fork(void)
{
	struct dns *d = resolver_of(&server, LONG_MS);
	struct dns_session *s = dns_session_new(d);
	struct seen seen = {0};
	int status = -1;
	pid_t pid;

	dns_ask(s, "fork.dead.example.org", DNS_A);
	if ((pid = fork()) == 0) {
		bool right = dns_get(s, "a.example.org", DNS_A, in(LONG_MS))->status == DNS_TIMEOUT;

		dns_ask(s, "a.example.org", DNS_A);
		dns_ask_then(s, "a.example.org", DNS_A, note, &seen);
		dns_session_forget(s);
		dns_session_free(&s);
		dns_close(&d);
		_exit(right && seen.calls == 1 && seen.status == DNS_TIMEOUT ? 0 : 1);
	}
	(void)waitpid(pid, &status, 0);
	tap_is_int(status, 0, "a child of fork() has time-outs, and does not hang");
	tap_is_int(
	    dns_get(s, "a.example.org", DNS_A, in(LONG_MS))->status, DNS_OK, "its parent goes on");
	dns_session_free(&s);
	dns_close(&d);
}

int
main(void)
{
	if (!fakeserver_start(&server, "127.0.0.1", zone, rules)) {
		tap_ok(false, "t/fakedns starts");
		return tap_done();
	}
	test_threads();
	test_then();
	test_bounds();
	test_waiters_bound();
	test_session_bound();
	test_fork();
	fakeserver_end(&server);
	return tap_done();
}
