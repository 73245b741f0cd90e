/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The walk.  Each event sets what is known, lets every check ask, and at RCPT
 * and end of message lets every check judge that is due: connection scope at
 * the first recipient after a HELO, message scope once, recipient scope each
 * time.  Then policy.c decides.
 */
#include "milter/stage_private.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "milter/stats.h"

#define FIRST_BLOCK 256 /* bytes; all that most idle sessions need */

static enum origin
find_origin(const struct stage_walk *w)
{
	const struct cidr_list *trusted = &w->conf->trusted_networks;

	if (w->local || w->txn.client.addr.family == ADDR_NONE)
		return ORIGIN_LOCAL;
	/* Whoever comes to submit will log in: until MAIL, nobody is told of our users. */
	if (w->txn.auth_user != NULL || (w->submission && !w->in_message))
		return ORIGIN_AUTHENTICATED;
	return cidr_any(trusted->v, trusted->n, &w->txn.client.addr) ? ORIGIN_TRUSTED
								     : ORIGIN_OUTSIDE;
}

/* For an MTA that does not say its name. */
static const char *
name_of_host(char room[static HOST_NAME_MAX + 1])
{
	room[HOST_NAME_MAX] = '\0';
	return gethostname(room, HOST_NAME_MAX) == 0 && room[0] != '\0' ? room : "localhost";
}

static int
know_client(struct stage_walk *w, const struct connection *c)
{
	struct conf *conf = w->conf;
	char room[HOST_NAME_MAX + 1];
	const char *name =
	    arena_strdup(&w->conn, c->hostname != NULL ? c->hostname : name_of_host(room));

	w->site = (struct site){
	    .authserv_id = conf->authserv_id != NULL ? conf->authserv_id : name,
	    .hostname = name,
	    .local_domains = conf->local_domains,
	    .local_addresses = conf->local_addresses,
	    .daemon_addr = c->daemon_addr,
	};
	w->txn.client.addr = c->client;
	(void)addr_format(&c->client, w->txn.client.addr_text);
	w->txn.client.mta_name = arena_strdup(&w->conn, c->mta_name);
	w->local = c->local;
	w->submission = c->submission;
	return name != NULL ? 0 : -1;
}

struct stage_walk *
stage_open(struct conf *conf, const struct house *house, const struct connection *c)
{
	struct stage_walk *w = calloc(1, sizeof *w);

	if (w == NULL)
		return NULL;
	w->rows = walk_prepare();
	arena_init(&w->conn, STAGE_CONN_ARENA_MAX);
	arena_init(&w->facts, STAGE_CONN_ARENA_MAX);
	arena_init(&w->msg, STAGE_MSG_ARENA_MAX);
	arena_init(&w->to, STAGE_RCPT_BYTES_MAX);
	arena_init(&w->one, STAGE_CONN_ARENA_MAX);
	w->conn.first = FIRST_BLOCK;
	w->facts.first = FIRST_BLOCK;
	if (c->id != NULL)
		(void)snprintf(w->id, sizeof w->id, "%s", c->id);
	else
		walk_make_id(w->id, house->clock);
	w->conf = conf_ref(conf);
	w->house = house;
	w->fields_end = &w->fields;
	w->txn = (struct txn){.site = &w->site, .clock = house->clock, .id = w->id, .walk = w};
	if (house->dns != NULL)
		w->txn.dns = dns_session_new(house->dns);
	if ((house->dns != NULL && w->txn.dns == NULL) || know_client(w, c) == -1) {
		stage_close(&w);
		return NULL;
	}
	w->txn.origin = find_origin(w);
	stats_connection();
	walk_ask(w, STAGE_CONNECT);
	return w;
}

void
stage_set_store(struct stage_walk *w, struct store *store)
{
	w->txn.store = store;
}

void
stage_close(struct stage_walk **wp)
{
	struct stage_walk *w = *wp;

	*wp = NULL;
	if (w == NULL)
		return;
	stage_reset(w);
	if (w->txn.dns != NULL)
		dns_session_free(&w->txn.dns);
	arena_fini(&w->conn);
	arena_fini(&w->facts);
	arena_fini(&w->msg);
	arena_fini(&w->to);
	arena_fini(&w->one);
	free(w->lists);
	conf_unref(&w->conf);
	free(w);
}

