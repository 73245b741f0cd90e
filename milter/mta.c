/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Macros are remembered as they came last, not counted, so that what was
 * mended is seen to be mended.
 */
#include "config.h"

#include "milter/mta.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/clock.h"

#define MESSAGES_MAX 1000 /* then all counts are halved */

static const char *const macros[] = {
    [MTA_J] = "j",
    [MTA_DAEMON_NAME] = "{daemon_name}",
    [MTA_DAEMON_ADDR] = "{daemon_addr}",
    [MTA_DAEMON_PORT] = "{daemon_port}",
    [MTA_I] = "i",
};

static const char *const fields[] = {
    [MTA_TRACE_AUTHRES] = "Authentication-Results",
    [MTA_TRACE_GREYLIST] = "X-Greylist",
    [MTA_TRACE_SPF] = "Received-SPF",
    [MTA_TRACE_DKIM] = "DKIM-Filter",
    [MTA_TRACE_DMARC] = "DMARC-Filter",
    [MTA_TRACE_RSPAMD] = "X-Rspamd-Server",
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of facts */
static struct mta_facts facts;

const char *
mta_macro_text(enum mta_macro m)
{
	return macros[m];
}

const char *
mta_trace_text(enum mta_trace t)
{
	return fields[t];
}

void
mta_negotiated(const struct mta_offer *offer)
{
	int64_t now = clock_wall(&clock_real);

	(void)pthread_mutex_lock(&lock);
	facts.negotiated = now;
	facts.offer = *offer;
	(void)pthread_mutex_unlock(&lock);
}

void
mta_macro(enum mta_macro m, const char *value)
{
	unsigned bit = 1U << m;

	(void)pthread_mutex_lock(&lock);
	facts.there = value != NULL ? facts.there | bit : facts.there & ~bit;
	facts.missing = value == NULL ? facts.missing | bit : facts.missing & ~bit;
	if (m == MTA_J && value != NULL)
		(void)snprintf(facts.hostname, sizeof facts.hostname, "%s", value);
	(void)pthread_mutex_unlock(&lock);
}

void
mta_connected(const char *version)
{
	(void)pthread_mutex_lock(&lock);
	facts.connections++;
	if (version != NULL)
		(void)snprintf(facts.version, sizeof facts.version, "%s", version);
	(void)pthread_mutex_unlock(&lock);
}

unsigned
mta_trace(const char *name, const char *value, const char *hostname)
{
	for (enum mta_trace t = MTA_TRACE_AUTHRES + 1; t < MTA_TRACE_COUNT; t++)
		if (strcasecmp(name, fields[t]) == 0)
			return *hostname != '\0' && strcasestr(value, hostname) != NULL ? 1U << t
											: 0;
	return 0;
}

void
mta_message(unsigned traces)
{
	(void)pthread_mutex_lock(&lock);
	if (facts.messages == MESSAGES_MAX) {
		facts.messages /= 2;
		for (enum mta_trace t = 0; t < MTA_TRACE_COUNT; t++)
			facts.traces[t] /= 2;
	}
	facts.messages++;
	for (enum mta_trace t = 0; t < MTA_TRACE_COUNT; t++)
		facts.traces[t] += traces >> t & 1;
	(void)pthread_mutex_unlock(&lock);
}

void
mta_get(struct mta_facts *out)
{
	(void)pthread_mutex_lock(&lock);
	*out = facts;
	(void)pthread_mutex_unlock(&lock);
}
