/* SPDX-License-Identifier: BSD-2-Clause */
/* Columns as wide as what usually stands there: a list has no end to wait for. */
#include "ctl/greylist_show.h"

#include <stdbool.h>
#include <string.h>

#include "ctl/show.h"

#define COLUMNS "%-13s  %-19s  %-19s  %6s  %-14s  "
#define CLIENT  20
#define SENDER  32

static void
show_field(const char *text, int width, const char *end)
{
	int used = (int)strlen(text);

	show_text(text, stdout);
	(void)printf("%*s%s", used < width ? width - used : 0, "", end);
}

void
greylist_show_head(void)
{
	(void)printf(COLUMNS, "STATE", "FIRST", "LAST", "COUNT", "LET IN");
	(void)printf("%-*s  %-*s  RECIPIENT\n", CLIENT, "CLIENT", SENDER, "SENDER");
}

static const char *
let_in(const json_t *o, int64_t now, char out[40])
{
	const char *state = json_text_of(o, "state");
	int64_t at = json_number_of(o, "let-in");
	char text[32];

	if (strcmp(state, "counted") == 0 || strcmp(state, "new") == 0)
		return "-";
	if (at <= now)
		return "now";
	(void)snprintf(out, 40, "in %s", show_duration(at - now, text));
	return out;
}

void
greylist_show_record(const json_t *o, int64_t now)
{
	char first[32], last[32], count[24], when[40];
	bool has_client = json_object_get(o, "client") != NULL;
	bool has_sender = json_object_get(o, "sender") != NULL;
	const char *sender = json_text_of(o, "sender");

	(void)snprintf(count, sizeof count, "%lld", (long long)json_number_of(o, "count"));
	(void)printf(COLUMNS, json_text_of(o, "state"),
	    show_time(json_number_of(o, "first"), first),
	    show_time(json_number_of(o, "last"), last), count, let_in(o, now, when));
	show_field(has_client ? json_text_of(o, "client") : "-", CLIENT, "  ");
	show_field(!has_sender ? "-" : *sender == '\0' ? "<>" : sender, SENDER, "  ");
	show_field(has_sender ? json_text_of(o, "recipient") : "-", 0, "\n");
}

void
greylist_show_answers(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "answers");
	char text[32];

	if (json_is_true(json_object_get(answer, "correspondent")))
		(void)puts("would be let in now: the recipient wrote to this sender");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);
		int64_t wait = json_number_of(o, "wait");

		(void)fputs("would be answered now, as ", stdout);
		show_text(json_text_of(o, "client"), stdout);
		(void)printf(": %s", json_text_of(o, "result"));
		if (wait > 0)
			(void)printf(", to come back in %s", show_duration(wait, text));
		(void)putchar('\n');
	}
}
