/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables: the tables of a process by their names ("mysql:/etc/..."), opened
 * when first asked for and kept across reloads, with what there is to say
 * about them.
 */
#ifndef CHECKS_ACCESS_TABLES_H
#define CHECKS_ACCESS_TABLES_H

#include "checks/access/keys.h"
#include "checks/access/table.h"
#include "lib/arena.h"
#include "lib/option.h"

struct tables;

/* A name, as in the configuration: 0, or -1 and why. */
int		 tables_check(const char *name, struct arena *, const char **why_r);

struct tables	*tables_new(const struct clock *);	/* NULL without memory */
void		 tables_free(struct tables **);		/* when nobody asks any more */

/* Open it already, so that the first mail need not wait. */
void		 tables_prepare(struct tables *, const char *name);
/*
 * As in struct table_type; out has TABLE_VALUE_SIZE.  What is wrong is noted
 * for tables_tick() too.  tables NULL (offline): TABLE_TEMPERROR.
 */
enum table_status tables_find(struct tables *, const char *name, const char *key, int64_t deadline,
		    struct buf *out);
/* The first key that the table has, or in trouble the one in hand; *key_r is that one. */
enum table_status tables_find_first(struct tables *, const char *name, const struct keys *,
		    int64_t deadline, const char **key_r, struct buf *out);
/* TABLE_NONE where there are no networks. */
enum table_status tables_find_network(struct tables *, const char *name, const struct addr *,
		    struct buf *key, struct buf *out);

/* A mistake in a table; told once an hour. */
void		 tables_complain(struct tables *, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));
/* Once a second, on one thread: notice changes, say what there is to say. */
typedef void	 tables_say(bool bad, const char *text);
void		 tables_tick(struct tables *, tables_say *);

#endif
