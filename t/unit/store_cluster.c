/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A store on a cluster: records lie everywhere, a slot moves while it is used,
 * a node dies, and only what it had is away.
 */
#include "db/backend.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "t/scratch.h"
#include "t/tap.h"
#include "t/unit/redisserver.h"
#include "t/unit/teststore.h"

#define PREFIX  "cluster:"
#define CLIENTS 60

static const struct greylist_params usual = {300, 2 * 86400, 35 * 86400, 5};
static struct redisserver nodes[REDISCLUSTER_NODES];
static char where[SCRATCH_SIZE];

static struct store *
open_store(void)
{
	struct store_setup setup = {.options = {.type = STORE_MEMORY,
					.cache_size = 16 << 20,
					.redis = &nodes[0].place,
					.cluster = true,
					.prefix = PREFIX,
					.deadline = 5000},
	    .directory = where,
	    .clock = &clock_real};

	return teststore_open(&setup);
}

static void
key_of(struct record_key *k, const char *client)
{
	/* Braces would choose the slot, if we let them. */
	const char *fields[] = {client, "{joe}@example.com", "user@example.org"};

	record_key_make(k, RECORD_TRIPLET, fields, 3);
}

static const char *
try(struct store *s, const char *client)
{
	static const char *const outcomes[] = {"new", "early", "passed", "known", "allowed"};
	struct greylist_answer a = {.outcome = GREYLIST_ALLOWED};
	const char *fields[] = {client};
	struct record_key triplet, from;
	enum store_status status;

	key_of(&triplet, client);
	record_key_make(&from, RECORD_CLIENT, fields, 1);
	status = store_greylist(
	    s, &(struct store_attempt){&triplet, &from, clock_wall(&clock_real), &usual}, &a);
	return status == STORE_OK ? outcomes[a.outcome] : store_status_word(status);
}

/* A number, or text into out if that is not NULL. */
static long long
command(const struct redisserver *node, char *out, size_t size, const char *format, ...)
{
	redisContext *c = redisConnect("127.0.0.1", node->port);
	redisReply *reply;
	long long n = -1;
	va_list ap;

	va_start(ap, format);
	reply = redisvCommand(c, format, ap);
	va_end(ap);
	if (reply == NULL || reply->type == REDIS_REPLY_ERROR)
		tap_ok(false, "%s: %s", format, reply != NULL ? reply->str : c->errstr);
	else {
		n = reply->integer;
		if (out != NULL)
			(void)snprintf(out, size, "%s", reply->str);
	}
	freeReplyObject(reply);
	redisFree(c);
	return n;
}

static bool
count_one(void *ctx, struct record_bytes key, struct record_bytes value)
{
	(void)key, (void)value;
	++*(int64_t *)ctx;
	return true;
}

static void
test_spread(struct store *s)
{
	int64_t fresh = 0, seen = 0, bare = 0;
	char client[20];

	for (int i = 0; i < CLIENTS; i++) {
		(void)snprintf(client, sizeof client, "client %d", i);
		fresh += strcmp(try(s, client), "new") == 0;
	}
	tap_is_int(fresh, CLIENTS, "so many clients are new");
	for (int i = 0; i < REDISCLUSTER_NODES; i++)
		bare += command(&nodes[i], NULL, 0, "DBSIZE") == 0;
	tap_is_int(bare, 0, "no node is without records");
	(void)store_scan(s, (struct record_bytes){NULL, 0}, count_one, &seen);
	tap_is_int(seen, CLIENTS, "a scan sees all of them");
}

/* A slot on its way from one node to another: its key first, then the slot. */
static void
test_move(struct store *s)
{
	struct redisserver *from = NULL, *to;
	char ids[2][64];
	struct record_key k;
	char full[64 + RECORD_KEY_MAX] = "{}" PREFIX;
	size_t len = strlen(full);
	int64_t seen = 0;
	unsigned slot;

	tap_is(try(s, "mover"), "new", "before its slot moves");
	key_of(&k, "mover");
	memcpy(full + len, k.bytes, k.len);
	len += k.len;
	slot = (unsigned)command(&nodes[0], NULL, 0, "CLUSTER KEYSLOT %b", full, len);
	for (int i = 0; i < REDISCLUSTER_NODES; i++)
		if (command(&nodes[i], NULL, 0, "CLUSTER COUNTKEYSINSLOT %u", slot) > 0)
			from = &nodes[i];
	if (!tap_ok(from != NULL, "the whole key chooses its slot"))
		return;
	to = from == &nodes[0] ? &nodes[1] : &nodes[0];
	(void)command(from, ids[0], sizeof ids[0], "CLUSTER MYID");
	(void)command(to, ids[1], sizeof ids[1], "CLUSTER MYID");
	(void)command(to, NULL, 0, "CLUSTER SETSLOT %u IMPORTING %s", slot, ids[0]);
	(void)command(from, NULL, 0, "CLUSTER SETSLOT %u MIGRATING %s", slot, ids[1]);
	tap_is(try(s, "mover"), "early", "its slot moves, it has not yet");
	(void)command(from, NULL, 0, "MIGRATE 127.0.0.1 %d %b 0 5000", to->port, full, len);
	tap_is(try(s, "mover"), "early", "it has, its slot has not yet");
	(void)store_scan(s, (struct record_bytes){NULL, 0}, count_one, &seen);
	tap_is_int(seen, CLIENTS + 1, "a scan sees it");
	for (int i = 0; i < REDISCLUSTER_NODES; i++)
		(void)command(&nodes[i], NULL, 0, "CLUSTER SETSLOT %u NODE %s", slot, ids[1]);
	tap_is(try(s, "mover"), "early", "both have");
	tap_is(try(s, "mover"), "early", "which is known from then on");
}

static void
test_death(struct store *s)
{
	int64_t early = 0, away = 0;
	char client[20];

	redisserver_stop(&nodes[2]);
	for (int i = 0; i < CLIENTS; i++) {
		const char *got;

		(void)snprintf(client, sizeof client, "client %d", i);
		got = try(s, client);
		early += strcmp(got, "early") == 0;
		away += strcmp(got, "away") == 0;
	}
	tap_ok(early > 0 && away > 0, "a node is dead: %d answered, %d not", (int)early, (int)away);
	tap_is_int(early + away, CLIENTS, "and nothing else");
}

int
main(void)
{
	struct store *s;

	scratch_make(where);
	rediscluster_start(nodes, where);
	s = open_store();
	if (tap_ok(s != NULL, "opens")) {
		test_spread(s);
		test_move(s);
		test_death(s);
		store_close(&s);
	}
	for (int i = 0; i < REDISCLUSTER_NODES; i++)
		redisserver_stop(&nodes[i]);
	scratch_remove(where);
	return tap_done();
}
