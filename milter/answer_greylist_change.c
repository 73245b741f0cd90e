/* SPDX-License-Identifier: BSD-2-Clause */
/* What an administrator changes in the memory of greylisting. */
#include "milter/answer_greylist.h"

/* Whether they can be told one by one; of a triplet it is enough that there is a client. */
static bool
has_counters(const struct greylist_words *w, bool triplet, json_t *out)
{
	struct record_key key;

	if (w->client == CLIENT_MISSING)
		return answer_fail(out, "needs a client");
	return triplet || greylist_words_counter(w, 0, &key) ||
	       answer_fail(out, "clients are counted by address: a network may have 256 of them; "
				"for others there is client-lists in bailey.conf(5)");
}

/* As if it had earned it now: forgotten when it is unused for max-age. */
static enum store_status
allow(const struct answer_memory *m, const struct record_key *k, const struct greylist_params *p)
{
	int64_t now = clock_wall(&clock_real);
	uint8_t value[RECORD_GREYLIST_SIZE];
	struct greylist_record r;
	enum store_status status = greylist_words_get(m, k, now, &r);

	if (status != STORE_OK)
		return status;
	if (r.first == 0)
		r.first = r.passed = now;
	r.last = now;
	if (r.count < p->auto_allow_after)
		r.count = p->auto_allow_after;
	record_greylist_put(value, &r, greylist_expires(&r, p));
	return store_put_value(
	    m->store, record_key_bytes(k), (struct record_bytes){value, sizeof value});
}

bool
answer_greylist_allow(const struct answer_memory *m, const json_t *argument, json_t *out)
{
	enum store_status status = STORE_OK;
	struct greylist_params params;
	struct greylist_words w;
	struct record_key key;
	unsigned n = 0;

	if (!greylist_words_read(&w, m, argument, out) || !has_counters(&w, false, out))
		return false;
	params = greylist_rules(w.options);
	if (params.auto_allow_after == 0)
		return answer_fail(out, "auto-allow-after is 0: the filter counts no clients");
	for (; status == STORE_OK && greylist_words_counter(&w, n, &key); n++)
		status = allow(m, &key, &params);
	answer_number(out, "allowed", status == STORE_OK ? n : n - 1);
	return memory_status(status, out);
}

bool
answer_greylist_delete(const struct answer_memory *m, const json_t *argument, json_t *out)
{
	struct memory_removal r = {.store = m->store};
	struct greylist_words w;
	struct record_key key;

	if (!greylist_words_read(&w, m, argument, out))
		return false;
	if (w.sender.given != w.rcpt.given || w.sender.domain[0] != '\0' ||
	    w.rcpt.domain[0] != '\0')
		return answer_fail(
		    out, "needs whole addresses of sender and recipient, or neither");
	if (!has_counters(&w, w.sender.given, out))
		return false;
	if (w.sender.given) {
		greylist_words_triplet(&w, w.triplet, &key);
		(void)memory_remove(&r, record_key_bytes(&key));
	}
	for (unsigned i = 0; !w.sender.given && greylist_words_counter(&w, i, &key); i++)
		if (!memory_remove(&r, record_key_bytes(&key)))
			break;
	return memory_removed(&r, out) &&
	       (r.removed > 0 || answer_fail(out, "there is no such record"));
}

static bool
flush_one(void *removal, struct record_bytes key, struct record_bytes value)
{
	(void)value;
	return memory_remove(removal, key);
}

bool
answer_greylist_flush(const struct answer_memory *m, const json_t *argument, json_t *out)
{
	static const char kinds[] = {RECORD_TRIPLET, RECORD_CLIENT, '\0'};
	struct memory_removal r = {.store = m->store};

	return memory_step_kinds(m, argument, kinds, flush_one, &r, out) && memory_removed(&r, out);
}
