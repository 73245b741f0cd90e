/* SPDX-License-Identifier: BSD-2-Clause */
/* What redis*.c have in common (redis.h says who does what); nobody else knows hiredis. */
#ifndef DB_REDIS_PRIVATE_H
#define DB_REDIS_PRIVATE_H

#include <hiredis/hiredis.h>
#include <sys/queue.h>

#include "db/redis.h"
#include "db/redis_url.h"

#define REDIS_CONNECTIONS	16	/* to one node: more do not make it faster, and hundreds of hosts share it */
#define REDIS_NODES_MAX		1024	/* ever heard of; a cluster has at most 1000 */
#define REDIS_SLOTS		16384
#define REDIS_STRIKES		3	/* failures in a row that open the breaker */
#define REDIS_SKEW_MIN		10	/* s; what is below it may be the way there, and harms nobody */
#define REDIS_SLACK		3600	/* s */
#define REDIS_HINTS		4096	/* clients of a cluster remembered as allowed */
#define REDIS_LOOK_EVERY	5000	/* ms between two looks whether another is the master by now */
#define REDIS_HOST_SIZE		(REDIS_HOST_MAX + 1)
#define REDIS_OFFLINE_DEADLINE	5000	/* ms at least for a tool: no mail waits for it */
#define REDIS_ARGS_MAX		16

struct redis_node;
struct redis_turn;
struct ssl_ctx_st;

/* A key as it is on the server. */
struct redis_key {
	uint8_t	bytes[REDIS_HOST_SIZE + RECORD_KEY_MAX];
	size_t	len;
};

struct redis_conn {
	redisContext		*c;
	struct redis_node	*node;
	bool			 reused;	/* it answered before, so a lost one may only be old */
	char			 why[160];	/* the last error */
	redisReplyObjectFunctions make;		/* the library's, but for arrays ... */
	__typeof__(((redisReplyObjectFunctions *)0)->createArray) array;	/* ... which this one makes */
	size_t			 elements;	/* of this answer so far */
};

struct redis_node {
	char			 host[REDIS_HOST_SIZE];	/* as written or told; the path if port is 0 */
	char			 address[REDIS_HOST_SIZE];	/* numeric; "": not known yet */
	int			 port;
	struct redis_conn	*idle[REDIS_CONNECTIONS];
	size_t			 idle_count, lent;
	STAILQ_HEAD(, redis_turn) turns;	/* who waits for one */
	unsigned		 failures;	/* in a row */
	bool			 away;		/* the breaker is open */
	bool			 owner;		/* of slots */
};

struct redis {
	struct store		*store;		/* in front of us; its options, and store_detail() */
	int64_t			 deadline;	/* ms */
	char			 sha[41];	/* of the script */
	char			 prefix[REDIS_HOST_SIZE];
	size_t			 prefix_len;
	bool			 hashed;	/* long keys are hashes behind their first byte */
	struct ssl_ctx_st	*tls;		/* NULL: without */
	_Atomic int64_t		 skew;		/* s; the server's clock minus ours, 0 when small */

	pthread_mutex_t		 lock;		/* of all below, and of every node */
	struct redis_node	*nodes[REDIS_NODES_MAX];	/* live until the end */
	size_t			 node_count;
	struct redis_node	*master;	/* whom to ask when it is no cluster; NULL: not known */
	struct redis_node	**slots;	/* REDIS_SLOTS owners, NULL: not known; NULL: it is no cluster */
	atomic_bool		 stale;		/* slots have moved */
	int64_t			 compared;	/* clock_mono ms when the master's clock was last looked at */
	int64_t			 looked;	/* clock_mono ms when sentinels or cluster were last asked */

	_Atomic uint64_t	 hints[REDIS_HINTS];	/* hashes of clients that a cluster said are allowed */
};

struct redis_command {
	int		 argc;
	const char	*argv[REDIS_ARGS_MAX];
	size_t		 lens[REDIS_ARGS_MAX];
	char		 numbers[REDIS_ARGS_MAX][24];
	struct record_bytes key;	/* the one that decides where it goes; n 0: anywhere */
};

/* redis_conn.c.  until: clock_mono(&clock_real) ms. */
/* Connected, logged in and, unless it is a sentinel, its clock compared; NULL: why. */
struct redis_conn *redis_conn_open(struct redis *, struct redis_node *, const char *address,
	    bool sentinel, int64_t until, struct buf *why);
