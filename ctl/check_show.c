/* SPDX-License-Identifier: BSD-2-Clause */
/* What came of a trial, for people. */
#include "ctl/check.h"

#include <string.h>

#include "ctl/show.h"

/* Below its reason. */
static void
show_props(json_t *props)
{
	const char *name;
	json_t *value;

	json_object_foreach (props, name, value) {
		(void)printf("  %-10s %-14s %s=", "", "", name);
		show_text(json_string_value(value), stdout);
		(void)putchar('\n');
	}
}

static void
show_verdicts(const json_t *of)
{
	const json_t *verdicts = json_object_get(of, "verdicts");

	for (size_t i = 0; i < json_array_size(verdicts); i++) {
		const json_t *v = json_array_get(verdicts, i);
		const char *action = json_text_of(v, "action"), *mode = json_text_of(v, "mode");

		(void)printf("  %-10s %-14s ", json_text_of(v, "check"), json_text_of(v, "result"));
		show_text(json_text_of(v, "reason"), stdout);
		if (strcmp(action, "pass") != 0)
			(void)printf(" [%s%s%s]", action, strcmp(mode, "enforce") != 0 ? ", " : "",
			    strcmp(mode, "enforce") != 0 ? mode : "");
		(void)putchar('\n');
		show_props(json_object_get(v, "props"));
	}
}

static void
show_decision(const json_t *of)
{
	const char *would = json_text_of(of, "would");

	(void)printf("  => %s", json_text_of(of, "action"));
	if (*json_text_of(of, "cause") != '\0')
		(void)printf(", because of %s", json_text_of(of, "cause"));
	if (json_is_true(json_object_get(of, "exempt")))
		(void)fputs(", not carried out: postmaster or abuse", stdout);
	(void)putchar('\n');
	if (*would != '\0')
		(void)printf(
		    "  shadow: %s, because of %s\n", would, json_text_of(of, "would-cause"));
	if (*json_text_of(of, "reply") != '\0') {
		(void)fputs("  ", stdout);
		show_text(json_text_of(of, "reply"), stdout);
		(void)putchar('\n');
	}
}

void
show_decided(const json_t *of)
{
	show_verdicts(of);
	show_decision(of);
}

/* Folds stay, other controls do not. */
static void
show_field(const json_t *field)
{
	const char *s = json_text_of(field, "value");

	(void)printf("  %s: ", json_text_of(field, "name"));
	show_lines(s, strlen(s), "  ", stdout);
}

static void
show_message(const json_t *message)
{
	const json_t *fields = json_object_get(message, "fields");

	(void)puts("\nmessage");
	show_decided(message);
	if (json_number_of(message, "forged") > 0)
		(void)printf("  %lld field(s) that claim to be ours would be removed\n",
		    (long long)json_number_of(message, "forged"));
	for (size_t i = 0; i < json_array_size(fields); i++)
		show_field(json_array_get(fields, i));
}

static void
show_line(const char *key, const char *value)
{
	show_key(key);
	show_text(value, stdout);
	(void)putchar('\n');
}

void
check_show(const json_t *o)
{
	const json_t *recipients = json_object_get(o, "recipients");
	json_t *skipped = json_object_get(o, "skipped"), *why;
	const char *name;

	show_line("client", json_text_of(o, "client"));
	show_line("origin", json_text_of(o, "origin"));
	show_line("helo", json_text_of(o, "helo"));
	show_line("from", json_text_of(o, "from"));
	json_object_foreach (skipped, name, why) {
		show_key("skipped");
		(void)printf("%s: %s\n", name, json_string_value(why));
	}
	for (size_t i = 0; i < json_array_size(recipients); i++) {
		const json_t *r = json_array_get(recipients, i);

		(void)fputs("\nto ", stdout);
		show_text(json_text_of(r, "to"), stdout);
		(void)putchar('\n');
		show_decided(r);
	}
	if (json_object_get(o, "message") != NULL)
		show_message(json_object_get(o, "message"));
}
