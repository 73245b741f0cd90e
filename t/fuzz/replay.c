/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs a fuzz target: under libFuzzer, or over its corpus and what is near it. */
#include "t/fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef FUZZER
int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_one(data, len);
	return 0;
}
#else
#include "t/tap.h"

#define FILE_MAX 4096 /* bytes; a corpus is made of small files */

/* The exact bytes on the heap, so that a sanitizer sees a step beyond. */
static void
run(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);

	if (copy == NULL)
		abort();
	memcpy(copy, data, len);
	fuzz_one(copy, len);
	free(copy);
}

static void
replay(const char *path, const char *name)
{
	static const uint8_t odd[] = {0, '"', '(', '\\', '{', '}', '=', 0x80};
	uint8_t data[FILE_MAX];
	FILE *fp = fopen(path, "r");
	size_t len;

	if (fp == NULL)
		abort();
	len = fread(data, 1, sizeof data, fp);
	(void)fclose(fp);
	for (size_t i = 0; i <= len; i++)
		run(data, i);
	for (size_t i = 0; i < len; i++) {
		uint8_t was = data[i];

		data[i] = odd[i % sizeof odd];
		run(data, len);
		data[i] = was;
	}
	tap_ok(true, "%s survives %zu variants of %s", fuzz_name, 2 * len + 1, name);
}

int
main(void)
{
	const char *top = getenv("TOP_SRCDIR");
	char folder[1024], path[1400];
	struct dirent *e;
	DIR *d;

	(void)snprintf(
	    folder, sizeof folder, "%s/t/fuzz/corpus/%s", top != NULL ? top : ".", fuzz_name);
	d = opendir(folder);
	if (d == NULL) {
		tap_ok(false, "%s: no such corpus", folder);
		return tap_done();
	}
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		replay(path, e->d_name);
	}
	(void)closedir(d);
	return tap_done();
}
#endif
