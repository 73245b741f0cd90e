/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests about the store, one row each, and the step from which those are
 * made that go through all of it.  Where a step ended is text, "1:0.0:6361": the
 * number of the prefix, the mark of a store without order, and the last key in
 * hexadecimal digits.
 */
#include "config.h"

#include "milter/answer_memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "db/dump.h"
#include "milter/answer_memory_private.h"
#include "milter/receipt.h"
#include "milter/shadow.h"

#define PLACE_SIZE (64 + 2 * RECORD_KEY_MAX)

const char *
memory_text(const json_t *argument, const char *key)
{
	const char *s = json_string_value(json_object_get(argument, key));

	return s != NULL ? s : "";
}

const struct greylist_options *
memory_options(const struct answer_memory *m, json_t *out)
{
	if (m->conf != NULL)
		return conf_options(m->conf, &check_greylist);
	(void)answer_fail(out, "the configuration cannot be read, which says how keys are made");
	return NULL;
}

bool
memory_status(enum store_status status, json_t *out)
{
	char text[100];

	if (status == STORE_OK)
		return true;
	(void)snprintf(text, sizeof text, "store: %s", store_status_text(status));
	return answer_fail(out, text);
}

/* ---- steps */

static bool
parse_place(const char *text, size_t *index_r, struct store_cursor *c)
{
	unsigned byte;
	int n = 0;

	if (sscanf(text, "%zu:%u.%" SCNu64 ":%n", index_r, &c->mark.part, &c->mark.cursor, &n) <
		3 ||
	    n == 0 || strlen(text + n) > sizeof c->last.bytes * 2)
		return false;
	for (const char *hex = text + n; *hex != '\0'; hex += 2) {
		if (strspn(hex, "0123456789abcdef") < 2 || sscanf(hex, "%2x", &byte) != 1)
			return false;
		c->last.bytes[c->last.len++] = (uint8_t)byte;
	}
	c->started = c->last.len > 0;
	return true;
}

static void
put_place(json_t *out, size_t index, const struct store_cursor *c)
{
	char room[PLACE_SIZE];
	struct buf b;

	buf_init(&b, room, sizeof room);
	buf_printf(&b, "%zu:%u.%" PRIu64 ":", index, c->mark.part, c->mark.cursor);
	for (size_t i = 0; i < c->last.len; i++)
		buf_printf(&b, "%02x", c->last.bytes[i]);
	answer_text(out, "next", room);
}

struct step {
	store_visit *visit;
	void *ctx;
	uint64_t seen;
};

static bool
visit_one(void *ctx, struct record_bytes key, struct record_bytes value)
{
	struct step *step = ctx;

	step->seen++;
	return step->visit(step->ctx, key, value);
}

bool
memory_step(const struct answer_memory *m, const json_t *argument,
    const struct record_bytes *prefixes, size_t count, store_visit *visit, void *ctx, json_t *out)
{
	const char *after = memory_text(argument, "after");
	struct store_cursor cursor = {.started = false};
	struct step step = {.visit = visit, .ctx = ctx};
	struct store_stats stats;
	enum store_status status;
	size_t i = 0;

	if (*after == '\0') {
		store_stats(m->store, &stats);
		answer_number(out, "about", stats.records);
	} else if (!parse_place(after, &i, &cursor) || i >= count)
		return answer_fail(out, "\"after\" is no place to go on from");
	status = store_scan_step(m->store, prefixes[i], &cursor, visit_one, &step);
	if (status != STORE_OK)
		return memory_status(status, out);
	answer_number(out, "seen", step.seen);
	if (cursor.ended) {
		cursor = (struct store_cursor){.started = false};
		i++;
	}
	if (i < count)
		put_place(out, i, &cursor);
	return true;
}

bool
memory_step_kinds(const struct answer_memory *m, const json_t *argument, const char *kinds,
    store_visit *visit, void *ctx, json_t *out)
{
	struct record_bytes prefixes[MEMORY_PREFIXES_MAX];
	size_t n = 0;

	for (; n < MEMORY_PREFIXES_MAX && kinds[n] != '\0'; n++)
		prefixes[n] = (struct record_bytes){(const uint8_t *)&kinds[n], 1};
	return memory_step(m, argument, prefixes, n, visit, ctx, out);
}

bool
memory_remove(struct memory_removal *r, struct record_bytes key)
{
	struct record_key k = {.len = key.n};

	memcpy(k.bytes, key.p, key.n);
	r->status = store_remove(r->store, &k);
	r->removed += r->status == STORE_OK;
	if (r->status == STORE_MISSING)
		r->status = STORE_OK;
	return r->status == STORE_OK;
}

bool
memory_removed(const struct memory_removal *r, json_t *out)
{
	answer_number(out, "removed", r->removed);
	return memory_status(r->status, out);
}

/* ---- requests */

static bool
why(const struct answer_memory *m, const json_t *argument, json_t *out)
{
	const char *id = json_string_value(argument);
	json_t *found;

	if (id == NULL || *id == '\0')
		return answer_fail(out, "why takes an id, as in a reply, or a queue id");
	found = receipt_find(m->store, id);
	(void)json_object_set_new(out, "receipts", found);
	return json_array_size(found) > 0 ||
	       answer_fail(out, "no receipt has that id: deliveries are kept by choice only, and "
				"nothing for ever");
}

