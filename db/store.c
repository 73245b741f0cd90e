/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The front of every store: lets calls in through the gate, counts how they
 * end, and tells the operator of trouble, once a minute and when it is over.
 */
#include "config.h"

#include "db/backend.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define SAY_EVERY  60000 /* ms between two lines about the same trouble */
#define CLOSE_WAIT 5000 /* ms */

const char *
store_status_word(enum store_status status)
{
	static const char *const words[STORE_STATUS_COUNT] = {
	    [STORE_OK] = "ok",
	    [STORE_MISSING] = "missing",
	    [STORE_NEWER] = "newer",
	    [STORE_BUSY] = "busy",
	    [STORE_FULL] = "full",
	    [STORE_FAILED] = "failed",
	    [STORE_DOWN] = "down",
	    [STORE_AWAY] = "away",
	};

	return words[status];
}

const char *
store_status_text(enum store_status status)
{
	switch (status) {
	case STORE_OK:
		return "ok";
	case STORE_MISSING:
		return "no such record";
	case STORE_NEWER:
		return "record written by a newer release";
	case STORE_BUSY:
		return "too busy";
	case STORE_FULL:
		return "no space left";
	case STORE_FAILED:
		return "failed";
	case STORE_DOWN:
		return "broken, a restart is needed";
	case STORE_AWAY:
		return "the server does not answer";
	case STORE_STATUS_COUNT:
		break;
	}
	return "?";
}

void
store_say(struct store *s, enum store_event event, const char *fmt, ...)
{
	char room[512];
	struct buf text;
	va_list ap;

	if (s->setup.tell == NULL)
		return;
	buf_init(&text, room, sizeof room);
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	s->setup.tell(s->setup.ctx, event, text.s);
}

void
store_detail(struct store *s, const char *fmt, ...)
{
	char room[sizeof s->detail];
	struct buf one, text;
	va_list ap;

	buf_init(&one, room, sizeof room);
	va_start(ap, fmt);
	buf_vprintf(&one, fmt, ap);
	va_end(ap);
	(void)pthread_mutex_lock(&s->detail_lock);
	text = (struct buf){s->detail, strlen(s->detail), sizeof s->detail, false};
	if (strstr(s->detail, one.s) == NULL) /* the same may befall many calls */
		buf_printf(&text, "%s%s", text.len > 0 ? "; " : "", one.s);
	(void)pthread_mutex_unlock(&s->detail_lock);
}

/* What the back end said since the last time. */
static void
take_detail(struct store *s, struct buf *out)
{
	(void)pthread_mutex_lock(&s->detail_lock);
	if (s->detail[0] != '\0')
		buf_printf(out, ": %s", s->detail);
	s->detail[0] = '\0';
	(void)pthread_mutex_unlock(&s->detail_lock);
}

void
store_broken(struct store *s, const char *why)
{
	char room[sizeof s->detail + 2];
	struct buf detail;

	if (atomic_exchange(&s->down, true))
		return;
	gate_shut(&s->gate);
	buf_init(&detail, room, sizeof room);
	take_detail(s, &detail);
	store_say(s, STORE_BROKEN, "store in %s is broken: %s%s", s->place, why, detail.s);
}

static void
say_trouble(struct store *s, enum store_status status, const char *meanwhile)
{
	char room[sizeof s->detail + 2];
	struct buf detail;

	buf_init(&detail, room, sizeof room);
	take_detail(s, &detail);
	store_say(s, STORE_TROUBLE, "store in %s: %s%s; %s", s->place, store_status_text(status),
	    detail.s, meanwhile);
}

void
store_trouble(struct store *s, enum store_status status, const char *meanwhile)
{
	int64_t said = atomic_load(&s->said);
	int64_t now = clock_mono(s->setup.clock) + 1; /* never 0 */

	if ((said == 0 || now - said >= SAY_EVERY) &&
	    atomic_compare_exchange_strong(&s->said, &said, now))
		say_trouble(s, status, meanwhile);
}

static bool
is_away(struct store *s)
{
	bool away;

	if (s->backend->away == NULL)
		return false;
	if (!gate_enter(&s->gate, 0))
		return true;
	away = s->backend->away(s);
	gate_leave(&s->gate);
	return away;
}

/* The last line about trouble is old, and there is none any more. */
static void
say_over(struct store *s, int64_t said)
{
	if (clock_mono(s->setup.clock) + 1 - said < SAY_EVERY || is_away(s))
		return;
	if (atomic_compare_exchange_strong(&s->said, &said, 0))
		store_say(s, STORE_NOTICE, "store in %s works again", s->place);
}

