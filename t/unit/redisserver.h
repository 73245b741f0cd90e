/* SPDX-License-Identifier: BSD-2-Clause */
/* Redisserver: a real server of Redis for a unit test, or a cluster of them, in a scratch folder. */
#ifndef T_UNIT_REDISSERVER_H
#define T_UNIT_REDISSERVER_H

#include "db/redis_url.h"
#include "t/scratch.h"

#define REDISCLUSTER_NODES 3

struct redisserver {
	int			 pid;
	char			 folder[SCRATCH_SIZE + 16];
	char			 socket[SCRATCH_SIZE + 32];
	int			 port;		/* 0: none, it is no node of a cluster */
	struct redis_url	 url;
	struct redis_place	 place;		/* for struct store_options */
};

/* Where it will be: below folder, as name. */
void	redisserver_init(struct redisserver *, const char *folder, const char *name);
/* Started, empty and answering; the test ends when that fails. */
void	redisserver_start(struct redisserver *);
void	redisserver_stop(struct redisserver *);
/* Masters that share all slots. */
void	rediscluster_start(struct redisserver nodes[REDISCLUSTER_NODES], const char *folder);

#endif
