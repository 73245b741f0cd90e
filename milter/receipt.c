/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ids begin with the time, so the first records of a scan are the oldest: when
 * there are too many, those go.
 */
#include "config.h"

#include "milter/receipt.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "checks/greylist.h"
#include "checks/rdns.h"
#include "db/store.h"
#include "milter/explain.h"
#include "milter/memory.h"
#include "milter/shadow.h"

#define QUEUE_ID_SIZE  64
#define PAYLOAD_MAX    (RECORD_VALUE_MAX - RECORD_HEAD)
#define RECIPIENTS_MAX 100 /* who is named of those who get a message */
#define TRIM_MAX       64 /* records removed at a time */
#define RECOUNT_MS     3600000 /* meanwhile what expires is still counted */

struct job {
	STAILQ_ENTRY(job) next;
	char id[STAGE_ID_SIZE], queue_id[QUEUE_ID_SIZE];
	int64_t expires; /* wall, s */
	int64_t maximum; /* receipts there may be */
	bool shadow; /* delivered, though a rule in shadow would have refused it */
	char *text;
};

static struct {
	pthread_t thread;
	pthread_mutex_t lock; /* of the queue, down to stopping */
	pthread_cond_t wake;
	STAILQ_HEAD(, job) jobs;
	size_t waiting;
	bool running, stopping;

	atomic_uint number; /* of the next receipt; orders those of one id */
	atomic_ullong deliveries, kept, lost;
	int64_t counted_at; /* clock_mono ms; the thread's own */
} receipts = {.lock = PTHREAD_MUTEX_INITIALIZER,
    .wake = PTHREAD_COND_INITIALIZER,
    .jobs = STAILQ_HEAD_INITIALIZER(receipts.jobs)};

/* ---- made where the mail is */

static bool
is_wanted(const struct receipt_options *o, const struct decision *d, bool shadow)
{
	if (o->maximum == 0)
		return false;
	if (d->exempt || shadow || !policy_is_harmless(d->action))
		return true;
	return o->deliveries > 0 &&
	       atomic_fetch_add(&receipts.deliveries, 1) % (unsigned long long)o->deliveries == 0;
}

/* The one, or those who get the message. */
static json_t *
recipients_of(const struct txn *t, const struct rcpt *rcpt)
{
	json_t *list = json_array(), *one = json_object();
	size_t n = rcpt != NULL ? 1 : t->rcpt_count;

	for (size_t i = 0; i < n && i < RECIPIENTS_MAX; i++) {
		const struct rcpt *r = rcpt != NULL ? rcpt : &t->rcpts[i];

		if (rcpt == NULL && r->refused)
			continue;
		explain_text(one, "to", r->path.text);
		(void)json_array_append(list, json_object_get(one, "to"));
	}
	json_decref(one);
	return list;
}

/* What shadow.c needs later. */
static void
mark_shadow(json_t *o, const struct txn *t)
{
	(void)json_object_set_new(o, "shadow", json_true());
	/* Where rdns judged, its answers are at hand; a rule in shadow makes no mail wait for others. */
	if (txn_verdict(t, check_rdns.name, 0) != NULL)
		explain_text(o, "proven", greylist_proven_domain(t));
}

static json_t *
make(const struct stage_walk *w, const struct rcpt *rcpt, const struct decision *d, bool shadow)
{
	const struct txn *t = stage_txn(w);
	json_t *o = json_object();

	(void)json_object_set_new(o, "time", json_integer(clock_wall(t->clock)));
	explain_text(o, "event", rcpt != NULL ? "recipient" : "message");
	explain_text(o, "id", t->id);
	(void)json_object_set_new(o, "mail", json_integer(stage_mails(w)));
	explain_text(o, "queue", t->queue_id);
	explain_text(o, "client", t->client.addr_text);
	explain_text(o, "client-name", t->client.mta_name);
	explain_text(o, "helo-name", t->helo);
	explain_text(o, "origin", origin_text(t->origin));
	explain_text(o, "user", t->auth_user);
	explain_text(o, "from", t->sender.null ? "<>" : t->sender.text);
	(void)json_object_set_new(o, "to", recipients_of(t, rcpt));
	explain_decision(o, w, d);
	explain_skipped(o, w);
	(void)json_object_set_new(o, "ms", json_integer(stage_waited(w)));
	if (shadow)
		mark_shadow(o, t);
	explain_dns(o, w);
	return o;
}

