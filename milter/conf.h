/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conf: the configuration as an immutable, reference-counted snapshot.  A
 * reload makes a new one and swaps the pointer; a connection keeps the one it
 * began with.  conf.c alone knows the configuration library.
 */
#ifndef MILTER_CONF_H
#define MILTER_CONF_H

#include <stdio.h>

#include "checks/check.h"
#include "lib/log.h"

struct conf_check {			/* of registry row i */
	enum mode	 mode;
	enum action	 actions[RESULTS_MAX];
	const void	*options;
};

struct conf {
	/* Keys at top level; table in conf_table.c, offsets point here. */
	const char		*socket;
	const char		*socket_user, *socket_group;
	int64_t			 socket_mode;		/* octal in the file: "0660" */
	const char		*user, *group;
	const char		*pid_file;
	const char		*authserv_id;		/* NULL: macro j */
	struct cidr_list	 trusted_networks;
	struct string_list	 local_domains;
	struct cidr_list	 local_addresses;
	unsigned		 log;			/* enum log_target */
	unsigned		 log_level;		/* enum log_level */
	unsigned		 mode;			/* enum mode */
	int64_t			 maximum_sessions;
	const char		*contact;		/* "postmaster@example.org": how to get help, in replies; NULL */

	struct dns_options	 resolver;
	struct conf_check	 checks[CHECKS_MAX];

	struct conf_private	*private;		/* references, arena, what was written where */
};

/*
 * Read a file.  NULL: *errors_r holds one line per mistake,
 * "FILE:LINE: KEY: what is wrong, what would be right\n"; the caller frees it.
 */
struct conf	*conf_load(const char *path, char **errors_r);
struct conf	*conf_ref(struct conf *);
void		 conf_unref(struct conf **);

/* The snapshot in force; conf_current() takes a reference.  conf_swap() consumes new. */
struct conf	*conf_current(void);
void		 conf_swap(struct conf *);

/* The effective configuration in its own syntax; what differs from the defaults is marked. */
void		 conf_print(const struct conf *, FILE *);
/* Top-level keys that changed but only take effect at restart (socket, user ...): text or NULL; caller frees. */
char		*conf_needs_restart(const struct conf *was, const struct conf *is);

extern const struct option conf_option_table[];

#endif
