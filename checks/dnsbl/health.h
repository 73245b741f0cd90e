/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Health: what the process knows of each list, across connections and
 * reloads, and why one is set aside.
 *
 *	judge  --- answers, time-outs, faults ---> watch ---> tick: tests, log
 *	judge  <-- may it be asked? believed? ---- watch
 *
 * A watch is made when its zone is first named and lives as long as the
 * process.  Mail only reads and counts (atomics); the tests of RFC 5782 5, the
 * return of a silent zone and every log line happen in health_tick().
 */
#ifndef CHECKS_DNSBL_HEALTH_H
#define CHECKS_DNSBL_HEALTH_H

#include "checks/dnsbl/anomaly.h"
#include "checks/dnsbl/zone.h"
#include "dns/dns.h"
#include "lib/clock.h"

/* An undecided test (the DNS did not answer) is tried again after so many ms. */
#define HEALTH_RETRY		60000
/* A zone that failed is tested this often even if the interval is longer. */
#define HEALTH_FAILED_RETRY	600000
/* The same fault of the same zone is logged once in so many ms. */
#define HEALTH_FAULT_QUIET	3600000

struct health_limits {
	int64_t			test_interval;	/* ms; +- a tenth */
	int64_t			silent_after;	/* time-outs in a row */
	int64_t			silent_pause;	/* ms until a silent zone is tried again, not by mail */
	struct anomaly_limits	anomaly;	/* clients 0: off */
};

struct health;		/* of all zones */
struct watch;		/* of one zone; valid as long as the struct health */

struct health	*health_open(void);	/* NULL without memory */
/* Tests under way end by themselves. */
void		 health_close(struct health **);
/* NULL without memory: the zone is then asked and believed unwatched. */
struct watch	*health_watch(struct health *, const struct zone *);

/* Why a zone may not be asked about this family (ADDR_NONE: a name) now, or NULL. */
const char	*watch_unfit(const struct watch *, enum addr_family);
/* Its listings must not count: it lists too much of late. */
bool		 watch_is_anomalous(const struct watch *);
/* Whether a test has ended; until then, a listing is worth a second look (trial_now). */
bool		 watch_is_tested(const struct watch *, enum addr_family);

/* What mail saw. */
void		 watch_answered(struct watch *);
void		 watch_timed_out(struct watch *, const struct health_limits *);
void		 watch_fault(struct watch *, const struct addr *answer);
/* marks: enum anomaly_mark */
void		 watch_observe(struct watch *, const struct health_limits *, int64_t now,
		    const struct addr *client, unsigned marks);

/* A state has changed.  bad: the operator should look.  text begins with a verb. */
typedef void	 health_say(const struct zone *, bool bad, const char *text);

/* About once a second, from one thread: start tests, read their results, tell what changed. */
void		 health_tick(struct health *, const struct zone *zones, size_t count,
		    const struct health_limits *, struct dns *, const struct clock *,
		    health_say *);

#endif
