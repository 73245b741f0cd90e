/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What servers of Redis answer, through hiredis and all of the store above it.
 * Input: a line of letters, capitals for what the store is and small ones for
 * what it is asked; then what each connection will hear, with form feeds
 * between.  A good greeting stands before that, unless capital T is there.
 */
#include "t/fuzz/fuzz.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "db/examine.h"
#include "db/redis_private.h"
#include "t/fuzz/input.h"

const char fuzz_name[] = "redis_answer";

#define PEERS    64 /* connections that may be open at once; the oldest then hangs up */
#define DEADLINE 1000 /* ms: never waited for, since whoever has said all hangs up */

static const struct redis_url nodes[] = {
    {.host = "127.0.0.1", .port = REDIS_PORT}, {.host = "/redis", .port = 0}};
static const struct redis_url sentinels[] = {{.host = "127.0.0.1", .port = REDIS_SENTINEL_PORT},
    {.host = "127.0.0.2", .port = REDIS_SENTINEL_PORT},
    {.host = "127.0.0.3", .port = REDIS_SENTINEL_PORT}};

static const char *letters;
static struct input script;
static int peers[PEERS]; /* 0: none */
static unsigned connections;

static void
hear(int fd, const char *bytes, size_t len)
{
	if (send(fd, bytes, len, MSG_NOSIGNAL) != (ssize_t)len)
		abort();
}

/* A connection to a server that says the next part of the input, and then no more. */
static redisContext *
next_connection(bool greeted)
{
	static const char time[] = "*2\r\n$10\r\n1700000000\r\n$1\r\n0\r\n";
	unsigned slot = connections++ % PEERS;
	redisContext *c;
	char *part;
	size_t len;
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd) != 0)
		abort();
	if (peers[slot] != 0)
		(void)close(peers[slot]);
	peers[slot] = fd[1];
	if (greeted && strchr(letters, 'P') != NULL)
		hear(fd[1], "+OK\r\n+OK\r\n", 10);
	if (greeted)
		hear(fd[1], time, sizeof time - 1);
	part = input_part(&script, '\f', &len);
	hear(fd[1], part, len);
	(void)shutdown(fd[1], SHUT_WR);
	c = redisConnectFd(fd[0]);
	c->flags &= ~REDIS_BLOCK;
	return c;
}

redisContext *__wrap_redisConnectNonBlock(const char *, int);
redisContext *__wrap_redisConnectUnixNonBlock(const char *);
int __wrap_getaddrinfo(const char *, const char *, const struct addrinfo *, struct addrinfo **);
int __real_getaddrinfo(const char *, const char *, const struct addrinfo *, struct addrinfo **);
int __wrap_maint_start(struct store *);
void __wrap_redis_close(struct redis **);
void __real_redis_close(struct redis **);

redisContext *
__wrap_redisConnectNonBlock(const char *host, int port)
{
	(void)host;
	if (port < 1 || port > 65535)
		abort();
	return next_connection(port != REDIS_SENTINEL_PORT && strchr(letters, 'T') == NULL);
}

redisContext *
__wrap_redisConnectUnixNonBlock(const char *path)
{
	/* No server sends us to a file. */
	if (strcmp(path, nodes[1].host) != 0)
		abort();
	return next_connection(strchr(letters, 'T') == NULL);
}

/* Nobody is asked for names. */
int
__wrap_getaddrinfo(
    const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
	struct addrinfo numeric = *hints;

	numeric.ai_flags |= AI_NUMERICHOST;
	return __real_getaddrinfo(host, service, &numeric, found);
}

/* What its thread would do is asked for by letters. */
int
__wrap_maint_start(struct store *s)
{
	(void)s;
	return 0;
}

/* Every connection is given back, every slot has an owner that counts as one, clocks can be added. */
void
__wrap_redis_close(struct redis **rp)
{
	struct redis *r = *rp;

	if (atomic_load(&r->skew) > UINT32_MAX || atomic_load(&r->skew) < -(int64_t)UINT32_MAX)
		abort();
	for (size_t i = 0; i < r->node_count; i++)
		if (r->nodes[i]->lent != 0 || r->nodes[i]->idle_count > REDIS_CONNECTIONS)
			abort();
	for (size_t i = 0; r->slots != NULL && i < REDIS_SLOTS; i++)
		if (r->slots[i] != NULL && r->slots[i]->port == 0 &&
		    strcmp(r->slots[i]->host, nodes[1].host) != 0)
			abort();
	__real_redis_close(rp);
}

