/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets of the fake DNS server: one epoll loop over UDP, TCP and signals,
 * and a list of answers that wait for their time.
 */
#include "config.h"

#include "t/fakedns.h"

#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT_TRIES 50 /* for a port that is free everywhere */
#define TCP_IN     1024 /* bytes of questions read ahead */
#define TCP_MAX    1000 /* connections at once */
#define UDP_BATCH  64 /* questions taken before others get their turn */
#define DRIP_MS    2 /* between bytes */
#define UDP_BUFFER (8 << 20) /* bytes: bursts of a thousand questions are not lost */

struct endpoint {
	enum { IS_UDP, IS_LISTENER, IS_CONN, IS_SIGNAL } kind;
	int fd;
	int liar; /* UDP: socket for answers from a wrong source */
};

struct conn {
	struct endpoint end; /* first: what epoll gives back */
	uint8_t in[TCP_IN], *out;
	size_t in_len, out_len, out_at;
	bool drip;
	int64_t drip_at;
	LIST_ENTRY(conn) link;
};

/* An answer on its way: over UDP to an address, over TCP to a connection. */
struct reply {
	TAILQ_ENTRY(reply) link;
	int64_t due;
	struct conn *conn;
	const struct endpoint *udp;
	struct sockaddr_storage to;
	socklen_t to_len;
	unsigned flags;
	size_t len;
	uint8_t bytes[];
};

static const struct server *server;
static int epoll_fd = -1;
static struct endpoint ends[2 * LISTEN_MAX + 1];
static size_t end_count, conn_count;
static LIST_HEAD(, conn) conns = LIST_HEAD_INITIALIZER(conns);
static TAILQ_HEAD(replies, reply) replies = TAILQ_HEAD_INITIALIZER(replies); /* by due time */

static int64_t
now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
watch(struct endpoint *e, int op, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = e};

	if (epoll_ctl(epoll_fd, op, e->fd, &ev) != 0)
		err(1, "epoll_ctl");
}

static void
conn_close(struct conn *c)
{
	struct reply *r, *next;

	for (r = TAILQ_FIRST(&replies); r != NULL; r = next) {
		next = TAILQ_NEXT(r, link);
		if (r->conn == c) {
			TAILQ_REMOVE(&replies, r, link);
			free(r);
		}
	}
	LIST_REMOVE(c, link);
	conn_count--;
	(void)close(c->end.fd);
	free(c->out);
	free(c);
}

/* Writes what it can; false: the connection is gone. */
static bool
conn_flush(struct conn *c)
{
	size_t len = c->out_len - c->out_at;
	ssize_t n;

	if (len == 0)
		return true;
	if (c->drip && now_ms() < c->drip_at)
		return true;
	n = send(c->end.fd, c->out + c->out_at, c->drip ? 1 : len, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN) {
		conn_close(c);
		return false;
	}
	if (n > 0)
		c->out_at += (size_t)n;
	if (c->out_at == c->out_len)
		c->out_at = c->out_len = 0;
	c->drip_at = now_ms() + DRIP_MS;
	watch(&c->end, EPOLL_CTL_MOD, EPOLLIN | (c->out_len > 0 && !c->drip ? EPOLLOUT : 0));
	return true;
}

static bool
conn_send(struct conn *c, const struct reply *r)
{
	uint8_t *out;

	if (r->flags & RULE_EMPTY_TCP_CLOSE) {
		conn_close(c);
		return false;
	}
	if ((out = realloc(c->out, c->out_len + r->len + 2)) == NULL)
		abort();
	c->out = out;
	out[c->out_len] = (uint8_t)(r->len >> 8);
	out[c->out_len + 1] = (uint8_t)r->len;
	memcpy(out + c->out_len + 2, r->bytes, r->len);
	c->out_len += r->len + 2;
	c->drip = (r->flags & RULE_DRIP) != 0;
	return conn_flush(c);
}

/* false: its connection is gone. */
static bool
reply_send(const struct reply *r)
{
	int copies = r->flags & RULE_TWICE ? 2 : 1;

	if (r->conn != NULL)
		return conn_send(r->conn, r);
	while (copies-- > 0)
		(void)sendto(r->flags & RULE_WRONG_SOURCE ? r->udp->liar : r->udp->fd, r->bytes,
		    r->len, 0, (const struct sockaddr *)&r->to, r->to_len);
	return true;
}

