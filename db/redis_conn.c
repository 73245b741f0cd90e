/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One connection.  hiredis packs and unpacks; waiting is ours, because its own
 * time-out is for each read alone, and a server that stands still goes on
 * accepting connections.
 */
#include "config.h"

#include "db/redis_private.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define ANSWER_MAX   (16 * 1024 * 1024) /* bytes: the slots of a thousand nodes, and to spare */
#define ELEMENTS_MAX (256 * 1024) /* in all its arrays: each slot alone, with two nodes */

#if HIREDIS_MAJOR < 1
typedef int element_count;
#else
typedef size_t element_count;
#endif

void
redis_bytes(struct redis_command *c, struct record_bytes b)
{
	c->argv[c->argc] = (const char *)b.p;
	c->lens[c->argc++] = b.n;
}

void
redis_word(struct redis_command *c, const char *word)
{
	redis_bytes(c, (struct record_bytes){(const uint8_t *)word, strlen(word)});
}

void
redis_number(struct redis_command *c, int64_t n)
{
	char *text = c->numbers[c->argc];

	(void)snprintf(text, sizeof c->numbers[0], "%lld", (long long)n);
	redis_word(c, text);
}

static void
fail(struct redis_conn *conn, const char *why)
{
	(void)snprintf(conn->why, sizeof conn->why, "%s", why);
}