void
stage_reset(struct stage_walk *w)
{
	for (size_t i = 0; w->in_message && i < w->rows; i++) {
		if (check_registry[i]->done != NULL && walk_enter(w, i, w->stage))
			check_registry[i]->done(&w->txn);
		w->judged[i] = check_registry[i]->scope == SCOPE_CONNECTION && w->judged[i];
	}
	/* What was asked at CONNECT and HELO is still under way when the first message begins. */
	if (w->in_message && w->txn.dns != NULL)
		dns_session_forget(w->txn.dns);
	w->in_message = false;
	walk_view_reset(w);
	memset(w->msg_state, 0, sizeof w->msg_state);
	if (w->lists != NULL)
		w->lists[ABOUT_MESSAGE].n = w->lists[ABOUT_RECIPIENT].n = 0;
	w->waited = 0;
	w->dropped = 0;
	w->rcpt_room = 0;
	w->first = w->last = NULL;
	w->header_count = w->header_bytes = 0;
	w->txn.headers_cut = false;
	w->wants_body = w->shadowed = false;
	w->fields = NULL;
	w->fields_end = &w->fields;
	w->txn.auth_user = NULL;
	w->txn.origin = find_origin(w);
	w->txn.sender = (struct path){.null = false};
	w->txn.sender_params = NULL;
	w->txn.queue_id = NULL;
	w->txn.rcpts = w->txn.rcpt = NULL;
	w->txn.rcpt_count = w->txn.rcpts_seen = 0;
	w->txn.headers = NULL;
	arena_reset(&w->msg);
	arena_reset(&w->to);
	arena_reset(&w->one);
}

void
stage_helo(struct stage_walk *w, const char *helo)
{
	struct txn *t = &w->txn;
	bool again = t->helo != NULL || w->helo_lost;

	stage_reset(w); /* RFC 5321 4.1.4: EHLO ends a transaction */
	if (t->helo != NULL && strncmp(t->helo, helo, STAGE_HELO_MAX) == 0)
		return;
	if (again) {
		/* All is asked anew; a client that greets for ever must not fill the session. */
		if (w->txn.dns != NULL)
			dns_session_forget(w->txn.dns);
		arena_reset(&w->facts);
		memset(w->judged, 0, sizeof w->judged);
		if (w->lists != NULL)
			w->lists[ABOUT_CONNECTION].n = 0;
	}
	t->helo = arena_strndup(&w->facts, helo, strnlen(helo, STAGE_HELO_MAX));
	w->helo_lost = t->helo == NULL;
	if (again)
		walk_ask(w, STAGE_CONNECT);
	walk_ask(w, STAGE_HELO);
}

static const char *const *
copy_params(struct arena *a, const char *const *params)
{
	size_t n = 0;
	const char **copy;

	while (params != NULL && params[n] != NULL && n < STAGE_PARAMS_MAX)
		n++;
	copy = arena_array(a, n + 1, sizeof *copy);
	for (size_t i = 0; copy != NULL && i < n; i++)
		if ((copy[i] = arena_strdup(a, params[i])) == NULL)
			return NULL;
	return copy;
}

int
stage_mail(
    struct stage_walk *w, const char *sender, const char *const *params, const char *auth_user)
{
	struct txn *t = &w->txn;
	int64_t began = histogram_now();

	stage_reset(w);
	if (w->helo_lost ||
	    (w->lists == NULL && (w->lists = calloc(ABOUT_COUNT, sizeof *w->lists)) == NULL))
		return -1;
	w->in_message = true;
	w->mails++;
	if (path_parse(&t->sender, sender, &w->msg) == -1 ||
	    (t->sender_params = copy_params(&w->msg, params)) == NULL ||
	    (auth_user != NULL && (t->auth_user = arena_strdup(&w->msg, auth_user)) == NULL)) {
		stage_reset(w);
		return -1;
	}
	t->origin = find_origin(w);
	if (w->submission && t->origin == ORIGIN_OUTSIDE) {
		walk_ask(w, STAGE_CONNECT);
		walk_ask(w, STAGE_HELO);
	}
	walk_ask(w, STAGE_MAIL);
	stats_stage(STAGE_MAIL, began);
	return 0;
}

