/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys and values byte by byte; what is on disk does not depend on a compiler.
 */
#include "db/record.h"

#include <string.h>

static void
put32(uint8_t *p, int64_t v)
{
	uint32_t u = v < 0 ? 0 : v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;

	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(u >> (24 - 8 * i));
}

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

void
record_key_make(
    struct record_key *k, enum record_kind kind, const char *const *fields, size_t count)
{
	k->bytes[0] = (uint8_t)kind;
	k->len = 1;
	for (size_t i = 0; i < count && i < RECORD_FIELDS_MAX; i++) {
		size_t n = strnlen(fields[i], RECORD_FIELD_MAX);

		if (i > 0)
			k->bytes[k->len++] = '\0';
		memcpy(k->bytes + k->len, fields[i], n);
		k->len += n;
	}
}

bool
record_key_split(struct record_bytes key, struct record_bytes *fields, size_t count)
{
	const uint8_t *p = key.p + 1, *end = key.p + key.n;

	if (key.n == 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		const uint8_t *nul = memchr(p, '\0', (size_t)(end - p));

		if ((nul == NULL) != (i + 1 == count))
			return false;
		if (nul == NULL)
			nul = end;
		fields[i] = (struct record_bytes){p, (size_t)(nul - p)};
		p = nul + 1;
	}
	return true;
}

void
record_head_put(uint8_t *p, int64_t expires)
{
	p[0] = RECORD_VERSION;
	put32(p + 1, expires);
}

bool
record_head_get(struct record_bytes v, int64_t *expires_r)
{
	if (v.n < RECORD_HEAD || v.p[0] != RECORD_VERSION)
		return false;
	*expires_r = get32(v.p + 1);
	return true;
}

bool
record_is_expired(struct record_bytes v, int64_t now)
{
	int64_t expires;

	return record_head_get(v, &expires) && expires != 0 && now > expires;
}

void
record_greylist_put(
    uint8_t out[RECORD_GREYLIST_SIZE], const struct greylist_record *r, int64_t expires)
{
	record_head_put(out, expires);
	put32(out + RECORD_HEAD, r->first);
	put32(out + RECORD_HEAD + 4, r->last);
	put32(out + RECORD_HEAD + 8, r->passed);
	put32(out + RECORD_HEAD + 12, r->count);
}

bool
record_greylist_get(struct record_bytes v, struct greylist_record *r)
{
	int64_t expires;

	if (v.n != RECORD_GREYLIST_SIZE || !record_head_get(v, &expires))
		return false;
	*r = (struct greylist_record){
	    .first = get32(v.p + RECORD_HEAD),
	    .last = get32(v.p + RECORD_HEAD + 4),
	    .passed = get32(v.p + RECORD_HEAD + 8),
	    .count = get32(v.p + RECORD_HEAD + 12),
	};
	return true;
}
