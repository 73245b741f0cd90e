/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Map: a table that lies in a file and is kept in memory.  When the file
 * changes it is read again as a whole and takes the place of the old one in
 * one step; while it cannot be read the old one stays.
 */
#ifndef CHECKS_ACCESS_MAP_H
#define CHECKS_ACCESS_MAP_H

#include "checks/access/table.h"

#define MAP_ENTRIES_MAX	2000000			/* beyond that a database is the right thing */
#define MAP_BYTES_MAX	(256 * 1024 * 1024)

struct map;		/* what is in the file */
struct map_table;	/* with the file it is from */

/* For readers of files: one more entry; the first of equal keys stays (as postmap has it).  -1: why. */
int	map_add(struct map *, const char *key, size_t key_len, const char *value, size_t value_len,
	    struct buf *why);

/* Reads a whole file into an empty map.  0, or -1 and why. */
typedef int map_reader(struct map *, const char *path, struct buf *why);

int	map_check(map_reader *, const char *path, struct buf *why);
void	*map_open(map_reader *, const char *path);

/* As in struct table_type. */
enum table_status map_find(void *, const char *key, int64_t deadline, struct buf *out);
enum table_status map_find_network(void *, const struct addr *, struct buf *key, struct buf *out);
int	map_tick(void *, struct buf *why);
void	map_close(void **);

#endif
