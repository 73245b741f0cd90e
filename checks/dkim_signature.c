/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading is stricter than the library's, which lets the last of two equal
 * tags win, and takes tags that differ in letter case only for equal.
 */
#include "checks/dkim_signature.h"

#include <string.h>
#include <strings.h>

#include "lib/ascii.h"
#include "lib/name.h"
#include "lib/tags.h"

#define FIELD_MAX (16 * 1024) /* bytes; RSA of 4096 bits takes 700, a long h= some hundred more */

bool
signature_is_field(const struct header *h)
{
	return strcasecmp(h->name, "DKIM-Signature") == 0;
}

/* A tag without white space; NULL if it is absent, or without memory. */
static const char *
get(const struct header *h, const char *name, struct arena *arena)
{
	struct tag t;
	struct buf b;
	char *room;

	if (!tags_find(h->value, h->value_len, name, &t) ||
	    (room = arena_alloc(arena, t.value_len + 1)) == NULL)
		return NULL;
	buf_init(&b, room, t.value_len + 1);
	tag_collapse(&t, &b);
	return room;
}

bool
signature_domain(const struct header *h, char out[NAME_TEXT_SIZE])
{
	char room[NAME_TEXT_SIZE + 1];
	struct tag t;
	struct buf b;

	buf_init(&b, room, sizeof room);
	if (!tags_find(h->value, h->value_len, "d", &t))
		return false;
	tag_collapse(&t, &b);
	return !b.cut && name_canon(b.s, out) == NAME_OK;
}

/* RFC 6376 3.5: up to 76 digits; what is beyond 63 bits is as good as never. */
static bool
read_number(const char *s, int64_t *out)
{
	int64_t n = 0;

	if (s == NULL)
		return true;
	if (s[0] == '\0' || s[strspn(s, "0123456789")] != '\0')
		return false;
	for (; *s != '\0'; s++)
		n = n > (INT64_MAX - 9) / 10 ? INT64_MAX : n * 10 + (*s - '0');
	*out = n;
	return true;
}

static const char *
read_numbers(struct signature *sig, struct arena *arena)
{
	if (!read_number(get(sig->field, "t", arena), &sig->signed_at))
		return "t= is not a time";
	if (!read_number(get(sig->field, "x", arena), &sig->expires))
		return "x= is not a time";
	if (!read_number(get(sig->field, "l", arena), &sig->length) || sig->length == INT64_MAX)
		return "l= is not a number of octets";
	return NULL;
}

static const char *
read_names(struct signature *sig, struct arena *arena)
{
	char domain[NAME_TEXT_SIZE], selector[NAME_TEXT_SIZE];

	if (name_canon(sig->d, domain) != NAME_OK)
		return "d= is not a domain name";
	if (name_canon(sig->s, selector) != NAME_OK)
		return "s= is not a selector";
	if (strlen(selector) + strlen("._domainkey.") + strlen(domain) >= NAME_TEXT_SIZE)
		return "selector and domain are too long for a name";
	sig->key_name = arena_printf(arena, "%s._domainkey.%s", selector, domain);
	sig->domain = arena_strdup(arena, domain);
	return NULL;
}

static const char *
read_fault(struct signature *sig, struct arena *arena)
{
	const struct header *h = sig->field;
	const char *fault;

	for (size_t i = 0; i < h->value_len; i++)
		if (ascii_is_eight_bit(h->value[i]))
			return "signature has characters beyond ASCII";
	if (!tags_are_valid(h->value, h->value_len))
		return "malformed signature";
	if (sig->d == NULL || sig->s == NULL || sig->a == NULL || sig->b == NULL ||
	    sig->b[0] == '\0')
		return "signature lacks a required tag";
	fault = read_numbers(sig, arena);
	return fault != NULL ? fault : read_names(sig, arena);
}

struct signature *
signature_read(const struct header *h, struct arena *arena)
{
	struct signature *sig = arena_alloc(arena, sizeof *sig);
	const char *c;

	if (sig == NULL)
		return NULL;
	*sig = (struct signature){
	    .field = h, .domain = "", .signed_at = -1, .expires = -1, .length = -1, .fed = -1};
	if (h->value_len > FIELD_MAX) {
		sig->fault = "signature is too long";
		return sig;
	}
	sig->d = get(h, "d", arena);
	sig->s = get(h, "s", arena);
	sig->a = get(h, "a", arena);
	sig->b = get(h, "b", arena);
	sig->bh = get(h, "bh", arena);
	sig->i = get(h, "i", arena);
	if (sig->i == NULL && sig->d != NULL)
		sig->i = arena_printf(arena, "@%s", sig->d);
	c = get(h, "c", arena);
	c = c != NULL ? strchr(c, '/') : NULL;
	sig->relaxed_body = c != NULL && strcasecmp(c, "/relaxed") == 0;
	sig->fault = read_fault(sig, arena);
	return sig->fault != NULL || (sig->key_name != NULL && sig->domain != NULL) ? sig : NULL;
}

static bool
is_chosen(const struct signature *list, const char *domain)
{
	for (; list != NULL; list = list->next)
		if (list->chosen && strcmp(list->domain, domain) == 0)
			return true;
	return false;
}

/* The less the better. */
enum { SAME, RELATED, FIRST_OF_DOMAIN, ANY, RANKS };

static bool
has_rank(const struct signature *sig, int rank, const struct signature *list, const char *author)
{
	switch (rank) {
	case SAME:
		return strcmp(sig->domain, author) == 0;
	case RELATED:
		return name_within(sig->domain, author) || name_within(author, sig->domain);
	case FIRST_OF_DOMAIN:
		return !is_chosen(list, sig->domain);
	}
	return true;
}

void
signature_choose(struct signature *list, int64_t max, const char *author)
{
	int lengths = 0;

	for (int rank = 0; rank < RANKS; rank++)
		for (struct signature *s = list; s != NULL && max > 0; s = s->next) {
			if (s->chosen || s->fault != NULL || !has_rank(s, rank, list, author))
				continue;
			if (s->length >= 0 && lengths == SIGNATURE_LENGTHS_MAX) {
				s->fault = "one signature too many with a length (l=)";
				continue;
			}
			lengths += s->length >= 0;
			s->chosen = true;
			max--;
		}
}

const char *
signature_b(const struct signature *sig, const struct signature *list, struct arena *arena)
{
	size_t len = SIGNATURE_B_SHOWN;

	for (const struct signature *s = list; s != NULL; s = s->next) {
		size_t same = 0;

		while (s->b != NULL && s->b[same] == sig->b[same] && sig->b[same] != '\0')
			same++;
		if (s->b != NULL && s->b[same] != sig->b[same] && same >= len)
			len = same + 1;
	}
	return arena_strndup(arena, sig->b, strnlen(sig->b, len));
}
