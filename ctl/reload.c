/* SPDX-License-Identifier: BSD-2-Clause */
/* reload: the daemon reads its configuration again; says what changed, or what is wrong. */
#include "config.h"

#include <string.h>

#include "ctl/daemon.h"
#include "ctl/commands.h"
#include "ctl/show.h"

/* Of a text of sections those that the other does not have, as they are written. */
static void
show_sections(const char *text, const char *other, const char *mark)
{
	const char *end;
	size_t len;

	for (; *text != '\0'; text += len) {
		text += *text == '\n';
		end = strstr(text, "\n}\n");
		len = end != NULL ? (size_t)(end - text) + 3 : strlen(text);
		if (memmem(other, strlen(other), text, len) != NULL)
			continue;
		(void)fputs(mark, stdout);
		show_lines(text, len, mark, stdout);
	}
}

static void
show_change(const json_t *c)
{
	const char *was = json_text_of(c, "was"), *is = json_text_of(c, "is");

	show_text(json_text_of(c, "key"), stdout);
	if (strchr(was, '\n') == NULL && strchr(is, '\n') == NULL) {
		(void)fputs(": ", stdout);
		show_text(was, stdout);
		(void)fputs(" -> ", stdout);
		show_text(is, stdout);
		(void)puts(json_is_true(json_object_get(c, "restart")) ? " (after a restart)" : "");
		return;
	}
	(void)puts(":");
	show_sections(was, is, "- ");
	show_sections(is, was, "+ ");
}

static void
show(const json_t *answer)
{
	const json_t *changes = json_object_get(answer, "changes");
	size_t n = json_array_size(changes), later = 0;

	for (size_t i = 0; i < n; i++) {
		show_change(json_array_get(changes, i));
		later += json_is_true(json_object_get(json_array_get(changes, i), "restart"));
	}
	if (n == 0)
		(void)puts("nothing changed");
	else if (later == n)
		(void)puts("in force only after a restart");
	else
		(void)printf("in force for new connections%s\n",
		    later > 0 ? ", but for what needs a restart" : "");
}

static int
run(const struct call *call)
{
	return daemon_call(call, "reload", show);
}

/* clang-format off */
const struct command command_reload = {
	.name = "reload",
	.operands = "",
	.summary = "read the configuration again, and say what changed",
	.run = run,
};
/* clang-format on */
