/* SPDX-License-Identifier: BSD-2-Clause */
/* What a server of Redis tells of itself. */
#include "db/redis_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "db/examine.h"

#define PINGS 9

/* "key:value\r\n" of INFO; "" if it is not there. */
static void
text_of(const char *info, const char *key, char *out, size_t size)
{
	const char *p = info;
	size_t len = strlen(key);

	out[0] = '\0';
	while ((p = strstr(p, key)) != NULL) {
		if ((p == info || p[-1] == '\n') && p[len] == ':') {
			p += len + 1;
			(void)snprintf(out, size, "%.*s", (int)strcspn(p, "\r\n"), p);
			return;
		}
		p += len;
	}
}

static uint64_t
number_of(const char *info, const char *key)
{
	char text[32];

	text_of(info, key, text, sizeof text);
	return strtoull(text, NULL, 10);
}

static void
read_info(struct redis *r, struct redis_node *node, struct store_server *s)
{
	struct redis_command c = {0};
	redisReply *reply;

	redis_word(&c, "INFO");
	if (redis_ask_node(r, node, &c, &reply) == STORE_OK && reply->type == REDIS_REPLY_STRING) {
		text_of(reply->str, "redis_version", s->version, sizeof s->version);
		text_of(reply->str, "maxmemory_policy", s->policy, sizeof s->policy);
		s->used = number_of(reply->str, "used_memory");
		s->maximum = number_of(reply->str, "maxmemory");
		s->evicted = number_of(reply->str, "evicted_keys");
		s->saves = s->saves_known = number_of(reply->str, "aof_enabled") == 1;
	}
	freeReplyObject(reply);
}

/* Whether it writes snapshots; an account may not be allowed to ask. */
static void
read_saves(struct redis *r, struct redis_node *node, struct store_server *s)
{
	struct redis_command c = {0};
	redisReply *reply;

	redis_word(&c, "CONFIG");
	redis_word(&c, "GET");
	redis_word(&c, "save");
	if (redis_ask_node(r, node, &c, &reply) == STORE_OK && reply->type == REDIS_REPLY_ARRAY &&
	    reply->elements == 2 && reply->element[1]->type == REDIS_REPLY_STRING) {
		s->saves = s->saves || reply->element[1]->len > 0;
		s->saves_known = true;
	}
	freeReplyObject(reply);
}

static int
by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int64_t
micros(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t
ping(struct redis *r, struct redis_node *node)
{
	struct redis_command c = {0};
	int64_t took[PINGS], begin;
	redisReply *reply;

	redis_word(&c, "PING");
	for (size_t i = 0; i < PINGS; i++) {
		begin = micros();
		(void)redis_ask_node(r, node, &c, &reply);
		took[i] = micros() - begin;
		freeReplyObject(reply);
	}
	qsort(took, PINGS, sizeof took[0], by_value);
	return took[PINGS / 2];
}

enum store_status
store_examine(const struct store_options *o, store_server_found *found, void *ctx, struct buf *why)
{
	struct store front = {
	    .setup = {.options = *o, .clock = &clock_real, .offline = true}, .place = ""};
	struct store_server server;
	struct redis_node *node;
	enum store_status status;
	struct redis *r;

	(void)pthread_mutex_init(&front.detail_lock, NULL);
	status = redis_open(&r, &front, why);
	for (unsigned part = 0; status == STORE_OK && (node = redis_part(r, &part)) != NULL;
	     part++) {
		server = (struct store_server){.skew = atomic_load(&r->skew)};
		(void)redis_node_text(node, server.name);
		read_info(r, node, &server);
		read_saves(r, node, &server);
		server.micros = ping(r, node);
		found(ctx, &server);
	}
	if (status == STORE_OK)
		redis_close(&r);
	(void)pthread_mutex_destroy(&front.detail_lock);
	return status;
}
