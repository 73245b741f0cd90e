/* SPDX-License-Identifier: BSD-2-Clause */
/* Members of an answer. */
#include "milter/answer_private.h"

#include "milter/explain.h"

bool
answer_fail(json_t *out, const char *why)
{
	(void)json_object_set_new(out, "error", explain_string(why));
	return false;
}

void
answer_number(json_t *out, const char *key, uint64_t n)
{
	(void)json_object_set_new(out, key, json_integer((json_int_t)n));
}

void
answer_text(json_t *out, const char *key, const char *text)
{
	(void)json_object_set_new(out, key, explain_string(text));
}
