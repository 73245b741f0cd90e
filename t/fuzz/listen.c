/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses of sockets, one a line, as `socket' and `metrics' take them: a place or a reason. */
#include "milter/listen.h"

#include <stdlib.h>
#include <string.h>

#include "milter/metrics.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/input.h"

const char fuzz_name[] = "listen";

/* Whether it is fine; checked for saying why, when it is not. */
static bool
is_fine(const char *where)
{
	char room[LISTEN_WHY_SIZE];
	struct buf why;
	int rc;

	buf_init(&why, room, sizeof room);
	rc = listen_check(where, &why);
	if ((rc == 0) != (why.len == 0))
		abort();
	return rc == 0;
}

/* What was accepted has what listen_open() will take out of it. */
static void
must_be_place(const char *where)
{
	const char *rest = *where == '/' ? where : strchr(where, ':') + 1, *at = strchr(rest, '@');

	if (*where == '/' || strncmp(where, "unix:", 5) == 0 || strncmp(where, "local:", 6) == 0) {
		if (*rest != '/' || strlen(rest) >= sizeof(((struct listener *)0)->path))
			abort();
	} else if (strncmp(where, "fd:", 3) == 0) {
		if (atol(rest) < 0 || atol(rest) > 999999 || *rest == '\0')
			abort();
	} else if (at == NULL || at == rest || at[1] == '\0')
		abort();
}

static void
read_metrics(const char *text)
{
	struct arena arena = {.cap = 64 * 1024};
	struct metrics_options o = {.listen = text};
	const char *why = NULL;

	if (metrics_options_finish(&o, &arena, &why) == 0) {
		if (why != NULL || !is_fine(o.where))
			abort();
		must_be_place(o.where);
	} else if (why == NULL || (is_fine(text) && o.where == text))
		abort();
	arena_fini(&arena);
}

static void
read_line(const char *line)
{
	if (is_fine(line))
		must_be_place(line);
	read_metrics(line);
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	input_lines(data, len, read_line);
}
