/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Store: what the filter remembers between messages.
 *
 *   checks, milter, ctl
 *        |  store_greylist  store_get  store_put  store_scan ...
 *   store.c    gate, counters, the line an operator must see
 *        |  struct store_backend (backend.h)
 *   bdb*.c  mem.c   shared.c: redis*.c + one of them      maint.c: flush, checkpoint, sweep, snapshot
 *
 * One call decides and updates a greylist record: the read, the rule and the
 * write happen below this line as one step, so that a networked store can do
 * it in one round trip.  Nothing above may know which back end answers.
 *
 * Durability: what was answered survives the death of the process; a power
 * cut may cost the last second, unless `synchronous' is set.
 */
#ifndef DB_STORE_H
#define DB_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "db/decide.h"
#include "db/record.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/histogram.h"
#include "lib/option.h"

struct store;

/* Whatever is neither OK nor MISSING is trouble: counted, and said once a minute. */
enum store_status {
	STORE_OK,
	STORE_MISSING,		/* no such record, or expired */
	STORE_NEWER,		/* written by a newer release; left alone */
	STORE_BUSY,		/* no turn within STORE_WAIT_MAX, or lost too many lock conflicts */
	STORE_FULL,		/* no space; reading still works, writing resumes when there is room */
	STORE_FAILED,		/* anything else; store_open's tell() says what */
	STORE_DOWN,		/* broken for good: only a new process helps */
	STORE_AWAY,		/* the server does not answer, or at the start the disk fails, for now */
	STORE_STATUS_COUNT
};
const char *store_status_text(enum store_status);	/* for people */
const char *store_status_word(enum store_status);	/* "missing": label of figures */

#define STORE_WAIT_MAX	2000	/* ms one call may wait for its turn; within the 8 s of a message */

enum store_type { STORE_DISK, STORE_MEMORY };
enum store_down { STORE_DOWN_PASS, STORE_DOWN_LOCAL };	/* while the server does not answer */

enum store_keys { STORE_KEYS_PLAIN, STORE_KEYS_HASHED };

struct redis_place;

/* Texts are borrowed, and must outlive the store. */
struct store_options {
	unsigned	type;			/* enum store_type */
	int64_t		cache_size;		/* bytes; of a store in memory: all it may take */
	bool		synchronous;		/* every change on the platter before the answer */
	int64_t		snapshot;		/* ms between text snapshots, 0: none */

	/* What several hosts share is on a server. */
	struct string_list url;			/* where; none: nothing is shared */
	const char	*password_file, *prefix;
	const char	*sentinel;		/* url are those who know the master by this name; NULL: no */
	const char	*sentinel_user, *sentinel_password_file;	/* to log in there; NULL: none */
	bool		cluster;		/* url are nodes of one */
	int64_t		deadline;		/* ms one call may take */
	const char	*tls_ca_file, *tls_certificate_file, *tls_key_file;
	unsigned	keys;			/* enum store_keys */
	unsigned	down;			/* enum store_down */
	const struct redis_place *redis;	/* made of url and password files; NULL: nothing is shared */
};
extern const struct option store_option_table[];	/* section "store" */
int	store_options_finish(void *options, struct arena *, const char **why_r);

/*
 * What a store has to say outside a call; from any thread, must not block.
 * BROKEN: it will never answer again in this process; the daemon should end
 * (exit status 75) and be started anew, which recovers.
 */
enum store_event { STORE_NOTICE, STORE_TROUBLE, STORE_BROKEN };
typedef void store_tell(void *ctx, enum store_event, const char *text);

struct store_setup {
	struct store_options	 options;
	const char		*directory;	/* state directory; store.* below it are ours */
	const struct clock	*clock;
	store_tell		*tell;		/* may be NULL */
	void			*ctx;
	bool			 offline;	/* a tool on a stopped store: no thread, nothing set aside */
	bool			 existing;	/* if there are no files yet, fail instead of making them */
};

/*
 * Open, recover, or, if the files cannot be used, set them aside as
 * store.bad-DATE and load the last snapshot.  One process owns a directory; a
 * second one is refused.  Open after daemonising.  Not OK: why, and BUSY if
 * another process owns it, FULL if there is no room for a recovery, AWAY if the
 * disk is read-only or fails; the last two may pass: try again later.
 */
enum store_status store_open(struct store **store_r, const struct store_setup *, struct buf *why);
/*
 * Wait for calls in progress, at most five seconds, and write everything out;
 * later calls are answered DOWN.  False: somebody is stuck inside.
 */
bool	 store_stop(struct store *);
/* Stop and free; nobody may call any more. */
void	 store_close(struct store **);

/* One attempt.  client: the key whose passed triplets are counted for auto_allow_after. */
struct store_attempt {
	const struct record_key		*triplet, *client;
	int64_t				 now;		/* s since 1970 */
	const struct greylist_params	*params;
};
enum store_status store_greylist(struct store *, const struct store_attempt *,
	    struct greylist_answer *);

/*
 * A record that counts uses was used once more: greylist_client_credit() in one
 * step.  Expires max_age after its last use; written at most once an hour.
 */
enum store_status store_credit(struct store *, const struct record_key *, int64_t now,
	    const struct greylist_params *);

/* Payload into at most size bytes of out; *len_r tells all of it.  Expired records are missing. */
enum store_status store_get(struct store *, const struct record_key *, int64_t now,
	    void *out, size_t size, size_t *len_r);
/* expires: s since 1970, 0 never. */
enum store_status store_put(struct store *, const struct record_key *, int64_t expires,
	    const void *payload, size_t len);
enum store_status store_remove(struct store *, const struct record_key *);
/* A whole value, with its head, as store_scan shows it; for loading a dump. */
enum store_status store_put_value(struct store *, struct record_bytes key, struct record_bytes value);

/*
 * Every record whose key begins with prefix, expired ones too.  Nothing is
 * locked while visit() runs.  A visit that returns false ends the scan.  Records
 * written meanwhile may or may not be seen, others once; those on a server in
 * no order, and twice if it grows or shrinks meanwhile.
 */
typedef bool store_visit(void *ctx, struct record_bytes key, struct record_bytes value);
enum store_status store_scan(struct store *, struct record_bytes prefix, store_visit *, void *ctx);

/* A bounded part of a scan: from cursor (all zero: the beginning) on, a few hundred records. */
struct store_mark {
	unsigned		part;
	uint64_t		cursor;
};
struct store_cursor {
	struct record_key	last;
	bool			started, ended;
	struct store_mark	mark;		/* of a back end without order */
};
enum store_status store_scan_step(struct store *, struct record_bytes prefix, struct store_cursor *,
	    store_visit *, void *ctx);
/* Look at a few hundred records from cursor on, remove the expired ones. */
enum store_status store_sweep_step(struct store *, struct store_cursor *, int64_t now,
	    uint64_t *removed_r);

/* Write out what a power cut could cost; what the maintenance thread does twice a second. */
void	 store_flush(struct store *);

struct store_stats {
	const char	*type;			/* "disk", "memory", "redis" */
	uint64_t	 calls[STORE_STATUS_COUNT];
	uint64_t	 swept;			/* expired records removed */
	uint64_t	 records, bytes;	/* estimates; 0 when not known */
	uint64_t	 conflicts;		/* lock conflicts retried */
	struct histogram times;			/* of store_greylist(), store_credit(), store_get() */
	int64_t		 snapshot;		/* time of the last one, s since 1970, 0: none yet */

	/* Of a shared one. */
	bool		 shared, away;		/* its server, or one of them, does not answer */
	uint64_t	 stood_in;		/* answers this host gave instead */
	uint64_t	 sent_on;		/* records sent to it afterwards */
	int64_t		 unsent;		/* since when there are some to send, s since 1970, 0: none */
};
void	 store_stats(struct store *, struct store_stats *);

/* Prove that the files of a stopped store are sound.  Status OK, or why. */
enum store_status store_verify_files(const char *directory, struct buf *why);

#endif
