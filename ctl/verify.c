/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verify: whether everything the filter remembers can be read.  Reading a page
 * proves its checksum; of a store that is stopped the files are proven too.
 */
#include "ctl/commands.h"
#include "ctl/keeper.h"
#include "ctl/show.h"

static bool
add(void *counts, const json_t *answer)
{
	json_t *step = json_object_get(answer, "counts"), *n;
	const char *kind;

	json_object_foreach (step, kind, n)
		(void)json_object_set_new(counts, kind,
		    json_integer(json_number_of(counts, kind) + json_integer_value(n)));
	return true;
}

static int
tell(const struct call *call, json_t *counts)
{
	bool sound = json_number_of(counts, "unreadable") == 0;
	const char *kind, *comma = "";
	json_t *o, *n;

	if (call->json) {
		o = json_pack("{s:b, s:O}", "ok", sound, "counts", counts);
		daemon_print(o);
		json_decref(o);
		return sound ? EXIT_DONE : EXIT_FAILED;
	}
	(void)printf("%s:", sound ? "sound" : "damaged");
	json_object_foreach (counts, kind, n) {
		(void)printf("%s %lld %s", comma, (long long)json_integer_value(n), kind);
		comma = ",";
	}
	(void)puts(json_object_size(counts) == 0 ? " empty" : "");
	return sound ? EXIT_DONE : call_fail(call, "some records cannot be read");
}

static int
run(const struct call *call)
{
	json_t *counts = json_object();
	struct keeper k;
	int rc;

	if (keeper_open(&k, call, KEEPER_PROVE) < 0) {
		json_decref(counts);
		return k.status;
	}
	rc = keeper_walk(&k, "verify", json_object(), true, add, counts);
	rc = rc < 0 ? k.status : tell(call, counts);
	keeper_close(&k);
	json_decref(counts);
	return rc;
}

/* clang-format off */
const struct command command_verify = {
	.name = "verify",
	.operands = "",
	.summary = "prove that what the filter remembers is sound, and count it",
	.stopped = true,
	.run = run,
};
/* clang-format on */
