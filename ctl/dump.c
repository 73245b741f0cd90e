/* SPDX-License-Identifier: BSD-2-Clause */
/* dump: everything the filter remembers, as text (db/dump.h). */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/commands.h"
#include "ctl/keeper.h"
#include "ctl/show.h"
#include "db/dump.h"

struct dumping {
	FILE *out;
	uint64_t count;
};

static bool
write_text(void *ctx, const json_t *answer)
{
	struct dumping *d = ctx;

	(void)fputs(json_text_of(answer, "text"), d->out);
	d->count += (uint64_t)json_number_of(answer, "seen");
	return !ferror(d->out);
}

/* It tells who writes to whom: nobody else reads it, and no file is overwritten. */
static FILE *
create(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	return fd >= 0 ? fdopen(fd, "w") : NULL;
}

/* A pipe may lead to a pager on the same terminal. */
static bool
may_show_progress(FILE *out)
{
	struct stat st;

	return fstat(fileno(out), &st) == 0 && S_ISREG(st.st_mode);
}

static int
write_all(const struct call *call, struct dumping *d)
{
	struct keeper k;
	int rc;

	if (keeper_open(&k, call, KEEPER_OPEN) < 0)
		return k.status;
	(void)fputs(DUMP_MAGIC "\n", d->out);
	rc = keeper_walk(&k, "dump", json_object(), may_show_progress(d->out), write_text, d);
	keeper_close(&k);
	if (rc < 0)
		return k.status;
	(void)fprintf(d->out, "end %" PRIu64 "\n", d->count);
	return EXIT_DONE;
}

static int
run(const struct call *call)
{
	const char *path = call->argv[0];
	struct dumping d = {.out = path != NULL ? create(path) : stdout};
	int status;

	if (call->json && path == NULL)
		return call_misused(call, "a dump has a format of its own; --json needs a FILE");
	if (d.out == NULL)
		return call_fail(call, "%s: %s", path, strerror(errno));
	status = write_all(call, &d);
	if (path == NULL) /* baileyctl.c looks at the rest */
		return status;
	if ((ferror(d.out) || fclose(d.out) != 0) && status == EXIT_DONE)
		status = call_fail(call, "%s: %s", path, strerror(errno));
	if (status != EXIT_DONE)
		(void)unlink(path);
	else if (call->json)
		(void)printf("{\"ok\":true,\"records\":%" PRIu64 "}\n", d.count);
	else
		(void)printf("%" PRIu64 " records\n", d.count);
	return status;
}

/* clang-format off */
const struct command command_dump = {
	.name = "dump",
	.operands = "[FILE]",
	.most = 1,
	.summary = "write everything the filter remembers as text",
	.stopped = true,
	.run = run,
};
/* clang-format on */
