/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Beside the mail: which server to ask, and whether one that was away is back.
 * Names of hosts are looked up here, where nobody waits.
 */
#include "db/redis_private.h"

#include <netdb.h>
#include <string.h>

/* The numeric address of a node, now; false: why. */
static bool
resolve(struct redis_node *node, char out[REDIS_HOST_SIZE], struct buf *why)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
	int rc = 0;

	(void)strcpy(out, node->host);
	if (node->port == 0)
		return true;
	rc = getaddrinfo(node->host, NULL, &hints, &found);
	if (rc == 0) {
		rc = getnameinfo(found->ai_addr, found->ai_addrlen, out, REDIS_HOST_SIZE, NULL, 0,
		    NI_NUMERICHOST);
		freeaddrinfo(found);
	}
	if (rc != 0)
		buf_printf(why, "%s: %s", node->host, gai_strerror(rc));
	return rc == 0;
}

/* Whether it takes a record: a replica, or one that is still loading, does not. */
static bool
takes_records(struct redis *r, struct redis_conn *conn, int64_t until, struct buf *why)
{
	char key[REDIS_HOST_SIZE + 8], name[REDIS_HOST_SIZE + 8];
	struct redis_command set = {0};
	redisReply *reply;
	bool late, good;

	(void)snprintf(key, sizeof key, "%.*sprobe", (int)r->prefix_len, r->prefix);
	redis_word(&set, "SET");
	redis_word(&set, key);
	redis_word(&set, "");
	redis_word(&set, "EX");
	redis_number(&set, 60);
	if (redis_conn_send(conn, &set) == -1)
		return false;
	reply = redis_conn_reply(conn, until, &late);
	/* One that is full can still be asked. */
	good = reply != NULL &&
	       (reply->type == REDIS_REPLY_STATUS || strncmp(reply->str, "OOM ", 4) == 0);
	if (!good)
		buf_printf(why, "%s: %s", redis_node_text(conn->node, name),
		    reply != NULL ? reply->str : conn->why);
	freeReplyObject(reply);
	return good;
}

/* Try one server; true: it works from now on. */
static bool
try(struct redis *r, struct redis_node *node, struct buf *why)
{
	char address[REDIS_HOST_SIZE], name[REDIS_HOST_SIZE + 8], room[200];
	int64_t until = redis_until(r);
	struct redis_conn *conn;
	struct buf error;
	bool good;

	if (!resolve(node, address, why))
		return false;
	buf_init(&error, room, sizeof room);
	conn = redis_conn_open(r, node, address, until, &error);
	if (conn == NULL) {
		buf_printf(why, "%s: %s", redis_node_text(node, name), error.s);
		return false;
	}
	good = takes_records(r, conn, until, why);
	redis_conn_close(&conn);
	if (good)
		redis_node_works(r, node, address);
	return good;
}

struct redis_node *
redis_route(struct redis *r, struct record_bytes key)
{
	struct redis_node *node;

	(void)key;
	(void)pthread_mutex_lock(&r->lock);
	node = r->master;
	(void)pthread_mutex_unlock(&r->lock);
	return node;
}

struct redis_node *
redis_part(struct redis *r, unsigned *part)
{
	return *part == 0 ? redis_route(r, (struct record_bytes){NULL, 0}) : NULL;
}

/* The first of those in the configuration that takes records. */
static enum store_status
find_master(struct redis *r, struct buf *why)
{
	const struct redis_place *place = r->store->setup.options.redis;
	struct redis_node *node;

	for (size_t i = 0; i < place->n; i++) {
		(void)pthread_mutex_lock(&r->lock);
		node = redis_node_get(r, place->servers[i].host, place->servers[i].port);
		(void)pthread_mutex_unlock(&r->lock);
		if (why->len > 0)
			buf_puts(why, "; ");
		if (node == NULL || !try(r, node, why))
			continue;
		(void)pthread_mutex_lock(&r->lock);
		r->master = node;
		(void)pthread_mutex_unlock(&r->lock);
		return STORE_OK;
	}
	return STORE_AWAY;
}

enum store_status
redis_tend(struct redis *r, struct buf *why)
{
	bool away;

	(void)pthread_mutex_lock(&r->lock);
	away = r->master == NULL || r->master->away;
	(void)pthread_mutex_unlock(&r->lock);
	return away ? find_master(r, why) : STORE_OK;
}
