/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A cluster: each of 16384 slots has an owner, and a key's slot is the CRC-16
 * of it.  The map is read at the start, after a redirection, while an owner is
 * away (another may have been promoted), and now and then.
 */
#include "db/redis_private.h"

#include <stdlib.h>
#include <string.h>

#define REFRESH_EVERY 60000 /* ms between two looks at a map that seems right */

/* CRC-16/XMODEM, as the cluster specification wants it. */
static uint16_t
crc16(struct record_bytes b)
{
	uint16_t crc = 0;

	for (size_t i = 0; i < b.n; i++) {
		crc ^= (uint16_t)(b.p[i] << 8);
		for (int bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc << 1 ^ ((crc & 0x8000) != 0 ? 0x1021 : 0));
	}
	return crc;
}

/* Our keys begin with "{}", so all of a key counts, whatever braces follow. */
struct redis_node *
redis_route(struct redis *r, struct record_bytes key)
{
	struct redis_node *node;

	(void)pthread_mutex_lock(&r->lock);
	node = r->slots == NULL ? r->master : r->slots[crc16(key) % REDIS_SLOTS];
	(void)pthread_mutex_unlock(&r->lock);
	return node;
}

struct redis_node *
redis_part(struct redis *r, unsigned *part)
{
	struct redis_node *node = NULL;

	if (r->slots == NULL)
		return *part == 0 ? redis_route(r, (struct record_bytes){NULL, 0}) : NULL;
	(void)pthread_mutex_lock(&r->lock);
	while (*part < r->node_count && !r->nodes[*part]->owner)
		++*part;
	if (*part < r->node_count)
		node = r->nodes[*part];
	(void)pthread_mutex_unlock(&r->lock);
	return node;
}

struct redis_node *
redis_cluster_moved(struct redis *r, const struct redis_node *told_by, const char *error)
{
	/* An IPv6 address has colons of its own: the last one counts. */
	const char *host = strrchr(error, ' '), *colon = strrchr(error, ':');
	char name[REDIS_HOST_SIZE];
	struct redis_node *node;
	unsigned slot;

	if (host == NULL || colon == NULL || colon < host || (size_t)(colon - host) > sizeof name ||
	    sscanf(error, "%*s %u", &slot) != 1 || slot >= REDIS_SLOTS)
		return NULL;
	(void)snprintf(name, sizeof name, "%.*s", (int)(colon - host - 1), host + 1);
	if (name[0] == '\0')
		(void)strcpy(name, told_by->host); /* a cluster may not know its own addresses */
	(void)pthread_mutex_lock(&r->lock);
	node = redis_node_told(r, name, strtoll(colon + 1, NULL, 10));
	if (node != NULL && error[0] == 'M') {
		r->slots[slot] = node;
		node->owner = true;
		r->stale = true;
	}
	(void)pthread_mutex_unlock(&r->lock);
	return node;
}

/* One range of CLUSTER SLOTS: first, last, { host, port ... } of its master, replicas. */
static bool
take_range(struct redis *r, const redisReply *range, const struct redis_node *told_by)
{
	const redisReply *master =
	    range->type == REDIS_REPLY_ARRAY && range->elements >= 3 ? range->element[2] : NULL;
	struct redis_node *node;
	const char *host;

	if (master == NULL || master->type != REDIS_REPLY_ARRAY || master->elements < 2 ||
	    master->element[1]->type != REDIS_REPLY_INTEGER ||
	    range->element[0]->type != REDIS_REPLY_INTEGER ||
	    range->element[1]->type != REDIS_REPLY_INTEGER || range->element[0]->integer < 0 ||
	    range->element[1]->integer >= REDIS_SLOTS)
		return false;
	/* No host: as the one that was asked. */
	host = master->element[0]->type == REDIS_REPLY_STRING && master->element[0]->len > 0
		   ? master->element[0]->str
		   : told_by->host;
	node = redis_node_told(r, host, master->element[1]->integer);
	if (node == NULL)
		return false;
	node->owner = true;
	for (long long i = range->element[0]->integer; i <= range->element[1]->integer; i++)
		r->slots[i] = node;
	return true;
}

