/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dump: the store as text, one record a line, the same for every back end and
 * every release: for backup, for moving, for looking.
 *
 *   bailey-dump 1
 *   triplet TAB expires first last passed count TAB client TAB sender TAB recipient
 *   client TAB expires first last passed count TAB client
 *   correspondent TAB expires first last passed count TAB our sender TAB recipient
 *   dmarc TAB expires TAB day TAB policy domain TAB id TAB text TAB text ...
 *   raw TAB key TAB value			what this release does not understand
 *   end COUNT
 *
 * Times are s since 1970; passed is 0 while pending.  In fields, bytes outside
 * 0x20..0x7e and the backslash are written \xHH.  A file without its last line
 * is cut short and is refused.
 */
#ifndef DB_DUMP_H
#define DB_DUMP_H

#include "db/store.h"

#define DUMP_MAGIC	"bailey-dump 1"
#define DUMP_LINE_MAX	(4 * (RECORD_KEY_MAX + RECORD_VALUE_MAX) + 64)	/* every byte escaped */

/* One record as a line with its end. */
void	dump_put(FILE *, struct record_bytes key, struct record_bytes value);
/* One line, without its end, into the store; it is taken apart in place.  False: malformed. */
bool	dump_take(struct store *, char *line, size_t len, enum store_status *status_r);

/* Reads a whole dump, in memory for one line. */
struct dump_reader {
	FILE		*file;		/* the caller's */
	uint64_t	 line, records;	/* read so far */
	size_t		 len;		/* of text */
	char		 text[DUMP_LINE_MAX + 2];
};
struct dump_reader *dump_reader_new(FILE *);	/* NULL without memory */
void	dump_reader_free(struct dump_reader **);
/* The next record, without its line end; may hold NULs.  NULL: *fault_r, or that is NULL and this was all. */
char	*dump_next(struct dump_reader *, const char **fault_r);

struct dump_report {
	uint64_t		loaded;
	enum store_status	status;		/* of the last record that the store was given */
};
/* 0, or -1: why, with the line; records before that line are loaded. */
int	dump_load(struct store *, FILE *, struct dump_report *, struct buf *why);

/*
 * The snapshot: written in steps beside the running store, then moved to
 * DIRECTORY/store.dump, so that this is always a whole one.
 */
int64_t	dump_snapshot_time(const char *directory);	/* of the last one, s since 1970; 0: none */
struct dump_writer;
struct dump_writer *dump_begin(struct store *, const char *directory, struct buf *why);
int	dump_step(struct dump_writer *, struct buf *why);	/* 1: more, 0: done, -1: why */
void	dump_end(struct dump_writer **);

#endif
