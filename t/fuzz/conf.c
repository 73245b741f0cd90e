/* SPDX-License-Identifier: BSD-2-Clause */
/* Configuration files: an error, or a snapshot whose print is a configuration again, that of the same snapshot. */
#include "t/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "milter/conf.h"
#include "t/fuzz/input.h"

const char fuzz_name[] = "conf";

static char *
print(const struct conf *c, size_t *size_r)
{
	char *text = NULL;
	FILE *fp = open_memstream(&text, size_r);

	if (fp == NULL)
		abort();
	conf_print(c, fp);
	(void)fclose(fp);
	return text;
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	char *errors, *text, *again;
	struct conf *c = conf_load(input_file(0, data, len), &errors);
	size_t size;

	if ((c == NULL) != (errors != NULL))
		abort();
	free(errors);
	if (c == NULL)
		return;
	text = print(c, &size);
	conf_unref(&c);
	c = conf_load(input_file(0, text, size), &errors);
	if (c == NULL)
		abort();
	again = print(c, &size);
	if (strcmp(text, again) != 0)
		abort();
	conf_unref(&c);
	free(text);
	free(again);
}
