/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keeper: whoever keeps the filter's memory.  That is the daemon while it
 * runs; when it does not, we open its store ourselves, as the owner of its
 * directory, and answer the same requests by the daemon's own code
 * (milter/answer_memory.h).
 */
#ifndef CTL_KEEPER_H
#define CTL_KEEPER_H

#include "ctl/daemon.h"
#include "ctl/progress.h"
#include "milter/answer_memory.h"

struct keeper {
	const struct call	*call;
	int			 status;	/* to exit with after a failure that was told */
	struct daemon		 daemon;	/* answers NULL: we opened the store */
	struct conf		*conf;
	struct store		*store;
	int64_t			 flushed;	/* clock_mono */
	struct progress		 progress;
};

/*
 * Of a stopped store: KEEPER_PROVE proves its files before it is opened, and only KEEPER_MAKE
 * makes one where there is none.  0, or -1 after standard error says why.
 */
enum keeper_wish { KEEPER_OPEN, KEEPER_PROVE, KEEPER_MAKE };
int	 keeper_open(struct keeper *, const struct call *, enum keeper_wish);
void	 keeper_close(struct keeper *);

/*
 * One request; the argument is taken over: an object, or a string.  The answer, whatever its
 * "ok"; the caller's.  NULL after standard error says why.
 */
json_t	*keeper_try(struct keeper *, const char *word, json_t *argument);
/* The same, but an answer that is not ok was told, as daemon_call() does, and is NULL. */
json_t	*keeper_ask(struct keeper *, const char *word, json_t *argument);

/*
 * A request that goes through the whole store, step by step; show gets every
 * answer, and ends it by returning false.  0, or -1 after it was told.
 */
typedef bool keeper_show(void *ctx, const json_t *answer);
int	 keeper_walk(struct keeper *, const char *word, json_t *argument, bool progress,
	    keeper_show *, void *ctx);
/* Such a walk that removes: tells how many records are gone.  An exit status. */
int	 keeper_remove(struct keeper *, const char *word, json_t *argument);

#endif
