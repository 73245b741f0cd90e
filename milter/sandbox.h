/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sandbox: what the process gives up for good, whoever may take it over.
 *
 *	calls	seccomp: no other program, no look into other processes, no
 *		mounts, modules or namespaces, no sockets but of the Internet,
 *		Unix and netlink, no memory both writable and code
 *	files	Landlock: reads the system's files (/etc, /usr, /run and what it
 *		takes of /proc and /sys), the folders of the configuration and
 *		of every path that it or a file it names has in it, and
 *		"sandbox-read"; writes to the state directory; removes its
 *		sockets and its pid file; listens nowhere else, signals nobody
 *
 * What is not named stays closed: home directories, mail, what other services keep.
 */
#ifndef MILTER_SANDBOX_H
#define MILTER_SANDBOX_H

#include "milter/conf.h"

enum sandbox_mode { SANDBOX_AUTO, SANDBOX_ON, SANDBOX_OFF };

/*
 * In the process that stays, with privileges dropped, before there are threads.
 * What cannot be had is logged under "auto"; under "on" it is -1 with why.
 * path: of the configuration.
 */
int	sandbox_enter(const struct conf *, const char *path, struct buf *why);
/* What to tell who was refused a file, a sentence; NULL: no fence stands. */
const char *sandbox_advice(void);

#endif
