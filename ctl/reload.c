/* SPDX-License-Identifier: BSD-2-Clause */
/* reload: the daemon reads its configuration again; says what changed, or what is wrong. */
#include "ctl/daemon.h"
#include "ctl/commands.h"
#include "ctl/show.h"

static void
show(const json_t *answer)
{
	const json_t *changes = json_object_get(answer, "changes");

	for (size_t i = 0; i < json_array_size(changes); i++) {
		const json_t *c = json_array_get(changes, i);

		show_text(json_text_of(c, "key"), stdout);
		(void)fputs(": ", stdout);
		show_text(json_text_of(c, "was"), stdout);
		(void)fputs(" -> ", stdout);
		show_text(json_text_of(c, "is"), stdout);
		(void)putchar('\n');
	}
	(void)puts(
	    json_array_size(changes) > 0 ? "in force for new connections" : "nothing changed");
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
