/* SPDX-License-Identifier: BSD-2-Clause */
/* mode: force another mode on the running daemon, without touching its file. */
#include "ctl/daemon.h"
#include "ctl/commands.h"
#include "ctl/show.h"

static void
show(const json_t *answer)
{
	(void)fputs("mode is ", stdout);
	show_text(json_text_of(answer, "mode"), stdout);
	(void)puts(" for new connections");
}

static int
run(const struct call *call)
{
	char request[64];

	(void)snprintf(request, sizeof request, "mode %s", call->argv[0]);
	return daemon_call(call, request, show);
}

static const char *const words[] = {"enforce", "shadow", "off", "configured", NULL};

/* clang-format off */
const struct command command_mode = {
	.name = "mode",
	.operands = "enforce | shadow | off | configured",
	.least = 1,
	.most = 1,
	.summary = "force a mode until the daemon is restarted",
	.words = words,
	.run = run,
};
/* clang-format on */
