/* SPDX-License-Identifier: BSD-2-Clause */
/* Relaxed atomic words: each is right, and nobody waits for another. */
#include "lib/histogram.h"

#include <time.h>

static void
add(uint64_t *word, uint64_t n)
{
	(void)__atomic_fetch_add(word, n, __ATOMIC_RELAXED);
}

int64_t
histogram_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static size_t
bucket_of(uint64_t us)
{
	unsigned k;
	size_t i;

	if (us < 2)
		return 0;
	k = 63 - (unsigned)__builtin_clzll(us);
	i = 2 * k + (us >> (k - 1) & 1);
	return i < HISTOGRAM_BUCKETS ? i : HISTOGRAM_BUCKETS - 1;
}

uint64_t
histogram_limit(size_t bucket)
{
	uint64_t begin = (uint64_t)1 << bucket / 2;

	if (bucket + 1 >= HISTOGRAM_BUCKETS)
		return UINT64_MAX;
	/* 0 and 1 microseconds are one bucket. */
	return bucket < 2 ? 2 : bucket % 2 == 0 ? begin + begin / 2 : 2 * begin;
}

void
histogram_since(struct histogram *h, int64_t began)
{
	int64_t us = histogram_now() - began;

	add(&h->buckets[bucket_of(us > 0 ? (uint64_t)us : 0)], 1);
	add(&h->sum, us > 0 ? (uint64_t)us : 0);
}

void
histogram_read(const struct histogram *h, struct histogram *out)
{
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		out->buckets[i] = __atomic_load_n(&h->buckets[i], __ATOMIC_RELAXED);
	out->sum = __atomic_load_n(&h->sum, __ATOMIC_RELAXED);
}

uint64_t
histogram_count(const struct histogram *h)
{
	uint64_t n = 0;

	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		n += h->buckets[i];
	return n;
}

uint64_t
histogram_percentile(const struct histogram *h, double share)
{
	double wanted = share * (double)histogram_count(h);
	uint64_t n = 0;

	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		n += h->buckets[i];
		if (n > 0 && (double)n >= wanted)
			return i + 1 < HISTOGRAM_BUCKETS ? histogram_limit(i)
							 : histogram_limit(i - 1);
	}
	return 0;
}
