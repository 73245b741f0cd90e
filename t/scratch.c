/* SPDX-License-Identifier: BSD-2-Clause */
/* Throw-away folders: made with a random name, removed with all they hold. */
#include "config.h"

#include "t/scratch.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
scratch_make(char path[SCRATCH_SIZE])
{
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(path, SCRATCH_SIZE, "%.200s/bailey-XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(path) == NULL) {
		printf("Bail out! no folder like %s\n", path);
		exit(1);
	}
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void
scratch_remove(const char *path)
{
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void
scratch_find(const char *path, const char *prefix, char out[SCRATCH_SIZE])
{
	DIR *d = opendir(path);
	struct dirent *e;

	out[0] = '\0';
	while (d != NULL && (e = readdir(d)) != NULL)
		if (strncmp(e->d_name, prefix, strlen(prefix)) == 0)
			(void)snprintf(out, SCRATCH_SIZE, "%.120s/%.120s", path, e->d_name);
	if (d != NULL)
		(void)closedir(d);
}