static void
reply_later(struct reply *r)
{
	struct reply *before = TAILQ_LAST(&replies, replies);

	while (before != NULL && before->due > r->due)
		before = TAILQ_PREV(before, replies, link);
	if (before != NULL)
		TAILQ_INSERT_AFTER(&replies, before, r, link);
	else
		TAILQ_INSERT_HEAD(&replies, r, link);
}

/* One question; where its answer goes stands in `to'.  false: the connection is gone. */
static bool
serve(const uint8_t *bytes, size_t len, const struct reply *to)
{
	static struct packet packet;
	const struct rule *rule;
	struct question q;
	struct reply *r;
	bool result = true;

	if (!question_parse(&q, bytes, len, to->conn != NULL))
		return true;
	rule = server->answer(&q, &packet);
	if (rule->flags & RULE_DROP)
		return true;
	if ((r = malloc(sizeof *r + packet.len)) == NULL)
		abort();
	*r = *to;
	r->flags = rule->flags;
	r->len = packet.len;
	memcpy(r->bytes, packet.bytes, packet.len);
	if (rule->delay > 0) {
		r->due = now_ms() + rule->delay;
		reply_later(r);
		return true;
	}
	result = reply_send(r);
	free(r);
	return result;
}

static void
udp_read(const struct endpoint *e)
{
	struct reply to = {.udp = e};
	uint8_t bytes[1500];
	ssize_t n;
	int i;

	for (i = 0; i < UDP_BATCH; i++) {
		to.to_len = sizeof to.to;
		n = recvfrom(e->fd, bytes, sizeof bytes, 0, (struct sockaddr *)&to.to, &to.to_len);
		if (n < 0)
			return;
		(void)serve(bytes, (size_t)n, &to);
	}
}

static void
conn_read(struct conn *c)
{
	const struct reply to = {.conn = c};
	ssize_t n = recv(c->end.fd, c->in + c->in_len, sizeof c->in - c->in_len, 0);
	size_t at = 0, len;

	if (n <= 0) {
		if (n == 0 || errno != EAGAIN)
			conn_close(c);
		return;
	}
	c->in_len += (size_t)n;
	while (c->in_len - at >= 2) {
		len = (size_t)(c->in[at] << 8 | c->in[at + 1]);
		if (len + 2 > sizeof c->in) {
			conn_close(c);
			return;
		}
		if (c->in_len - at < len + 2)
			break;
		if (!serve(c->in + at + 2, len, &to))
			return;
		at += len + 2;
	}
	memmove(c->in, c->in + at, c->in_len - at);
	c->in_len -= at;
}

static void
conn_accept(const struct endpoint *listener)
{
	int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct conn *c;

	if (fd < 0)
		return;
	if (conn_count == TCP_MAX || (c = calloc(1, sizeof *c)) == NULL) {
		(void)close(fd);
		return;
	}
	c->end.kind = IS_CONN;
	c->end.fd = fd;
	LIST_INSERT_HEAD(&conns, c, link);
	conn_count++;
	watch(&c->end, EPOLL_CTL_ADD, EPOLLIN);
}

/* What is due now; ms until the next thing is, -1: nothing waits. */
static int
run_timers(void)
{
	int64_t now = now_ms(), next = INT64_MAX;
	struct conn *c, *next_conn;
	struct reply *r;

	while ((r = TAILQ_FIRST(&replies)) != NULL && r->due <= now) {
		TAILQ_REMOVE(&replies, r, link);
		(void)reply_send(r);
		free(r);
	}
	for (c = LIST_FIRST(&conns); c != NULL; c = next_conn) {
		next_conn = LIST_NEXT(c, link);
		if (c->drip && c->out_len > 0 && conn_flush(c) && c->out_len > 0 &&
		    c->drip_at < next)
			next = c->drip_at;
	}
	if (r != NULL && r->due < next)
		next = r->due;
	if (next == INT64_MAX)
		return -1;
	return next > now ? (int)(next - now) : 0;
}

