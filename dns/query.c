/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The life of a query: which server is tried when, and what each event makes
 * of it.  An answer is judged once, in query_receive(), whichever way it came.
 */
#include <stdlib.h>

#include "dns/query.h"

void
query_finish(struct transport *t, struct query *q, struct dns_answer *answer, size_t size)
{
	timers_remove(&t->timers, q);
	tcp_stop(t, q);
	if (q->servers != NULL) {
		udp_release(t, q);
		servers_unref(q->servers);
	}
	if (answer != q->failure)
		free(q->failure);
	t->done(t->owner, q->tag, answer, size);
	free(q);
}

static void
query_build(struct transport *t, struct query *q, bool edns)
{
	struct {
		uint8_t id[2], coins[PACKET_COINS];
	} random;

	transport_random(t, &random, sizeof random);
	q->len =
	    packet_build(q->packet, q->name, q->type, (uint16_t)(random.id[0] << 8 | random.id[1]),
		edns, q->servers->any_remote ? random.coins : NULL);
}

static void
query_wait(struct transport *t, struct query *q, int64_t until)
{
	q->due = until < q->deadline ? until : q->deadline;
	(void)timers_put(&t->timers, q); /* it has its place already */
}

static void
query_over_tcp(struct transport *t, struct query *q, size_t server)
{
	if (q->tcp != NULL || !tcp_start(t, q, server))
		return;
	q->server = server;
	query_wait(t, q, q->servers->count > 1 ? t->now + TRANSPORT_TCP_TRY_MS : q->deadline);
}

static void
query_try(struct transport *t, struct query *q, size_t server)
{
	q->server = server;
	q->sent_at = t->now;
	query_wait(t, q, t->now + q->interval);
	if (t->tcp_only)
		query_over_tcp(t, q, server);
	else if (!udp_send(t, q, server))
		query_refused(t, q, server);
}

/* The server after that of the last try, but none of these bits; count: there is none. */
static size_t
next_server(const struct query *q, unsigned not_these)
{
	size_t count = q->servers->count, i, server;

	for (i = 1; i <= count; i++) {
		server = (q->server + i) % count;
		if ((not_these & 1U << server) == 0)
			return server;
	}
	return count;
}

/* Nobody listens there.  The others are asked at once; alone, its restart is waited for. */
void
query_refused(struct transport *t, struct query *q, size_t server)
{
	size_t next;

	if (q->server != server || q->tcp != NULL)
		return;
	server_failed(&q->servers->v[server], q->sent_at, t->now);
	q->refused |= 1U << server;
	next = next_server(q, q->refused | q->failed);
	if (next == q->servers->count)
		return;
	t->retried++;
	query_try(t, q, next);
}

/* SERVFAIL, REFUSED or rubbish is the answer only if no other server knows better. */
static void
query_failed(
    struct transport *t, struct query *q, size_t server, struct dns_answer *answer, size_t size)
{
	size_t next;

	if (q->failed & 1U << server) {
		free(answer);
		return;
	}
	free(q->failure);
	q->failure = answer;
	q->failure_size = size;
	q->failed |= 1U << server;
	next = next_server(q, q->failed);
	if (next == q->servers->count) {
		query_finish(t, q, answer, size);
		return;
	}
	if (q->deadline > t->now + TRANSPORT_FAILOVER_MS)
		q->deadline = t->now + TRANSPORT_FAILOVER_MS;
	t->retried++;
	query_try(t, q, next);
}

static void
query_answered(
    struct transport *t, struct query *q, size_t server, struct dns_answer *answer, size_t size)
{
	if (answer != NULL && !q->servers->v[server].loopback)
		answer->secure = false; /* anybody on the way may have set it */
	if (answer != NULL && dns_is_temporary(answer->status))
		query_failed(t, q, server, answer, size);
	else
		query_finish(t, q, answer, size);
}

void
query_lost_tcp(struct transport *t, struct query *q)
{
	tcp_stop(t, q);
	query_wait(t, q, t->now + q->interval);
}

void
query_receive(
    struct transport *t, struct query *q, size_t server, bool tcp, uint8_t *bytes, size_t len)
{
	struct dns_answer *answer;
	size_t size = 0;
	enum packet_kind kind = packet_read(bytes, len, q->packet, q->len, tcp, &answer, &size);

	if (kind == PACKET_FORGED || kind == PACKET_WRONG_CASE)
		t->forged++;
	else
		server_answered(&q->servers->v[server], t->now);
	switch (kind) {
	case PACKET_FORGED:
		if (tcp)
			query_lost_tcp(t, q);
		break;
	case PACKET_WRONG_CASE:
	case PACKET_TRUNCATED:
		query_over_tcp(t, q, server);
		break;
	case PACKET_NO_EDNS:
		tcp_stop(t, q);
		/* Under a new id: late answers to the other packet are nothing to us. */
		udp_release(t, q);
		query_build(t, q, false);
		t->retried++;
		query_try(t, q, server);
		break;
	case PACKET_ANSWER:
		if (tcp)
			tcp_stop(t, q);
		query_answered(t, q, server, answer, size);
		break;
	}
}

void
query_timer(struct transport *t, struct query *q)
{
	size_t next;

	if (t->now >= q->deadline) {
		query_finish(t, q, q->failure, q->failure_size);
		return;
	}
	tcp_stop(t, q);
	server_failed(&q->servers->v[q->server], q->sent_at, t->now);
	q->refused = 0;
	q->interval *= 2;
	t->retried++;
	next = next_server(q, q->failed);
	query_try(t, q, next);
}

void
query_begin(struct transport *t, struct query *q)
{
	q->servers = t->servers;
	q->servers->refs++;
	q->interval = TRANSPORT_FIRST_TRY_MS;
	q->due = q->deadline;
	if (timers_put(&t->timers, q) != 0) {
		query_finish(t, q, NULL, 0);
		return;
	}
	query_build(t, q, true);
	query_try(t, q, servers_pick(t->servers, t->now));
}
