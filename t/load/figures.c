/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Figures: what a run has shown, one "name value" a line, so that both people
 * and scripts can read it.  CPU is the clock of the watched process, with its
 * threads that have ended.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "t/load/load.h"

#define NS 1e9

static struct times {
	int64_t *v;
	size_t n, room;
} times[LOAD_STEP_COUNT];
static unsigned fates[FATE_COUNT];
static int64_t began, cpu_began;
static long idle_before, idle_after;

/* clang-format off */
static const char *const step_names[LOAD_STEP_COUNT] = {
	[LOAD_OPEN] = "open", [LOAD_CONNECT] = "connect", [LOAD_HELO] = "helo",
	[LOAD_MAIL] = "mail", [LOAD_RCPT] = "rcpt", [LOAD_DATA] = "data",
	[LOAD_CONTENT] = "content", [LOAD_END] = "end", [LOAD_WHOLE] = "whole",
};
static const char *const fate_names[FATE_COUNT] = {
	[FATE_ACCEPTED] = "accepted", [FATE_DEFERRED] = "deferred", [FATE_REJECTED] = "rejected",
	[FATE_DISCARDED] = "discarded", [FATE_LOST] = "lost",
};
/* clang-format on */

static int64_t
clock_ns(clockid_t id)
{
	struct timespec ts = {0};

	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t
now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static int64_t
cpu_ns(void)
{
	clockid_t id;

	return load.pid != 0 && clock_getcpuclockid(load.pid, &id) == 0 ? clock_ns(id) : 0;
}

/* A line of /proc/PID/status, in KB. */
static long
memory_kb(const char *name)
{
	char path[40], line[200];
	long kb = 0;
	FILE *f;

	(void)snprintf(path, sizeof path, "/proc/%d/status", load.pid);
	f = load.pid != 0 ? fopen(path, "re") : NULL;
	if (f == NULL)
		return 0;
	while (fgets(line, sizeof line, f) != NULL)
		if (strncmp(line, name, strlen(name)) == 0)
			kb = strtol(line + strlen(name), NULL, 10);
	(void)fclose(f);
	return kb;
}

void
figures_time(enum load_step step, int64_t ns)
{
	struct times *t = &times[step];

	if (t->n == t->room) {
		t->room = t->room == 0 ? 1024 : 2 * t->room;
		t->v = reallocarray(t->v, t->room, sizeof *t->v);
		if (t->v == NULL)
			abort();
	}
	t->v[t->n++] = ns;
}

void
figures_fate(enum load_fate fate)
{
	fates[fate]++;
}

unsigned
figures_done(void)
{
	unsigned sum = 0;

	for (int i = 0; i < FATE_COUNT; i++)
		sum += fates[i];
	return sum;
}

bool
figures_lost(void)
{
	return fates[FATE_LOST] > 0;
}

void
figures_begin(void)
{
	began = now_ns();
	cpu_began = cpu_ns();
}

void
figures_idle(bool after)
{
	*(after ? &idle_after : &idle_before) = memory_kb("VmRSS:");
}

static int
compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
print_times(enum load_step step)
{
	struct times *t = &times[step];

	if (t->n == 0)
		return;
	qsort(t->v, t->n, sizeof *t->v, compare);
	printf("%s-p50-ms %.3f\n", step_names[step], (double)t->v[t->n / 2] / 1e6);
	printf("%s-p99-ms %.3f\n", step_names[step], (double)t->v[t->n * 99 / 100] / 1e6);
	printf("%s-max-ms %.3f\n", step_names[step], (double)t->v[t->n - 1] / 1e6);
}

static void
print_cost(unsigned done)
{
	int64_t cpu = cpu_ns() - cpu_began;

	if (load.pid == 0)
		return;
	printf("cpu-s %.3f\n", (double)cpu / NS);
	if (done > 0)
		printf("cpu-s-per-1000 %.3f\n", (double)cpu / NS / done * 1000);
	printf("rss-kb %ld\npeak-kb %ld\nthreads %ld\n", memory_kb("VmRSS:"), memory_kb("VmHWM:"),
	    memory_kb("Threads:"));
	if (load.idle > 0)
		printf("idle-kb-each %.2f\n", (double)(idle_after - idle_before) / load.idle);
}

void
figures_print(void)
{
	double seconds = (double)(now_ns() - began) / NS;
	unsigned done = figures_done();

	for (int i = 0; i < FATE_COUNT; i++)
		printf("%s %u\n", fate_names[i], fates[i]);
	printf("seconds %.3f\n", seconds);
	if (done > 0)
		printf("rate %.1f\n", done / seconds);
	print_cost(done);
	for (int i = 0; i < LOAD_STEP_COUNT; i++)
		print_times((enum load_step)i);
}
