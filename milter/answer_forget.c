/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Forget a mail address: in the keys of greylisting, and in every text of a
 * receipt.  An address may be written with an extension or the tag of BATV or
 * SRS; greylist_key_sender() knows those.  It also makes numbers alike, and
 * bounce-17 is not the person bounce-18 is: where it did so, only the address
 * itself counts, but for keys that were stored like that.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "milter/answer_greylist.h"

#define OUTSIDE " \t\r\n<>()[],;:\"'" /* stand between the addresses of a text */

struct forgetting {
	struct memory_removal removal;
	const struct keyhash *hide;
	char same[GREYLIST_TEXT_SIZE]; /* as recipient: lower case */
	char alike[GREYLIST_TEXT_SIZE]; /* as sender: variable parts replaced */
	char hidden[2][KEYHASH_TEXT_SIZE]; /* the same, if addresses are hidden */
};

/* The same mailbox, however this is written. */
static bool
is_address(const struct forgetting *f, const char *typed)
{
	struct arena arena = {.cap = 1 << 16};
	char text[GREYLIST_TEXT_SIZE];
	struct path p;
	bool is = false;

	if (path_parse(&p, typed, &arena) == 0 && p.local[0] != '\0') {
		greylist_key_rcpt(p.local, p.domain, text);
		is = strcmp(text, f->same) == 0;
		if (!is && strchr(f->alike, '#') == NULL) {
			greylist_key_sender(p.local, p.domain, text);
			is = strcmp(text, f->alike) == 0;
		}
	}
	arena_fini(&arena);
	return is;
}

static bool
is_in_key(const struct forgetting *f, struct record_bytes key)
{
	struct record_bytes fields[RECORD_FIELDS_MAX];
	char text[GREYLIST_TEXT_SIZE];
	size_t count = 1;

	while (!record_key_split(key, fields, count))
		if (count++ == RECORD_FIELDS_MAX)
			return false;
	for (size_t i = 0; i < count; i++) {
		if (fields[i].n >= sizeof text)
			continue;
		memcpy(text, fields[i].p, fields[i].n);
		text[fields[i].n] = '\0';
		if (strcmp(text, f->alike) == 0 || is_address(f, text) ||
		    (f->hide != NULL &&
			(strcmp(text, f->hidden[0]) == 0 || strcmp(text, f->hidden[1]) == 0)))
			return true;
	}
	return false;
}

static bool
is_in_text(const struct forgetting *f, const char *text)
{
	char *copy = strdup(text), *rest = copy, *word;
	bool is = false;

	while (!is && rest != NULL && (word = strsep(&rest, OUTSIDE)) != NULL)
		is = strchr(word, '@') != NULL && is_address(f, word);
	free(copy);
	return is;
}

static bool
is_in_json(const struct forgetting *f, const json_t *o)
{
	const char *key;
	json_t *value;
	bool is = json_is_string(o) && is_in_text(f, json_string_value(o));

	for (size_t i = 0; !is && i < json_array_size(o); i++)
		is = is_in_json(f, json_array_get(o, i));
	json_object_foreach ((json_t *)(uintptr_t)o, key, value)
		is = is || is_in_json(f, value);
	return is;
}

static bool
is_in_receipt(const struct forgetting *f, struct record_bytes value)
{
	json_t *o = NULL;
	bool is;

	if (value.n > RECORD_HEAD)
		o = json_loadb((const char *)value.p + RECORD_HEAD, value.n - RECORD_HEAD, 0, NULL);
	is = is_in_json(f, o);
	json_decref(o);
	return is;
}

static bool
forget_one(void *ctx, struct record_bytes key, struct record_bytes value)
{
	struct forgetting *f = ctx;

	return !(key.p[0] == RECORD_RECEIPT ? is_in_receipt(f, value) : is_in_key(f, key)) ||
	       memory_remove(&f->removal, key);
}

bool
answer_forget(const struct answer_memory *m, const json_t *argument, json_t *out)
{
	static const char kinds[] = {RECORD_TRIPLET, RECORD_CLIENT, RECORD_CORRESPONDENT,
	    RECORD_SHADOW, RECORD_RECEIPT, '\0'};
	const struct greylist_options *o = memory_options(m, out);
	struct forgetting f = {.removal = {.store = m->store}};
	struct arena arena = {.cap = 1 << 16};
	struct path p;
	bool ok;

	if (o == NULL)
		return false;
	ok = path_parse(&p, memory_text(argument, "address"), &arena) == 0 && p.local[0] != '\0' &&
	     p.domain[0] != '\0';
	if (ok) {
		greylist_key_rcpt(p.local, p.domain, f.same);
		greylist_key_sender(p.local, p.domain, f.alike);
	}
	arena_fini(&arena);
	if (!ok)
		return answer_fail(out, "that is no mail address");
	f.hide = greylist_hiding(o);
	if (f.hide != NULL) {
		(void)keyhash_text(f.hide, f.same, f.hidden[0]);
		(void)keyhash_text(f.hide, f.alike, f.hidden[1]);
	}
	ok = memory_step_kinds(m, argument, kinds, forget_one, &f, out);
	return ok && memory_removed(&f.removal, out);
}
