/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Server: the resolvers we ask, in the order given, and how they are doing.
 * A set is built once from the configuration or from resolv.conf; what is in
 * flight keeps its set.  Health belongs to the transport's thread.
 */
#ifndef DNS_SERVER_H
#define DNS_SERVER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "lib/option.h"

#define SERVERS_MAX	8	/* resolv.conf knows three; a bit set holds more than enough */
#define SERVER_FAILURES	3	/* tries in a row without any answer: it is down */
#define SERVER_DOWN_MS	5000	/* then one question probes it, no more often than this */
#define SERVERS_FILE	"/etc/resolv.conf"

struct udp;

struct server {
	union {
		struct sockaddr		any;
		struct sockaddr_in	v4;
		struct sockaddr_in6	v6;
	}		 address;
	socklen_t	 address_len;
	bool		 loopback;
	unsigned	 failures;	/* since its last answer */
	int64_t		 answered_at;	/* ms */
	int64_t		 probe_at;	/* ms; while down */
	struct udp	*udp;		/* the socket for the next question; transport's */
};

struct servers {
	unsigned	 refs;
	size_t		 count;		/* at least 1 */
	bool		 any_loopback, any_remote;
	struct server	 v[SERVERS_MAX];
};

/*
 * "192.0.2.1", "192.0.2.1@5353", "::1", "fe80::1%eth0@53".  NULL, with what
 * would be right in *why_r, when one of them is malformed or they are too many.
 */
struct servers *servers_from_list(const struct string_list *, const char **why_r);
/* The nameserver lines of a resolv.conf; none means 127.0.0.1 (resolv.conf(5)).  NULL: no memory. */
struct servers *servers_from_file(const char *path);
/* Whichever of the two the option `servers' asks for, with the file's path or NULL in *file_r. */
struct servers *servers_of(const struct string_list *, const char **file_r, const char **why_r);
/* Whether a file is another one than at the time of *known, which is brought up to date. */
bool	 servers_file_changed(const char *path, struct stat *known);
void	 servers_unref(struct servers *);

/* The server for a first try: the first one that is up, or due for a probe. */
size_t	 servers_pick(struct servers *, int64_t now);
void	 server_answered(struct server *, int64_t now);
/* A try sent at that time got no answer. */
void	 server_failed(struct server *, int64_t sent_at, int64_t now);

#endif
