/* SPDX-License-Identifier: BSD-2-Clause */
/* why: the receipts of a decision. */
#include <string.h>

#include "ctl/check.h"
#include "ctl/commands.h"
#include "ctl/keeper.h"
#include "ctl/show.h"

static void
show_member(const json_t *o, const char *key)
{
	const char *value = json_text_of(o, key);

	if (*value == '\0')
		return;
	show_key(key);
	show_text(value, stdout);
	(void)putchar('\n');
}

static void
show_dns(const json_t *dns)
{
	for (size_t i = 0; i < json_array_size(dns); i++) {
		const json_t *a = json_array_get(dns, i), *records = json_object_get(a, "records");

		(void)printf("  %-5s ", json_text_of(a, "type"));
		show_text(json_text_of(a, "name"), stdout);
		(void)printf(
		    " %s %lld s\n", json_text_of(a, "status"), (long long)json_number_of(a, "ttl"));
		for (size_t k = 0; k < json_array_size(records); k++) {
			(void)fputs("        ", stdout);
			show_text(json_string_value(json_array_get(records, k)), stdout);
			(void)putchar('\n');
		}
	}
}

static void
show_receipt(const json_t *o)
{
	static const char *const keys[] = {
	    "event", "id", "queue", "client", "client-name", "helo-name", "origin", "user", "from"};
	const json_t *to = json_object_get(o, "to");
	json_t *why;
	const char *name;
	char text[32];

	show_key("time");
	(void)puts(show_time(json_number_of(o, "time"), text));
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		show_member(o, keys[i]);
	for (size_t i = 0; i < json_array_size(to); i++) {
		show_key("to");
		show_text(json_string_value(json_array_get(to, i)), stdout);
		(void)putchar('\n');
	}
	json_object_foreach (json_object_get(o, "skipped"), name, why) {
		show_key("skipped");
		(void)printf("%s: %s\n", name, json_string_value(why));
	}
	show_key("waited");
	(void)printf("%lld ms\n", (long long)json_number_of(o, "ms"));
	show_decided(o);
	show_dns(json_object_get(o, "dns"));
}

static void
show(const json_t *answer)
{
	const json_t *receipts = json_object_get(answer, "receipts");

	for (size_t i = 0; i < json_array_size(receipts); i++) {
		if (i > 0)
			(void)putchar('\n');
		show_receipt(json_array_get(receipts, i));
	}
}

/* Ids are words; an id may come with the brackets of the reply, "[id=...]". */
static int
run(const struct call *call)
{
	const char *id = call->argv[0];
	json_t *answer;
	struct keeper k;
	size_t len;

	if (strncmp(id, "[id=", 4) == 0)
		id += 4;
	len = strcspn(id, "]");
	if (len == 0 || len > 100 || strcspn(id, " \t\r\n") != strlen(id))
		return call_misused(call, "\"%s\" is no id", call->argv[0]);
	if (keeper_open(&k, call, KEEPER_OPEN) < 0)
		return k.status;
	answer = keeper_ask(&k, "why", json_stringn_nocheck(id, len));
	if (answer != NULL && call->json)
		daemon_print(answer);
	else if (answer != NULL)
		show(answer);
	keeper_close(&k);
	if (answer == NULL)
		return k.status;
	json_decref(answer);
	return EXIT_DONE;
}

/* clang-format off */
const struct command command_why = {
	.name = "why",
	.operands = "ID",
	.least = 1,
	.most = 1,
	.summary = "explain a decision, by the id of its reply or by queue id",
	.stopped = true,
	.run = run,
};
/* clang-format on */