void
stage_queue_id(struct stage_walk *w, const char *id)
{
	if (w->txn.queue_id == NULL || strcmp(w->txn.queue_id, id) != 0)
		w->txn.queue_id = arena_strdup(&w->msg, id);
}

/* A remembered recipient, or the one place for those that are not. */
static struct rcpt *
new_rcpt(struct stage_walk *w, const char *typed)
{
	struct txn *t = &w->txn;
	struct rcpt *r = &w->unkept;

	if (t->rcpt_count == w->rcpt_room && w->rcpt_room < STAGE_RCPT_MAX) {
		size_t room = w->rcpt_room == 0 ? 8 : 2 * w->rcpt_room;
		struct rcpt *more = arena_array(&w->to, room, sizeof *more);

		if (more != NULL && t->rcpt_count > 0)
			memcpy(more, t->rcpts, t->rcpt_count * sizeof *more);
		if (more != NULL) {
			t->rcpts = more;
			w->rcpt_room = room;
		}
	}
	if (t->rcpt_count < w->rcpt_room && t->rcpt_count < STAGE_RCPT_MAX &&
	    path_parse(&t->rcpts[t->rcpt_count].path, typed, &w->to) == 0)
		r = &t->rcpts[t->rcpt_count++];
	else if (path_parse(&r->path, typed, &w->one) == -1)
		r->path = (struct path){.text = "", .local = "", .domain = ""};
	r->index = (int)t->rcpts_seen++;
	r->refused = false;
	r->exempt = policy_is_exempt(&r->path);
	return r;
}

static bool
is_listed(const struct verdict_list *list, const struct verdict *v)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i]->check == v->check && list->v[i]->result == v->result)
			return true;
	return false;
}

/*
 * Holding and discarding happen at end of message, so verdicts on one
 * recipient that ask for it are kept until then; one of a kind will do, so that
 * many recipients leave room for what is found of the message.
 */
static void
keep_for_end(struct stage_walk *w)
{
	struct verdict_list *from = &w->lists[ABOUT_RECIPIENT], *to = &w->lists[ABOUT_MESSAGE];
	struct conf_rules rules = walk_rules(w);

	if (w->txn.rcpt == NULL || w->txn.rcpt->refused || w->txn.rcpt->exempt)
		return;
	for (size_t i = 0; i < from->n; i++) {
		enum action a = policy_configured(&rules, from->v[i]);
		struct verdict *v;

		if ((a != ACTION_QUARANTINE && a != ACTION_DISCARD) || to->n == VERDICTS_MAX ||
		    is_listed(to, from->v[i]))
			continue;
		v = arena_alloc(&w->msg, sizeof *v);
		if (v == NULL)
			return;
		*v = *from->v[i];
		v->reason = arena_strdup(&w->msg, v->reason);
		v->reply = arena_strdup(&w->msg, v->reply);
		v->prop_count = 0;
		if (v->reason != NULL)
			to->v[to->n++] = v;
	}
}

void
stage_rcpt(struct stage_walk *w, const char *rcpt, struct decision *d)
{
	struct txn *t = &w->txn;
	int64_t began = histogram_now();

	keep_for_end(w);
	w->lists[ABOUT_RECIPIENT].n = 0;
	arena_reset(&w->one);
	t->rcpt = new_rcpt(w, rcpt);
	walk_view_rcpt(w);
	walk_ask(w, STAGE_RCPT);
	walk_judge(w, STAGE_RCPT);
	walk_decide(w, STAGE_RCPT, t->rcpt->exempt, d);
	t->rcpt->refused = policy_refuses(d->action);
	w->shadowed |= !t->rcpt->refused && policy_refuses(d->would);
	if (!t->rcpt->refused)
		walk_view_share(w);
	stats_decision(STAGE_RCPT, d, began);
}