static void
must_be_record(struct record_bytes key, struct record_bytes value)
{
	if (key.n == 0 || key.n > RECORD_KEY_MAX || value.n > RECORD_VALUE_MAX)
		abort();
}

static bool
visit(void *sum, struct record_bytes key, struct record_bytes value)
{
	must_be_record(key, value);
	for (size_t i = 0; i < value.n; i++)
		*(unsigned *)sum += value.p[i];
	return true;
}

static void
found(void *ctx, const struct store_server *s)
{
	(void)ctx;
	if (strnlen(s->version, sizeof s->version) == sizeof s->version ||
	    strnlen(s->policy, sizeof s->policy) == sizeof s->policy)
		abort();
}

static void
ask_greylist(struct store *s, const struct store_attempt *t)
{
	struct greylist_answer a = {.outcome = GREYLIST_NEW};

	if (store_greylist(s, t, &a) != STORE_OK)
		return;
	if (a.outcome > GREYLIST_ALLOWED || a.wait < 0 || a.wait > UINT32_MAX || a.delayed < 0 ||
	    a.delayed > UINT32_MAX)
		abort();
}

static void
ask(struct store *s, char verb, struct store_cursor *c)
{
	static const struct greylist_params params = {300, 172800, 3024000, 5};
	static const char *const fields[] = {"192.0.2.0/24", "joe@example.com", "user@example.org"};
	static const uint8_t value[RECORD_GREYLIST_SIZE] = {RECORD_VERSION, 0xff};
	struct record_key triplet, client;
	const struct store_attempt t = {&triplet, &client, 1700000000, &params};
	uint8_t out[RECORD_VALUE_MAX];
	struct store_stats stats;
	unsigned sum = 0;
	uint64_t removed;
	size_t len;

	record_key_make(&triplet, RECORD_TRIPLET, fields, 3);
	record_key_make(&client, RECORD_CLIENT, fields, 1);
	switch (verb) {
	case 'g':
		ask_greylist(s, &t);
		break;
	case 'c':
		(void)store_credit(s, &client, t.now, &params);
		break;
	case 'r':
		if (store_get(s, &triplet, t.now, out, sizeof out, &len) == STORE_OK &&
		    len > RECORD_VALUE_MAX - RECORD_HEAD)
			abort();
		break;
	case 'w':
		(void)store_put_value(
		    s, record_key_bytes(&triplet), (struct record_bytes){value, sizeof value});
		break;
	case 'd':
		(void)store_remove(s, &triplet);
		break;
	case 's':
		(void)store_scan_step(s, (struct record_bytes){NULL, 0}, c, visit, &sum);
		break;
	case 'x':
		(void)store_sweep_step(s, c, t.now, &removed);
		break;
	case 'f':
		store_flush(s);
		break;
	case 'i':
		store_stats(s, &stats);
		break;
	}
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct store_setup setup = {.options = {.type = STORE_MEMORY,
					.cache_size = 1 << 20,
					.prefix = "b:",
					.deadline = DEADLINE},
	    .directory = "",
	    .clock = &clock_real};
	struct redis_place place = {.servers = nodes, .n = 2};
	struct store_cursor cursor = {.started = false};
	char room[256];
	struct store *s;
	struct buf why;

	input_open(&script, data, len);
	letters = input_line(&script);
	setup.options.redis = &place;
	setup.options.cluster = strchr(letters, 'C') != NULL;
	if (!setup.options.cluster && strchr(letters, 'S') != NULL) {
		setup.options.sentinel = "mail";
		place.servers = sentinels;
		place.n = sizeof sentinels / sizeof sentinels[0];
	}
	setup.options.keys = strchr(letters, 'H') != NULL ? STORE_KEYS_HASHED : STORE_KEYS_PLAIN;
	setup.options.down = strchr(letters, 'L') != NULL ? STORE_DOWN_LOCAL : STORE_DOWN_PASS;
	if (strchr(letters, 'P') != NULL) {
		place.password = "secret";
		place.db = 1;
	}
	buf_init(&why, room, sizeof room);
	if (strchr(letters, 'E') != NULL)
		(void)store_examine(&setup.options, found, NULL, &why);
	else if (store_open(&s, &setup, &why) == STORE_OK) {
		for (const char *verb = letters; *verb != '\0'; verb++)
			ask(s, *verb, &cursor);
		store_close(&s);
	}
	for (unsigned i = 0; i < PEERS; i++) {
		if (peers[i] != 0)
			(void)close(peers[i]);
		peers[i] = 0;
	}
	input_close(&script);
}
