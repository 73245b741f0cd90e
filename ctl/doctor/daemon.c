/* SPDX-License-Identifier: BSD-2-Clause */
/* The daemon: whether it is there, and does what it is for. */
#include "config.h"

#include <string.h>

#include "ctl/doctor/doctor.h"
#include "ctl/show.h"

static const char *const remedies[] = {
    [DAEMON_HERE] = "systemctl restart bailey; journalctl -u bailey",
    [DAEMON_ABSENT] = "systemctl start bailey; journalctl -u bailey",
    [DAEMON_DEAF] = "ask as root, or as a member of control-group",
};

static void
tell(struct doctor *d)
{
	const char *mode = json_text_of(d->status, "mode");
	int64_t lost = json_number_of(d->status, "receipts_lost");

	if (d->status == NULL) {
		find(d, LEVEL_FAIL, "daemon", remedies[d->found],
		    "does not answer at its control socket");
		return;
	}
	if (strcmp(mode, "enforce") == 0)
		find(d, LEVEL_OK, "daemon", NULL, "answers, version %s",
		    json_text_of(d->status, "version"));
	else
		find(d, LEVEL_WARN, "daemon", "baileyctl mode configured; or mode = \"enforce\"",
		    "its mode is %s: it refuses nothing", mode);
	if (strcmp(json_text_of(d->status, "version"), PACKAGE_VERSION) != 0)
		find(d, LEVEL_WARN, "daemon", "systemctl restart bailey",
		    "is version %s, and this is %s", json_text_of(d->status, "version"),
		    PACKAGE_VERSION);
	if (lost > 0)
		find(d, LEVEL_WARN, "receipts", "see store, or raise deliveries",
		    "%lld could not be kept", (long long)lost);
}

const struct probe probe_daemon = {.subject = "Mail filter", .tell = tell};
