/* SPDX-License-Identifier: BSD-2-Clause */
/* forget: everything the filter remembers of a mail address. */
#include "ctl/commands.h"
#include "ctl/keeper.h"

static int
run(const struct call *call)
{
	json_t *argument = json_object();
	struct keeper k;
	int status;

	if (json_object_set_new(argument, "address", json_string(call->argv[0])) < 0) {
		json_decref(argument);
		return call_misused(call, "an address that is not UTF-8");
	}
	if (keeper_open(&k, call, KEEPER_OPEN) < 0) {
		json_decref(argument);
		return k.status;
	}
	status = keeper_remove(&k, "forget", argument);
	keeper_close(&k);
	return status;
}

/* clang-format off */
const struct command command_forget = {
	.name = "forget",
	.operands = "ADDRESS",
	.least = 1,
	.most = 1,
	.summary = "remove everything that is remembered of a mail address",
	.stopped = true,
	.run = run,
};
/* clang-format on */
