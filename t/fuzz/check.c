/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * baileyctl check with all checks.  Input, with NUL between: a client, what it
 * greets with, a sender, a recipient, a user; a file of DNS answers; a message.
 */
#include "t/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/trial.h"
#include "t/fuzz/house.h"
#include "t/fuzz/input.h"

const char fuzz_name[] = "check";

static void
open_store(struct trial *t)
{
	struct store_setup setup = {
	    .options = t->conf->store, .directory = "", .clock = t->house.clock, .offline = true};
	char room[200];
	struct buf why;

	buf_init(&why, room, sizeof room);
	if (store_open(&t->store, &setup, &why) != STORE_OK)
		abort();
}

/* What was recorded must be a file that can be replayed. */
static void
record_again(const char *text, size_t len)
{
	FILE *fp = input_stream(text, len);
	const char *why;
	int64_t wall;
	struct dns *dns = dns_open_replay(fp, &clock_real, &wall, &why);

	if (dns == NULL)
		abort();
	dns_close(&dns);
	(void)fclose(fp);
}

static void
try_message(struct trial *t, const char *message, size_t len)
{
	char *recorded = NULL;
	enum action action;
	json_t *result;
	size_t size;

	t->record = open_memstream(&recorded, &size);
	t->message = input_stream(message, len);
	open_store(t);
	result = trial_run(t, &action);
	if (t->record == NULL || result == NULL || action >= ACTION_COUNT)
		abort();
	json_decref(result);
	(void)fclose(t->record);
	(void)fclose(t->message);
	record_again(recorded, size);
	free(recorded);
	store_close(&t->store);
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	static struct conf *conf;
	const char *rcpts[2] = {NULL}, *client, *answers, *why = NULL;
	struct trial t = {.hostname = "mx.example.net", .rcpts = rcpts};
	struct clock_fake then;
	struct input in;
	int64_t wall = 0;
	size_t size;
	FILE *fp;

	if (conf == NULL)
		conf = house_conf();
	input_open(&in, data, len);
	t.conf = conf;
	client = input_part(&in, '\0', NULL);
	t.helo = input_part(&in, '\0', NULL);
	t.from = input_part(&in, '\0', NULL);
	rcpts[0] = input_part(&in, '\0', NULL);
	t.user = input_part(&in, '\0', NULL);
	if (*t.user == '\0')
		t.user = NULL;
	(void)addr_parse(&t.client, client);
	answers = input_part(&in, '\0', &size);
	fp = input_stream(answers, size);
	t.house.clock = &then.clock;
	t.house.dns = dns_open_replay(fp, t.house.clock, &wall, &why);
	clock_fake_init(&then, 0, wall);
	(void)fclose(fp);
	if (t.house.dns != NULL) {
		house_open(&t.house, conf);
		try_message(&t, in.rest, in.left);
		house_close(&t.house);
		dns_close(&t.house.dns);
	} else if (why == NULL) {
		abort();
	}
	input_close(&in);
}
