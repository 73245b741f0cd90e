/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Table: something that has values for keys, whatever it is made of.  One row
 * for each type, one file for each row.
 *
 *	file:PATH	text as postmap(1) reads it
 *	db:PATH		hash or btree made by postmap(1)
 *	mysql:PATH	PATH is a configuration file, mysql_table(5)
 *	sqlite:PATH	sqlite_table(5)
 *
 * All functions may be called from several threads at once.
 */
#ifndef CHECKS_ACCESS_TABLE_H
#define CHECKS_ACCESS_TABLE_H

#include "lib/addr.h"
#include "lib/buf.h"
#include "lib/clock.h"

enum table_status { TABLE_FOUND, TABLE_NONE, TABLE_TEMPERROR };

#define TABLE_VALUE_SIZE	1024	/* a right-hand side is a line of a reply at most; also what is wrong */

struct table_type {
	const char	*name;
	/*
	 * What can be known of PATH without a server: 0, or -1 and why.
	 */
	int		(*check)(const char *path, struct buf *why);
	/* NULL without memory.  What else is wrong, find() and tick() say. */
	void		*(*open)(const char *path, const struct clock *);
	/*
	 * out gets the value, or why there is none now.  Does not wait beyond
	 * the deadline (clock_mono) but for one time-out of the type.
	 */
	enum table_status (*find)(void *, const char *key, int64_t deadline, struct buf *out);
	/*
	 * The longest network around an address that is a key.  NULL: the type
	 * has no networks.  key gets the network.
	 */
	enum table_status (*find_network)(void *, const struct addr *, struct buf *key, struct buf *out);
	/* About once a second: notice changes.  Says what happened in `why', if anything; -1: it is bad. */
	int		(*tick)(void *, struct buf *why);
	void		(*close)(void **);
};

extern const struct table_type table_file, table_db;
#ifdef HAVE_MYSQL
extern const struct table_type table_mysql;
#endif
#ifdef HAVE_SQLITE
extern const struct table_type table_sqlite;
#endif

#endif
