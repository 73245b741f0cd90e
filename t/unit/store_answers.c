/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a server of Redis may answer, and what becomes of it: errors of every
 * kind, and what no server should say.  The one here says what it is told to.
 */
#include "db/redis.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "db/redis_url.h"
#include "t/scratch.h"
#include "t/tap.h"
#include "t/unit/teststore.h"

#define DEADLINE 2000 /* ms: longer than a busy machine lets a good server wait */
#define MUCH     (20 * 1024 * 1024) /* bytes: no record or list of slots is that long */

/* What is said to a command, unless "OK" will do. */
struct line {
	const char *command, *answer;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of these */
static struct line lines[2];

static int listener;
static char where[SCRATCH_SIZE], path[SCRATCH_SIZE + 8];
static struct redis_url url = {.host = path};
static const struct redis_place place = {.servers = &url, .n = 1};

static const char *
answer_to(const char *command)
{
	const char *answer = "+OK\r\n";

	(void)pthread_mutex_lock(&lock);
	for (size_t i = 0; i < 2; i++)
		if (lines[i].command != NULL && strcmp(command, lines[i].command) == 0)
			answer = lines[i].answer;
	(void)pthread_mutex_unlock(&lock);
	return answer;
}

/* A hiredis reader reads commands, too: they are arrays of strings. */
static void *
serve(void *arg)
{
	redisReader *reader = redisReaderCreate();
	int fd = (int)(intptr_t)arg;
	char room[4096];
	const char *answer;
	redisReply *command;
	ssize_t n;
	bool good = true;

	while (good && (n = read(fd, room, sizeof room)) > 0) {
		(void)redisReaderFeed(reader, room, (size_t)n);
		while (good && redisReaderGetReply(reader, (void **)&command) == REDIS_OK &&
		       command != NULL) {
			answer = answer_to(command->element[0]->str);
			good = send(fd, answer, strlen(answer), MSG_NOSIGNAL) >= 0 &&
			       answer[0] != '\0';
			freeReplyObject(command);
		}
	}
	redisReaderFree(reader);
	(void)close(fd);
	return NULL;
}

static void *
listen_on(void *unused)
{
	pthread_t thread;
	int fd;

	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		(void)pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd);
		(void)pthread_detach(thread);
	}
	return unused;
}

static void
say(const struct line *first, const struct line *second)
{
	(void)pthread_mutex_lock(&lock);
	lines[0] = *first;
	lines[1] = *second;
	(void)pthread_mutex_unlock(&lock);
	(void)teststore_said("");
}

static struct store *
open_store(void)
{
	struct store_setup setup = {.options = {.type = STORE_MEMORY,
					.cache_size = 1 << 20,
					.redis = &place,
					.prefix = "fake:",
					.deadline = DEADLINE},
	    .directory = where,
	    .clock = &clock_real,
	    .tell = teststore_hear};

	return teststore_open(&setup);
}

static enum store_status
attempt(struct store *s)
{
	static const struct greylist_params usual = {300, 172800, 3024000, 5};
	const char *fields[] = {"192.0.2.0/24", "joe@example.com", "user@example.org"};
	struct greylist_answer a;
	struct record_key triplet, from;

	record_key_make(&triplet, RECORD_TRIPLET, fields, 3);
	record_key_make(&from, RECORD_CLIENT, fields, 1);
	return store_greylist(
	    s, &(struct store_attempt){&triplet, &from, clock_wall(&clock_real), &usual}, &a);
}

