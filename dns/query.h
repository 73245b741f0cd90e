/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Query: one look-up on its way, as the parts of the transport share it.
 * All of it belongs to the transport's thread.
 *
 *   start --> try (UDP) --answer--> done
 *              ^  |  |
 *     timer,   |  |  +--TC, wrong case--> TCP --answer--> done
 *     failure  +--+                        |
 *              ^---------------------------+  broken
 *
 * Each try goes to the next server, with the same packet; all its sockets
 * stay open to a late answer.
 */
#ifndef DNS_QUERY_H
#define DNS_QUERY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <pthread.h>
#include <sys/queue.h>

#include "dns/packet.h"
#include "dns/server.h"
#include "dns/transport.h"

#define UDP_QUERIES_MIN	8	/* over one socket, so over one source port; then a new one */
#define UDP_QUERIES_MAX	16

struct query {
	STAILQ_ENTRY(query)	 next;		/* on the way to the thread */
	const char		*name;
	enum dns_type		 type;
	void			*tag;
	struct servers		*servers;
	size_t			 server;	/* of the last try */
	struct udp		*udp[SERVERS_MAX];	/* sockets that may bring the answer */
	struct tcp		*tcp;		/* a try under way, or NULL */
	unsigned		 failed;	/* bits of servers: said SERVFAIL, REFUSED or rubbish */
	unsigned		 refused;	/* bits: nobody listened, since the last timer */
	struct dns_answer	*failure;	/* what the last failed one said */
	size_t			 failure_size;
	int64_t			 interval, sent_at, due, deadline;	/* ms */
	size_t			 timer;		/* place in the heap */
	size_t			 len;
	uint8_t			 packet[PACKET_QUERY_MAX];
};

/* What epoll hands back: the first member of whatever is watched. */
struct endpoint {
	enum { ENDPOINT_WAKE, ENDPOINT_UDP, ENDPOINT_TCP } kind;
	int			 fd;		/* -1: closed, freed after this round of events */
	SLIST_ENTRY(endpoint)	 dead;
};

/* A connected UDP socket on a port of its own. */
struct udp {
	struct endpoint		 end;
	struct servers		*servers;
	size_t			 server;
	unsigned		 given, limit, live;
	uint16_t		 ids[UDP_QUERIES_MAX];
	struct query		*queries[UDP_QUERIES_MAX];	/* NULL: has its answer */
};

struct tcp {
	struct endpoint		 end;
	struct query		*query;
	size_t			 server;
	size_t			 out_at, in_at, in_len;	/* in_len 0: length not read yet */
	uint8_t			 out[2 + PACKET_QUERY_MAX], length[2];
	uint8_t			*in;
};

struct timers {			/* a heap by due time */
	struct query		**v;
	size_t			  count, size;
};

struct transport {
	transport_done		*done;
	void			*owner;
	int			 epoll;
	struct endpoint		 wake;
	pthread_t		 thread;

	pthread_mutex_t		 lock;		/* of what other threads hand in, down to stop */
	STAILQ_HEAD(query_list, query) handed_in;
	struct servers		*next_servers;
	char			*next_file;
	bool			 stop;

	struct servers		*servers;
	char			*file;		/* resolv.conf, or NULL */
	struct stat		 file_known;
	int64_t			 file_checked;
	int64_t			 now;		/* of this round */
	struct timers		 timers;
	size_t			 tcp_count;
	SLIST_HEAD(, endpoint)	 dead;
	uint8_t			 random[512];	/* used from the end; arc4random in bulk is cheaper */
	size_t			 random_left;

	bool			 tcp_only;
	atomic_bool		 has_loopback;
	atomic_uint_least64_t	 sent, retried, tcp, forged;
};

/* timer.c: put moves one that is in already; 0, or -1 without memory. */
#define TIMER_NONE	SIZE_MAX
int	 timers_put(struct timers *, struct query *);
void	 timers_remove(struct timers *, struct query *);
static inline struct query *
timers_first(const struct timers *t)
{
	return t->count > 0 ? t->v[0] : NULL;
}

/* udp.c: false when the try is lost already. */
bool	 udp_send(struct transport *, struct query *, size_t server);
void	 udp_read(struct transport *, struct udp *);
void	 udp_release(struct transport *, struct query *);
void	 udp_retire(struct transport *, struct servers *);

/* tcp.c */
bool	 tcp_start(struct transport *, struct query *, size_t server);
void	 tcp_event(struct transport *, struct tcp *);
void	 tcp_stop(struct transport *, struct query *);

/* transport.c, for all of these */
void	 transport_random(struct transport *, void *, size_t);
int	 transport_watch(struct transport *, struct endpoint *, int op, uint32_t events);
void	 transport_bury(struct transport *, struct endpoint *);

/* query.c: any of these but refused and lost_tcp may end the query. */
void	 query_begin(struct transport *, struct query *);
void	 query_timer(struct transport *, struct query *);
/* NULL: no answer.  The query is gone then. */
void	 query_finish(struct transport *, struct query *, struct dns_answer *, size_t size);
/* Bytes came from that server. */
void	 query_receive(struct transport *, struct query *, size_t server, bool tcp,
	    uint8_t *bytes, size_t len);
/* Nobody listens there. */
void	 query_refused(struct transport *, struct query *, size_t server);
/* The connection broke. */
void	 query_lost_tcp(struct transport *, struct query *);

#endif
