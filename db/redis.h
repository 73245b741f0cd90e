/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Redis: records on a server that several hosts share (Redis 6 or newer,
 * Valkey).  What shared.c sees; redis_private.h is what redis*.c have in common.
 *
 *	shared.c	which records go there; what happens while nobody answers
 *	redis.c		the operations of a back end, most of them the script
 *	redis_ask.c	one command to whoever holds its key; redirections
 *	redis_tend.c	beside the mail: finds the server, and tries one that is away
 *	redis_pool.c	node: the connections to one server, and its breaker
 *	redis_conn.c	one connection: hiredis, time-outs
 *
 * A key there is PREFIX and the bytes of record.h (or, if that is wanted, a hash
 * of them), a value is that of record.h: a dump moves between all back ends.  In a cluster "{}" stands in front, so
 * that no braces in a sender's address choose the slot.
 *
 * One decision is one round trip.  Where both its records lie on one server,
 * the script reads and writes both in one step (redis_script.lua).  In a
 * cluster they lie anywhere, since a record is one key and no operation spans
 * slots; so client and triplet are asked side by side, and for a client known
 * to be allowed only the client; when another one turns out to be, what was
 * done to the triplet is undone.
 *
 * The clock is ours, corrected by what the server's says at connecting if that
 * is more than REDIS_SKEW_MIN away: so hosts whose clocks differ agree.  The
 * time in a value decides; the server's own expiry comes REDIS_SLACK later,
 * and only takes out the garbage.
 *
 * A call ends by its deadline, waiting for a connection included.  The breaker
 * of a node opens at the first time-out or the third quick failure in a row:
 * then calls fail at once, and no mail waits twice.  Only the maintenance
 * thread tries again, and closes it.  After any error a connection is dropped,
 * since the next read would give the answer to the last question; the idle
 * ones of that node too.
 */
#ifndef DB_REDIS_H
#define DB_REDIS_H

#include "db/backend.h"

struct redis;

/*
 * Not OK: nobody answers, or (without why) nobody was asked yet; offline nothing
 * is open then, else it is tried again by redis_tend().
 */
enum store_status redis_open(struct redis **, struct store *, struct buf *why);
void	redis_close(struct redis **);
/* Find whom to ask if nobody is known or he is away.  OK, or why nobody answers. */
enum store_status redis_tend(struct redis *, struct buf *why);
enum store_status redis_greylist(struct redis *, const struct store_attempt *, struct greylist_answer *);
enum store_status redis_credit(struct redis *, const struct store_attempt *);
enum store_status redis_get(struct redis *, struct record_bytes key, uint8_t *out, size_t size,
	    size_t *len_r);
enum store_status redis_put(struct redis *, struct record_bytes key, struct record_bytes value);
enum store_status redis_remove(struct redis *, struct record_bytes key);
/* What another store learnt, without losing what is known here. */
enum store_status redis_merge(struct redis *, struct record_bytes key, struct record_bytes value);
enum store_status redis_batch(struct redis *, struct record_bytes prefix, struct store_batch *);
enum store_status redis_expire(struct redis *, const struct record_bytes *keys, size_t n, int64_t now,
	    uint64_t *removed_r);
void	redis_stats(struct redis *, struct store_stats *);
/* Its server, or one of them, does not answer, or failed the last time. */
bool	redis_is_away(struct redis *);

#endif
