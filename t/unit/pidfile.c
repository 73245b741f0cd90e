/* SPDX-License-Identifier: BSD-2-Clause */
/* The pid file has one holder at most, however many daemons start and stop at once. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/privs.h"
#include "t/tap.h"

#define DAEMONS 4
#define STARTS  1500 /* of each: the race was lost some twenty times in so many */

static char folder[] = "/tmp/bailey-pidfile.XXXXXX", path[sizeof folder + 4];
static atomic_int holders, wrong, held;

static void *
start_and_stop(void *unused)
{
	char room[200];
	struct buf why;

	for (int i = 0; i < STARTS; i++) {
		int fd;

		buf_init(&why, room, sizeof room);
		if ((fd = pidfile_open(path, &why)) < 0)
			continue;
		wrong += atomic_fetch_add(&holders, 1) > 0;
		held++;
		pidfile_write(fd);
		atomic_fetch_sub(&holders, 1);
		pidfile_close(fd, path);
	}
	return unused;
}

static void
test_race(void)
{
	pthread_t threads[DAEMONS];

	for (size_t i = 0; i < DAEMONS; i++)
		if (pthread_create(&threads[i], NULL, start_and_stop, NULL) != 0)
			abort();
	for (size_t i = 0; i < DAEMONS; i++)
		(void)pthread_join(threads[i], NULL);
	tap_ok(held > 0, "somebody had it");
	tap_is_int(wrong, 0, "and nobody beside him");
	tap_ok(access(path, F_OK) != 0, "the last one removed it");
}

static void
test_link(void)
{
	char room[200];
	struct buf why;

	buf_init(&why, room, sizeof room);
	if (symlink("elsewhere", path) != 0)
		abort();
	tap_ok(pidfile_open(path, &why) < 0, "no link is followed: %s", why.s);
	(void)unlink(path);
}

int
main(void)
{
	if (mkdtemp(folder) == NULL)
		return 1;
	(void)snprintf(path, sizeof path, "%s/pid", folder);
	test_race();
	test_link();
	(void)rmdir(folder);
	return tap_done();
}