/* Every call ends here. */
static enum store_status
account(struct store *s, enum store_status status)
{
	int64_t said = atomic_load(&s->said);

	atomic_fetch_add_explicit(&s->calls[status], 1, memory_order_relaxed);
	if (status != STORE_OK && status != STORE_MISSING)
		store_trouble(s, status, "mail goes on without it");
	else if (said != 0)
		say_over(s, said);
	return status;
}

static enum store_status
enter(struct store *s)
{
	if (gate_enter(&s->gate, STORE_WAIT_MAX))
		return STORE_OK;
	return atomic_load(&s->down) ? STORE_DOWN : STORE_BUSY;
}

static enum store_status
leave(struct store *s, enum store_status status)
{
	gate_leave(&s->gate);
	return account(s, status);
}

/* Of a call that mail waits for. */
static enum store_status
timed(struct store *s, int64_t began, enum store_status status)
{
	histogram_since(&s->times, began);
	return status;
}

static void
free_store(struct store *s)
{
	gate_fini(&s->gate);
	(void)pthread_mutex_destroy(&s->detail_lock);
	free((char *)s->setup.directory);
	free(s);
}

static enum store_status
open_parts(struct store *s, struct buf *why)
{
	enum store_status status = s->backend->open(s, why);

	if (status != STORE_OK || s->setup.offline || maint_start(s) == 0)
		return status;
	s->backend->close(s);
	buf_puts(why, "cannot start the maintenance thread");
	return STORE_FAILED;
}

static const struct store_backend *
backend_of(const struct store_options *o)
{
#ifdef HAVE_HIREDIS
	if (o->redis != NULL)
		return &store_backend_shared;
#endif
	return o->type == STORE_MEMORY ? &store_backend_mem : &store_backend_bdb;
}

enum store_status
store_open(struct store **store_r, const struct store_setup *setup, struct buf *why)
{
	struct store *s = calloc(1, sizeof *s);
	char *directory = strdup(setup->directory);
	enum store_status status;

	*store_r = NULL;
	if (s == NULL || directory == NULL) {
		buf_puts(why, "out of memory");
		free(directory);
		free(s);
		return STORE_FAILED;
	}
	s->setup = *setup;
	s->setup.directory = directory;
	s->place = directory;
	s->backend = backend_of(&setup->options);
	gate_init(&s->gate, s->backend->room);
	(void)pthread_mutex_init(&s->detail_lock, NULL);
	status = open_parts(s, why);
	if (status == STORE_OK)
		*store_r = s;
	else
		free_store(s);
	return status;
}

bool
store_stop(struct store *s)
{
	bool ended = maint_stop(s);

	/* A thread stuck in a broken back end keeps what it uses. */
	if (!gate_drain(&s->gate, ended ? CLOSE_WAIT : 0) || atomic_exchange(&s->down, true))
		return false;
	s->backend->close(s);
	return true;
}

void
store_close(struct store **sp)
{
	struct store *s = *sp;

	*sp = NULL;
	if (s != NULL && store_stop(s))
		free_store(s);
}

enum store_status
store_greylist(struct store *s, const struct store_attempt *t, struct greylist_answer *a)
{
	int64_t began = histogram_now();
	enum store_status status = enter(s);

	if (status != STORE_OK)
		return timed(s, began, account(s, status));
	return timed(s, began, leave(s, s->backend->greylist(s, t, a)));
}

enum store_status
store_credit(struct store *s, const struct record_key *key, int64_t now,
    const struct greylist_params *params)
{
	const struct store_attempt use = {.client = key, .now = now, .params = params};
	int64_t began = histogram_now();
	enum store_status status = enter(s);

	if (status != STORE_OK)
		return timed(s, began, account(s, status));
	return timed(s, began, leave(s, s->backend->credit(s, &use)));
}

enum store_status
store_get(struct store *s, const struct record_key *key, int64_t now, void *out, size_t size,
    size_t *len_r)
{
	int64_t began = histogram_now();
	uint8_t *value = malloc(RECORD_VALUE_MAX);
	enum store_status status = value != NULL ? enter(s) : STORE_FAILED;
	int64_t expires;
	size_t len;

	*len_r = 0;
	if (status == STORE_OK) {
		status = s->backend->get(s, record_key_bytes(key), value, RECORD_VALUE_MAX, &len);
		gate_leave(&s->gate);
	}
	if (status == STORE_OK) {
		struct record_bytes v = {value, len};

		if (len > RECORD_VALUE_MAX || !record_head_get(v, &expires))
			status = STORE_NEWER;
		else if (record_is_expired(v, now))
			status = STORE_MISSING;
	}
	if (status == STORE_OK) {
		*len_r = len - RECORD_HEAD;
		if (size > 0) /* out may be NULL */
			memcpy(out, value + RECORD_HEAD, *len_r < size ? *len_r : size);
	}
	free(value);
	return timed(s, began, account(s, status));
}

