/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Transport: gets one question answered by one of several servers, over UDP
 * and, where needed, TCP.  One thread owns all sockets; another engine would
 * offer the same five functions.
 */
#ifndef DNS_TRANSPORT_H
#define DNS_TRANSPORT_H

#include <stdint.h>

#include "dns/dns.h"
#include "dns/server.h"

#define TRANSPORT_FIRST_TRY_MS	250	/* then doubling; with 1 s, 5 % loss makes a p99 of 3 s */
#define TRANSPORT_FAILOVER_MS	2000	/* others get this long after one server said SERVFAIL */
#define TRANSPORT_TCP_TRY_MS	2000	/* over TCP, where there are other servers */
#define TRANSPORT_TCP_MAX	64	/* connections at once */
#define TRANSPORT_FILE_CHECK_MS	1000	/* how often a look at resolv.conf is worth it */

struct transport;

/*
 * The end of a look-up, on the transport's thread without locks (or in
 * transport_close): a block of size bytes that is the owner's from now on;
 * NULL: timed out.
 */
typedef void	 transport_done(void *owner, void *tag, struct dns_answer *, size_t size);

/* Takes the set of servers (freed on failure too); file: re-read when it changes, NULL: none. */
struct transport *transport_open(struct servers *, const char *file, transport_done *, void *owner,
		    bool tcp_only, const char **why_r);
/* Ends all look-ups. */
void		 transport_close(struct transport **);
/* name stays valid until done.  0, or -1 without memory. */
int		 transport_start(struct transport *, const char *name, enum dns_type,
		    int64_t timeout_ms, void *tag);
/* As in open: other servers for look-ups started from now on.  0, or -1 without memory. */
int		 transport_use(struct transport *, struct servers *, const char *file);
void		 transport_get_stats(struct transport *, struct dns_stats *);
bool		 transport_has_loopback(struct transport *);

#endif
