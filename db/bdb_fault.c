/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lock, room, panics and the set-aside of a damaged environment.  A private
 * environment does not stop a second process from opening (and ruining) it,
 * so the lock file is ours; the kernel lets go of it however the owner dies.
 */
#include "db/bdb_fault.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define PATH_ROOM 4096

static void
path_of(struct buf *path, char *room, const char *directory, const char *name)
{
	buf_init(path, room, PATH_ROOM);
	buf_printf(path, "%s/%s", directory, name);
}

enum store_status
fault_status(int error)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return STORE_FULL;
	case EROFS:
	case EIO:
		return STORE_AWAY;
	default:
		return STORE_FAILED;
	}
}

enum store_status
fault_lock(const char *directory, int *fd_r, struct buf *why)
{
	char room[PATH_ROOM], pid[24] = "";
	enum store_status status;
	struct buf path;
	ssize_t n;
	int fd;

	path_of(&path, room, directory, "store.lock");
	fd = open(path.s, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1) {
		status = fault_status(errno);
		buf_printf(why, "cannot open %s: %s", path.s, strerror(errno));
		return status;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		n = read(fd, pid, sizeof pid - 1);
		pid[n > 0 ? strspn(pid, "0123456789") : 0] = '\0';
		buf_printf(why, "the store in %s is in use by process %s", directory,
		    pid[0] != '\0' ? pid : "(unknown)");
		(void)close(fd);
		return STORE_BUSY;
	}
	n = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
	/* Only a courtesy to whoever is refused. */
	if (ftruncate(fd, 0) == -1 || pwrite(fd, pid, (size_t)n, 0) != n)
		(void)!ftruncate(fd, 0);
	*fd_r = fd;
	return STORE_OK;
}

enum store_status
fault_check_room(const char *directory, struct buf *why)
{
	enum store_status status;
	struct statvfs fs;
	uint64_t room;

	if (statvfs(directory, &fs) == -1) {
		status = fault_status(errno);
		buf_printf(why, "%s: %s", directory, strerror(errno));
		return status;
	}
	room = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (room >= FAULT_ROOM_MIN)
		return STORE_OK;
	buf_printf(why, "only %" PRIu64 " KB free in %s, recovery needs %d KB", room / 1024,
	    directory, FAULT_ROOM_MIN / 1024);
	return STORE_FULL;
}

void
fault_note_panic(const char *directory, int64_t now)
{
	char room[PATH_ROOM], line[24];
	struct buf path;
	int n, fd;

	path_of(&path, room, directory, "store.panics");
	fd = open(path.s, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1)
		return;
	n = snprintf(line, sizeof line, "%" PRId64 "\n", now);
	(void)!write(fd, line, (size_t)n);
	(void)close(fd);
}

bool
fault_is_condemned(const char *directory)
{
	int64_t t, last = 0, before = 0;
	char room[PATH_ROOM];
	struct buf path;
	FILE *f;

	path_of(&path, room, directory, "store.panics");
	f = fopen(path.s, "re");
	if (f == NULL)
		return false;
	for (; fscanf(f, "%" SCNd64, &t) == 1; last = t)
		before = last;
	(void)fclose(f);
	return before != 0 && llabs(last - before) < FAULT_AGAIN;
}

static void
remove_file(const char *directory, const char *name)
{
	char room[PATH_ROOM];
	struct buf path;

	path_of(&path, room, directory, name);
	(void)unlink(path.s);
}

/* Before the files go, since afterwards there may be no room to note it. */
static enum store_status
note_restore(const char *directory, struct buf *why)
{
	char room[PATH_ROOM];
	enum store_status status;
	struct buf path;
	int fd;

	path_of(&path, room, directory, "store.restore");
	fd = open(path.s, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1) {
		status = fault_status(errno);
		buf_printf(why, "cannot make %s: %s", path.s, strerror(errno));
		return status;
	}
	(void)close(fd);
	return STORE_OK;
}

bool
fault_restore_is_due(const char *directory)
{
	char room[PATH_ROOM];
	struct buf path;
	struct stat st;

	path_of(&path, room, directory, "store.restore");
	return lstat(path.s, &st) == 0;
}

void
fault_restored(const char *directory)
{
	remove_file(directory, "store.restore");
}

enum store_status
fault_set_aside(const char *directory, int64_t now, struct buf *name, struct buf *why)
{
	char from_room[PATH_ROOM], to_room[PATH_ROOM], date[32];
	enum store_status status;
	struct buf from, to;
	struct stat st;
	struct tm tm;
	time_t t = (time_t)now;
	bool due;

	path_of(&from, from_room, directory, "store");
	(void)strftime(date, sizeof date, "%Y%m%dT%H%M%SZ", gmtime_r(&t, &tm));
	buf_printf(name, "store.bad-%s", date);
	path_of(&to, to_room, directory, name->s);
	for (int i = 1; i < 100 && lstat(to.s, &st) == 0; i++) {
		buf_reset(name);
		buf_printf(name, "store.bad-%s.%d", date, i);
		path_of(&to, to_room, directory, name->s);
	}
	due = fault_restore_is_due(directory);
	if (!due && (status = note_restore(directory, why)) != STORE_OK)
		return status;
	if (rename(from.s, to.s) == -1) {
		status = fault_status(errno);
		buf_printf(why, "cannot rename %s to %s: %s", from.s, to.s, strerror(errno));
		if (!due)
			fault_restored(directory);
		return status;
	}
	remove_file(directory, "store.panics");
	return STORE_OK;
}
