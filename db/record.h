/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Record: the bytes of keys and values, the same in every back end.  Integers
 * are big-endian, so that keys sort and dumps compare.
 *
 *   key    kind (1)  field NUL field NUL field      fields hold no NUL
 *   value  version (1)  expires (4)  payload        expires: s since 1970, 0 never
 *
 *   kind  key fields                    payload
 *   'g'   client, sender, recipient     first (4) last (4) passed (4) count (4)
 *   'c'   client                        the same
 *   'w'   our sender, recipient       the same: one of us wrote to somebody elsewhere
 *   's'   client, sender, recipient     the same: delivered, though a rule in shadow would have refused it
 *   'd'   day, policy domain, id        version (1), then texts, each with a NUL: checks/dmarc/report.h
 *   'r'   id, number                    JSON: milter/receipt.h
 *   'q'   queue id                      an id of 'r'
 *
 * A value of a version we do not know is never changed nor removed: it belongs
 * to a newer release that may run again.
 */
#ifndef DB_RECORD_H
#define DB_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/decide.h"

#define RECORD_VERSION		1
#define RECORD_HEAD		5			/* bytes before the payload */
#define RECORD_GREYLIST_SIZE	(RECORD_HEAD + 16)
#define RECORD_DMARC_VERSION	1

#define RECORD_FIELD_MAX	320	/* RFC 5321 4.5.3.1: 64 + 1 + 255; what is longer is cut */
#define RECORD_FIELDS_MAX	3
#define RECORD_KEY_MAX		(1 + RECORD_FIELDS_MAX * (RECORD_FIELD_MAX + 1))
#define RECORD_VALUE_MAX	65536	/* bytes with head: a receipt with every look-up of a message */

enum record_kind {
	RECORD_TRIPLET = 'g',
	RECORD_CLIENT = 'c',
	RECORD_CORRESPONDENT = 'w',
	RECORD_SHADOW = 's',
	RECORD_DMARC = 'd',
	RECORD_RECEIPT = 'r',
	RECORD_QUEUE_ID = 'q',
};

struct record_bytes {
	const uint8_t	*p;
	size_t		 n;
};

struct record_key {
	uint8_t	bytes[RECORD_KEY_MAX];
	size_t	len;
};

/* Fields beyond count are ignored; each is cut at RECORD_FIELD_MAX. */
void	record_key_make(struct record_key *, enum record_kind, const char *const *fields,
	    size_t count);
/* The fields of a key; false when the kind has not that many. */
bool	record_key_split(struct record_bytes key, struct record_bytes *fields, size_t count);
static inline struct record_bytes
record_key_bytes(const struct record_key *k)
{
	return (struct record_bytes){k->bytes, k->len};
}

/* Head of a value: RECORD_HEAD bytes.  Times are cut to 0..2^32-1 (the year 2106). */
void	record_head_put(uint8_t *, int64_t expires);
/* False: too short, or a version that is not ours. */
bool	record_head_get(struct record_bytes value, int64_t *expires_r);
/* Ours, and its time is over. */
bool	record_is_expired(struct record_bytes value, int64_t now);

void	record_greylist_put(uint8_t out[RECORD_GREYLIST_SIZE], const struct greylist_record *,
	    int64_t expires);
bool	record_greylist_get(struct record_bytes value, struct greylist_record *);

#endif
