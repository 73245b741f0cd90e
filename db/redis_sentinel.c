/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sentinels know by name who is the master.  They are asked when he is away,
 * and every few seconds: one cut off from them still takes records, which are
 * lost when he comes back as a replica.
 */
#include "db/redis_private.h"

#include <stdlib.h>
#include <string.h>

#define SENTINELS_MAX 9 /* asked; three or five are usual */

/* What one sentinel says; NULL: why. */
static struct redis_node *
master_by(struct redis *r, struct redis_conn *conn, struct buf *why)
{
	const char *name = r->store->setup.options.sentinel;
	struct redis_command c = {0};
	struct redis_node *node = NULL;
	redisReply *reply = NULL;
	bool late;

	redis_word(&c, "SENTINEL");
	redis_word(&c, "GET-MASTER-ADDR-BY-NAME");
	redis_word(&c, name);
	if (redis_conn_send(conn, &c) == 0)
		reply = redis_conn_reply(conn, redis_until(r), &late);
	if (reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
	    reply->element[0]->type == REDIS_REPLY_STRING &&
	    reply->element[1]->type == REDIS_REPLY_STRING) {
		(void)pthread_mutex_lock(&r->lock);
		node = redis_node_told(
		    r, reply->element[0]->str, strtoll(reply->element[1]->str, NULL, 10));
		(void)pthread_mutex_unlock(&r->lock);
	}
	if (reply == NULL)
		buf_puts(why, conn->why);
	else if (node == NULL)
		buf_printf(why, "%s",
		    reply->type == REDIS_REPLY_ERROR ? reply->str
						     : "it knows no master of that name");
	freeReplyObject(reply);
	return node;
}

static struct redis_node *
ask_sentinel(struct redis *r, const struct redis_url *u, struct buf *why)
{
	char address[REDIS_HOST_SIZE], name[REDIS_HOST_SIZE + 8], room[200];
	struct redis_node *sentinel = redis_node_find(r, u->host, u->port), *node;
	struct redis_conn *conn;
	struct buf error;

	buf_init(&error, room, sizeof room);
	if (sentinel == NULL || !redis_resolve(sentinel, address, why))
		return NULL;
	conn = redis_conn_open(r, sentinel, address, true, redis_until(r), &error);
	node = conn != NULL ? master_by(r, conn, &error) : NULL;
	if (node == NULL)
		buf_printf(why, "sentinel %s: %s", redis_node_text(sentinel, name), error.s);
	if (conn != NULL)
		redis_conn_close(&conn);
	return node;
}

/* Whom most of them name: one that is cut off from the others may name the last one. */
static struct redis_node *
elect(struct redis *r, struct buf *why)
{
	const struct redis_place *place = r->store->setup.options.redis;
	struct redis_node *named[SENTINELS_MAX], *best = NULL;
	size_t n = place->n < SENTINELS_MAX ? place->n : SENTINELS_MAX, most = 0;

	for (size_t i = 0; i < n; i++) {
		size_t votes = 0;

		if (why->len > 0)
			buf_puts(why, "; ");
		named[i] = ask_sentinel(r, &place->servers[i], why);
		for (size_t k = 0; k <= i; k++)
			votes += named[k] == named[i];
		if (named[i] == NULL || votes <= most)
			continue;
		most = votes;
		best = named[i];
	}
	return best;
}

enum store_status
redis_sentinel_tend(struct redis *r, struct buf *why)
{
	bool away = redis_is_master_away(r);
	int64_t now = clock_mono(&clock_real);
	struct redis_node *node;

	if (!away && now - r->looked < REDIS_LOOK_EVERY)
		return STORE_OK;
	r->looked = now;
	node = elect(r, why);
	if (node != NULL && (away || node != r->master) && redis_try(r, node, why))
		redis_set_master(r, node);
	return redis_is_master_away(r) ? STORE_AWAY : STORE_OK;
}
