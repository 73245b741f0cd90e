/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which files a configuration means is not asked of each option: whatever in
 * it looks like a path is one, and so it is in the files it names (KeyTables,
 * configurations of SQL tables).  A folder is opened rather than a file, for
 * files are replaced by others of their name.
 */
#include "config.h"

#include "milter/sandbox.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/sandbox_private.h"

#define WHY_SIZE   200
#define NAMED_MAX  (64 * 1024) /* bytes looked at of a file that may name others */
#define PATHS_MAX  1000 /* of one text: beyond that it is a list of something else */
#define DELIMITERS " \t\n\r\"',;{}()<>"

/*
 * What glibc, its plug-ins and the libraries read when they please.  Not /etc's
 * files one by one: passwd, hosts and resolv.conf are replaced, not written.
 */
static const char *const system_paths[] = {"/etc", "/usr", "/lib", "/lib32", "/lib64", "/run",
    "/proc/self", "/proc/sys", "/sys/devices/system/cpu", "/dev/urandom", "/dev/random", NULL};

static bool fenced;

/* Its folder, or the file alone where that is the root. */
static void
allow_around(int fence, const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (slash == path || (size_t)(slash - path) >= sizeof folder) {
		fence_allow(fence, path, FENCE_READ);
		return;
	}
	memcpy(folder, path, (size_t)(slash - path));
	folder[slash - path] = '\0';
	fence_allow(fence, folder, FENCE_READ);
}

static void allow_named(int fence, const struct conf *, const char *text, bool again);

static void
allow_in_file(int fence, const struct conf *conf, const char *path)
{
	char *text = calloc(1, NAMED_MAX + 1);
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (text != NULL && fd >= 0 && read(fd, text, NAMED_MAX) > 0)
		allow_named(fence, conf, text, false);
	if (fd >= 0)
		(void)close(fd);
	free(text);
}

static void
allow_path(int fence, const struct conf *conf, char *path, bool again)
{
	char real[PATH_MAX];
	struct stat st;

	/* The rest is made of a name that is not known yet. */
	path[strcspn(path, "%*")] = '\0';
	if (strcmp(path, conf->state_directory) == 0 || path[1] == '\0')
		return;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		fence_allow(fence, path, FENCE_READ);
		return;
	}
	/* One that is not there yet may come. */
	allow_around(fence, path);
	if (realpath(path, real) == NULL || stat(real, &st) != 0)
		return;
	allow_around(fence, real);
	if (again && S_ISREG(st.st_mode))
		allow_in_file(fence, conf, real);
}

/* Each word that is a path, or has one behind "file:" or its like. */
static void
allow_named(int fence, const struct conf *conf, const char *text, bool again)
{
	char path[PATH_MAX];
	unsigned n = 0;

	for (; *text != '\0' && n < PATHS_MAX; text += strspn(text, DELIMITERS)) {
		size_t len = strcspn(text, DELIMITERS);
		const char *slash = memchr(text, '/', len);

		if (*text == '#')
			len = strcspn(text, "\n");
		else if (slash != NULL && (slash == text || strchr(":=", slash[-1]) != NULL) &&
			 len - (size_t)(slash - text) < sizeof path) {
			memcpy(path, slash, len - (size_t)(slash - text));
			path[len - (size_t)(slash - text)] = '\0';
			allow_path(fence, conf, path, again);
			n++;
		}
		text += len;
	}
}

static void
allow_configured(int fence, const struct conf *conf)
{
	char *text = NULL;
	size_t size;
	FILE *fp = open_memstream(&text, &size);

	if (fp == NULL)
		return;
	conf_print(conf, fp);
	(void)fclose(fp);
	if (text != NULL)
		allow_named(fence, conf, text, true);
	free(text);
}

/* Of a socket or pid file of ours, which goes when we go. */
static void
allow_removal(int fence, const char *where)
{
	char folder[PATH_MAX], *slash;
	const char *path = where != NULL ? strchr(where, '/') : NULL;

	if (path == NULL || strlen(path) >= sizeof folder)
		return;
	strcpy(folder, path);
	slash = strrchr(folder, '/');
	slash[slash == folder] = '\0';
	fence_allow(fence, folder, FENCE_REMOVE);
}

static int
fence_in(const struct conf *conf, const char *path, struct buf *why)
{
	int fence = fence_new(why);

	if (fence < 0)
		return -1;
	for (size_t i = 0; system_paths[i] != NULL; i++)
		fence_allow(fence, system_paths[i], FENCE_READ);
	for (size_t i = 0; i < conf->sandbox_read.n; i++)
		fence_allow(fence, conf->sandbox_read.v[i], FENCE_READ);
	allow_around(fence, path);
	allow_configured(fence, conf);
	fence_allow(fence, "/dev/null", FENCE_WRITE);
	fence_allow(fence, conf->state_directory, FENCE_WRITE);
	allow_removal(fence, conf->socket);
	allow_removal(fence, conf->control_socket);
	allow_removal(fence, conf->pid_file);
	if (fence_close(fence, why) < 0)
		return -1;
	fenced = true;
	return 0;
}

/* One half: done, or 0 after it was told that it is missing. */
static int
settle(const struct conf *conf, int r, const struct buf *missing, struct buf *why)
{
	if (r == 0)
		return 0;
	if (conf->sandbox == SANDBOX_ON) {
		buf_printf(why, "sandbox: %s; \"auto\" goes on without it", missing->s);
		return -1;
	}
	log_notice("sandbox: going on without %s", missing->s);
	return 0;
}

int
sandbox_enter(const struct conf *conf, const char *path, struct buf *why)
{
	char room[WHY_SIZE];
	struct buf missing;

	if (conf->sandbox == SANDBOX_OFF)
		return 0;
	buf_init(&missing, room, sizeof room);
	if (SANDBOX_IMPOSSIBLE[0] != '\0') {
		buf_puts(&missing, "it: " SANDBOX_IMPOSSIBLE);
		return settle(conf, -1, &missing, why);
	}
	if (settle(conf, fence_in(conf, path, &missing), &missing, why) < 0)
		return -1;
	buf_reset(&missing);
	return settle(conf, calls_deny(&missing), &missing, why);
}

const char *
sandbox_advice(void)
{
	return fenced ? "the sandbox lets a running daemon read only what its configuration named "
			"when it started: restart it, or name the folder in sandbox-read"
		      : NULL;
}
