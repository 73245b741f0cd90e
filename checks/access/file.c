/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file: text as postmap(1) reads it.  A key, white space, a value; lines that
 * begin with white space continue the one before; `#' begins a comment line,
 * which does not end a continued one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks/access/map.h"

#define LINE_MAX_BYTES 65536 /* of a logical line: somebody named the wrong file */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* One logical line, without its white space at both ends. */
static int
take_line(struct map *m, const char *text, size_t len, unsigned line, struct buf *why)
{
	size_t key = 0, value;

	while (len > 0 && is_blank(text[len - 1]))
		len--;
	if (len == 0)
		return 0;
	while (key < len && !is_blank(text[key]))
		key++;
	for (value = key; value < len && is_blank(text[value]);)
		value++;
	if (value == len) {
		buf_printf(why, "line %u: key \"%.*s\" has no value", line, (int)key, text);
		return -1;
	}
	return map_add(m, text, key, text + value, len - value, why);
}

static int
read_lines(struct map *m, FILE *fp, struct buf *why)
{
	char *line = NULL, *logical = calloc(1, LINE_MAX_BYTES);
	size_t room = 0, len = 0;
	unsigned number = 0, first = 0;
	int rc = logical != NULL ? 0 : -1;
	ssize_t n;

	while (rc == 0 && (n = getline(&line, &room, fp)) != -1) {
		number++;
		n = (ssize_t)strcspn(line, "\r\n"); /* a NUL ends the line, too */
		line[n] = '\0';
		if (line[0] == '#' || line[strspn(line, " \t")] == '\0' ||
		    line[strspn(line, " \t")] == '#')
			continue;
		if (!is_blank(line[0])) {
			rc = take_line(m, logical, len, first, why);
			first = number;
			len = 0;
		} else if (first == 0) {
			buf_printf(
			    why, "line %u begins with white space, but continues nothing", number);
			rc = -1;
		}
		if (len + (size_t)n > LINE_MAX_BYTES) {
			buf_printf(why, "line %u is too long", first);
			rc = -1;
			break;
		}
		memcpy(logical + len, line, (size_t)n);
		len += (size_t)n;
	}
	if (rc == 0 && ferror(fp)) {
		buf_puts(why, strerror(errno));
		rc = -1;
	}
	if (rc == 0)
		rc = take_line(m, logical, len, first, why);
	free(logical);
	free(line);
	return rc;
}

static int
file_read(struct map *m, const char *path, struct buf *why)
{
	FILE *fp = fopen(path, "re");
	int rc;

	if (fp == NULL) {
		buf_printf(why, "cannot open: %s", strerror(errno));
		return -1;
	}
	rc = read_lines(m, fp, why);
	(void)fclose(fp);
	return rc;
}

static int
file_check(const char *path, struct buf *why)
{
	return map_check(file_read, path, why);
}

static void *
file_open(const char *path, const struct clock *clock)
{
	(void)clock;
	return map_open(file_read, path);
}

const struct table_type table_file = {
    .name = "file",
    .check = file_check,
    .open = file_open,
    .find = map_find,
    .find_network = map_find_network,
    .tick = map_tick,
    .close = map_close,
};
