/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * House: what all connections of a process share beside the configuration,
 * and the thread that keeps it in order.
 */
#ifndef MILTER_HOUSE_H
#define MILTER_HOUSE_H

#include <pthread.h>

#include "milter/conf.h"

struct house {
	struct dns		*dns;			/* NULL: no check asks the DNS (tests) */
	const struct clock	*clock;
	void			*services[CHECKS_MAX];	/* by registry row; NULL: none */

	/* house.c */
	pthread_t		 thread;
	pthread_mutex_t		 lock;			/* of stopping */
	pthread_cond_t		 wake;
	bool			 running, stopping;
};

/* Open the checks' services; dns and clock are set.  Undone by house_close(), when no connection is left. */
void	house_open(struct house *, const struct conf *);
void	house_close(struct house *);
/* One round of every check that is not off, with the options of this configuration. */
void	house_tick(struct house *, const struct conf *);
/* What the services of checks that are not off know. */
void	house_tell(const struct house *, const struct conf *, service_fact *, void *arg);
/* A round about once a second, with the configuration in force.  0, or -1 with *why_r. */
int	house_start(struct house *, const char **why_r);
/* The thread has ended when this returns; NULL-safe before house_start(). */
void	house_stop(struct house *);

#endif
