/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is asked is decided once: a daemon that answers at its control socket,
 * else its store, which the lock keeps from being opened twice.
 */
#include "config.h"

#include "ctl/keeper.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/owner.h"

#define FLUSH_EVERY_MS 500 /* as the daemon's maintenance; checkpoints keep the log short */
#define CACHE_SIZE     (64 * 1024 * 1024) /* of a store whose configuration nobody knows */

static int
open_store(
    struct keeper *k, const struct store_setup *setup, enum keeper_wish wish, const char *absent)
{
	const char *directory = setup->directory;
	enum store_status status;
	char room[512];
	struct buf why;

	buf_init(&why, room, sizeof room);
	if (owner_become(directory) == -1) {
		(void)call_fail(
		    k->call, "cannot become the owner of %s: %s", directory, strerror(errno));
		return -1;
	}
	status = store_open(&k->store, setup, &why);
	if (status == STORE_OK && wish == KEEPER_PROVE && setup->options.type == STORE_DISK) {
		store_close(&k->store);
		status = store_verify_files(directory, &why);
		k->status = EXIT_FAILED;
		if (status == STORE_OK)
			status = store_open(&k->store, setup, &why);
	}
	if (status == STORE_OK)
		return 0;
	if (absent[0] != '\0')
		buf_printf(&why, "%s %s", status == STORE_BUSY ? ", but" : ";", absent);
	if (access(directory, R_OK | W_OK | X_OK) == -1 && errno == EACCES)
		buf_puts(&why, "; be root, or the user of the filter");
	(void)call_fail(k->call, "%s", why.s);
	return -1;
}

/* absent: what became of asking the daemon. */
static int
open_stopped(struct keeper *k, enum keeper_wish wish, const char *absent)
{
	struct store_setup setup = {.options = {.type = STORE_DISK, .cache_size = CACHE_SIZE},
	    .clock = &clock_real,
	    .offline = true,
	    .existing = wish != KEEPER_MAKE};
	char *errors;

	k->conf = conf_load(k->call->conf_path, &errors);
	free(errors);
	if (k->call->directory != NULL) {
		setup.directory = k->call->directory;
		return open_store(k, &setup, wish, absent);
	}
	if (k->conf == NULL ||
	    (k->conf->store.type == STORE_MEMORY && k->conf->store.redis == NULL)) {
		(void)call_fail(k->call, "%s; %s", absent,
		    k->conf == NULL ? "and without a good configuration its store is not found; "
				      "-d names its directory"
				    : "what it remembered in memory is gone with it");
		return -1;
	}
	setup.options = k->conf->store;
	setup.directory = k->conf->state_directory;
	return open_store(k, &setup, wish, absent);
}

static int
find(struct keeper *k, enum keeper_wish wish)
{
	enum daemon_found found;
	char room[512];
	struct buf why;

	buf_init(&why, room, sizeof room);
	if (k->call->directory != NULL)
		return open_stopped(k, wish, "");
	found = daemon_find(&k->daemon, k->call, &why);
	if (found == DAEMON_HERE)
		return 0;
	if (found == DAEMON_ABSENT && k->call->socket == NULL)
		return open_stopped(k, wish, why.s);
	(void)call_fail(k->call, "%s", why.s);
	return -1;
}

int
keeper_open(struct keeper *k, const struct call *call, enum keeper_wish wish)
{
	*k = (struct keeper){.call = call, .status = EXIT_NO_DAEMON};
	if (find(k, wish) == 0)
		return 0;
	keeper_close(k);
	return -1;
}

void
keeper_close(struct keeper *k)
{
	daemon_close(&k->daemon);
	store_close(&k->store);
	conf_unref(&k->conf);
}

/* The daemon hangs up on whoever is silent for long: somebody may be reading, page by page. */
static int
stay_connected(struct keeper *k)
{
	struct pollfd fd = {.fd = k->daemon.fd, .events = POLLIN};

	if (poll(&fd, 1, 0) <= 0)
		return 0;
	daemon_close(&k->daemon);
	return daemon_open(&k->daemon, k->call);
}

static json_t *
answer_ourselves(struct keeper *k, const char *request)
{
	struct answer_memory memory = {.store = k->store, .conf = k->conf};
	int64_t now = clock_mono(&clock_real);
	json_t *out = json_object();
	bool ok = false;

	(void)answer_memory(&memory, request, out, &ok);
	(void)json_object_set_new(out, "ok", json_boolean(ok));
	if (now - k->flushed >= FLUSH_EVERY_MS) {
		store_flush(k->store);
		k->flushed = now;
	}
	return out;
}

json_t *
keeper_try(struct keeper *k, const char *word, json_t *argument)
{
	char *object = json_is_object(argument) ? json_dumps(argument, JSON_COMPACT) : NULL;
	const char *text = object != NULL ? object : json_string_value(argument);
	char *request;
	json_t *answer = NULL;

	if (text == NULL || asprintf(&request, "%s %s", word, text) < 0)
		(void)call_fail(k->call, "out of memory");
	else {
		if (k->store != NULL)
			answer = answer_ourselves(k, request);
		else if (stay_connected(k) == 0)
			answer = daemon_ask(&k->daemon, request);
		free(request);
	}
	free(object);
	json_decref(argument);
	return answer;
}

json_t *
keeper_ask(struct keeper *k, const char *word, json_t *argument)
{
	json_t *answer = keeper_try(k, word, argument);

	if (answer == NULL || json_is_true(json_object_get(answer, "ok")))
		return answer;
	k->status = EXIT_FAILED;
	progress_end(&k->progress);
	if (k->call->json)
		daemon_print(answer);
	else
		daemon_complain(k->call, answer);
	json_decref(answer);
	return NULL;
}

int
keeper_walk(struct keeper *k, const char *word, json_t *argument, bool progress, keeper_show *show,
    void *ctx)
{
	uint64_t seen = 0, about = 0;
	bool more = true;
	json_t *answer = NULL, *next;

	progress_begin(&k->progress, k->call->command->name, progress);
	while (more && (answer = keeper_ask(k, word, json_incref(argument))) != NULL) {
		next = json_object_get(answer, "next");
		more = show(ctx, answer) && next != NULL;
		(void)json_object_set(argument, "after", next);
		if (seen == 0)
			about = (uint64_t)json_integer_value(json_object_get(answer, "about"));
		seen += (uint64_t)json_integer_value(json_object_get(answer, "seen"));
		progress_show(&k->progress, seen, seen, about);
		json_decref(answer);
	}
	progress_end(&k->progress);
	json_decref(argument);
	return answer != NULL ? 0 : -1;
}

static bool
add_removed(void *removed, const json_t *answer)
{
	*(json_int_t *)removed += json_integer_value(json_object_get(answer, "removed"));
	return true;
}

int
keeper_remove(struct keeper *k, const char *word, json_t *argument)
{
	json_int_t removed = 0;

	if (keeper_walk(k, word, argument, true, add_removed, &removed) < 0)
		return k->status;
	(void)printf(k->call->json ? "{\"ok\":true,\"removed\":%lld}\n" : "%lld records removed\n",
	    (long long)removed);
	return EXIT_DONE;
}
