/* SPDX-License-Identifier: BSD-2-Clause */
/* Statements for a database of the test. */
#ifndef T_UNIT_TABLES_SQLITE_H
#define T_UNIT_TABLES_SQLITE_H

#include <sqlite3.h>
#include <stdlib.h>

static void
sqlite_write(const char *path, const char *statements)
{
	sqlite3 *db;

	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, statements, NULL, NULL, NULL) != SQLITE_OK)
		abort();
	(void)sqlite3_close(db);
}

#endif
