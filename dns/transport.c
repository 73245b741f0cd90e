/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The thread that asks.  Queries are handed in under one lock; from then on
 * they belong to this thread, as do sockets, timers and servers.
 */
#include "config.h"

#include "dns/transport.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "dns/query.h"
#include "lib/clock.h"

#define EVENTS 64 /* taken from the kernel at once */

void
transport_random(struct transport *t, void *out, size_t len)
{
	if (t->random_left < len) {
		arc4random_buf(t->random, sizeof t->random);
		t->random_left = sizeof t->random;
	}
	t->random_left -= len;
	memcpy(out, t->random + t->random_left, len);
}

int
transport_watch(struct transport *t, struct endpoint *e, int op, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = e};

	return epoll_ctl(t->epoll, op, e->fd, &event);
}

void
transport_bury(struct transport *t, struct endpoint *e)
{
	(void)close(e->fd);
	e->fd = -1;
	SLIST_INSERT_HEAD(&t->dead, e, dead);
}

static void
free_dead(struct transport *t)
{
	struct endpoint *e;

	while ((e = SLIST_FIRST(&t->dead)) != NULL) {
		SLIST_REMOVE_HEAD(&t->dead, dead);
		free(e);
	}
}

static void
change_servers(struct transport *t, struct servers *servers)
{
	udp_retire(t, t->servers);
	servers_unref(t->servers);
	t->servers = servers;
	t->has_loopback = servers->any_loopback;
}

static void
check_file(struct transport *t)
{
	struct servers *servers;

	if (t->file == NULL || t->now - t->file_checked < TRANSPORT_FILE_CHECK_MS)
		return;
	t->file_checked = t->now;
	if (servers_file_changed(t->file, &t->file_known) &&
	    (servers = servers_from_file(t->file)) != NULL)
		change_servers(t, servers);
}

/* What other threads have handed in.  false: stop. */
static bool
take_in(struct transport *t)
{
	struct query_list list = STAILQ_HEAD_INITIALIZER(list);
	struct servers *servers;
	struct query *q;
	eventfd_t count;
	bool stop;

	(void)eventfd_read(t->wake.fd, &count);
	(void)pthread_mutex_lock(&t->lock);
	STAILQ_CONCAT(&list, &t->handed_in);
	if ((servers = t->next_servers) != NULL) {
		t->next_servers = NULL;
		free(t->file);
		t->file = t->next_file;
		t->next_file = NULL;
	}
	stop = t->stop;
	(void)pthread_mutex_unlock(&t->lock);
	if (servers != NULL) {
		change_servers(t, servers);
		t->file_known = (struct stat){0};
		t->file_checked = 0;
	}
	check_file(t);
	while ((q = STAILQ_FIRST(&list)) != NULL) {
		STAILQ_REMOVE_HEAD(&list, next);
		query_begin(t, q);
	}
	return !stop;
}

static bool
dispatch(struct transport *t, struct endpoint *e)
{
	if (e->fd < 0) /* closed earlier in this round */
		return true;
	switch (e->kind) {
	case ENDPOINT_WAKE:
		return take_in(t);
	case ENDPOINT_UDP:
		udp_read(t, (struct udp *)e);
		break;
	case ENDPOINT_TCP:
		tcp_event(t, (struct tcp *)e);
		break;
	}
	return true;
}

static int
wait_ms(const struct transport *t)
{
	const struct query *q = timers_first(&t->timers);
	int64_t now = clock_mono(&clock_real);

	if (q == NULL)
		return -1;
	return q->due > now ? (int)(q->due - now) : 0;
}

static void *
run(void *arg)
{
	struct transport *t = arg;
	struct epoll_event events[EVENTS];
	struct query *q;
	bool running = true;
	int i, n;

	while (running) {
		n = epoll_wait(t->epoll, events, EVENTS, wait_ms(t));
		t->now = clock_mono(&clock_real);
		for (i = 0; i < n; i++)
			running = dispatch(t, events[i].data.ptr) && running;
		while ((q = timers_first(&t->timers)) != NULL && q->due <= t->now)
			query_timer(t, q);
		free_dead(t);
	}
	return NULL;
}