/* False: it did not come in time. */
static bool
wait_for(struct redis_conn *conn, short events, int64_t until)
{
	struct pollfd p = {.fd = conn->c->fd, .events = events};
	int64_t left;
	int rc;

	do {
		left = until - clock_mono(&clock_real);
		rc = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (rc == -1 && errno == EINTR);
	if (rc == 0)
		fail(conn, "no answer in time");
	return rc != 0; /* an error shows itself at the next read */
}

int
redis_conn_send(struct redis_conn *conn, const struct redis_command *c)
{
	/* A copy for hiredis, whose parameter is not const enough. */
	const char *argv[REDIS_ARGS_MAX];

	memcpy(argv, c->argv, sizeof argv);
	if (redisAppendCommandArgv(conn->c, c->argc, argv, c->lens) == REDIS_OK)
		return 0;
	fail(conn, conn->c->errstr);
	return -1;
}

/* The library takes memory for as many as are announced. */
static void *
make_array(const redisReadTask *task, element_count n)
{
	struct redis_conn *conn = task->privdata;

	conn->elements += (size_t)n;
	return conn->elements <= ELEMENTS_MAX ? conn->array(task, n) : NULL;
}

static void
limit_arrays(struct redis_conn *conn)
{
	conn->make = *conn->c->reader->fn;
	conn->array = conn->make.createArray;
	conn->make.createArray = make_array;
	conn->c->reader->fn = &conn->make;
	conn->c->reader->privdata = conn;
}

static redisReply *
lost(struct redis_conn *conn)
{
	if (conn->elements > ELEMENTS_MAX) {
		fail(conn, "an answer of too many elements");
		return NULL;
	}
	fail(conn, conn->c->err == REDIS_ERR_IO ? strerror(errno) : conn->c->errstr);
	return NULL;
}

redisReply *
redis_conn_reply(struct redis_conn *conn, int64_t until, bool *late_r)
{
	void *reply = NULL;
	size_t had, got = 0;
	int done = 0;

	conn->elements = 0;
	*late_r = false;
	while (!done) {
		if (redisBufferWrite(conn->c, &done) != REDIS_OK)
			return lost(conn);
		if (!done && !wait_for(conn, POLLOUT, until))
			goto late;
	}
	for (;;) {
		if (redisGetReplyFromReader(conn->c, &reply) != REDIS_OK)
			return lost(conn);
		if (reply != NULL)
			return reply;
		if (got > ANSWER_MAX) {
			fail(conn, "an answer longer than 16 MB");
			return NULL;
		}
		if (!wait_for(conn, POLLIN, until))
			goto late;
		had = conn->c->reader->len;
		if (redisBufferRead(conn->c) != REDIS_OK)
			return lost(conn);
		got += conn->c->reader->len - had;
	}
late:
	*late_r = true;
	return NULL;
}

static bool
is_connected(struct redis_conn *conn, int64_t until)
{
	socklen_t len = sizeof(int);
	int error = 0, on = 1;

	if (conn->c->err != 0) {
		fail(conn, conn->c->errstr);
		return false;
	}
	if (!wait_for(conn, POLLOUT, until))
		return false;
	(void)getsockopt(conn->c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error != 0) {
		fail(conn, strerror(error));
		return false;
	}
	(void)setsockopt(conn->c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return true;
}

/* A socket of this host is. */
static bool
is_private(struct redis *r, struct redis_conn *conn, int64_t until)
{
#ifdef HAVE_HIREDIS_SSL
	return r->tls == NULL || conn->node->port == 0 || redis_tls_begin(r, conn, until);
#else
	(void)r, (void)conn, (void)until;
	return true;
#endif
}

/* AUTH, SELECT and TIME in one round trip, of which a sentinel knows the first; how many answers will come. */
static int
send_greeting(struct redis_conn *conn, const struct store_options *o, bool sentinel)
{
	const char *user = sentinel ? o->sentinel_user : o->redis->user;
	const char *password = sentinel ? o->redis->sentinel_password : o->redis->password;
	struct redis_command auth = {0}, select = {0}, time = {0};
	int n = 0;

	if (password != NULL) {
		redis_word(&auth, "AUTH");
		if (user != NULL)
			redis_word(&auth, user);
		redis_word(&auth, password);
		n += redis_conn_send(conn, &auth) == 0;
	}
	if (sentinel)
		return n;
	if (o->redis->db != 0) {
		redis_word(&select, "SELECT");
		redis_number(&select, o->redis->db);
		n += redis_conn_send(conn, &select) == 0;
	}
	redis_word(&time, "TIME");
	return redis_conn_send(conn, &time) == 0 ? n + 1 : -1;
}

static void
compare_clocks(struct redis *r, const redisReply *time)
{
	int64_t there, skew;

	if (time->type != REDIS_REPLY_ARRAY || time->elements < 1 ||
	    time->element[0]->type != REDIS_REPLY_STRING)
		return;
	there = strtoll(time->element[0]->str, NULL, 10);
	if (there < 0 || there > UINT32_MAX) /* no record can hold it */
		return;
	skew = there - clock_wall(&clock_real);
	atomic_store(&r->skew, llabs(skew) >= REDIS_SKEW_MIN ? skew : 0);
}

static bool
greet(struct redis *r, struct redis_conn *conn, bool sentinel, int64_t until)
{
	int n = send_greeting(conn, &r->store->setup.options, sentinel);
	redisReply *reply;
	bool late, good = n >= 0;

	while (good && n-- > 0) {
		reply = redis_conn_reply(conn, until, &late);
		good = reply != NULL && reply->type != REDIS_REPLY_ERROR;
		if (reply != NULL && !good)
			fail(conn, reply->str);
		else if (good && n == 0 && !sentinel)
			compare_clocks(r, reply);
		freeReplyObject(reply);
	}
	return good;
}

struct redis_conn *
redis_conn_open(struct redis *r, struct redis_node *node, const char *address, bool sentinel,
    int64_t until, struct buf *why)
{
	struct redis_conn *conn = calloc(1, sizeof *conn);

	if (conn == NULL) {
		buf_puts(why, "out of memory");
		return NULL;
	}
	conn->node = node;
	conn->c = node->port == 0 ? redisConnectUnixNonBlock(address)
				  : redisConnectNonBlock(address, node->port);
	if (conn->c != NULL)
		limit_arrays(conn);
	if (conn->c == NULL)
		fail(conn, "out of memory");
	else if (is_connected(conn, until) && is_private(r, conn, until) &&
		 greet(r, conn, sentinel, until))
		return conn;
	buf_puts(why, conn->why);
	redis_conn_close(&conn);
	return NULL;
}

void
redis_conn_close(struct redis_conn **cp)
{
	if ((*cp)->c != NULL)
		redisFree((*cp)->c);
	free(*cp);
	*cp = NULL;
}
