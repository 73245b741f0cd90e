/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trial: asks a list for an entry that must be there and one that must not,
 * and reads what that says of the list.  The two answers come on the
 * resolver's thread; the trial lives until they and its owner let go of it.
 */
#include "checks/dnsbl/trial.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks/dnsbl/zone.h"
#include "lib/name.h"

enum { PRESENT, ABSENT, ENTRY_COUNT };

#define ZEROS "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."

/* clang-format off */
static const struct {
	const char	*entry[ENTRY_COUNT];
	const char	*missing, *wildcard;
} tests[] = {
	[ADDR_NONE] = { { "test", "invalid" },
	    "does not list TEST: it was emptied, has died, or is not a list of names",
	    "lists INVALID: it lists everything" },
	[ADDR_V4] = { { "2.0.0.127", "1.0.0.127" },
	    "does not list 127.0.0.2: it was emptied, has died, or is not a list of addresses",
	    "lists 127.0.0.1: it lists everything" },
	[ADDR_V6] = { { "2.0.0.0.0.0.f.7.f.f.f.f." ZEROS, "1.0.0.0.0.0.f.7.f.f.f.f." ZEROS },
	    "does not list ::FFFF:7F00:2: it knows no IPv6 addresses",
	    "lists ::FFFF:7F00:1: it lists every IPv6 address" },
};
/* clang-format on */

struct entry {
	struct trial *trial;
	enum reading reading;
	const char *fault; /* of READING_FAULT */
};

struct trial {
	struct dns_session *session; /* the owner's */
	atomic_uint holders; /* the owner and each question */
	atomic_uint pending; /* questions */
	enum addr_family family;
	bool ping;
	char zone[NAME_TEXT_SIZE];
	struct entry entry[ENTRY_COUNT];
};

static void
entry_read(struct entry *e, const char *zone, const struct dns_answer *answer)
{
	const struct addr *fault = NULL;

	e->reading = fault_read(zone, answer, &fault);
	if (fault != NULL)
		e->fault = fault_text(zone, fault);
}

/* A fault tells most, then an entry that must not be there: both are certain whatever the rest. */
static enum trial_outcome
conclude(const struct entry entry[ENTRY_COUNT], enum addr_family family, const char **why_r)
{
	for (int i = PRESENT; i <= ABSENT; i++) {
		if (entry[i].reading != READING_FAULT)
			continue;
		*why_r = entry[i].fault;
		return TRIAL_UNSOUND;
	}
	if (entry[ABSENT].reading == READING_LISTED) {
		*why_r = tests[family].wildcard;
		return TRIAL_UNSOUND;
	}
	if (entry[PRESENT].reading == READING_UNLISTED) {
		*why_r = tests[family].missing;
		return TRIAL_UNSOUND;
	}
	return entry[PRESENT].reading == READING_LISTED && entry[ABSENT].reading == READING_UNLISTED
		   ? TRIAL_SOUND
		   : TRIAL_UNKNOWN;
}

static void
release(struct trial *t)
{
	if (atomic_fetch_sub(&t->holders, 1) == 1)
		free(t);
}

static void
entry_answered(struct dns_session *session, const struct dns_answer *answer, void *arg)
{
	struct entry *e = arg;
	struct trial *t = e->trial;

	(void)session;
	entry_read(e, t->zone, answer);
	atomic_fetch_sub(&t->pending, 1);
	release(t);
}

static struct trial *
trial_new(struct dns *dns, const char *zone)
{
	struct trial *t = calloc(1, sizeof *t);

	if (t == NULL || (t->session = dns_session_new(dns)) == NULL) {
		free(t);
		return NULL;
	}
	(void)strncpy(t->zone, zone, sizeof t->zone - 1);
	atomic_init(&t->holders, 1);
	atomic_init(&t->pending, 0);
	return t;
}

static void
ask(struct trial *t, int i, const char *subject)
{
	char name[NAME_TEXT_SIZE];

	t->entry[i].trial = t;
	if (!zone_question(name, subject, t->zone))
		return;
	atomic_fetch_add(&t->holders, 1);
	atomic_fetch_add(&t->pending, 1);
	dns_ask_then(t->session, name, DNS_A, entry_answered, &t->entry[i]);
}

struct trial *
trial_start(struct dns *dns, const char *zone, enum addr_family family)
{
	struct trial *t = trial_new(dns, zone);

	if (t == NULL)
		return NULL;
	t->family = family;
	for (int i = PRESENT; i <= ABSENT; i++)
		ask(t, i, tests[family].entry[i]);
	return t;
}

struct trial *
trial_ping(struct dns *dns, const char *zone)
{
	struct trial *t = trial_new(dns, zone);
	char nonce[16];

	if (t == NULL)
		return NULL;
	t->ping = true;
	(void)snprintf(nonce, sizeof nonce, "x%08x", arc4random());
	ask(t, PRESENT, nonce);
	return t;
}

enum trial_outcome
trial_outcome(struct trial *t, const char **why_r)
{
	if (atomic_load(&t->pending) > 0)
		return TRIAL_PENDING;
	if (t->ping)
		return t->entry[PRESENT].reading == READING_UNKNOWN ? TRIAL_UNKNOWN : TRIAL_SOUND;
	return conclude(t->entry, t->family, why_r);
}

void
trial_free(struct trial **tp)
{
	if (*tp == NULL)
		return;
	dns_session_free(&(*tp)->session);
	release(*tp);
	*tp = NULL;
}

enum trial_outcome
trial_now(struct dns_session *session, const char *zone, enum addr_family family, int64_t deadline,
    const char **why_r)
{
	struct entry entry[ENTRY_COUNT] = {0};
	char name[ENTRY_COUNT][NAME_TEXT_SIZE];
	int i;

	for (i = PRESENT; i <= ABSENT; i++) {
		if (!zone_question(name[i], tests[family].entry[i], zone))
			return TRIAL_UNKNOWN;
		dns_ask(session, name[i], DNS_A);
	}
	for (i = PRESENT; i <= ABSENT; i++)
		entry_read(&entry[i], zone, dns_get(session, name[i], DNS_A, deadline));
	return conclude(entry, family, why_r);
}
