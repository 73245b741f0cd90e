/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Census: how many connections, messages and callbacks there are, so that
 * there are never too many, and a stop can wait for those under way.
 *
 *	serving -> census_drain(): no message begins -> census_freeze(): no callback begins -> exit
 */
#ifndef MILTER_CENSUS_H
#define MILTER_CENSUS_H

#include <stdbool.h>
#include <stdint.h>

/* Before the first connection: how many there may be at once. */
void	census_limit(int64_t sessions);

/* A connection comes; false: there are too many (logged once a minute), and it does not leave. */
bool	census_session_enter(void);
void	census_session_leave(void);

/* A message begins; false: not any more, we are being stopped, and it does not end. */
bool	census_message_enter(void);
void	census_message_leave(void);

/* Around every callback.  Entering does not return once frozen. */
void	census_callback_enter(void);
void	census_callback_leave(void);

/* How many there are now, and how many there may be: fewer than configured where descriptors lack. */
int64_t	census_sessions(void);
int64_t	census_sessions_max(void);
int64_t	census_messages(void);

/*
 * Whether callbacks come to their end: false when there are some, and none has
 * ended since the last such question.  One thread asks, at intervals longer
 * than any callback may take (resolver.budget, at most 25 s).
 */
bool	census_moves(void);

/* Wait until there are no messages, no callbacks; at most so many ms, false if that was not enough. */
bool	census_drain(int64_t ms);
bool	census_freeze(int64_t ms);

#endif
