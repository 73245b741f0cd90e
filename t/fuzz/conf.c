/* SPDX-License-Identifier: BSD-2-Clause */
/* Configuration files: an error or a snapshot that prints, never both, never neither. */
#include "t/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "milter/conf.h"

const char fuzz_name[] = "conf";

void
fuzz_one(const uint8_t *data, size_t len)
{
	char path[] = "/tmp/bailey-fuzz.XXXXXX", *errors, *text = NULL;
	int fd = mkstemp(path);
	struct conf *c;
	size_t size;
	FILE *fp;

	if (fd == -1 || write(fd, data, len) != (ssize_t)len)
		abort();
	(void)close(fd);
	c = conf_load(path, &errors);
	(void)unlink(path);
	if ((c == NULL) != (errors != NULL))
		abort();
	free(errors);
	if (c == NULL)
		return;
	fp = open_memstream(&text, &size);
	if (fp == NULL)
		abort();
	conf_print(c, fp);
	(void)fclose(fp);
	free(text);
	conf_unref(&c);
}
