/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Beside the mail: which server to ask, and whether one that was away is back.
 * Names of hosts are looked up here, where nobody waits.
 */
#include "db/redis_private.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#define COMPARE_EVERY 60000 /* ms */

bool
redis_resolve(struct redis_node *node, char out[REDIS_HOST_SIZE], struct buf *why)
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

static bool
begins(const redisReply *reply, const char *word)
{
	return strncmp(reply->str, word, strlen(word)) == 0;
}

/* One that is full can still be asked; the node of a cluster may not hold our key. */
static bool
is_well(const struct redis *r, const redisReply *reply)
{
	return reply->type != REDIS_REPLY_ERROR || begins(reply, "OOM ") ||
	       (r->slots != NULL && (begins(reply, "MOVED ") || begins(reply, "ASK ")));
}

/* Write: a replica, or one that is still loading, refuses. */
static bool
takes_records(struct redis *r, struct redis_conn *conn, int64_t until, struct buf *why)
{
	static const uint8_t probe[] = "probe"; /* no record: it has no value */
	char name[REDIS_HOST_SIZE + 8];
	struct redis_command set = {0};
	struct redis_key key;
	redisReply *reply;
	bool late, good;

	redis_word(&set, "SET");
	redis_bytes(&set, redis_full_key(r, &key, (struct record_bytes){probe, sizeof probe - 1}));
	redis_word(&set, "");
	redis_word(&set, "EX");
	redis_number(&set, 60);
	if (redis_conn_send(conn, &set) == -1)
		return false;
	reply = redis_conn_reply(conn, until, &late);
	good = reply != NULL && is_well(r, reply);
	if (!good)
		buf_printf(why, "%s: %s", redis_node_text(conn->node, name),
		    reply != NULL ? reply->str : conn->why);
	freeReplyObject(reply);
	return good;
}

bool
redis_try(struct redis *r, struct redis_node *node, struct buf *why)
{
	char address[REDIS_HOST_SIZE], name[REDIS_HOST_SIZE + 8], room[200];
	int64_t until = redis_until(r);
	struct redis_conn *conn;
	struct buf error;
	bool good;

	if (!redis_resolve(node, address, why))
		return false;
	buf_init(&error, room, sizeof room);
	conn = redis_conn_open(r, node, address, false, until, &error);
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

void
redis_set_master(struct redis *r, struct redis_node *node)
{
	(void)pthread_mutex_lock(&r->lock);
	r->master = node;
	r->compared = clock_mono(&clock_real);
	(void)pthread_mutex_unlock(&r->lock);
}

/* The first of those in the configuration that takes records. */
static enum store_status
find_master(struct redis *r, struct buf *why)
{
	const struct redis_place *place = r->store->setup.options.redis;
	struct redis_node *node;

	for (size_t i = 0; i < place->n; i++) {
		node = redis_node_find(r, place->servers[i].host, place->servers[i].port);
		if (why->len > 0)
			buf_puts(why, "; ");
		if (node == NULL || !redis_try(r, node, why))
			continue;
		redis_set_master(r, node);
		return STORE_OK;
	}
	return STORE_AWAY;
}

bool
redis_is_master_away(struct redis *r)
{
	bool away;

	(void)pthread_mutex_lock(&r->lock);
	away = r->master == NULL || r->master->away || r->master->failures > 0;
	(void)pthread_mutex_unlock(&r->lock);
	return away;
}

/* A clock may be set while connections last, so it is compared now and then. */
static enum store_status
compare_clocks(struct redis *r, struct buf *why)
{
	int64_t now = clock_mono(&clock_real);

	if (now - r->compared < COMPARE_EVERY)
		return STORE_OK;
	r->compared = now;
	return redis_try(r, r->master, why) ? STORE_OK : STORE_AWAY;
}

static enum store_status
find(struct redis *r, struct buf *why)
{
	if (r->store->setup.options.sentinel != NULL)
		return redis_sentinel_tend(r, why);
	return redis_is_master_away(r) ? find_master(r, why) : STORE_OK;
}

enum store_status
redis_tend(struct redis *r, struct buf *why)
{
	enum store_status status;

	if (r->slots != NULL)
		return redis_cluster_tend(r, why); /* which connects often enough */
	status = find(r, why);
	return status == STORE_OK ? compare_clocks(r, why) : status;
}

bool
redis_is_away(struct redis *r)
{
	return r->slots != NULL ? redis_is_owner_away(r) : redis_is_master_away(r);
}
