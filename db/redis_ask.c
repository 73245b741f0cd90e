/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One command to the server that holds its key, and one answer.  What comes
 * instead of an answer is followed (MOVED, ASK), mended (NOSCRIPT), or turned
 * into a status; all of it within one deadline.
 */
#include "db/redis_private.h"

#include <stdlib.h>
#include <string.h>

#define HOPS_MAX 5 /* redirections, lost connections and missing scripts of one command */

int64_t
redis_until(const struct redis *r)
{
	return clock_mono(&clock_real) + r->deadline;
}

/* The command into its connection, and before it what it needs there. */
static void
put(struct redis *r, struct redis_question *q, bool script)
{
	struct redis_command load = {0}, asking = {0};
	bool good = true;

	redis_word(&load, "SCRIPT");
	redis_word(&load, "LOAD");
	redis_word(&load, redis_script);
	redis_word(&asking, "ASKING");
	if (script)
		good = redis_conn_send(q->conn, &load) == 0;
	if (good && q->asking)
		good = redis_conn_send(q->conn, &asking) == 0;
	q->skip = script + q->asking;
	if (good && redis_conn_send(q->conn, q->command) == 0)
		return;
	redis_drop(r, q->node, &q->conn, 0);
	q->status = STORE_FAILED;
}

static void
send_on(struct redis *r, struct redis_question *q, struct redis_node *node, bool wait)
{
	q->node = node;
	q->status = redis_lease(r, node, q->until, wait, &q->conn);
	if (q->status == STORE_OK)
		put(r, q, false);
	else if (q->status == STORE_BUSY && !wait)
		q->status = STORE_OK; /* not sent; redis_finish() will wait */
}

void
redis_begin(struct redis *r, struct redis_question *q, const struct redis_command *c, int64_t until,
    struct redis_node *node)
{
	if (node == NULL)
		node = redis_route(r, c->key);
	*q = (struct redis_question){.command = c, .until = until, .status = STORE_AWAY};
	if (node != NULL)
		send_on(r, q, node, false);
	else if (r->slots != NULL)
		store_detail(r->store, "it is not known which node holds the record");
}

/* No answer: once more if only the connection was old, else the node has a strike. */
static void
lost(struct redis *r, struct redis_question *q, bool late)
{
	char name[REDIS_HOST_SIZE + 8];
	bool again = q->conn->reused && !late;

	if (!again)
		store_detail(r->store, "%s: %s", redis_node_text(q->node, name), q->conn->why);
	redis_drop(r, q->node, &q->conn, again ? 0 : late ? REDIS_STRIKES : 1);
	if (again)
		send_on(r, q, q->node, true);
	else
		q->status = STORE_AWAY;
}

static bool
begins(const char *text, const char *word)
{
	return strncmp(text, word, strlen(word)) == 0;
}

/* What an error means to the caller; strikes_r: how much its node is to blame. */
static enum store_status
meaning(const char *error, unsigned *strikes_r)
{
	/* clang-format off */
	static const struct { const char *word; enum store_status status; unsigned strikes; } words[] = {
		{ "LOADING ",		STORE_AWAY, REDIS_STRIKES },	/* it has just been started */
		{ "READONLY ",		STORE_AWAY, REDIS_STRIKES },	/* a replica; somebody else is the master */
		{ "MASTERDOWN ",	STORE_AWAY, REDIS_STRIKES },
		{ "CLUSTERDOWN ",	STORE_AWAY, REDIS_STRIKES },
		{ "NOREPLICAS ",	STORE_AWAY, 1 },
		{ "BUSY ",		STORE_BUSY, 1 },
		{ "TRYAGAIN ",		STORE_BUSY, 0 },
		{ "WRONGTYPE ",		STORE_NEWER, 0 },		/* no record of ours: left alone */
		{ "OOM ",		STORE_FULL, 0 },
		{ "MISCONF ",		STORE_FULL, 0 },		/* cannot write its own disk */
	};
	/* clang-format on */
	/* Redis 6 wraps what a script met: "ERR Error running script (...): @user_script: 41: -OOM ..." */
	const char *inner = strstr(error, ": -");

	if (inner != NULL)
		error = inner + 3;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (begins(error, words[i].word)) {
			*strikes_r = words[i].strikes;
			return words[i].status;
		}
	*strikes_r = 0;
	return STORE_FAILED;
}

/* The slot lies elsewhere: from now on, or for this question. */
static void
follow(struct redis *r, struct redis_question *q, const char *error)
{
	struct redis_node *node = redis_cluster_moved(r, q->node, error);

	redis_return(r, &q->conn);
	q->asking = begins(error, "ASK ");
	if (node != NULL)
		send_on(r, q, node, true);
	else
		q->status = STORE_AWAY;
}

/* An error instead of an answer: mended, and then status is OK and the command on its way again. */
static void
refused(struct redis *r, struct redis_question *q, const char *error)
{
	char name[REDIS_HOST_SIZE + 8];
	unsigned strikes;

	/* Before the answer to ours, none of these can be right. */
	if (q->skip == 0 && begins(error, "NOSCRIPT ")) {
		put(r, q, true);
		return;
	}
	if (q->skip == 0 && r->slots != NULL &&
	    (begins(error, "MOVED ") || begins(error, "ASK "))) {
		follow(r, q, error);
		return;
	}
	q->status = meaning(error, &strikes);
	store_detail(r->store, "%s: %s", redis_node_text(q->node, name), error);
	if (strikes > 0 || q->skip > 0)
		redis_drop(r, q->node, &q->conn, strikes);
	else
		redis_return(r, &q->conn);
}

enum store_status
redis_finish(struct redis *r, struct redis_question *q, redisReply **reply_r)
{
	redisReply *reply;
	bool late;

	*reply_r = NULL;
	if (q->status == STORE_OK && q->conn == NULL)
		send_on(r, q, q->node, true);
	for (unsigned hops = 0; q->status == STORE_OK && hops < HOPS_MAX;) {
		reply = redis_conn_reply(q->conn, q->until, &late);
		if (reply == NULL) {
			lost(r, q, late);
			hops++;
		} else if (reply->type == REDIS_REPLY_ERROR) {
			refused(r, q, reply->str);
			freeReplyObject(reply);
			hops++;
		} else if (q->skip > 0) {
			freeReplyObject(reply);
			q->skip--;
		} else {
			redis_return(r, &q->conn);
			*reply_r = reply;
			return STORE_OK;
		}
	}
	if (q->status == STORE_OK) {
		redis_drop(r, q->node, &q->conn, 1);
		store_detail(r->store, "sent from server to server without end");
		q->status = STORE_AWAY;
	}
	return q->status;
}

enum store_status
redis_ask_node(
    struct redis *r, struct redis_node *node, const struct redis_command *c, redisReply **reply_r)
{
	struct redis_question q;

	redis_begin(r, &q, c, redis_until(r), node);
	return redis_finish(r, &q, reply_r);
}

enum store_status
redis_ask(struct redis *r, const struct redis_command *c, redisReply **reply_r)
{
	return redis_ask_node(r, NULL, c, reply_r);
}
