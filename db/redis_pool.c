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
	(void)strcpy(node->host, host);
	/* Names are looked up beside the mail. */
	if (port == 0 || addr_parse(&numeric, host))
		(void)strcpy(node->address, host);
	return r->nodes[r->node_count++] = node;
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

/* By r->lock: wait until there is an idle connection or room for one. */
static enum store_status
take_turn(struct redis *r, struct redis_node *node, int64_t until, bool wait)
{
	struct timespec t = {until / 1000, until % 1000 * 1000000};
	int rc = 0;

	while (!node->away && node->lent >= REDIS_CONNECTIONS && wait && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&r->returned, &r->lock, &t);
	if (node->away)
		return STORE_AWAY;
	if (node->lent >= REDIS_CONNECTIONS)
		return STORE_BUSY;
	node->lent++;
	return STORE_OK;
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
	status = take_turn(r, node, until, wait);
	if (status == STORE_OK && node->idle_count > 0)
		*conn_r = node->idle[--node->idle_count];
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
	node->lent--;
	node->failures = 0;
	node->idle[node->idle_count++] = conn;
	(void)pthread_cond_signal(&r->returned);
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
	node->lent--;
	node->failures += strikes;
	if (node->failures >= REDIS_STRIKES)
		node->away = true;
	close_idle(node);
	(void)pthread_cond_broadcast(&r->returned);
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
