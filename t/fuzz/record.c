/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records of the store, as a newer release, a bad disk or a stranger may have
 * left them: each reader takes them for what they are or for nothing.  Input,
 * with NUL between: an id, the fields of a key; then a whole value.
 */
#include "t/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "db/dump.h"
#include "milter/memory.h"
#include "milter/receipt.h"
#include "t/fuzz/input.h"

const char fuzz_name[] = "record";

static const struct greylist_params params = {300, 172800, 3024000, 5};
static const enum record_kind kinds[] = {RECORD_TRIPLET, RECORD_CLIENT, RECORD_CORRESPONDENT,
    RECORD_DMARC, RECORD_RECEIPT, RECORD_QUEUE_ID};

static struct store *
the_store(void)
{
	static const char text[] = "store { type = \"memory\" }";
	char room[256], *errors;
	struct buf why;
	struct conf *c;

	if (memory_store() == NULL) {
		buf_init(&why, room, sizeof room);
		c = conf_load(input_file(0, text, sizeof text - 1), &errors);
		if (c == NULL || memory_open(c, &why) != 0)
			abort();
		conf_unref(&c);
	}
	return memory_store();
}

static void
read_greylist(struct store *s, const struct record_key *key, struct record_bytes value)
{
	const struct store_attempt a = {key, key, 1700000000, &params};
	struct greylist_answer answer = {.outcome = GREYLIST_NEW};
	struct greylist_record r;
	enum store_status status = store_greylist(s, &a, &answer);

	if (status == STORE_OK && answer.wait > params.delay)
		abort();
	/* What is not ours is not touched. */
	if (status == STORE_OK && value.n > 0 && !record_greylist_get(value, &r))
		abort();
	(void)store_credit(s, key, 1700000000, &params);
}

static bool
dump_one(void *file, struct record_bytes key, struct record_bytes value)
{
	dump_put(file, key, value);
	return true;
}

static void
read_all(struct store *s, const struct record_key *key, struct record_bytes value, const char *id)
{
	char payload[64];
	struct store_cursor all = {.started = false}, cursor = {.started = false};
	json_t *receipts;
	uint64_t n;
	size_t len;
	FILE *null = fopen("/dev/null", "we");

	if (null == NULL)
		abort();
	(void)store_get(s, key, 1700000000, payload, sizeof payload, &len);
	receipts = receipt_find(s, id);
	if (receipts == NULL)
		abort();
	json_decref(receipts);
	while (!all.ended)
		if (store_scan_step(s, (struct record_bytes){NULL, 0}, &all, dump_one, null) !=
		    STORE_OK)
			abort();
	(void)fclose(null);
	read_greylist(s, key, value);
	(void)store_sweep_step(s, &cursor, 1700000000, &n);
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct store *s = the_store();
	const char *id, *fields[RECORD_FIELDS_MAX];
	struct record_bytes value;
	struct record_key key;
	struct input in;
	unsigned kind;

	if (len < 1)
		return;
	kind = data[0];
	input_open(&in, data + 1, len - 1);
	id = input_part(&in, '\0', NULL);
	for (size_t i = 0; i < RECORD_FIELDS_MAX; i++)
		fields[i] = input_part(&in, '\0', NULL);
	record_key_make(&key, kinds[kind % 6], fields, kind / 6 % (RECORD_FIELDS_MAX + 1));
	value = (struct record_bytes){(const uint8_t *)in.rest, in.left};
	if (store_put_value(s, record_key_bytes(&key), value) == STORE_OK)
		read_all(s, &key, value, id);
	(void)store_remove(s, &key);
	input_close(&in);
}
