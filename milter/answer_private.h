/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of answer share. */
#ifndef MILTER_ANSWER_PRIVATE_H
#define MILTER_ANSWER_PRIVATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "milter/answer.h"

/* Fills the object that goes back; false after it has set "error". */
typedef bool answer_fill(const struct answer_about *, const char *argument, json_t *out);

answer_fill answer_mta, answer_stats;

/* Sets "error"; false. */
bool	 answer_fail(json_t *out, const char *why);
void	 answer_number(json_t *out, const char *key, uint64_t);
/* Text from outside may be anything; JSON is UTF-8. */
void	 answer_text(json_t *out, const char *key, const char *text);

#endif
