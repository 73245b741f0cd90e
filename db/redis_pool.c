/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nodes: for each server a few connections and a breaker.
 *
 *	         a time-out, or the third failure in a row
 *	works -------------------------------------------> away: AWAY at once
 *	  ^                                                  |
 *	  +--------- redis_tend() had an answer from it <----+
 */
#include "db/redis_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/addr.h"

const char *
redis_node_text(const struct redis_node *node, char out[REDIS_HOST_SIZE + 8])
{
	if (node->port == 0)
		(void)snprintf(out, REDIS_HOST_SIZE + 8, "unix:%s", node->host);
	else
		(void)snprintf(out, REDIS_HOST_SIZE + 8,
		    strchr(node->host, ':') != NULL ? "[%s]:%d" : "%s:%d", node->host, node->port);
	return out;
}

struct redis_node *
redis_node_get(struct redis *r, const char *host, int port)
{
	struct redis_node *node;
	struct addr numeric;

	for (size_t i = 0; i < r->node_count; i++)
		if (r->nodes[i]->port == port && strcmp(r->nodes[i]->host, host) == 0)
			return r->nodes[i];
	if (r->node_count == REDIS_NODES_MAX || strlen(host) >= sizeof node->host ||
	    (node = calloc(1, sizeof *node)) == NULL)
		return NULL;
	node->port = port;
	STAILQ_INIT(&node->turns);
	(void)strcpy(node->host, host);
	/* Names are looked up beside the mail. */
	if (port == 0 || addr_parse(&numeric, host))
		(void)strcpy(node->address, host);
	return r->nodes[r->node_count++] = node;
}

struct redis_node *
redis_node_told(struct redis *r, const char *host, long long port)
{
	return port > 0 && port <= 65535 ? redis_node_get(r, host, (int)port) : NULL;
}

struct redis_node *
redis_node_find(struct redis *r, const char *host, int port)
{
	struct redis_node *node;

	(void)pthread_mutex_lock(&r->lock);
	node = redis_node_get(r, host, port);
	(void)pthread_mutex_unlock(&r->lock);
	return node;
}

/* Somebody who waits for a connection, first come, first served: else some would wait for ever. */
struct redis_turn {
	pthread_cond_t called;
	enum store_status status; /* BUSY while it waits */
	struct redis_conn *conn; /* with OK; NULL: the right to make one */
	STAILQ_ENTRY(redis_turn) next;
};

/* By r->lock. */
static enum store_status
wait_for_turn(struct redis *r, struct redis_node *node, int64_t until, struct redis_conn **conn_r)
{
	const struct timespec t = {until / 1000, until % 1000 * 1000000};
	struct redis_turn me = {.status = STORE_BUSY};
	pthread_condattr_t attr;

	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&me.called, &attr);
	(void)pthread_condattr_destroy(&attr);
	STAILQ_INSERT_TAIL(&node->turns, &me, next);
	for (int rc = 0; me.status == STORE_BUSY && rc != ETIMEDOUT;)
		rc = pthread_cond_timedwait(&me.called, &r->lock, &t);
	if (me.status == STORE_BUSY)
		STAILQ_REMOVE(&node->turns, &me, redis_turn, next);
	(void)pthread_cond_destroy(&me.called);
	*conn_r = me.conn;
	return me.status;
}

/* By r->lock: to the next who waits, or to rest; conn NULL: there is room for one more. */
static void
hand_on(struct redis_node *node, struct redis_conn *conn)
{
	struct redis_turn *first = STAILQ_FIRST(&node->turns);

	if (first != NULL) {
		STAILQ_REMOVE_HEAD(&node->turns, next);
		first->conn = conn;
		first->status = STORE_OK;
		(void)pthread_cond_signal(&first->called);
		return;
	}
	node->lent--;
	if (conn != NULL)
		node->idle[node->idle_count++] = conn;
}

/* By r->lock: nobody waits for a node that is away. */
static void
send_away(struct redis_node *node)
{
	struct redis_turn *first;

	while ((first = STAILQ_FIRST(&node->turns)) != NULL) {
		STAILQ_REMOVE_HEAD(&node->turns, next);
		first->status = STORE_AWAY;
		(void)pthread_cond_signal(&first->called);
	}
}

static enum store_status
take_turn(
    struct redis *r, struct redis_node *node, int64_t until, bool wait, struct redis_conn **conn_r)
{
	if (node->away)
		return STORE_AWAY;
	if (node->lent < REDIS_CONNECTIONS) {
		node->lent++;
		if (node->idle_count > 0)
			*conn_r = node->idle[--node->idle_count];
		return STORE_OK;
	}
	return wait ? wait_for_turn(r, node, until, conn_r) : STORE_BUSY;
}

static enum store_status
make(struct redis *r, struct redis_node *node, const char *address, int64_t until,
    struct redis_conn **conn_r)
{
	char room[200], name[REDIS_HOST_SIZE + 8];
	struct buf why;
	bool late;

	buf_init(&why, room, sizeof room);
	if (address[0] != '\0')
		*conn_r = redis_conn_open(r, node, address, false, until, &why);
	else
		buf_puts(&why, "its address is not known");
	if (*conn_r != NULL)
		return STORE_OK;
	late = clock_mono(&clock_real) >= until;
	store_detail(r->store, "%s: %s", redis_node_text(node, name), why.s);
	redis_drop(r, node, conn_r, late ? REDIS_STRIKES : 1);
	return STORE_AWAY;
}

enum store_status
redis_lease(
    struct redis *r, struct redis_node *node, int64_t until, bool wait, struct redis_conn **conn_r)
{
	char address[REDIS_HOST_SIZE];
	enum store_status status;

	*conn_r = NULL;
	(void)pthread_mutex_lock(&r->lock);
	status = take_turn(r, node, until, wait, conn_r);
	(void)strcpy(address, node->address);
	(void)pthread_mutex_unlock(&r->lock);
	if (status != STORE_OK || *conn_r != NULL)
		return status;
	return make(r, node, address, until, conn_r);
}

void
redis_return(struct redis *r, struct redis_conn **cp)
{
	struct redis_conn *conn = *cp;
	struct redis_node *node = conn->node;

	*cp = NULL;
	conn->reused = true;
	(void)pthread_mutex_lock(&r->lock);
	node->failures = 0;
	hand_on(node, conn);
	(void)pthread_mutex_unlock(&r->lock);
}

/* By r->lock. */
static void
close_idle(struct redis_node *node)
{
	while (node->idle_count > 0)
		redis_conn_close(&node->idle[--node->idle_count]);
}

void
redis_drop(struct redis *r, struct redis_node *node, struct redis_conn **cp, unsigned strikes)
{
	(void)pthread_mutex_lock(&r->lock);
	node->failures += strikes;
	if (node->failures >= REDIS_STRIKES) {
		node->away = true;
		send_away(node);
	}
	close_idle(node);
	hand_on(node, NULL);
	(void)pthread_mutex_unlock(&r->lock);
	if (*cp != NULL)
		redis_conn_close(cp);
}

void
redis_node_works(struct redis *r, struct redis_node *node, const char *address)
{
	(void)pthread_mutex_lock(&r->lock);
	if (strcmp(node->address, address) != 0) {
		close_idle(node);
		(void)strcpy(node->address, address);
	}
	node->failures = 0;
	node->away = false;
	(void)pthread_mutex_unlock(&r->lock);
}

void
redis_pool_free(struct redis *r)
{
	for (size_t i = 0; i < r->node_count; i++) {
		close_idle(r->nodes[i]);
		free(r->nodes[i]);
	}
}
