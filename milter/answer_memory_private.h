/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files that answer about the store share. */
#ifndef MILTER_ANSWER_MEMORY_PRIVATE_H
#define MILTER_ANSWER_MEMORY_PRIVATE_H

#include "checks/greylist.h"
#include "milter/answer_memory.h"
#include "milter/answer_private.h"

/* As answer_fill.  The argument is an object, of why a string. */
typedef bool memory_fill(const struct answer_memory *, const json_t *argument, json_t *out);

memory_fill answer_forget, answer_greylist_allow, answer_greylist_ask, answer_greylist_delete,
    answer_greylist_flush, answer_greylist_list;

/* "": it is missing. */
const char *memory_text(const json_t *argument, const char *key);
/* NULL after "error" was set. */
const struct greylist_options *memory_options(const struct answer_memory *, json_t *out);
/* Sets "error" unless all is well. */
bool	 memory_status(enum store_status, json_t *out);

/*
 * The next step through all records whose keys begin with one of the prefixes,
 * one prefix after the other.  Sets "seen", and "next" unless that was the last.
 */
bool	 memory_step(const struct answer_memory *, const json_t *argument,
	    const struct record_bytes *prefixes, size_t count, store_visit *, void *ctx, json_t *out);
/* Prefixes of that many kinds, "gc". */
bool	 memory_step_kinds(const struct answer_memory *, const json_t *argument, const char *kinds,
	    store_visit *, void *ctx, json_t *out);

#define MEMORY_PREFIXES_MAX	8

/* Removing what a step visits. */
struct memory_removal {
	struct store		*store;
	enum store_status	 status;
	uint64_t		 removed;
};
/* False when the store failed; a record that is gone already is none the worse. */
bool	 memory_remove(struct memory_removal *, struct record_bytes key);
/* Sets "removed", and "error" unless all is well. */
bool	 memory_removed(const struct memory_removal *, json_t *out);

#endif