/* The envelope is complete. */
static void
begin_content(struct stage_walk *w)
{
	if (w->txn.rcpt == NULL)
		return;
	keep_for_end(w);
	w->lists[ABOUT_RECIPIENT].n = 0;
	w->txn.rcpt = NULL;
	walk_view_message(w);
}

int
stage_header(struct stage_walk *w, const char *name, const char *value)
{
	size_t len = strlen(value), size = strlen(name) + len;
	struct header *h;

	begin_content(w);
	if (w->header_count == STAGE_HEADER_COUNT_MAX ||
	    size > STAGE_HEADER_BYTES_MAX - w->header_bytes ||
	    (h = arena_alloc(&w->msg, sizeof *h)) == NULL ||
	    (h->name = arena_strdup(&w->msg, name)) == NULL ||
	    (h->value = arena_strndup(&w->msg, value, len)) == NULL) {
		w->txn.headers_cut = true;
		return -1;
	}
	h->value_len = len;
	*(w->last != NULL ? &w->last->next : &w->first) = h;
	w->last = h;
	w->header_count++;
	w->header_bytes += size;
	for (size_t i = 0; i < w->rows; i++) {
		const struct check *c = check_registry[i];

		if (c->header != NULL && stage_skipped(w, i) == NULL && walk_enter(w, i, STAGE_EOH))
			c->header(&w->txn, h);
	}
	return 0;
}

void
stage_eoh(struct stage_walk *w)
{
	struct txn *t = &w->txn;

	begin_content(w);
	t->headers = w->first;
	for (size_t i = 0; i < w->rows; i++)
		w->wants_body |= check_registry[i]->body != NULL && stage_skipped(w, i) == NULL;
	walk_ask(w, STAGE_EOH);
}

void
stage_body(struct stage_walk *w, const unsigned char *data, size_t len)
{
	if (!w->wants_body)
		return;
	for (size_t i = 0; i < w->rows; i++) {
		const struct check *c = check_registry[i];

		if (c->body != NULL && stage_skipped(w, i) == NULL && walk_enter(w, i, STAGE_EOM))
			c->body(&w->txn, data, len);
	}
}

/* Whether all who get the message are exempt. */
static bool
only_exempt(const struct txn *t)
{
	bool found = false;

	if (t->rcpt_count != t->rcpts_seen)
		return false;
	for (size_t i = 0; i < t->rcpt_count; i++) {
		if (t->rcpts[i].refused)
			continue;
		if (!t->rcpts[i].exempt)
			return false;
		found = true;
	}
	return found;
}

static bool
is_told(const struct stage_walk *w, size_t row)
{
	const struct check *c = check_registry[row];

	return c->decided != NULL &&
	       (stage_skipped(w, row) == NULL ||
		   ((c->hears & w->txn.origin) != 0 && conf_uses(w->conf, c)));
}

void
stage_eom(struct stage_walk *w, struct decision *d)
{
	int64_t began = histogram_now();

	walk_ask(w, STAGE_EOM);
	walk_judge(w, STAGE_EOM);
	walk_decide(w, STAGE_EOM, only_exempt(&w->txn), d);
	for (size_t i = 0; i < w->rows; i++)
		if (is_told(w, i) && walk_enter(w, i, STAGE_EOM))
			check_registry[i]->decided(&w->txn, d->action, d->cause);
	stats_decision(STAGE_EOM, d, began);
}

const struct txn *
stage_txn(const struct stage_walk *w)
{
	return &w->txn;
}

const struct stage_field *
stage_fields(const struct stage_walk *w)
{
	return w->fields;
}

int64_t
stage_waited(const struct stage_walk *w)
{
	return w->waited;
}

unsigned
stage_dropped(const struct stage_walk *w)
{
	return w->dropped;
}

unsigned
stage_mails(const struct stage_walk *w)
{
	return w->mails;
}

bool
stage_shadowed(const struct stage_walk *w)
{
	return w->shadowed;
}

const struct conf *
stage_conf(const struct stage_walk *w)
{
	return w->conf;
}
