/* SPDX-License-Identifier: BSD-2-Clause */
/* A change of rights changes what can be read, so the time of that counts, too. */
#include "checks/access/file_watch.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       same_time(&a->st_mtim, &b->st_mtim) && same_time(&a->st_ctim, &b->st_ctim);
}

int
file_watch_init(struct file_watch *w, const char *path)
{
	*w = (struct file_watch){.path = strdup(path)};
	if (w->path == NULL)
		return -1;
	if (stat(w->path, &w->read_as) == -1)
		w->read_as = (struct stat){.st_ino = 0};
	w->seen = w->read_as;
	return 0;
}

void
file_watch_fini(struct file_watch *w)
{
	free(w->path);
	w->path = NULL;
}

int
file_watch_look(struct file_watch *w, struct buf *why)
{
	struct stat st;

	if (stat(w->path, &st) == -1) {
		if (w->seen.st_ino != 0)
			buf_printf(why, "%s" FILE_WATCH_STAYS, strerror(errno));
		w->seen = (struct stat){.st_ino = 0};
		return -1;
	}
	if (!same_file(&st, &w->seen) || same_file(&st, &w->read_as)) {
		w->seen = st;
		return 0;
	}
	w->read_as = st;
	return 1;
}