static bool
take_map(struct redis *r, const redisReply *map, const struct redis_node *told_by)
{
	bool good = map->type == REDIS_REPLY_ARRAY && map->elements > 0;

	(void)pthread_mutex_lock(&r->lock);
	for (size_t i = 0; good && i < r->node_count; i++)
		r->nodes[i]->owner = false;
	for (size_t i = 0; good && i < map->elements; i++)
		good = take_range(r, map->element[i], told_by);
	r->stale = !good;
	(void)pthread_mutex_unlock(&r->lock);
	return good;
}

static bool
ask_map(struct redis *r, struct redis_node *node, struct buf *why)
{
	char address[REDIS_HOST_SIZE], name[REDIS_HOST_SIZE + 8], room[200];
	struct redis_command c = {0};
	struct redis_conn *conn;
	redisReply *map = NULL;
	struct buf error;
	bool good, late;

	buf_init(&error, room, sizeof room);
	if (!redis_resolve(node, address, why))
		return false;
	conn = redis_conn_open(r, node, address, false, redis_until(r), &error);
	redis_word(&c, "CLUSTER");
	redis_word(&c, "SLOTS");
	if (conn != NULL && redis_conn_send(conn, &c) == 0)
		map = redis_conn_reply(conn, redis_until(r), &late);
	good = map != NULL && take_map(r, map, node);
	if (!good)
		buf_printf(why, "%s: %s", redis_node_text(node, name),
		    conn == NULL                     ? error.s
		    : map == NULL                    ? conn->why
		    : map->type == REDIS_REPLY_ERROR ? map->str
						     : "it knows no owners of slots");
	freeReplyObject(map);
	if (conn != NULL)
		redis_conn_close(&conn);
	return good;
}

/* An owner that does not work, or failed just now; by r->lock. */
static bool
is_lost(const struct redis_node *node)
{
	return node->away || node->failures > 0 || node->address[0] == '\0';
}

bool
redis_is_owner_away(struct redis *r)
{
	bool any = false;

	(void)pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < r->node_count; i++)
		any = any || (r->nodes[i]->owner && is_lost(r->nodes[i]));
	(void)pthread_mutex_unlock(&r->lock);
	return any;
}

/* One owner after the other that works, or does not. */
static struct redis_node *
next_owner(struct redis *r, unsigned *part, bool lost)
{
	struct redis_node *node;
	bool found = false;

	while (!found && (node = redis_part(r, part)) != NULL) {
		(void)pthread_mutex_lock(&r->lock);
		found = is_lost(node) == lost;
		(void)pthread_mutex_unlock(&r->lock);
		++*part;
	}
	return found ? node : NULL;
}

/* By whom the map may be told: an owner that works, or one of the configuration. */
static bool
refresh(struct redis *r, struct buf *why)
{
	const struct redis_place *place = r->store->setup.options.redis;
	struct redis_node *node;
	unsigned part = 0;

	while ((node = next_owner(r, &part, false)) != NULL)
		if (ask_map(r, node, why))
			return true;
	for (size_t i = 0; i < place->n; i++) {
		if (why->len > 0)
			buf_puts(why, "; ");
		node = redis_node_find(r, place->servers[i].host, place->servers[i].port);
		if (node != NULL && ask_map(r, node, why))
			return true;
	}
	return false;
}

enum store_status
redis_cluster_tend(struct redis *r, struct buf *why)
{
	int64_t now = clock_mono(&clock_real);
	struct redis_node *node;
	unsigned part = 0;
	bool all = true;

	if (!redis_is_owner_away(r) && !r->stale && r->looked != 0 &&
	    now - r->looked < REFRESH_EVERY)
		return STORE_OK;
	if (!refresh(r, why))
		return STORE_AWAY;
	r->looked = now;
	while ((node = next_owner(r, &part, true)) != NULL)
		all = redis_try(r, node, why) && all;
	return all ? STORE_OK : STORE_AWAY;
}
