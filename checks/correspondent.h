/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Correspondent: whom our people wrote to, so that the answer need not wait.
 * Remembered is the pair, not the other address alone: who wants to pass for a
 * correspondent must know who of us wrote to whom, and gains one mailbox.
 * Both addresses are made alike as senders are (greylist_key.h), so an answer
 * from ann@a.ex to a tagged or numbered address of ours is recognised.
 */
#ifndef CHECKS_CORRESPONDENT_H
#define CHECKS_CORRESPONDENT_H

#include "checks/check.h"
#include "lib/keyhash.h"

/* Recipients of one message that are remembered: who writes to more, writes a newsletter. */
#define CORRESPONDENTS_MAX	100

/*
 * The sender, who is one of us, wrote to the recipients that were not refused,
 * except for those in local-domains or his own domain.  age: s until it is
 * forgotten.  hide: NULL keeps addresses in clear.  A store in trouble learns
 * nothing; it says so itself.
 */
void	correspondent_learn(const struct txn *, int64_t age, const struct keyhash *hide);
/* Whether this recipient wrote to the sender before; false if the store cannot tell. */
bool	correspondent_is_known(const struct txn *, const struct path *rcpt, const struct keyhash *hide);
/* The same afterwards, without the message. */
bool	correspondent_is_stored(struct store *, int64_t now, const struct path *rcpt,
	    const struct path *sender, const struct keyhash *hide);

#endif
