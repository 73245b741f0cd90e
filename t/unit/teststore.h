/* SPDX-License-Identifier: BSD-2-Clause */
/* Teststore: a store for a test, what it tells, and all that is in it. */
#ifndef T_UNIT_TESTSTORE_H
#define T_UNIT_TESTSTORE_H

#include "db/store.h"

#define TESTSTORE_TOLD	2000	/* bytes of all lines with their NUL; the rest is cut */

/* NULL: why was noted, unless a shared one only waits for its server. */
struct store *teststore_open(const struct store_setup *);
/* As tell of a setup. */
void	teststore_hear(void *unused, enum store_event, const char *text);
/* What any store has told since the last time: lines, "! " before those of trouble.  Returns out. */
const char *teststore_told(char out[TESTSTORE_TOLD]);
/* Whether that was among it; what it was instead is noted. */
bool	teststore_said(const char *wanted);
/* A dump of all of it for free(), and how many records it has. */
uint64_t teststore_dump(struct store *, char **text_r, size_t *len_r);

#endif
