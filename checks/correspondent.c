/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pair is a record that counts uses, as that of a client does: used again it
 * is written at most once an hour, so a busy pair costs a read.
 */
#include "checks/correspondent.h"

#include <string.h>

#include "checks/greylist_key.h"
#include "db/store.h"
#include "lib/name.h"

static void
make_key(struct record_key *k, const struct path *ours, const struct path *theirs,
    const struct keyhash *hide)
{
	char texts[2][GREYLIST_TEXT_SIZE], hidden[2][KEYHASH_TEXT_SIZE];
	const char *fields[2] = {texts[0], texts[1]};

	greylist_key_sender(ours->local, ours->domain, texts[0]);
	greylist_key_sender(theirs->local, theirs->domain, texts[1]);
	for (size_t i = 0; hide != NULL && i < 2; i++)
		fields[i] = keyhash_text(hide, texts[i], hidden[i]);
	record_key_make(k, RECORD_CORRESPONDENT, fields, 2);
}

/* Somebody here: mail in his name from outside is no answer. */
static bool
is_local(const struct txn *t, const struct path *p)
{
	const struct string_list *local = &t->site->local_domains;

	for (size_t i = 0; i < local->n; i++)
		if (name_within(p->domain, local->v[i]))
			return true;
	return strcmp(p->domain, t->sender.domain) == 0;
}

void
correspondent_learn(const struct txn *t, int64_t age, const struct keyhash *hide)
{
	const struct greylist_params params = {.max_age = age};
	enum store_status status = STORE_OK;
	struct record_key key;
	size_t left = CORRESPONDENTS_MAX;

	if (t->store == NULL || t->sender.null)
		return;
	/* A store that is busy lets each call wait: one of them is enough. */
	for (size_t i = 0; i < t->rcpt_count && left > 0 && status == STORE_OK; i++) {
		const struct rcpt *r = &t->rcpts[i];

		if (r->refused || r->path.domain[0] == '\0' || is_local(t, &r->path))
			continue;
		make_key(&key, &t->sender, &r->path, hide);
		status = store_credit(t->store, &key, clock_wall(t->clock), &params);
		left--;
	}
}

bool
correspondent_is_stored(struct store *s, int64_t now, const struct path *rcpt,
    const struct path *sender, const struct keyhash *hide)
{
	struct record_key key;
	size_t len;

	if (s == NULL || sender->null)
		return false;
	make_key(&key, rcpt, sender, hide);
	return store_get(s, &key, now, NULL, 0, &len) == STORE_OK;
}

bool
correspondent_is_known(const struct txn *t, const struct path *rcpt, const struct keyhash *hide)
{
	return correspondent_is_stored(t->store, clock_wall(t->clock), rcpt, &t->sender, hide);
}
