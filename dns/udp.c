/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets for UDP, connected, so the kernel drops what comes from elsewhere
 * and tells when nobody listens.  One socket, that is one random port, serves
 * a few questions only: a forger cannot learn it, and descriptors last.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "dns/query.h"

#define UDP_ANSWER_MAX 4096 /* bytes; we said 1232, some do not listen */

static uint16_t
id_of(const uint8_t *packet)
{
	return (uint16_t)(packet[0] << 8 | packet[1]);
}

static void
udp_close(struct transport *t, struct udp *u)
{
	struct server *s = &u->servers->v[u->server];

	if (s->udp == u)
		s->udp = NULL;
	servers_unref(u->servers);
	transport_bury(t, &u->end);
}

static bool
has_room(const struct udp *u, uint16_t id)
{
	unsigned i;

	if (u->given >= u->limit)
		return false;
	for (i = 0; i < u->given; i++)
		if (u->ids[i] == id)
			return false;
	return true;
}

static struct udp *
udp_open(struct transport *t, struct servers *servers, size_t server)
{
	struct server *s = &servers->v[server];
	struct udp *u = calloc(1, sizeof *u);
	uint8_t coin;

	if (u == NULL)
		return NULL;
	transport_random(t, &coin, sizeof coin);
	u->limit = UDP_QUERIES_MIN + coin % (UDP_QUERIES_MAX - UDP_QUERIES_MIN + 1);
	u->server = server;
	u->end.kind = ENDPOINT_UDP;
	u->end.fd = socket(s->address.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (u->end.fd < 0 || connect(u->end.fd, &s->address.any, s->address_len) != 0 ||
	    transport_watch(t, &u->end, EPOLL_CTL_ADD, EPOLLIN) != 0) {
		if (u->end.fd >= 0)
			(void)close(u->end.fd);
		free(u);
		return NULL;
	}
	servers->refs++;
	u->servers = servers;
	s->udp = u;
	return u;
}

/* The server's current socket, or a new one where that has done its share. */
static struct udp *
udp_for(struct transport *t, struct query *q, size_t server)
{
	struct udp *u = q->servers->v[server].udp;

	if (u != NULL && has_room(u, id_of(q->packet)))
		return u;
	q->servers->v[server].udp = NULL;
	if (u != NULL && u->live == 0)
		udp_close(t, u);
	return udp_open(t, q->servers, server);
}

bool
udp_send(struct transport *t, struct query *q, size_t server)
{
	struct udp *u = q->udp[server];

	if (u == NULL) {
		if ((u = udp_for(t, q, server)) == NULL)
			return false;
		u->ids[u->given] = id_of(q->packet);
		u->queries[u->given++] = q;
		u->live++;
		q->udp[server] = u;
	}
	t->sent++;
	/* The first may report what happened to an earlier packet. */
	return send(u->end.fd, q->packet, q->len, 0) >= 0 ||
	       (errno == ECONNREFUSED && send(u->end.fd, q->packet, q->len, 0) >= 0);
}

void
udp_read(struct transport *t, struct udp *u)
{
	uint8_t bytes[UDP_ANSWER_MAX];
	ssize_t n = recv(u->end.fd, bytes, sizeof bytes, 0);
	unsigned i;

	if (n < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return;
		for (i = 0; i < u->given; i++)
			if (u->queries[i] != NULL)
				query_refused(t, u->queries[i], u->server);
		return;
	}
	for (i = 0; i < u->given; i++)
		if (n >= PACKET_HEADER_SIZE && u->ids[i] == id_of(bytes))
			break;
	if (i == u->given)
		t->forged++;
	else if (u->queries[i] != NULL) /* else it comes late */
		query_receive(t, u->queries[i], u->server, false, bytes, (size_t)n);
}

void
udp_release(struct transport *t, struct query *q)
{
	size_t server;
	unsigned i;

	for (server = 0; server < q->servers->count; server++) {
		struct udp *u = q->udp[server];

		if (u == NULL)
			continue;
		q->udp[server] = NULL;
		for (i = 0; i < u->given; i++)
			if (u->queries[i] == q)
				u->queries[i] = NULL;
		u->live--;
		if (u->live == 0 && (u->given == u->limit || u != u->servers->v[server].udp))
			udp_close(t, u);
	}
}

void
udp_retire(struct transport *t, struct servers *servers)
{
	size_t i;

	for (i = 0; i < servers->count; i++) {
		struct udp *u = servers->v[i].udp;

		servers->v[i].udp = NULL;
		if (u != NULL && u->live == 0)
			udp_close(t, u);
	}
}
