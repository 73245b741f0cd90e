/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How fast the store decides: store [-m] [-u URL [-c]] [-t THREADS] [-n DECISIONS]
 * (-m: in memory; -u: on a server of Redis; -c: of a cluster).  Prints
 * decisions per second and latencies for triplets that are new, early, passed
 * and known, in that order, then what the records cost: disk, and the time to
 * open after a clean stop and after a kill.
 */
#include "config.h"

#include "db/redis_url.h"
#include "db/store.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "t/scratch.h"

#define SAMPLES 1000000 /* latencies kept of each round, all threads */

static const struct greylist_params usual = {300, 172800, 3024000, 5};
static int64_t decisions = 100000;
static int threads = 1;
static enum store_type type = STORE_DISK;
static struct redis_url url;
static struct redis_place server = {.servers = &url, .n = 1};
static bool shared, cluster;
static char directory[SCRATCH_SIZE];
static uint32_t samples[SAMPLES]; /* us */

struct worker {
	pthread_t thread;
	struct store *store;
	int number;
	int64_t now;
	int64_t wrong, unanswered;
	enum greylist_outcome wanted;
};

static int64_t
micros(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Scattered like mail, not in the order of the keys. */
static uint64_t
scatter(uint64_t n)
{
	n *= 0x9e3779b97f4a7c15;
	return n ^ n >> 29;
}

static struct store *
open_store(void)
{
	struct store_setup setup = {.options = {.type = type,
					.cache_size = INT64_C(64) << 20,
					.redis = shared ? &server : NULL,
					.cluster = cluster,
					.prefix = "bench:",
					.deadline = 5000},
	    .directory = directory,
	    .clock = &clock_real};
	char room[256];
	struct buf why;
	struct store *s;

	if (type == STORE_MEMORY)
		setup.options.cache_size = INT64_C(16) << 30;
	buf_init(&why, room, sizeof room);
	if (store_open(&s, &setup, &why) == STORE_OK)
		return s;
	fprintf(stderr, "store: %s\n", why.s);
	exit(1);
}

static void *
work(void *arg)
{
	struct worker *w = arg;

	for (int64_t i = w->number; i < decisions; i += threads) {
		uint64_t n = scatter((uint64_t)i);
		char client[40], sender[48], rcpt[40];
		const char *fields[] = {client, sender, rcpt};
		struct record_key triplet, from;
		struct greylist_answer a;
		enum store_status status;
		int64_t begin, took;

		(void)snprintf(client, sizeof client, "%u.%u.%u.0/24", (unsigned)(n >> 56),
		    (unsigned)(n >> 48 & 255), (unsigned)(n >> 40 & 255));
		(void)snprintf(
		    sender, sizeof sender, "sender%llu@example.com", (unsigned long long)i);
		(void)snprintf(rcpt, sizeof rcpt, "user%u@example.org", (unsigned)(n & 1023));
		record_key_make(&triplet, RECORD_TRIPLET, fields, 3);
		record_key_make(&from, RECORD_CLIENT, fields, 1);
		begin = micros();
		status = store_greylist(
		    w->store, &(struct store_attempt){&triplet, &from, w->now, &usual}, &a);
		took = micros() - begin;
		w->unanswered += status != STORE_OK;
		w->wrong += status == STORE_OK && a.outcome != w->wanted;
		if (decisions <= SAMPLES || i % (decisions / SAMPLES + 1) == 0)
			samples[decisions <= SAMPLES ? i : i / (decisions / SAMPLES + 1)] =
			    (uint32_t)took;
	}
	return NULL;
}

static int
by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void
round_of(struct store *s, const char *name, int64_t now, enum greylist_outcome wanted)
{
	size_t kept =
	    (size_t)(decisions <= SAMPLES ? decisions : decisions / (decisions / SAMPLES + 1));
	struct worker *w = calloc((size_t)threads, sizeof *w);
	int64_t begin = micros(), took, wrong = 0, unanswered = 0;

	for (int i = 0; i < threads; i++) {
		w[i] = (struct worker){.store = s, .number = i, .now = now, .wanted = wanted};
		(void)pthread_create(&w[i].thread, NULL, work, &w[i]);
	}
	for (int i = 0; i < threads; i++) {
		(void)pthread_join(w[i].thread, NULL);
		wrong += w[i].wrong;
		unanswered += w[i].unanswered;
	}
	took = micros() - begin;
	qsort(samples, kept, sizeof *samples, by_value);
	printf("bailey   %-7s %3d threads %9lld decisions %8lld/s   p50 %6u us   p99 %6u us%s",
	    name, threads, (long long)decisions, (long long)(decisions * 1000000 / (took + 1)),
	    samples[kept / 2], samples[kept * 99 / 100], wrong != 0 ? "   WRONG" : "");
	if (unanswered != 0)
		printf("   %lld not answered", (long long)unanswered);
	printf("\n");
	(void)fflush(stdout);
	free(w);
}

static void
rounds(void)
{
	int64_t now = 1700000000, begin;
	struct store_stats stats;
	struct store *s = open_store();

	round_of(s, "new", now, GREYLIST_NEW);
	round_of(s, "early", now + 10, GREYLIST_EARLY);
	round_of(s, "passed", now + 300, GREYLIST_PASSED);
	round_of(s, "known", now + 400, GREYLIST_KNOWN);
	store_stats(s, &stats);
	printf(
	    "bailey   %s: %lld bytes a record\n", stats.type, (long long)stats.bytes / decisions);
	begin = micros();
	store_close(&s);
	printf("bailey   stop %lld ms\n", (long long)(micros() - begin) / 1000);
}

/* Opening when the last one stopped, or was killed in the middle of a round. */
static void
starts(void)
{
	int64_t begin = micros();
	struct store *s = open_store();
	pid_t pid;

	printf("bailey   start after a stop %lld ms\n", (long long)(micros() - begin) / 1000);
	store_close(&s);
	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		s = open_store();
		round_of(s, "known", 1700000000 + 90000, GREYLIST_KNOWN);
		(void)raise(SIGKILL);
	}
	(void)waitpid(pid, NULL, 0);
	begin = micros();
	s = open_store();
	printf("bailey   start after a kill %lld ms\n", (long long)(micros() - begin) / 1000);
	store_close(&s);
}

int
main(int argc, char **argv)
{
	struct arena a;
	const char *why;
	int opt;

	arena_init(&a, 4096);
	while ((opt = getopt(argc, argv, "cmn:t:u:")) != -1) {
		if (opt == 'm')
			type = STORE_MEMORY;
		else if (opt == 'c')
			cluster = true;
		else if (opt == 'u')
			shared = redis_url_parse(&url, optarg, REDIS_PORT, &a, &why) == 0;
		else if (opt == 't')
			threads = atoi(optarg);
		else if (opt == 'n')
			decisions = atoll(optarg);
	}
	if (threads < 1 || decisions < 1 || optind != argc) {
		fprintf(stderr, "usage: store [-m] [-u url [-c]] [-t threads] [-n decisions]\n");
		return 2;
	}
	scratch_make(directory);
	rounds();
	if (type == STORE_DISK && !shared)
		starts();
	scratch_remove(directory);
	arena_fini(&a);
	return 0;
}
