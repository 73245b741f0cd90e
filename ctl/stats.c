/* SPDX-License-Identifier: BSD-2-Clause */
/* stats: what the checks found, what was decided, how long it took. */
#include "ctl/commands.h"
#include "ctl/daemon.h"
#include "ctl/show.h"
#include "lib/option.h"
#include "milter/history.h"

#define LONGEST_MS (HISTORY_HOURS * 3600 * 1000)

/* clang-format off */
static const struct command_option options[] = {
	{"since", "DURATION", "only what happened lately: 10m, 2h, at most 2d"},
	{.name = NULL}
};
/* clang-format on */

static void
show(const json_t *answer)
{
	char text[32], length[32];
	int64_t since = json_number_of(answer, "since");

	(void)printf("since %s, %s\n\n", show_time(since, text),
	    show_duration(json_number_of(answer, "now") - since, length));
	show_stats(answer, stdout);
}

static int
run(const struct call *call)
{
	const char *since = call_value(call, "since", 0);
	char request[64] = "stats";
	int64_t ms;

	if (since != NULL && (!option_duration(since, &ms) || ms < 1000 || ms > LONGEST_MS))
		return call_misused(
		    call, "--since %s: not a duration like 10m or 2h, at most 2d", since);
	if (since != NULL)
		(void)snprintf(request, sizeof request, "stats %lld", (long long)(ms / 1000));
	return daemon_call(call, request, show);
}

/* clang-format off */
const struct command command_stats = {
	.name = "stats",
	.operands = "",
	.summary = "show what was found and decided, and how long it took",
	.options = options,
	.run = run,
};
/* clang-format on */
