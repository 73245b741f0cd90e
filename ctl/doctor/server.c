/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The servers of a shared store, asked as the daemon asks them: whether they
 * answer in time, and will remember.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/doctor/doctor.h"
#include "db/examine.h"

#ifdef HAVE_HIREDIS
#define OLDEST       6 /* version tried */
#define FULL_PERCENT 90

static void
tell_memory(struct doctor *d, const struct store_server *s)
{
	unsigned long long mb = s->used >> 20, maximum = s->maximum >> 20;

	if (s->maximum == 0)
		find(d, LEVEL_WARN, "memory",
		    "set maxmemory, and maxmemory-policy volatile-ttl there",
		    "%s may take all memory of its host; %llu MB now", s->name, mb);
	else if (strcmp(s->policy, "volatile-ttl") != 0)
		find(d, LEVEL_WARN, "memory", "set maxmemory-policy volatile-ttl there",
		    strcmp(s->policy, "noeviction") == 0
			? "when %s is full (%llu of %llu MB), nobody is greylisted any more; its "
			  "policy is %s"
			: "when %s is full (%llu of %llu MB), it removes other records than those "
			  "that "
			  "expire next; its policy is %s",
		    s->name, mb, maximum, s->policy);
	else if (s->evicted > 0 || s->used > s->maximum / 100 * FULL_PERCENT)
		find(d, LEVEL_WARN, "memory", "give it more, or lower greylist max-age",
		    "%s uses %llu of %llu MB, and has removed %llu records before their time",
		    s->name, mb, maximum, (unsigned long long)s->evicted);
	else
		find(d, LEVEL_OK, "memory", NULL, "%s uses %llu of %llu MB", s->name, mb, maximum);
}

static void
found(void *ctx, const struct store_server *s)
{
	struct doctor *d = ctx;
	int64_t deadline = d->conf->store.deadline;

	if (s->micros > deadline * 1000 / 2)
		find(d, LEVEL_WARN, "server", "bring it nearer, or make store.deadline longer",
		    "%s needs %lld ms for an answer, of %lld", s->name, (long long)s->micros / 1000,
		    (long long)deadline);
	else if (atoi(s->version) < OLDEST)
		find(d, LEVEL_WARN, "server", "use a newer one",
		    "%s has version %s; tried are %d and later", s->name, s->version, OLDEST);
	else
		find(d, LEVEL_OK, "server", NULL, "%s answers in %lld us; version %s", s->name,
		    (long long)s->micros, s->version);
	tell_memory(d, s);
	if (s->saves_known && !s->saves)
		find(d, LEVEL_WARN, "restart", "set save, or appendonly yes, there",
		    "%s forgets everything when it is restarted", s->name);
	if (s->skew != 0)
		find(d, LEVEL_WARN, "clock", "run NTP on both",
		    "the clock of %s is %lld s from ours", s->name, (long long)s->skew);
}
#endif

static void
tell(struct doctor *d)
{
#ifdef HAVE_HIREDIS
	char room[500];
	struct buf why;

	if (d->conf->store.redis == NULL)
		return;
	buf_init(&why, room, sizeof room);
	if (store_examine(&d->conf->store, found, d, &why) != STORE_OK)
		find(
		    d, LEVEL_FAIL, "server", "see section store of the configuration", "%s", why.s);
#else
	(void)d; /* the configuration cannot name one */
#endif
}

const struct probe probe_server = {.subject = "Mail filter", .tell = tell};
