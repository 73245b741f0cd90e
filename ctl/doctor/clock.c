/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The clock: signatures, greylisting and what the store forgets go by it.
 * The kernel knows whether somebody keeps it; files of the future show that
 * it was set back.
 */
#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>

#include "ctl/doctor/doctor.h"
#include "ctl/show.h"

#define FUTURE_S  60 /* a clock that is being corrected goes back a little */
#define FILES_MAX 1000 /* of the state directory; there are a few dozen */

/* Modification time of the newest file there; its name in the arena.  0: there is none. */
static int64_t
newest(struct doctor *d, const char **name_r)
{
	DIR *dir = opendir(d->conf->state_directory);
	const struct dirent *e;
	int64_t latest = 0;
	struct stat st;

	for (size_t n = 0; dir != NULL && n < FILES_MAX && (e = readdir(dir)) != NULL; n++)
		if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode) && st.st_mtime > latest) {
			latest = st.st_mtime;
			*name_r = doctor_printf(d, "%s", e->d_name);
		}
	if (dir != NULL)
		(void)closedir(dir);
	return latest;
}

static void
tell(struct doctor *d)
{
	int64_t now = clock_wall(&clock_real), latest;
	struct timex kernel = {.modes = 0};
	const char *name = "";
	char text[32];

	if (adjtimex(&kernel) == -1 || (kernel.status & STA_UNSYNC) != 0)
		find(d, LEVEL_WARN, "clock",
		    "timedatectl set-ntp true, or run chrony; in a container, on its host",
		    "nobody keeps it right: the kernel calls it unsynchronised");
	else
		find(d, LEVEL_OK, "clock", NULL, "is kept right");
	latest = newest(d, &name);
	if (latest > now + FUTURE_S)
		find(d, LEVEL_FAIL, "clock",
		    "set the clock, then restart the daemon; what was remembered lives too long",
		    "went back: %s/%s is of %s", d->conf->state_directory, name,
		    show_time(latest, text));
}

const struct probe probe_clock = {.subject = "Mail filter", .tell = tell};
