/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a back end does, done by a Redis server: all that is a plain command.
 */
#include "config.h"

#include "db/redis_private.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "lib/addr.h"

#define HASH_SIZE 16 /* bytes of SHA-256: a collision among a million million records is unlikely */

struct record_bytes
redis_full_key(const struct redis *r, struct redis_key *k, struct record_bytes key)
{
	unsigned char digest[EVP_MAX_MD_SIZE] = {0};

	memcpy(k->bytes, r->prefix, r->prefix_len);
	k->len = r->prefix_len;
	/* One that came out of a scan is hashed already, and not longer. */
	if (r->hashed && key.n > 1 + HASH_SIZE) {
		(void)EVP_Digest(key.p, key.n, digest, NULL, EVP_sha256(), NULL);
		k->bytes[k->len++] = key.p[0];
		key = (struct record_bytes){digest, HASH_SIZE};
	}
	memcpy(k->bytes + k->len, key.p, key.n);
	k->len += key.n;
	return (struct record_bytes){k->bytes, k->len};
}

/* A command that takes nothing but a key. */
static enum store_status
ask_key(struct redis *r, const char *command, struct record_bytes key, redisReply **reply_r)
{
	struct redis_key full;
	struct redis_command c = {.key = redis_full_key(r, &full, key)};

	redis_word(&c, command);
	redis_bytes(&c, c.key);
	return redis_ask(r, &c, reply_r);
}

enum store_status
redis_get(struct redis *r, struct record_bytes key, uint8_t *out, size_t size, size_t *len_r)
{
	redisReply *reply;
	enum store_status status = ask_key(r, "GET", key, &reply);

	if (status != STORE_OK)
		return status;
	if (reply->type == REDIS_REPLY_STRING) {
		*len_r = reply->len;
		memcpy(out, reply->str, reply->len < size ? reply->len : size);
	} else
		status = reply->type == REDIS_REPLY_NIL ? STORE_MISSING : STORE_FAILED;
	freeReplyObject(reply);
	return status;
}

enum store_status
redis_put(struct redis *r, struct record_bytes key, struct record_bytes value)
{
	struct redis_key full;
	struct redis_command c = {.key = redis_full_key(r, &full, key)};
	enum store_status status;
	redisReply *reply;
	int64_t expires, left;

	redis_word(&c, "SET");
	redis_bytes(&c, c.key);
	redis_bytes(&c, value);
	if (record_head_get(value, &expires) && expires != 0) {
		left = expires - clock_wall(r->store->setup.clock);
		redis_word(&c, "EX");
		redis_number(&c, (left > 0 ? left : 0) + REDIS_SLACK);
	}
	status = redis_ask(r, &c, &reply);
	freeReplyObject(reply);
	return status;
}

enum store_status
redis_remove(struct redis *r, struct record_bytes key)
{
	redisReply *reply;
	enum store_status status = ask_key(r, "DEL", key, &reply);

	if (status == STORE_OK && reply->integer == 0)
		status = STORE_MISSING;
	freeReplyObject(reply);
	return status;
}

static bool
parse_memory(const char *info, uint64_t *bytes_r)
{
	const char *line = strstr(info, "used_memory:");

	return line != NULL && sscanf(line, "used_memory:%" SCNu64, bytes_r) == 1;
}

void
redis_stats(struct redis *r, struct store_stats *out)
{
	struct redis_command size = {0}, info = {0};
	struct redis_node *node;
	redisReply *reply;
	uint64_t bytes;

	redis_word(&size, "DBSIZE");
	redis_word(&info, "INFO");
	redis_word(&info, "memory");
	for (unsigned part = 0; (node = redis_part(r, &part)) != NULL; part++) {
		if (redis_ask_node(r, node, &size, &reply) == STORE_OK && reply->integer > 0)
			out->records += (uint64_t)reply->integer;
		freeReplyObject(reply);
		if (redis_ask_node(r, node, &info, &reply) == STORE_OK &&
		    reply->type == REDIS_REPLY_STRING && parse_memory(reply->str, &bytes))
			out->bytes += bytes;
		freeReplyObject(reply);
	}
}

/* What not every store needs.  0 or -1. */
static int
make_parts(struct redis *r, const struct store_options *o, struct buf *why)
{
	if (o->cluster && (r->slots = calloc(REDIS_SLOTS, sizeof *r->slots)) == NULL) {
		buf_puts(why, "out of memory");
		return -1;
	}
#ifdef HAVE_HIREDIS_SSL
	if (o->redis->servers[0].tls && (r->tls = redis_tls_new(o, why)) == NULL)
		return -1;
#endif
	return 0;
}

static bool
is_named(const struct redis_place *place)
{
	struct addr numeric;
	bool named = false;

	for (size_t i = 0; i < place->n; i++)
		named = named || (place->servers[i].port != 0 &&
				     !addr_parse(&numeric, place->servers[i].host));
	return named;
}

enum store_status
redis_open(struct redis **redis_r, struct store *s, struct buf *why)
{
	const struct store_options *o = &s->setup.options;
	struct redis *r = calloc(1, sizeof *r);
	struct sigaction pipe;
	enum store_status status;

	*redis_r = r;
	if (r == NULL) {
		buf_puts(why, "out of memory");
		return STORE_FAILED;
	}
	/* A connection that the server closed must not end the process. */
	if (sigaction(SIGPIPE, NULL, &pipe) == 0 && pipe.sa_handler == SIG_DFL)
		(void)signal(SIGPIPE, SIG_IGN);
	r->store = s;
	r->deadline = o->deadline;
	if (s->setup.offline && r->deadline < REDIS_OFFLINE_DEADLINE)
		r->deadline = REDIS_OFFLINE_DEADLINE;
	r->prefix_len = (size_t)snprintf(
	    r->prefix, sizeof r->prefix, "%s%s", o->cluster ? "{}" : "", o->prefix);
	if (make_parts(r, o, why) == -1) {
		free(r->slots);
		free(r);
		*redis_r = NULL;
		return STORE_FAILED;
	}
	r->hashed = o->keys == STORE_KEYS_HASHED;
	redis_script_sha(r->sha);
	(void)pthread_mutex_init(&r->lock, NULL);
	/* While the DNS is silent, names keep waiting whoever asks; the maintenance thread will. */
	if (is_named(o->redis) && !s->setup.offline)
		return STORE_AWAY;
	status = redis_tend(r, why);
	if (status != STORE_OK && s->setup.offline)
		redis_close(redis_r);
	return status;
}

void
redis_close(struct redis **rp)
{
	struct redis *r = *rp;

	*rp = NULL;
	redis_pool_free(r);
	free(r->slots);
#ifdef HAVE_HIREDIS_SSL
	redis_tls_free(&r->tls);
#endif
	(void)pthread_mutex_destroy(&r->lock);
	free(r);
}
