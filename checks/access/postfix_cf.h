/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Postfix_cf: the configuration files of Postfix's SQL tables (mysql_table(5),
 * sqlite_table(5)), and what they say about making a query of a key and a
 * value of a row.
 */
#ifndef CHECKS_ACCESS_POSTFIX_CF_H
#define CHECKS_ACCESS_POSTFIX_CF_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"

#define CF_PARAMETERS_MAX	64	/* mysql_table(5) has 22 */
#define CF_FILE_MAX		65536	/* bytes */
#define CF_QUERY_SIZE		8192	/* a query with its key */

struct cf {
	char	*text;			/* the file, cut into the words below */
	struct {
		const char *name, *value;
	}	 parameters[CF_PARAMETERS_MAX];
	size_t	 n;

	/* The parameters that all types share. */
	const char	*query;			/* the old select_field ... made into one */
	const char	*result_format;
	const char	*domain;		/* "": any key */
	int64_t		 expansion_limit;	/* values; 0: any number */
	char		 made[CF_QUERY_SIZE];	/* query out of the old parameters */

	unsigned	 users;			/* of one that may be replaced while it is used: by its owner's lock */
};

/*
 * known: names the type has beside the shared ones, NULL-terminated.  Any
 * other is a mistake, since it would be ignored.  NULL: why.
 */
struct cf	*cf_new(const char *path, const char *const *known, struct buf *why);
void		 cf_free(struct cf **);
const char	*cf_get(const struct cf *, const char *name, const char *or_else);
/* 0 to max, or -1 and why. */
int		 cf_get_number(const struct cf *, const char *name, int64_t or_else, int64_t max,
		    int64_t *out, struct buf *why);

/* Appends a part of the key, made harmless for a string of the query. */
typedef void	 cf_escape(void *ctx, struct buf *, const char *part, size_t len);

/*
 * The query for this key.  False: there is none for such a key (no domain for
 * a %d, outside `domain', nothing a database would take as text), or no room.
 */
bool		 cf_query(const struct cf *, const char *key, cf_escape *, void *ctx, struct buf *);
/* One value by result_format, with a comma before it unless it is the first; false: it is to be ignored. */
bool		 cf_result(const struct cf *, const char *key, const char *value, struct buf *);

#endif
