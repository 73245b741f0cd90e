/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Histogram: durations by size, two buckets for each power of two: bucket 2k
 * holds [2^k, 1.5 * 2^k) microseconds, 2k + 1 the rest up to 2^(k+1).  So a
 * percentile is at most half too high.  Counting takes no lock; nothing but
 * uint64_t in it, so it can be copied and subtracted as an array.
 */
#ifndef LIB_HISTOGRAM_H
#define LIB_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_BUCKETS	54	/* the last one from 100 s up: beyond every budget */

struct histogram {
	uint64_t	buckets[HISTOGRAM_BUCKETS];
	uint64_t	sum;		/* us */
};

int64_t	histogram_now(void);	/* us, CLOCK_MONOTONIC */
/* One more, from histogram_now() then until now; any thread. */
void	histogram_since(struct histogram *, int64_t began);
/* A reading, while others count. */
void	histogram_read(const struct histogram *, struct histogram *out);

uint64_t histogram_count(const struct histogram *);
/* Microseconds; the upper end of the bucket where that share (0 to 1) is reached, 0 without any. */
uint64_t histogram_percentile(const struct histogram *, double share);
/* The upper end of a bucket; UINT64_MAX of the last. */
uint64_t histogram_limit(size_t bucket);

#endif
