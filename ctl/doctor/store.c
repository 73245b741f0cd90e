/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store: whether there is one, and room for it.  What only a store of one
 * type can tell belongs into a file of its own.
 */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "ctl/doctor/doctor.h"
#include "ctl/show.h"

#define DISK_LOW_MB 200 /* a store of a million triplets, its log and a snapshot */

static void
tell_disk(struct doctor *d)
{
	const char *path = d->conf->state_directory;
	unsigned long long mb;
	struct statvfs fs;

	if (statvfs(path, &fs) < 0) {
		if (errno == EACCES)
			find(d, LEVEL_WARN, "disk", "run this as root", "%s: %s", path,
			    strerror(errno));
		else
			find(d, LEVEL_FAIL, "disk", "the daemon makes it when started as root",
			    "%s: %s", path, strerror(errno));
		return;
	}
	mb = (unsigned long long)fs.f_bavail * fs.f_frsize >> 20;
	if ((fs.f_flag & ST_RDONLY) != 0)
		find(d, LEVEL_FAIL, "disk", "mount it read-write, after a look at its health",
		    "%s is read-only", path);
	else if (mb < DISK_LOW_MB || (fs.f_files > 0 && fs.f_favail == 0))
		find(d, LEVEL_WARN, "disk", "make room: a store without room cannot be recovered",
		    "%llu MB and %llu files are left in %s", mb, (unsigned long long)fs.f_favail,
		    path);
	else
		find(d, LEVEL_OK, "disk", NULL, "%llu MB free for the store in %s", mb, path);
}

static void
tell(struct doctor *d)
{
	const json_t *store = json_object_get(d->status, "store");

	if (store != NULL)
		find(d, LEVEL_OK, "store", NULL, "%s, about %lld records",
		    json_text_of(store, "type"), (long long)json_number_of(store, "records"));
	else if (d->status != NULL)
		find(d, LEVEL_FAIL, "store", "mend that; then it opens by itself",
		    "there is none now: nothing is greylisted or remembered: %s",
		    json_text_of(d->status, "no_store"));
	tell_disk(d);
}

const struct probe probe_store = {.subject = "Mail filter", .tell = tell};