void	redis_conn_close(struct redis_conn **);
/* Sent with the next reply that is waited for.  -1: no memory. */
int	redis_conn_send(struct redis_conn *, const struct redis_command *);
/* Sends what waits.  NULL: conn->why; TIMEOUT or not. */
redisReply *redis_conn_reply(struct redis_conn *, int64_t until, bool *late_r);
void	redis_word(struct redis_command *, const char *);
void	redis_bytes(struct redis_command *, struct record_bytes);
void	redis_number(struct redis_command *, int64_t);

/* redis_pool.c */
/* The node of that name, made if there is none; NULL: too many.  By r->lock. */
struct redis_node *redis_node_get(struct redis *, const char *host, int port);
/* One of which another server told; NULL also if that is no port, since 0 would be a file of this host. */
struct redis_node *redis_node_told(struct redis *, const char *host, long long port);
/* A connection to it; wait: until one is free.  AWAY, BUSY: none in time. */
enum store_status redis_lease(struct redis *, struct redis_node *, int64_t until, bool wait,
	    struct redis_conn **);
/* It answered. */
void	redis_return(struct redis *, struct redis_conn **);
/* It failed (NULL: could not be made): so many strikes more for its node. */
void	redis_drop(struct redis *, struct redis_node *, struct redis_conn **, unsigned strikes);
/* It answers at that address: the breaker closes. */
void	redis_node_works(struct redis *, struct redis_node *, const char *address);
struct redis_node *redis_node_find(struct redis *, const char *host, int port);	/* takes the lock */
void	redis_pool_free(struct redis *);
const char *redis_node_text(const struct redis_node *, char out[REDIS_HOST_SIZE + 8]);

/* redis_ask.c: a command on its way. */
struct redis_question {
	const struct redis_command *command;
	int64_t			 until;
	enum store_status	 status;	/* so far */
	struct redis_conn	*conn;		/* NULL: not sent */
	struct redis_node	*node;
	unsigned		 skip;		/* answers before ours; an error there is the answer */
	bool			 asking;	/* ASK sent us there */
};
/* Send it if that can be done at once; node NULL: to whoever holds its key. */
void	redis_begin(struct redis *, struct redis_question *, const struct redis_command *, int64_t until,
	    struct redis_node *);
/* OK and the answer, which is no error; the caller frees it. */
enum store_status redis_finish(struct redis *, struct redis_question *, redisReply **);
enum store_status redis_ask(struct redis *, const struct redis_command *, redisReply **);
enum store_status redis_ask_node(struct redis *, struct redis_node *, const struct redis_command *,
	    redisReply **);
int64_t	redis_until(const struct redis *);

/* redis_tend.c */
/* The numeric address of a node, now; may wait for the DNS.  False: why. */
bool	redis_resolve(struct redis_node *, char out[REDIS_HOST_SIZE], struct buf *why);
/* Whether it answers and takes records; then it works from now on. */
bool	redis_try(struct redis *, struct redis_node *, struct buf *why);
bool	redis_is_master_away(struct redis *);
void	redis_set_master(struct redis *, struct redis_node *);
bool	redis_is_owner_away(struct redis *);
/* The master by its name. */
enum store_status redis_sentinel_tend(struct redis *, struct buf *why);
/* The owners of slots; those away are tried. */
enum store_status redis_cluster_tend(struct redis *, struct buf *why);
/* "MOVED 3999 127.0.0.1:6381" or "ASK ...": to whom; NULL: malformed, or too many nodes. */
struct redis_node *redis_cluster_moved(struct redis *, const struct redis_node *told_by,
	    const char *error);
/* Who holds this key; NULL: not known. */
struct redis_node *redis_route(struct redis *, struct record_bytes key);
/* One of those that hold all records together; NULL: no more of them. */
struct redis_node *redis_part(struct redis *, unsigned *part);

/* redis.c */
struct record_bytes redis_full_key(const struct redis *, struct redis_key *, struct record_bytes key);

/* redis_tls.c; or nobody, and no address asks for it. */
/* NULL: why. */
struct ssl_ctx_st *redis_tls_new(const struct store_options *, struct buf *why);
void	redis_tls_free(struct ssl_ctx_st **);
/* Shake hands on a connected socket.  False: conn->why. */
bool	redis_tls_begin(struct redis *, struct redis_conn *, int64_t until);

/* redis_script.c */
extern const char redis_script[];
void	redis_script_sha(char out[41]);

#endif
