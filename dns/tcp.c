/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One question over a TCP connection of its own: for answers that do not fit
 * into a packet, and for servers that lose the case of a question.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "dns/query.h"

bool
tcp_start(struct transport *t, struct query *q, size_t server)
{
	const struct server *s = &q->servers->v[server];
	struct tcp *c;

	if (t->tcp_count >= TRANSPORT_TCP_MAX || (c = calloc(1, sizeof *c)) == NULL)
		return false;
	c->end.kind = ENDPOINT_TCP;
	c->query = q;
	c->server = server;
	c->out[0] = (uint8_t)(q->len >> 8);
	c->out[1] = (uint8_t)q->len;
	memcpy(c->out + 2, q->packet, q->len);
	c->end.fd = socket(s->address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->end.fd < 0 ||
	    (connect(c->end.fd, &s->address.any, s->address_len) != 0 && errno != EINPROGRESS) ||
	    transport_watch(t, &c->end, EPOLL_CTL_ADD, EPOLLOUT) != 0) {
		if (c->end.fd >= 0)
			(void)close(c->end.fd);
		free(c);
		return false;
	}
	t->tcp_count++;
	t->tcp++;
	q->tcp = c;
	return true;
}

void
tcp_stop(struct transport *t, struct query *q)
{
	struct tcp *c = q->tcp;

	if (c == NULL)
		return;
	q->tcp = NULL;
	t->tcp_count--;
	free(c->in);
	transport_bury(t, &c->end);
}

/* 1: all is out; 0: later; -1: broken. */
static int
write_question(struct tcp *c)
{
	size_t len = c->query->len + 2;
	ssize_t n = send(c->end.fd, c->out + c->out_at, len - c->out_at, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	c->out_at += (size_t)n;
	return c->out_at == len;
}

/* As write_question(): first two bytes of length, then that many. */
static int
read_answer(struct tcp *c)
{
	bool body = c->in != NULL;
	size_t wanted = body ? c->in_len : sizeof c->length;
	ssize_t n = recv(c->end.fd, (body ? c->in : c->length) + c->in_at, wanted - c->in_at, 0);

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
	c->in_at += (size_t)n;
	if (c->in_at < wanted)
		return 0;
	if (body)
		return 1;
	c->in_at = 0;
	c->in_len = (size_t)(c->length[0] << 8 | c->length[1]);
	if (c->in_len < PACKET_HEADER_SIZE || (c->in = malloc(c->in_len)) == NULL)
		return -1;
	return 0;
}

void
tcp_event(struct transport *t, struct tcp *c)
{
	struct query *q = c->query;
	bool writing = c->out_at < q->len + 2;
	int result = writing ? write_question(c) : read_answer(c);

	if (result == 1 && writing) {
		result = transport_watch(t, &c->end, EPOLL_CTL_MOD, EPOLLIN);
	} else if (result == 1) {
		uint8_t *bytes = c->in;

		c->in = NULL; /* the query may end, and its connection with it */
		query_receive(t, q, c->server, true, bytes, c->in_len);
		free(bytes);
	}
	if (result < 0)
		query_lost_tcp(t, q);
}