/* false: time to go. */
static bool
signal_read(const struct endpoint *e)
{
	struct signalfd_siginfo info;

	if (read(e->fd, &info, sizeof info) != sizeof info)
		return true;
	if (info.ssi_signo != SIGHUP)
		return false;
	server->reload();
	return true;
}

static int
bound_socket(const char *address, int type, unsigned port)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_PASSIVE, .ai_socktype = type}, *ai;
	char service[16];
	int fd, on = 1, buffer = UDP_BUFFER;

	(void)snprintf(service, sizeof service, "%u", port);
	if (getaddrinfo(address, service, &hints, &ai) != 0)
		errx(1, "%s: not an address", address);
	fd = socket(ai->ai_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		err(1, "socket");
	if (type == SOCK_STREAM)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	else if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) != 0 ||
	    (type == SOCK_STREAM && listen(fd, TCP_MAX) != 0)) {
		(void)close(fd);
		fd = -1;
	}
	freeaddrinfo(ai);
	return fd;
}

static unsigned
port_of(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof ss;
	char service[16];

	if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0 ||
	    getnameinfo(
		(struct sockaddr *)&ss, len, NULL, 0, service, sizeof service, NI_NUMERICSERV) != 0)
		err(1, "getsockname");
	return (unsigned)strtoul(service, NULL, 10);
}

static void
end_add(int kind, int fd, int liar)
{
	ends[end_count].kind = (unsigned)kind;
	ends[end_count].fd = fd;
	ends[end_count++].liar = liar;
}

static void
ends_close(void)
{
	while (end_count > 0) {
		(void)close(ends[--end_count].fd);
		if (ends[end_count].kind == IS_UDP)
			(void)close(ends[end_count].liar);
	}
}

/* All sockets on one port, 0: on any; the port, or 0 when one of them is taken. */
static unsigned
try_port(const char *const *addresses, size_t count, unsigned port)
{
	size_t i;
	int fd;

	for (i = 0; i < count; i++) {
		if ((fd = bound_socket(addresses[i], SOCK_DGRAM, port)) < 0)
			return 0;
		port = port_of(fd);
		end_add(IS_UDP, fd, bound_socket(addresses[i], SOCK_DGRAM, 0));
		if ((fd = bound_socket(addresses[i], SOCK_STREAM, port)) < 0)
			return 0;
		end_add(IS_LISTENER, fd, -1);
	}
	return port;
}

unsigned
net_listen(const char *const *addresses, size_t count, unsigned port)
{
	unsigned result = 0;
	sigset_t set;
	int i;

	for (i = 0; i < PORT_TRIES && result == 0; i++) {
		ends_close();
		result = try_port(addresses, count, port);
	}
	if (result == 0)
		err(1, "cannot listen on port %u", port);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	end_add(IS_SIGNAL, signalfd(-1, &set, SFD_CLOEXEC), -1);
	return result;
}

static bool
dispatch(struct endpoint *e, uint32_t events)
{
	switch (e->kind) {
	case IS_UDP:
		udp_read(e);
		break;
	case IS_LISTENER:
		conn_accept(e);
		break;
	case IS_CONN:
		if ((events & EPOLLOUT) == 0 || conn_flush((struct conn *)e))
			conn_read((struct conn *)e);
		break;
	case IS_SIGNAL:
		return signal_read(e);
	}
	return true;
}

void
net_run(const struct server *s)
{
	struct epoll_event event;
	bool running = true;
	struct reply *r;
	size_t i;
	int n;

	server = s;
	if ((epoll_fd = epoll_create1(EPOLL_CLOEXEC)) < 0)
		err(1, "epoll_create1");
	for (i = 0; i < end_count; i++)
		watch(&ends[i], EPOLL_CTL_ADD, EPOLLIN);
	while (running) {
		int wait = run_timers();

		/* One connection at a time: serving one may close it, and epoll forgets it then. */
		n = epoll_wait(epoll_fd, &event, 1, wait);
		if (n > 0)
			running = dispatch(event.data.ptr, event.events);
	}
	while (!LIST_EMPTY(&conns))
		conn_close(LIST_FIRST(&conns));
	while ((r = TAILQ_FIRST(&replies)) != NULL) {
		TAILQ_REMOVE(&replies, r, link);
		free(r);
	}
	ends_close();
	(void)close(epoll_fd);
}