/* What does not fit goes without the DNS answers, its largest part by far. */
static char *
text_of(json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);

	if (text == NULL || strlen(text) <= PAYLOAD_MAX)
		return text;
	free(text);
	(void)json_object_del(o, "dns");
	(void)json_object_set_new(o, "cut", json_true());
	text = json_dumps(o, JSON_COMPACT);
	if (text != NULL && strlen(text) > PAYLOAD_MAX) {
		free(text);
		return NULL;
	}
	return text;
}

static bool
hand_over(struct job *j)
{
	bool room;

	(void)pthread_mutex_lock(&receipts.lock);
	room = receipts.running && !receipts.stopping && receipts.waiting < RECEIPT_QUEUE_MAX;
	if (room) {
		STAILQ_INSERT_TAIL(&receipts.jobs, j, next);
		receipts.waiting++;
		(void)pthread_cond_signal(&receipts.wake);
	}
	(void)pthread_mutex_unlock(&receipts.lock);
	return room;
}

void
receipt_keep(const struct stage_walk *w, const struct rcpt *rcpt, const struct decision *d)
{
	const struct receipt_options *o = &stage_conf(w)->receipts;
	const struct txn *t = stage_txn(w);
	bool shadow = !policy_is_harmless(d->would) || (rcpt == NULL && stage_shadowed(w));
	struct job *j;
	json_t *json;

	if (!is_wanted(o, d, shadow))
		return;
	j = calloc(1, sizeof *j);
	json = make(w, rcpt, d, shadow);
	if (j != NULL) {
		(void)snprintf(j->id, sizeof j->id, "%s", t->id);
		(void)snprintf(
		    j->queue_id, sizeof j->queue_id, "%s", t->queue_id != NULL ? t->queue_id : "");
		j->expires = clock_wall(t->clock) + o->keep / 1000;
		j->maximum = o->maximum;
		j->shadow = shadow && rcpt == NULL && policy_is_harmless(d->action);
		j->text = text_of(json);
	}
	json_decref(json);
	if (j != NULL && j->text != NULL && hand_over(j))
		return;
	atomic_fetch_add(&receipts.lost, 1);
	if (j != NULL)
		free(j->text);
	free(j);
}

/* ---- written by the thread */

static struct record_bytes
all_receipts(void)
{
	static const uint8_t kind = RECORD_RECEIPT;

	return (struct record_bytes){&kind, 1};
}

static bool
count_one(void *n, struct record_bytes key, struct record_bytes value)
{
	(void)key;
	(void)value;
	++*(unsigned long long *)n;
	return true;
}

struct oldest {
	struct record_key keys[TRIM_MAX];
	size_t n, wanted; /* at most TRIM_MAX */
};

static bool
take_oldest(void *arg, struct record_bytes key, struct record_bytes value)
{
	struct oldest *o = arg;

	(void)value;
	if (key.n <= sizeof o->keys[0].bytes) {
		memcpy(o->keys[o->n].bytes, key.p, key.n);
		o->keys[o->n++].len = key.n;
	}
	return o->n < o->wanted;
}

static void
trim(struct store *s, unsigned long long beyond)
{
	struct oldest *o = calloc(1, sizeof *o);

	if (o != NULL)
		o->wanted = beyond < TRIM_MAX ? beyond : TRIM_MAX;
	if (o == NULL || store_scan(s, all_receipts(), take_oldest, o) != STORE_OK) {
		free(o);
		return;
	}
	for (size_t i = 0; i < o->n; i++)
		if (store_remove(s, &o->keys[i]) == STORE_OK && receipts.kept > 0)
			receipts.kept--;
	free(o);
}

static void
recount(struct store *s, int64_t now)
{
	unsigned long long n = 0;

	if (receipts.counted_at != 0 && now - receipts.counted_at < RECOUNT_MS)
		return;
	receipts.counted_at = now;
	if (store_scan(s, all_receipts(), count_one, &n) == STORE_OK)
		receipts.kept = n;
}