static int
start_thread(struct transport *t)
{
	sigset_t all, before;
	int result;

	/* Signals are the business of the program's other threads. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	result = pthread_create(&t->thread, NULL, run, t);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (result == 0)
		(void)pthread_setname_np(t->thread, "dns");
	return result;
}

static void
transport_free(struct transport *t)
{
	free_dead(t);
	servers_unref(t->servers);
	if (t->next_servers != NULL)
		servers_unref(t->next_servers);
	if (t->wake.fd >= 0)
		(void)close(t->wake.fd);
	if (t->epoll >= 0)
		(void)close(t->epoll);
	(void)pthread_mutex_destroy(&t->lock);
	free(t->timers.v);
	free(t->next_file);
	free(t->file);
	free(t);
}

struct transport *
transport_open(struct servers *servers, const char *file, transport_done *done, void *owner,
    bool tcp_only, const char **why_r)
{
	struct transport *t = calloc(1, sizeof *t);

	*why_r = "no memory";
	if (t == NULL) {
		servers_unref(servers);
		return NULL;
	}
	(void)pthread_mutex_init(&t->lock, NULL);
	STAILQ_INIT(&t->handed_in);
	SLIST_INIT(&t->dead);
	t->done = done;
	t->owner = owner;
	t->tcp_only = tcp_only;
	t->servers = servers;
	t->has_loopback = servers->any_loopback;
	t->epoll = epoll_create1(EPOLL_CLOEXEC);
	t->wake.kind = ENDPOINT_WAKE;
	t->wake.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (file != NULL && (t->file = strdup(file)) == NULL) {
		transport_free(t);
		return NULL;
	}
	if (file != NULL)
		(void)servers_file_changed(file, &t->file_known);
	*why_r = "cannot start the resolver: out of descriptors or threads";
	if (t->epoll < 0 || t->wake.fd < 0 ||
	    transport_watch(t, &t->wake, EPOLL_CTL_ADD, EPOLLIN) != 0 || start_thread(t) != 0) {
		transport_free(t);
		return NULL;
	}
	return t;
}

void
transport_close(struct transport **tp)
{
	struct transport *t = *tp;
	struct query *q;

	(void)pthread_mutex_lock(&t->lock);
	t->stop = true;
	(void)pthread_mutex_unlock(&t->lock);
	(void)eventfd_write(t->wake.fd, 1);
	(void)pthread_join(t->thread, NULL);
	/* The thread has begun all that was handed in before it saw stop. */
	while ((q = timers_first(&t->timers)) != NULL)
		query_finish(t, q, NULL, 0);
	while ((q = STAILQ_FIRST(&t->handed_in)) != NULL) {
		STAILQ_REMOVE_HEAD(&t->handed_in, next);
		query_finish(t, q, NULL, 0);
	}
	udp_retire(t, t->servers);
	transport_free(t);
	*tp = NULL;
}

int
transport_start(
    struct transport *t, const char *name, enum dns_type type, int64_t timeout_ms, void *tag)
{
	struct query *q = calloc(1, sizeof *q);
	bool first;

	if (q == NULL)
		return -1;
	q->name = name;
	q->type = type;
	q->tag = tag;
	q->timer = TIMER_NONE;
	q->deadline = clock_mono(&clock_real) + timeout_ms;
	(void)pthread_mutex_lock(&t->lock);
	first = STAILQ_EMPTY(&t->handed_in);
	STAILQ_INSERT_TAIL(&t->handed_in, q, next);
	(void)pthread_mutex_unlock(&t->lock);
	if (first)
		(void)eventfd_write(t->wake.fd, 1);
	return 0;
}

int
transport_use(struct transport *t, struct servers *servers, const char *file)
{
	char *copy = file != NULL ? strdup(file) : NULL;

	if (file != NULL && copy == NULL) {
		servers_unref(servers);
		return -1;
	}
	(void)pthread_mutex_lock(&t->lock);
	if (t->next_servers != NULL)
		servers_unref(t->next_servers);
	free(t->next_file);
	t->next_servers = servers;
	t->next_file = copy;
	(void)pthread_mutex_unlock(&t->lock);
	(void)eventfd_write(t->wake.fd, 1);
	return 0;
}

void
transport_get_stats(struct transport *t, struct dns_stats *stats)
{
	stats->sent = t->sent;
	stats->retried = t->retried;
	stats->tcp = t->tcp;
	stats->forged = t->forged;
}

bool
transport_has_loopback(struct transport *t)
{
	return t->has_loopback;
}
