/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Landlock(7), by its system calls, since the C library has no functions for
 * them.  Its second version is the first that lets files be renamed between
 * folders, as the store does with files that cannot be used.
 */
#include "config.h"

#include "milter/sandbox_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef HAVE_LINUX_LANDLOCK_H
#include <linux/landlock.h>

#define VERSION_MIN 2

/* Newer than the headers of Debian 12; of a version at least. */
#define ACCESS_FS_TRUNCATE  (UINT64_C(1) << 14) /* 3 */
#define ACCESS_FS_IOCTL_DEV (UINT64_C(1) << 15) /* 5 */
#define ACCESS_NET_BIND_TCP (UINT64_C(1) << 0) /* 4 */
#define SCOPE_SIGNAL        (UINT64_C(1) << 1) /* 6 */

#define READ   (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define REMOVE LANDLOCK_ACCESS_FS_REMOVE_FILE
#define WRITE                                                                                      \
	(READ | REMOVE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |           \
	    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REFER | \
	    ACCESS_FS_TRUNCATE)
/* All of version 2: to run, to write, to make, and so on. */
#define ALL     ((LANDLOCK_ACCESS_FS_REFER << 1) - 1)
/* What a single file can have. */
#define OF_FILE (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_FS_TRUNCATE)

struct rules { /* struct landlock_ruleset_attr of today */
	uint64_t files, net, scoped;
};

/* size_r: of what this kernel knows. */
static struct rules
rules_of(long version, size_t *size_r)
{
	struct rules r = {.files = ALL};

	*size_r = sizeof r.files;
	if (version >= 3)
		r.files |= ACCESS_FS_TRUNCATE;
	if (version >= 4) {
		r.net = ACCESS_NET_BIND_TCP;
		*size_r += sizeof r.net;
	}
	if (version >= 5)
		r.files |= ACCESS_FS_IOCTL_DEV;
	if (version >= 6) {
		r.scoped = SCOPE_SIGNAL;
		*size_r += sizeof r.scoped;
	}
	return r;
}

static long
version(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

int
fence_new(struct buf *why)
{
	long v = version();
	struct rules r;
	size_t size;
	int fence;

	if (v < VERSION_MIN) {
		buf_printf(why, "Landlock: %s",
		    v > 0 ? "this kernel's version is too old" : strerror(errno));
		return -1;
	}
	r = rules_of(v, &size);
	fence = (int)syscall(SYS_landlock_create_ruleset, &r, size, 0);
	if (fence < 0)
		buf_printf(why, "Landlock: %s", strerror(errno));
	return fence;
}

void
fence_allow(int fence, const char *path, enum fence_right right)
{
	static const uint64_t rights[] = {
	    [FENCE_READ] = READ, [FENCE_WRITE] = WRITE, [FENCE_REMOVE] = REMOVE};
	struct landlock_path_beneath_attr rule = {.allowed_access = rights[right]};
	size_t size;
	struct stat st;

	rule.allowed_access &= rules_of(version(), &size).files;
	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return;
	if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed_access &= OF_FILE;
	/* Fails for what is no file at all, and that needs no right. */
	(void)syscall(SYS_landlock_add_rule, fence, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	(void)close(rule.parent_fd);
}

int
fence_close(int fence, struct buf *why)
{
	int r;

	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	r = (int)syscall(SYS_landlock_restrict_self, fence, 0);
	if (r < 0)
		buf_printf(why, "Landlock: %s", strerror(errno));
	(void)close(fence);
	return r;
}

#else /* no header */

int
fence_new(struct buf *why)
{
	buf_puts(why, "Landlock: not known where bailey was built");
	return -1;
}

void
fence_allow(int fence, const char *path, enum fence_right right)
{
	(void)fence, (void)path, (void)right;
}

int
fence_close(int fence, struct buf *why)
{
	(void)fence, (void)why;
	return -1;
}

#endif