enum store_status
store_get_value(struct store *s, struct record_bytes key, uint8_t *out, size_t size, size_t *len_r)
{
	enum store_status status = enter(s);

	if (status != STORE_OK)
		return account(s, status);
	return leave(s, s->backend->get(s, key, out, size, len_r));
}

enum store_status
store_put_value(struct store *s, struct record_bytes key, struct record_bytes value)
{
	enum store_status status = enter(s);

	if (status != STORE_OK)
		return account(s, status);
	if (key.n == 0 || key.n > RECORD_KEY_MAX || value.n > RECORD_VALUE_MAX)
		return leave(s, STORE_FAILED);
	return leave(s, s->backend->put(s, key, value));
}

enum store_status
store_put(
    struct store *s, const struct record_key *key, int64_t expires, const void *payload, size_t len)
{
	uint8_t *value = len <= RECORD_VALUE_MAX - RECORD_HEAD ? malloc(RECORD_HEAD + len) : NULL;
	enum store_status status;

	if (value == NULL)
		return account(s, STORE_FAILED);
	record_head_put(value, expires);
	memcpy(value + RECORD_HEAD, payload, len);
	status = store_put_value(
	    s, record_key_bytes(key), (struct record_bytes){value, RECORD_HEAD + len});
	free(value);
	return status;
}

enum store_status
store_remove(struct store *s, const struct record_key *key)
{
	enum store_status status = enter(s);

	if (status != STORE_OK)
		return account(s, status);
	return leave(s, s->backend->remove(s, record_key_bytes(key)));
}

/* One batch from the cursor on; the cursor moves behind it. */
static enum store_status
next_batch(
    struct store *s, struct record_bytes prefix, struct store_cursor *c, struct store_batch *b)
{
	struct record_bytes after = record_key_bytes(&c->last), last;
	enum store_status status = enter(s);

	if (status != STORE_OK)
		return account(s, status);
	b->n = 0;
	b->ended = false;
	b->mark = c->mark;
	status = leave(s, s->backend->batch(s, prefix, c->started ? &after : NULL, b));
	if (status != STORE_OK)
		return status;
	c->ended = b->ended;
	c->mark = b->mark;
	if (b->n > 0) {
		last = b->keys[b->n - 1];
		c->started = true;
		c->last.len = last.n;
		memcpy(c->last.bytes, last.p, last.n);
	}
	return STORE_OK;
}

enum store_status
store_scan_step(struct store *s, struct record_bytes prefix, struct store_cursor *c,
    store_visit *visit, void *ctx)
{
	struct store_batch *b = malloc(sizeof *b);
	enum store_status status = b != NULL ? next_batch(s, prefix, c, b) : STORE_FAILED;

	for (size_t i = 0; status == STORE_OK && i < b->n; i++)
		if (!visit(ctx, b->keys[i], b->values[i])) {
			c->ended = true;
			break;
		}
	free(b);
	return status;
}

enum store_status
store_scan(struct store *s, struct record_bytes prefix, store_visit *visit, void *ctx)
{
	struct store_cursor c = {.started = false};
	enum store_status status = STORE_OK;

	while (status == STORE_OK && !c.ended)
		status = store_scan_step(s, prefix, &c, visit, ctx);
	return status;
}

enum store_status
store_sweep_step(struct store *s, struct store_cursor *c, int64_t now, uint64_t *removed_r)
{
	struct store_batch *b = malloc(sizeof *b);
	enum store_status status =
	    b != NULL ? next_batch(s, (struct record_bytes){NULL, 0}, c, b) : STORE_FAILED;
	size_t n = 0;

	*removed_r = 0;
	for (size_t i = 0; status == STORE_OK && i < b->n; i++)
		if (record_is_expired(b->values[i], now))
			b->keys[n++] = b->keys[i];
	if (n > 0 && (status = enter(s)) == STORE_OK)
		status = leave(s, s->backend->expire(s, b->keys, n, now, removed_r));
	atomic_fetch_add(&s->swept, *removed_r);
	free(b);
	return status;
}

void
store_flush(struct store *s)
{
	if (s->backend->flush == NULL || enter(s) != STORE_OK)
		return;
	s->backend->flush(s);
	gate_leave(&s->gate);
}

void
store_stats(struct store *s, struct store_stats *out)
{
	*out = (struct store_stats){.type = s->backend->name};
	for (size_t i = 0; i < STORE_STATUS_COUNT; i++)
		out->calls[i] = atomic_load(&s->calls[i]);
	out->swept = atomic_load(&s->swept);
	out->conflicts = atomic_load(&s->conflicts);
	histogram_read(&s->times, &out->times);
	out->snapshot = atomic_load(&s->snapshot_time);
	if (enter(s) == STORE_OK) {
		s->backend->stats(s, out);
		gate_leave(&s->gate);
	}
}
