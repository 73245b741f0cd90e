/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conf: the configuration as an immutable, reference-counted snapshot.  A
 * reload makes a new one and swaps the pointer; a connection keeps the one it
 * began with.  conf.c alone knows the configuration library.
 *
 *   file -> conf_text.c: read, comments blanked
 *        -> conf.c: the library splits it into keys and values, conf_value.c
 *           judges each where it stands
 *        -> conf_value.c: values and defaults into the structures of their owners
 */
#ifndef MILTER_CONF_H
#define MILTER_CONF_H

#include <stdio.h>

#include "checks/check.h"
#include "db/store.h"
#include "lib/log.h"
#include "milter/metrics.h"
#include "milter/receipt_options.h"

struct conf_check {			/* of registry row i */
	unsigned	 mode;				/* enum mode */
	unsigned	 actions[RESULTS_MAX];		/* enum action, by result */
	const void	*options;
};

/* class "title" { recipients = { ... }  CHECK { ... } ... }: rules for some recipients. */
struct conf_class {
	const char		*title;
	struct string_list	 recipients;	/* "user@domain", "user@", "domain", ".domain"; canonical domains */
	struct conf_check	 checks[CHECKS_MAX];	/* where the class says nothing: as in general */
};

/* Rules: those of a class or the general ones. */
struct conf_rules {
	const struct conf_check	*checks;	/* by registry row */
	enum mode		 mode;		/* global */
};

struct conf {
	/* Keys at top level; table in conf_table.c, offsets point here. */
	const char		*socket;
	const char		*socket_user, *socket_group;	/* NULL: as they fall */
	int64_t			 socket_mode;		/* octal in the file: "0660" */
	const char		*control_socket, *control_group;	/* NULL: none; as it falls */
	const char		*user, *group;		/* group NULL: the user's */
	const char		*pid_file;		/* NULL: none */
	const char		*authserv_id;		/* NULL: macro j, or this host */
	bool			 report_login;		/* in Authentication-Results */
	struct cidr_list	 trusted_networks;
	struct string_list	 local_domains;		/* canonical names */
	struct cidr_list	 local_addresses;
	unsigned		 log;			/* enum log_target */
	unsigned		 log_level;		/* enum log_level */
	unsigned		 mode;			/* enum mode */
	int64_t			 maximum_sessions;
	const char		*contact;		/* "postmaster@example.org": how to get help, in replies; NULL */

	const char		*state_directory;	/* where the store lives */
	unsigned		 sandbox;		/* enum sandbox_mode */
	struct string_list	 sandbox_read;		/* further folders */

	struct dns_options	 resolver;
	struct store_options	 store;
	struct metrics_options	 metrics;
	struct receipt_options	 receipts;
	struct conf_check	 checks[CHECKS_MAX];
	struct section_list	 classes;		/* struct conf_class, as written */

	struct conf_private	*private;		/* references, arena, table of sections */
};

#define CONF_FILE_MAX	(1024 * 1024)	/* bytes; beyond it somebody named the wrong file */

/*
 * Read a file.  NULL: *errors_r holds one line per mistake,
 * "FILE:LINE: KEY: what is wrong, what would be right\n"; the caller frees it.
 * Mistakes in values and unknown keys are all reported, a broken syntax ends
 * the report.  Any thread.
 */
struct conf	*conf_load(const char *path, char **errors_r);
struct conf	*conf_ref(struct conf *);
void		 conf_unref(struct conf **);

/* The snapshot in force, NULL before the first; conf_current() takes a reference.  conf_swap() consumes new. */
struct conf	*conf_current(void);
void		 conf_swap(struct conf *);

/*
 * The same with another mode, for an emergency; conf_written() is what the
 * file says, both give a reference.  NULL without memory.
 */
struct conf	*conf_with_mode(struct conf *, enum mode);
struct conf	*conf_written(struct conf *);

/* Every key whose value differs, "dnsbl.reject-at"; was and is as they would be written, of sections all of that name. */
typedef void	 conf_change(void *arg, const char *key, const char *was, const char *is);
void		 conf_diff(const struct conf *was, const struct conf *is, conf_change *, void *arg);

/* The effective configuration in its own syntax; what differs from the defaults is marked. */
void		 conf_print(const struct conf *, FILE *);
/* Whether a change of it takes effect only at a restart. */
bool		 conf_key_needs_restart(const char *key);
/* Keys that changed and do: "socket, user" or NULL; caller frees. */
char		*conf_needs_restart(const struct conf *was, const struct conf *is);

extern const struct option conf_option_table[];

/* conf_class.c.  The class that names the recipient best: address, user, domain, parent domain; NULL: none. */
const struct conf_class *conf_class_of(const struct conf *, const struct path *);
struct conf_rules conf_rules(const struct conf *, const struct conf_class *);
/* Whether mail to both at once can have only one end: an action differs of what acts there. */
bool		 conf_classes_differ(const struct conf *, const struct conf_class *,
		    const struct conf_class *);
/* Its options for those without a class. */
const void	*conf_options(const struct conf *, const struct check *);
/*
 * The nth section by which the check of that row looks at recipients: the
 * general one, then those of classes with options of their own.  Those that
 * are off are left out.  NULL beyond the last.
 */
const struct conf_check *conf_nth_section(const struct conf *, size_t row, size_t nth);
/* Whether any recipient is looked at by this check. */
bool		 conf_uses(const struct conf *, const struct check *);

#endif
