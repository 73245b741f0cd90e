/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One row for each request; its function fills the object that goes back.
 * Those about the store are in answer_memory.c.
 */
#include "config.h"

#include "milter/answer.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "db/store.h"
#include "milter/answer_memory.h"
#include "milter/answer_private.h"
#include "milter/census.h"
#include "milter/explain.h"
#include "milter/memory.h"
#include "milter/receipt.h"
#include "milter/reload.h"

static json_t *
resolver_of(const struct answer_about *about)
{
	struct dns_stats s;
	json_t *o = json_object();

	dns_get_stats(about->house->dns, &s);
	answer_number(o, "asked", s.asked);
	answer_number(o, "cache_hits", s.cache_hits);
	answer_number(o, "joined", s.joined);
	answer_number(o, "sent", s.sent);
	answer_number(o, "retried", s.retried);
	answer_number(o, "tcp", s.tcp);
	answer_number(o, "forged", s.forged);
	answer_number(o, "over_limit", s.over_limit);
	answer_number(o, "cached", s.cached);
	answer_number(o, "cache_bytes", s.cache_bytes);
	for (enum dns_status i = 0; i < DNS_STATUS_COUNT; i++)
		answer_number(o, dns_status_text(i), s.by_status[i]);
	return o;
}

/* While there is none, why. */
static void
put_store(json_t *out)
{
	struct store *store = memory_store();
	struct store_stats s;
	char room[512];
	struct buf why;
	json_t *o;

	if (store == NULL) {
		buf_init(&why, room, sizeof room);
		memory_missing(&why);
		answer_text(out, "no_store", why.s);
		return;
	}
	store_stats(store, &s);
	o = json_object();
	answer_text(o, "type", s.type);
	answer_number(o, "records", s.records);
	answer_number(o, "bytes", s.bytes);
	answer_number(o, "swept", s.swept);
	answer_number(o, "conflicts", s.conflicts);
	answer_number(o, "snapshot", (uint64_t)s.snapshot);
	for (enum store_status i = 0; i < STORE_STATUS_COUNT; i++)
		answer_number(o, store_status_word(i), s.calls[i]);
	if (s.shared) {
		(void)json_object_set_new(o, "server_away", json_boolean(s.away));
		answer_number(o, "stood_in", s.stood_in);
		answer_number(o, "sent_on", s.sent_on);
		answer_number(o, "unsent_since", (uint64_t)s.unsent);
	}
	(void)json_object_set_new(out, "store", o);
}

static void
put_fact(void *list, const char *name, bool good, const char *text)
{
	json_t *o = json_object();

	answer_text(o, "name", name);
	(void)json_object_set_new(o, "good", json_boolean(good));
	answer_text(o, "text", text);
	(void)json_array_append_new(list, o);
}

static bool
status(const struct answer_about *about, const char *argument, json_t *out)
{
	struct conf *conf = conf_current();
	json_t *services = json_array();
	uint64_t kept, lost;

	(void)argument;
	answer_text(out, "version", PACKAGE_VERSION);
	answer_number(out, "now", (uint64_t)clock_wall(&clock_real));
	answer_number(out, "started", (uint64_t)about->started);
	answer_number(out, "configured", (uint64_t)reload_when());
	answer_text(out, "mode", mode_text((enum mode)conf->mode));
	(void)json_object_set_new(out, "forced", json_boolean(reload_forced_mode() != MODE_COUNT));
	answer_text(out, "socket", conf->socket);
	answer_number(out, "sessions", (uint64_t)census_sessions());
	answer_number(out, "messages", (uint64_t)census_messages());
	receipt_count(&kept, &lost);
	answer_number(out, "receipts", kept);
	answer_number(out, "receipts_lost", lost);
	answer_number(out, "maximum_sessions", (uint64_t)census_sessions_max());
	(void)json_object_set_new(out, "resolver", resolver_of(about));
	put_store(out);
	(void)json_object_set_new(out, "services", services);
	house_tell(about->house, conf, put_fact, services);
	conf_unref(&conf);
	return true;
}

static void
put_change(void *changes, const char *key, const char *was, const char *is)
{
	json_t *o = json_object();

	answer_text(o, "key", key);
	answer_text(o, "was", was);
	answer_text(o, "is", is);
	if (conf_key_needs_restart(key))
		(void)json_object_set_new(o, "restart", json_true());
	(void)json_array_append_new(changes, o);
}

static bool
reload(const struct answer_about *about, const char *argument, json_t *out)
{
	json_t *changes = json_array(), *lines;
	char *errors, *rest, *line;

	(void)about;
	(void)argument;
	if (reload_now(put_change, changes, &errors) == 0)
		return json_object_set_new(out, "changes", changes) == 0;
	json_decref(changes);
	lines = json_array();
	for (rest = errors; rest != NULL && (line = strsep(&rest, "\n")) != NULL;)
		if (*line != '\0')
			(void)json_array_append_new(lines, explain_string(line));
	free(errors);
	(void)json_object_set_new(out, "errors", lines);
	return answer_fail(out, "the old configuration stays in force");
}

static bool
mode(const struct answer_about *about, const char *argument, json_t *out)
{
	enum mode m = MODE_COUNT;
	struct conf *conf;

	(void)about;
	if (strcmp(argument, "configured") != 0 && !mode_parse(argument, &m))
		return answer_fail(out, "a mode is enforce, shadow, off, or configured");
	if (reload_mode(m) != 0)
		return answer_fail(out, "out of memory");
	conf = conf_current();
	answer_text(out, "mode", mode_text((enum mode)conf->mode));
	conf_unref(&conf);
	return true;
}

/* clang-format off */
static const struct { const char *name; answer_fill *fill; } requests[] = {
	{"status", status},
	{"reload", reload},
	{"mode", mode},
	{"mta", answer_mta},
	{"stats", answer_stats},
};
/* clang-format on */

/* False: it is no request for the store. */
static bool
ask_memory(const char *request, json_t *out, bool *ok_r)
{
	struct conf *conf = conf_current();
	struct answer_memory memory = {.store = memory_store(), .conf = conf};
	bool known = answer_memory(&memory, request, out, ok_r);

	conf_unref(&conf);
	return known;
}

char *
answer_make(const struct answer_about *about, const char *request)
{
	size_t len = strcspn(request, " ");
	const char *argument = request + len + (request[len] == ' ');
	json_t *out = json_object();
	bool ok = false;
	size_t i = 0, n = sizeof requests / sizeof *requests;
	char *text;

	while (i < n &&
	       (strlen(requests[i].name) != len || strncmp(requests[i].name, request, len) != 0))
		i++;
	if (i < n)
		ok = requests[i].fill(about, argument, out);
	else if (!ask_memory(request, out, &ok))
		(void)answer_fail(out, "this daemon does not know such a request");
	(void)json_object_set_new(out, "ok", json_boolean(ok));
	text = json_dumps(out, JSON_COMPACT);
	json_decref(out);
	return text;
}
