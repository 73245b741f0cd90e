/* SPDX-License-Identifier: BSD-2-Clause */
/* Show: facts for people, on a terminal. */
#ifndef CTL_SHOW_H
#define CTL_SHOW_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

/* Text from outside: what text_char() would not show becomes '?', so that it cannot speak to the terminal.  NULL: "". */
void	 show_text(const char *, FILE *);
/* The same of len bytes, whose lines and tabs stay, with something in front of each line but the first; ends the last one. */
void	 show_lines(const char *, size_t len, const char *between, FILE *);
/* "mode         enforce": a line of two columns begins; the caller ends it. */
void	 show_key(const char *key);
/* "3 d 4 h", "12 s": two units. */
const char *show_duration(int64_t seconds, char out[32]);
/* "2026-11-21 23:00:00", local time. */
const char *show_time(int64_t wall, char out[32]);

/* The answer to "stats". */
void	 show_stats(const json_t *, FILE *);

/* Members that may be missing. */
int64_t	 json_number_of(const json_t *, const char *key);
const char *json_text_of(const json_t *, const char *key);

#endif
