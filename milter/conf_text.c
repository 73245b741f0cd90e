/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration file before the library sees it.  Its lexer ends the
 * process when it cannot read, takes an unterminated comment for the end of
 * the file, and stops at a comment inside a list; so we read the file, blank
 * out the comments, and say where a string or comment that never ends began.
 */
#include "milter/conf_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 8 /* braces in braces; the library discards unknown sections by recursion */

/* "# ..." and, at the start of a word, "// ...". */
static size_t
blank_line(char *s)
{
	size_t n = strcspn(s, "\n");

	memset(s, ' ', n);
	return n;
}

/* Length of a block comment, newlines kept; 0 if it never ends. */
static size_t
blank_block(char *s, int *lines)
{
	char *end = strstr(s + 2, "*/");

	if (end == NULL)
		return 0;
	end += 2;
	for (char *p = s; p < end; p++) {
		if (*p == '\n')
			(*lines)++;
		else
			*p = ' ';
	}
	return (size_t)(end - s);
}

/* Length of a quoted string with its quotes; 0 if it never ends. */
static size_t
skip_string(const char *s, int *lines)
{
	const char *p = s + 1;

	for (; *p != '\0' && *p != *s; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		*lines += *p == '\n';
	}
	return *p == '\0' ? 0 : (size_t)(p + 1 - s);
}

static int
find_control(const char *text, size_t len, int *line_r, char why_r[static 200])
{
	*line_r = 1;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < ' ' && c != '\n' && c != '\t' && c != '\r') || c == 0x7f) {
			(void)snprintf(
			    why_r, 200, "byte 0x%02x: not a text file; is this the right file?", c);
			return -1;
		}
		*line_r += c == '\n';
	}
	return 0;
}

/* Braces: where each open one is, so that one which is never closed can be named. */
static int
count_brace(char c, int line, int lines[DEPTH_MAX + 1], int *depth, char *why_r)
{
	if (c == '{')
		lines[(*depth)++] = line;
	else if (c == '}' && *depth > 0)
		(*depth)--;
	if (*depth <= DEPTH_MAX)
		return 0;
	(void)snprintf(why_r, 200, "braces nested deeper than %d", DEPTH_MAX);
	return -1;
}

int
conf_text_clean(char *text, size_t len, int *line_r, char why_r[static 200])
{
	int depth = 0, open[DEPTH_MAX + 1] = {0};
	bool word = false; /* inside one */
	size_t n;

	if (find_control(text, len, line_r, why_r) == -1)
		return -1;
	*line_r = 1;
	for (char *p = text; *p != '\0'; p += n) {
		int lines = 0;
		const char *what = NULL;

		n = 1;
		if (*p == '#' || (!word && p[0] == '/' && p[1] == '/')) {
			n = blank_line(p);
		} else if (p[0] == '/' && p[1] == '*') {
			n = blank_block(p, &lines);
			what = "comment";
		} else if (*p == '"' || *p == '\'') {
			n = skip_string(p, &lines);
			what = "string";
		} else if (p[0] == '+' && p[1] == '=') {
			(void)snprintf(why_r, 200, "\"+=\" is not offered; write the whole list");
			return -1;
		} else if (count_brace(*p, *line_r, open, &depth, why_r) == -1) {
			return -1;
		} else {
			lines = *p == '\n';
		}
		if (n == 0) {
			(void)snprintf(why_r, 200, "the %s that begins here never ends", what);
			return -1;
		}
		word = strchr(" \t\r\n={},", p[n - 1]) == NULL;
		*line_r += lines;
	}
	if (depth > 0) {
		*line_r = open[depth - 1];
		(void)snprintf(why_r, 200, "the brace that opens here is never closed");
		return -1;
	}
	return 0;
}

bool
conf_text_assigns(const char *text, int line, const char *key)
{
	size_t len = strlen(key);
	const char *end, *at;

	while (--line > 0 && (text = strchr(text, '\n')) != NULL)
		text++;
	if (text == NULL)
		return false;
	end = text + strcspn(text, "\n");
	at = strstr(text, key);
	return at != NULL && at < end && at[len + strspn(at + len, " \t\r\n")] == '=';
}

/* The whole of an open file; NULL with the reason. */
static char *
slurp(int fd, size_t *len_r, char why_r[static 200])
{
	char *text = malloc(CONF_FILE_MAX + 2);
	size_t len = 0;
	ssize_t n = 1;

	while (text != NULL && n > 0 && len <= CONF_FILE_MAX) {
		n = read(fd, text + len, CONF_FILE_MAX + 1 - len);
		if (n == -1 && errno == EINTR)
			n = 1;
		else if (n > 0)
			len += (size_t)n;
	}
	if (text == NULL || n == -1) {
		(void)snprintf(why_r, 200, "cannot read: %s", strerror(errno));
	} else if (len > CONF_FILE_MAX) {
		(void)snprintf(
		    why_r, 200, "longer than %d bytes; is this the right file?", CONF_FILE_MAX);
	} else {
		text[len] = '\0';
		*len_r = len;
		return text;
	}
	free(text);
	return NULL;
}

char *
conf_text_read(const char *path, int *line_r, char why_r[static 200])
{
	/* A FIFO without a writer must not hang us. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	char *text = NULL;
	size_t len = 0;

	*line_r = 0;
	if (fd == -1 || fstat(fd, &st) == -1)
		(void)snprintf(why_r, 200, "cannot open: %s", strerror(errno));
	else if (!S_ISREG(st.st_mode))
		(void)snprintf(why_r, 200, "not a regular file");
	else
		text = slurp(fd, &len, why_r);
	if (fd != -1)
		(void)close(fd);
	if (text != NULL && conf_text_clean(text, len, line_r, why_r) == -1) {
		free(text);
		text = NULL;
	}
	return text;
}