static void
learn(struct store *s, const char *receipt)
{
	struct conf *conf = conf_current();

	shadow_learn(s, conf, receipt);
	conf_unref(&conf);
}

static void
write_down(const struct job *j)
{
	struct store *s = memory_store();
	char number[12];
	struct record_key key;

	(void)snprintf(number, sizeof number, "%08x", atomic_fetch_add(&receipts.number, 1));
	record_key_make(&key, RECORD_RECEIPT, (const char *const[]){j->id, number}, 2);
	if (s == NULL || store_put(s, &key, j->expires, j->text, strlen(j->text)) != STORE_OK) {
		atomic_fetch_add(&receipts.lost, 1);
		return;
	}
	receipts.kept++;
	if (j->shadow)
		learn(s, j->text);
	if (j->queue_id[0] != '\0') {
		record_key_make(&key, RECORD_QUEUE_ID, (const char *const[]){j->queue_id}, 1);
		(void)store_put(s, &key, j->expires, j->id, strlen(j->id));
	}
	recount(s, clock_mono(&clock_real));
	if (receipts.kept > (unsigned long long)j->maximum)
		trim(s, receipts.kept - (unsigned long long)j->maximum);
}

/* NULL: all is written, and no more come. */
static struct job *
next_job(void)
{
	struct job *j;

	(void)pthread_mutex_lock(&receipts.lock);
	while (STAILQ_EMPTY(&receipts.jobs) && !receipts.stopping)
		(void)pthread_cond_wait(&receipts.wake, &receipts.lock);
	j = STAILQ_FIRST(&receipts.jobs);
	if (j != NULL) {
		STAILQ_REMOVE_HEAD(&receipts.jobs, next);
		receipts.waiting--;
	}
	(void)pthread_mutex_unlock(&receipts.lock);
	return j;
}

static void *
keep(void *unused)
{
	struct job *j;

	while ((j = next_job()) != NULL) {
		write_down(j);
		free(j->text);
		free(j);
	}
	return unused;
}

int
receipt_start(struct buf *why)
{
	int error = pthread_create(&receipts.thread, NULL, keep, NULL);

	if (error != 0) {
		buf_printf(why, "cannot start a thread: %s", strerror(error));
		return -1;
	}
	receipts.running = true;
	return 0;
}

void
receipt_stop(void)
{
	if (!receipts.running)
		return;
	(void)pthread_mutex_lock(&receipts.lock);
	receipts.stopping = true;
	(void)pthread_cond_signal(&receipts.wake);
	(void)pthread_mutex_unlock(&receipts.lock);
	(void)pthread_join(receipts.thread, NULL);
}

void
receipt_count(uint64_t *kept_r, uint64_t *lost_r)
{
	*kept_r = receipts.kept;
	*lost_r = receipts.lost;
}

/* ---- found again */

static bool
collect(void *list, struct record_bytes key, struct record_bytes value)
{
	json_t *o = NULL;

	(void)key;
	if (value.n > RECORD_HEAD)
		o = json_loadb((const char *)value.p + RECORD_HEAD, value.n - RECORD_HEAD, 0, NULL);
	if (o != NULL)
		(void)json_array_append_new(list, o);
	return true;
}

static void
collect_id(struct store *s, const char *id, json_t *list)
{
	struct record_key key;

	record_key_make(&key, RECORD_RECEIPT, (const char *const[]){id, ""}, 2);
	(void)store_scan(s, record_key_bytes(&key), collect, list);
}

json_t *
receipt_find(struct store *s, const char *id)
{
	json_t *list = json_array();
	char found[STAGE_ID_SIZE];
	struct record_key key;
	size_t len;

	collect_id(s, id, list);
	record_key_make(&key, RECORD_QUEUE_ID, (const char *const[]){id}, 1);
	if (json_array_size(list) > 0 ||
	    store_get(s, &key, clock_wall(&clock_real), found, sizeof found - 1, &len) !=
		STORE_OK ||
	    len >= sizeof found)
		return list;
	found[len] = '\0';
	collect_id(s, found, list);
	return list;
}