/* clang-format off */
#define WRAPPED "-ERR Error running script (call to f_6b1bf486c81ceb7edf3c093f4c48582e38c0e791): @user_script:41: @user_script: 41: "
static const struct { const char *name; struct line lines[2]; const char *status, *said; } cases[] = {
	{ "an answer", {{ "EVALSHA", "*4\r\n:0\r\n:300\r\n:0\r\n:1\r\n" }}, "ok", "" },
	{ "it is loading", {{ "EVALSHA", "-LOADING Redis is loading the dataset in memory\r\n" }}, "away", "LOADING" },
	{ "its master is down", {{ "EVALSHA", "-MASTERDOWN Link with MASTER is down\r\n" }}, "away", "MASTERDOWN" },
	{ "a replica", {{ "EVALSHA", "-READONLY You can't write against a read only replica.\r\n" }}, "away", "READONLY" },
	{ "a replica of Redis 6", {{ "EVALSHA", WRAPPED "-READONLY You can't write against a read only replica. \r\n" }}, "away", "READONLY" },
	{ "full", {{ "EVALSHA", "-OOM command not allowed when used memory > 'maxmemory'.\r\n" }}, "full", "OOM" },
	{ "full, of Redis 6", {{ "EVALSHA", WRAPPED "-OOM command not allowed when used memory > 'maxmemory'. \r\n" }}, "full", "OOM" },
	{ "its disk is full", {{ "EVALSHA", "-MISCONF Redis is configured to save RDB snapshots\r\n" }}, "full", "MISCONF" },
	{ "slots are uncovered", {{ "EVALSHA", "-CLUSTERDOWN Hash slot not served\r\n" }}, "away", "CLUSTERDOWN" },
	{ "a slot moves", {{ "EVALSHA", "-TRYAGAIN Multiple keys request during rehashing of slot\r\n" }}, "busy", "TRYAGAIN" },
	{ "too few replicas", {{ "EVALSHA", "-NOREPLICAS Not enough good replicas to write.\r\n" }}, "away", "NOREPLICAS" },
	{ "somebody's script", {{ "EVALSHA", "-BUSY Redis is busy running a script.\r\n" }}, "busy", "BUSY" },
	{ "no login", {{ "TIME", "-NOAUTH Authentication required.\r\n" }}, "away", "NOAUTH" },
	{ "too many clients", {{ "TIME", "-ERR max number of clients reached\r\n" }}, "away", "max number of clients" },
	{ "no right to scripts", {{ "EVALSHA", "-NOPERM this user has no permissions to run the 'evalsha' command\r\n" }}, "failed", "'evalsha'" },
	{ "no right to load them", {{ "EVALSHA", "-NOSCRIPT No matching script.\r\n" }, { "SCRIPT", "-NOPERM no permissions to run 'script|load'\r\n" }}, "failed", "'script|load'" },
	{ "no script, though it is loaded", {{ "EVALSHA", "-NOSCRIPT No matching script.\r\n" }, { "SCRIPT", "-NOSCRIPT No matching script.\r\n" }}, "failed", "NOSCRIPT" },
	{ "without scripts", {{ "EVALSHA", "-ERR unknown command 'EVALSHA'\r\n" }}, "failed", "unknown command" },
	{ "another type", {{ "EVALSHA", "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n" }}, "newer", "WRONGTYPE" },
	{ "a cluster, though we know of none", {{ "EVALSHA", "-MOVED 3999 127.0.0.1:6381\r\n" }}, "failed", "MOVED" },
	{ "it forgets every script", {{ "EVALSHA", "-NOSCRIPT No matching script.\r\n" }}, "away", "" },
	{ "a record of a newer release", {{ "EVALSHA", "*1\r\n:-1\r\n" }}, "newer", "newer release" },
	{ "an outcome there is not", {{ "EVALSHA", "*4\r\n:5\r\n:0\r\n:0\r\n:0\r\n" }}, "failed", "not its own" },
	{ "another one", {{ "EVALSHA", "*4\r\n:-2\r\n:0\r\n:0\r\n:0\r\n" }}, "failed", "not its own" },
	{ "a word", {{ "EVALSHA", "+OK\r\n" }}, "failed", "not its own" },
	{ "a number", {{ "EVALSHA", ":1\r\n" }}, "failed", "not its own" },
	{ "nothing", {{ "EVALSHA", "$-1\r\n" }}, "failed", "not its own" },
	{ "an array of nothing", {{ "EVALSHA", "*0\r\n" }}, "failed", "not its own" },
	{ "no array", {{ "EVALSHA", "*-1\r\n" }}, "failed", "not its own" },
	{ "text for numbers", {{ "EVALSHA", "*4\r\n$1\r\n0\r\n:1\r\n:1\r\n:1\r\n" }}, "failed", "not its own" },
	{ "a time to wait below zero", {{ "EVALSHA", "*4\r\n:0\r\n:-1\r\n:0\r\n:1\r\n" }}, "failed", "not its own" },
	{ "a count no record holds", {{ "EVALSHA", "*4\r\n:0\r\n:300\r\n:0\r\n:4294967296\r\n" }}, "failed", "not its own" },
	{ "an array without end", {{ "EVALSHA", "*2147483647\r\n:0\r\n" }}, "away", "too many elements" },
	{ "arrays in arrays", {{ "EVALSHA", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n" }}, "away", "" },
	{ "another protocol", {{ "EVALSHA", "HTTP/1.1 400 Bad Request\r\n" }}, "away", "Protocol error" },
	{ "a length below zero", {{ "EVALSHA", "$-5\r\n" }}, "away", "" },
	{ "hanging up", {{ "EVALSHA", "" }}, "away", "closed" },
	{ "a clock of numbers", {{ "TIME", "*2\r\n:0\r\n:0\r\n" }}, "failed", "not its own" },
	{ "a clock before all times", {{ "TIME", "*2\r\n$20\r\n-9223372036854775808\r\n$1\r\n0\r\n" }, { "EVALSHA", "*4\r\n:0\r\n:300\r\n:0\r\n:1\r\n" }}, "ok", "" },
	{ "no clock", {{ "TIME", "*0\r\n" }}, "failed", "not its own" },
};
/* clang-format on */

/* A string far longer than any answer, as much of it as is read. */
static void
test_long(void)
{
	static char text[MUCH + 32]; /* which is still being said when we have gone on */
	struct store *s;

	(void)snprintf(text, sizeof text, "$%d\r\n", MUCH);
	memset(text + strlen(text), 'x', MUCH);
	text[MUCH + 31] = '\0';
	say(&(struct line){"EVALSHA", text}, &(struct line){NULL, NULL});
	s = open_store();
	tap_is(store_status_word(attempt(s)), "away", "an answer without end");
	tap_ok(teststore_said("longer than"), "is not read to its end");
	store_close(&s);
}

int
main(void)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	pthread_t thread;
	struct store *s;

	scratch_make(where);
	(void)snprintf(path, sizeof path, "%s/socket", where);
	(void)snprintf(sun.sun_path, sizeof sun.sun_path, "%.107s", path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)bind(listener, (struct sockaddr *)&sun, sizeof sun);
	(void)listen(listener, 16);
	(void)pthread_create(&thread, NULL, listen_on, NULL);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		say(&cases[i].lines[0], &cases[i].lines[1]);
		s = open_store();
		tap_is(store_status_word(attempt(s)), cases[i].status, "%s", cases[i].name);
		tap_ok(teststore_said(cases[i].said), "%s: \"%s\" is said", cases[i].name,
		    cases[i].said);
		store_close(&s);
	}
	test_long();
	(void)shutdown(listener, SHUT_RDWR);
	(void)pthread_join(thread, NULL);
	(void)close(listener);
	scratch_remove(where);
	return tap_done();
}