static bool
shadow(const struct answer_memory *m, const json_t *argument, json_t *out)
{
	const struct shadow_query q = {.store = m->store,
	    .conf = m->conf,
	    .since = json_integer_value(json_object_get(argument, "since")),
	    .now = clock_wall(&clock_real)};

	if (memory_options(m, out) == NULL || !shadow_step(&q, memory_text(argument, "after"), out))
		return false;
	(void)json_object_set(out, "seen", json_object_get(out, "read"));
	return true;
}

static bool
dump_one(void *file, struct record_bytes key, struct record_bytes value)
{
	dump_put(file, key, value);
	return true;
}

static bool
dump(const struct answer_memory *m, const json_t *argument, json_t *out)
{
	const struct record_bytes all = {NULL, 0};
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	bool ok;

	if (f == NULL)
		return answer_fail(out, "out of memory");
	ok = memory_step(m, argument, &all, 1, dump_one, f, out);
	if (fclose(f) != 0)
		ok = answer_fail(out, "out of memory");
	if (ok)
		answer_text(out, "text", text);
	free(text);
	return ok;
}

/* Each line is a record whole or not at all; a load that is interrupted leaves no halves. */
static bool
load(const struct answer_memory *m, const json_t *argument, json_t *out)
{
	char *text = strdup(memory_text(argument, "text")), *rest = text, *line;
	int64_t end = clock_mono(&clock_real) + MEMORY_LOAD_MS;
	enum store_status status = STORE_OK;
	uint64_t loaded = 0;
	bool good = text != NULL;

	while (good && status == STORE_OK && rest != NULL && *rest != '\0' &&
	       clock_mono(&clock_real) < end) {
		line = strsep(&rest, "\n");
		good = dump_take(m->store, line, strlen(line), &status);
		loaded += good && status == STORE_OK;
	}
	answer_number(out, "loaded", loaded);
	if (text == NULL)
		return answer_fail(out, "out of memory");
	free(text);
	return good ? memory_status(status, out) : answer_fail(out, "malformed line");
}

/* What a record is, by what can be read of it. */
static const char *
kind_of(struct record_bytes key, struct record_bytes value)
{
	static const struct {
		enum record_kind kind;
		const char *word;
		size_t fields;
		bool greylist;
	} kinds[] = {{RECORD_TRIPLET, "triplets", 3, true}, {RECORD_CLIENT, "clients", 1, true},
	    {RECORD_CORRESPONDENT, "correspondents", 2, true}, {RECORD_SHADOW, "shadow", 3, true},
	    {RECORD_DMARC, "dmarc", 3, false}, {RECORD_RECEIPT, "receipts", 2, false},
	    {RECORD_QUEUE_ID, "queue-ids", 1, false}};
	struct record_bytes fields[RECORD_FIELDS_MAX];
	struct greylist_record r;
	int64_t expires;

	if (!record_head_get(value, &expires))
		return value.n > 0 && value.p[0] != RECORD_VERSION ? "newer" : "unreadable";
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (key.p[0] != kinds[i].kind)
			continue;
		return record_key_split(key, fields, kinds[i].fields) &&
			       (!kinds[i].greylist || record_greylist_get(value, &r))
			   ? kinds[i].word
			   : "unreadable";
	}
	return "other";
}

static bool
count_one(void *counts, struct record_bytes key, struct record_bytes value)
{
	const char *kind = kind_of(key, value);
	json_int_t n = json_integer_value(json_object_get(counts, kind));

	return json_object_set_new(counts, kind, json_integer(n + 1)) == 0;
}

static bool
verify(const struct answer_memory *m, const json_t *argument, json_t *out)
{
	const struct record_bytes all = {NULL, 0};
	json_t *counts = json_object();

	(void)json_object_set_new(out, "counts", counts);
	return memory_step(m, argument, &all, 1, count_one, counts, out);
}

/* clang-format off */
static const struct {
	const char *name;
	bool word;		/* the argument is one, else an object */
	memory_fill *fill;
} requests[] = {
	{"why", true, why},
	{"shadow", false, shadow},
	{"dump", false, dump},
	{"load", false, load},
	{"verify", false, verify},
	{"forget", false, answer_forget},
	{"greylist-list", false, answer_greylist_list},
	{"greylist-ask", false, answer_greylist_ask},
	{"greylist-allow", false, answer_greylist_allow},
	{"greylist-delete", false, answer_greylist_delete},
	{"greylist-flush", false, answer_greylist_flush},
};
/* clang-format on */

bool
answer_memory(const struct answer_memory *m, const char *request, json_t *out, bool *ok_r)
{
	size_t len = strcspn(request, " "), i = 0, n = sizeof requests / sizeof *requests;
	const char *text = request + len + (request[len] == ' ');
	json_t *argument;

	while (i < n &&
	       (strlen(requests[i].name) != len || strncmp(requests[i].name, request, len) != 0))
		i++;
	if (i == n)
		return false;
	*ok_r = false;
	/* Never printed, so it need not be UTF-8. */
	argument = requests[i].word ? json_string_nocheck(text) : json_loads(text, 0, NULL);
	if (m->store == NULL)
		(void)answer_fail(out, "there is no store now");
	else if (!requests[i].word && !json_is_object(argument))
		(void)answer_fail(out, "the argument is no JSON object");
	else
		*ok_r = requests[i].fill(m, argument, out);
	json_decref(argument);
	return true;
}
