/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * House: services outlive connections and reloads.  One thread looks after all
 * of them, so a tick needs no lock against another one.
 */
#include "milter/house.h"

#include <string.h>
#include <time.h>

#include "milter/policy.h"

#define ROUND_S 1

static const void *
nth_section(const struct check_env *env, size_t nth)
{
	const struct conf_check *section = conf_nth_section(env->arg, env->row, nth);

	return section != NULL ? section->options : NULL;
}

static struct check_env
env_of(const struct house *h, const struct conf *conf, size_t row)
{
	return (struct check_env){.dns = h->dns,
	    .clock = h->clock,
	    .options = conf->checks[row].options,
	    .nth_section = nth_section,
	    .arg = conf,
	    .row = row};
}

void
house_open(struct house *h, const struct conf *conf)
{
	for (size_t i = 0; check_registry[i] != NULL; i++) {
		struct check_env env = env_of(h, conf, i);

		if (check_registry[i]->open != NULL)
			h->services[i] = check_registry[i]->open(&env);
	}
}

void
house_close(struct house *h)
{
	for (size_t i = 0; check_registry[i] != NULL; i++)
		if (h->services[i] != NULL)
			check_registry[i]->close(&h->services[i]);
}

void
house_tick(struct house *h, const struct conf *conf)
{
	for (size_t i = 0; check_registry[i] != NULL; i++) {
		struct check_env env = env_of(h, conf, i);

		if (h->services[i] != NULL && check_registry[i]->tick != NULL &&
		    conf_uses(conf, check_registry[i]))
			check_registry[i]->tick(h->services[i], &env);
	}
}

void
house_tell(const struct house *h, const struct conf *conf, service_fact *fn, void *arg)
{
	for (size_t i = 0; check_registry[i] != NULL; i++) {
		struct check_env env = env_of(h, conf, i);

		if (h->services[i] != NULL && check_registry[i]->tell != NULL &&
		    conf_uses(conf, check_registry[i]))
			check_registry[i]->tell(h->services[i], &env, fn, arg);
	}
}

static void *
keep(void *arg)
{
	struct house *h = arg;
	struct timespec until;
	struct conf *conf;

	(void)pthread_mutex_lock(&h->lock);
	while (!h->stopping) {
		(void)pthread_mutex_unlock(&h->lock);
		conf = conf_current();
		house_tick(h, conf);
		conf_unref(&conf);
		(void)clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += ROUND_S;
		(void)pthread_mutex_lock(&h->lock);
		while (!h->stopping && pthread_cond_timedwait(&h->wake, &h->lock, &until) == 0)
			continue;
	}
	(void)pthread_mutex_unlock(&h->lock);
	return NULL;
}

int
house_start(struct house *h, const char **why_r)
{
	pthread_condattr_t monotonic;
	int error;

	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&h->wake, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	(void)pthread_mutex_init(&h->lock, NULL);
	h->stopping = false;
	if ((error = pthread_create(&h->thread, NULL, keep, h)) != 0) {
		*why_r = strerror(error);
		return -1;
	}
	h->running = true;
	return 0;
}

void
house_stop(struct house *h)
{
	if (!h->running)
		return;
	(void)pthread_mutex_lock(&h->lock);
	h->stopping = true;
	(void)pthread_cond_signal(&h->wake);
	(void)pthread_mutex_unlock(&h->lock);
	(void)pthread_join(h->thread, NULL);
	(void)pthread_cond_destroy(&h->wake);
	(void)pthread_mutex_destroy(&h->lock);
	h->running = false;
}
