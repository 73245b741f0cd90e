/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * load: records of a dump into the filter's memory, a few hundred at a time.
 * What is not taken in one step is sent again, so the keeper decides how long
 * a step lasts.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl/commands.h"
#include "ctl/keeper.h"
#include "ctl/show.h"
#include "db/dump.h"

#define CHUNK_LINES 256
#define CHUNK_SIZE  (64 * 1024) /* and one line more */

struct loading {
	struct keeper keeper;
	struct dump_reader *reader;
	uint64_t loaded;
	uint64_t whole; /* bytes of a file; 0: not known */
	char *chunk;
	size_t len, lines; /* of the chunk */
	char why[200]; /* it ended, with its line; "": it was told already */
};

static int
fail_at(struct loading *l, uint64_t line, const char *why)
{
	if (line > 0)
		(void)snprintf(l->why, sizeof l->why, "line %" PRIu64 ": %s", line, why);
	else
		(void)snprintf(l->why, sizeof l->why, "%s", why);
	return -1;
}

/* The first lines of the chunk have been taken. */
static void
shift(struct loading *l, uint64_t lines)
{
	char *rest = l->chunk;

	l->loaded += lines;
	l->lines -= lines;
	for (; lines > 0; lines--)
		rest = strchr(rest, '\n') + 1;
	l->len -= (size_t)(rest - l->chunk);
	memmove(l->chunk, rest, l->len + 1);
}

/* All of the chunk.  0, or -1 and why. */
static int
send_chunk(struct loading *l)
{
	json_t *argument, *answer;
	uint64_t n;
	int rc = 0;

	while (rc == 0 && l->lines > 0) {
		argument = json_object();
		(void)json_object_set_new(argument, "text", json_string(l->chunk));
		answer = keeper_try(&l->keeper, "load", argument);
		if (answer == NULL)
			return -1;
		n = (uint64_t)json_number_of(answer, "loaded");
		shift(l, n < l->lines ? n : l->lines);
		/* A record stands a line below its number. */
		if (!json_is_true(json_object_get(answer, "ok")))
			rc = fail_at(l, l->loaded + 2, json_text_of(answer, "error"));
		json_decref(answer);
	}
	return rc;
}

/* As a dump is: text that JSON can carry. */
static bool
is_plain(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (line[i] != '\t' && (line[i] < ' ' || line[i] > '~'))
			return false;
	return true;
}

static int
load_all(struct loading *l)
{
	const char *fault;
	char *line;
	int rc = 0;

	while (rc == 0 && (line = dump_next(l->reader, &fault)) != NULL) {
		if (!is_plain(line, l->reader->len)) {
			fault = "malformed line";
			break;
		}
		memcpy(l->chunk + l->len, line, l->reader->len);
		l->len += l->reader->len;
		(void)strcpy(l->chunk + l->len++, "\n");
		if (++l->lines == CHUNK_LINES || l->len >= CHUNK_SIZE)
			rc = send_chunk(l);
		progress_show(&l->keeper.progress, l->loaded,
		    l->whole > 0 ? (uint64_t)ftello(l->reader->file) : 0, l->whole);
	}
	/* What stands before a fault is good. */
	if (rc == 0)
		rc = send_chunk(l);
	if (rc == 0 && fault != NULL)
		rc = fail_at(l, l->reader->line, fault);
	progress_end(&l->keeper.progress);
	return rc;
}

static int
tell(const struct call *call, const struct loading *l, int rc)
{
	json_t *o;

	if (call->json) {
		o = json_pack("{s:b, s:I}", "ok", rc == 0, "loaded", (json_int_t)l->loaded);
		if (l->why[0] != '\0')
			(void)json_object_set_new(o, "error", json_string(l->why));
		daemon_print(o);
		json_decref(o);
	} else
		(void)printf("%" PRIu64 " records loaded\n", l->loaded);
	if (rc < 0 && l->why[0] == '\0')
		return l->keeper.status;
	return rc == 0 ? EXIT_DONE : call->json ? EXIT_FAILED : call_fail(call, "%s", l->why);
}

static int
load(const struct call *call, struct loading *l)
{
	struct stat st;
	int rc;

	if (fstat(fileno(l->reader->file), &st) == 0 && S_ISREG(st.st_mode))
		l->whole = (uint64_t)st.st_size;
	if (keeper_open(&l->keeper, call, KEEPER_MAKE) < 0)
		return l->keeper.status;
	progress_begin(&l->keeper.progress, "load", true);
	rc = load_all(l);
	rc = tell(call, l, rc);
	keeper_close(&l->keeper);
	return rc;
}

static int
run(const struct call *call)
{
	const char *path = call->argv[0];
	FILE *f = path != NULL ? fopen(path, "re") : stdin;
	struct loading l = {.loaded = 0};
	int status = EXIT_FAILED;

	if (f == NULL)
		return call_fail(call, "%s: %s", path, strerror(errno));
	l.reader = dump_reader_new(f);
	l.chunk = calloc(1, CHUNK_SIZE + DUMP_LINE_MAX + 2);
	if (l.reader != NULL && l.chunk != NULL)
		status = load(call, &l);
	else
		(void)call_fail(call, "out of memory");
	dump_reader_free(&l.reader);
	free(l.chunk);
	if (f != stdin)
		(void)fclose(f);
	return status;
}

/* clang-format off */
const struct command command_load = {
	.name = "load",
	.operands = "[FILE]",
	.most = 1,
	.summary = "add the records of a dump to what the filter remembers",
	.stopped = true,
	.run = run,
};
/* clang-format on */
