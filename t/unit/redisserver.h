/* SPDX-License-Identifier: BSD-2-Clause */
/* Redisserver: a real server of Redis for a unit test, on a socket in a scratch folder. */
#ifndef T_UNIT_REDISSERVER_H
#define T_UNIT_REDISSERVER_H

#include "db/redis_url.h"
#include "t/scratch.h"

struct redisserver {
	int			 pid;
	char			 socket[SCRATCH_SIZE + 16];
	struct redis_url	 url;
	struct redis_place	 place;		/* for struct store_options */
};

/* Where it will be. */
void	redisserver_init(struct redisserver *, const char *folder);
/* Started, empty and answering; the test ends when that fails. */
void	redisserver_start(struct redisserver *);
void	redisserver_stop(struct redisserver *);

#endif
