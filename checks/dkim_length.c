/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Empty lines at the end do not count, and whether a line is at the end shows
 * only later: so line ends wait until something follows.
 */
#include "checks/dkim_length.h"

static void
add_content(struct body_length *l, bool is_space)
{
	l->simple += 2 * l->simple_lines + 1;
	l->simple_lines = 0;
	if (is_space) {
		l->space = true;
		return;
	}
	l->relaxed += 2 * l->relaxed_lines + l->space + 1;
	l->relaxed_lines = 0;
	l->space = false;
}

static void
add_line_end(struct body_length *l)
{
	l->simple_lines++;
	l->relaxed_lines++;
	l->space = false;
}

void
body_length_add(struct body_length *l, const unsigned char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool cr = l->cr;

		l->cr = s[i] == '\r';
		if (cr && s[i] == '\n') {
			add_line_end(l);
			continue;
		}
		if (cr)
			add_content(l, false);
		if (!l->cr)
			add_content(l, s[i] == ' ' || s[i] == '\t');
	}
}

int64_t
body_length_get(const struct body_length *l, bool relaxed)
{
	struct body_length end = *l;

	if (end.cr)
		add_content(&end, false);
	/* The last line gets an end if it has none; an empty body is one line end, or relaxed nothing. */
	if (relaxed)
		return end.relaxed > 0 ? end.relaxed + 2 : 0;
	return end.simple + 2;
}
