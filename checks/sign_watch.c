/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The thread that ticks must not wait, so a batch of keys is asked for in one
 * tick and judged in a later one, when the answers lie in the cache.
 */
#include "checks/sign_watch.h"

#include <stdlib.h>

#include "lib/log.h"

#define BATCH    64 /* keys: a drop among the look-ups of a busy server */
#define WAIT_MS  6000 /* for their answers; longer than one look-up takes by default */
#define AGAIN_MS (INT64_C(3600) * 1000) /* where the DNS could not tell */
#define WHY_SIZE 100

struct sign_watch {
	const struct sign_options *options; /* in force at the last tick; never looked into */
	struct dns_session *dns;
	int64_t due; /* clock_mono of the next step */
	size_t next; /* key to begin with */
	bool asked; /* the batch from there on */
	size_t wrong, unknown; /* keys, in this round */
};

struct batch {
	struct sign_watch *watch;
	const struct check_env *env;
	size_t seen; /* keys passed by */
	void (*fn)(struct batch *, const struct sign_key *, const char *name);
};

static void
each(const struct sign_key *k, const char *domain, void *arg)
{
	struct batch *b = arg;
	char name[SIGN_KEY_NAME_SIZE];
	size_t i = b->seen++;

	if (i < b->watch->next || i >= b->watch->next + BATCH)
		return;
	sign_key_name(k, domain, name);
	b->fn(b, k, name);
}

/* fn for each key of the batch that is due; the number of all keys. */
static size_t
walk(struct sign_watch *w, const struct check_env *env,
    void (*fn)(struct batch *, const struct sign_key *, const char *))
{
	struct batch b = {.watch = w, .env = env, .fn = fn};

	sign_each_key(env->options, each, &b);
	return b.seen;
}

static void
ask(struct batch *b, const struct sign_key *k, const char *name)
{
	(void)k;
	dns_ask(b->watch->dns, name, DNS_TXT);
}

static void
judge(struct batch *b, const struct sign_key *k, const char *name)
{
	const struct dns_answer *a =
	    dns_get(b->watch->dns, name, DNS_TXT, clock_mono(b->env->clock));
	char room[WHY_SIZE];
	struct buf why;

	buf_init(&why, room, sizeof room);
	if (dns_is_temporary(a->status)) {
		b->watch->unknown++;
		log_notice("sign: whether %s has the key of %s cannot be looked up (%s)", name,
		    k->path, dns_status_text(a->status));
	} else if (!sign_key_matches(k, a, &why)) {
		b->watch->wrong++;
		log_err("sign: signatures made with %s will not verify: the DNS says at %s: %s",
		    k->path, name, why.s);
	}
}

void *
sign_watch_open(const struct check_env *env)
{
	struct sign_watch *w = env->dns != NULL ? calloc(1, sizeof *w) : NULL;

	if (w != NULL && (w->dns = dns_session_new(env->dns)) == NULL) {
		free(w);
		w = NULL;
	}
	return w;
}

static void
end_round(struct sign_watch *w, int64_t now, size_t keys)
{
	w->due = w->unknown > 0 ? now + AGAIN_MS : INT64_MAX;
	w->next = 0;
	if (keys > 0 && w->wrong == 0 && w->unknown == 0)
		log_info("sign: the DNS has all %zu keys", keys);
}

void
sign_watch_tick(void *service, const struct check_env *env)
{
	struct sign_watch *w = service;
	int64_t now = clock_mono(env->clock);
	size_t keys;

	if (w->options != env->options) {
		w->options = env->options;
		w->next = 0;
		w->due = now;
		w->asked = false;
	}
	if (now < w->due)
		return;
	if (!w->asked) {
		w->wrong = w->next == 0 ? 0 : w->wrong;
		w->unknown = w->next == 0 ? 0 : w->unknown;
		w->asked = true;
		w->due = walk(w, env, ask) > 0 ? now + WAIT_MS : INT64_MAX;
		return;
	}
	keys = walk(w, env, judge);
	dns_session_forget(w->dns);
	w->asked = false;
	w->next += BATCH;
	if (w->next >= keys)
		end_round(w, now, keys);
}

void
sign_watch_close(void **service)
{
	struct sign_watch *w = *service;

	*service = NULL;
	dns_session_free(&w->dns);
	free(w);
}
