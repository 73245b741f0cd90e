/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one door for every question to the DNS.
 *
 *   session.ask ---> cache? ---> in flight? ---> transport (one epoll thread)
 *   session.get <--- answer <--- cache <-------- parser
 *
 * A struct dns is the resolver of the process.  A struct dns_session is the
 * handle of one SMTP connection; it may be used from any thread, and from
 * several at once.  Asking never blocks; getting waits until the caller's
 * deadline.  Equal questions in flight are asked once, whoever asks.
 */
#ifndef DNS_DNS_H
#define DNS_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/addr.h"
#include "lib/clock.h"
#include "lib/histogram.h"
#include "lib/option.h"

enum dns_type {		/* values are those on the wire */
	DNS_A = 1, DNS_CNAME = 5, DNS_SOA = 6, DNS_PTR = 12, DNS_MX = 15,
	DNS_TXT = 16, DNS_AAAA = 28,
};

/* The last four are temporary: nobody knows, ask again later. */
enum dns_status {
	DNS_OK, DNS_NODATA, DNS_NXDOMAIN,
	DNS_SERVFAIL, DNS_REFUSED, DNS_TIMEOUT, DNS_BADRESP,
	DNS_STATUS_COUNT
};

struct dns_rr {
	union {
		struct addr	 addr;		/* A, AAAA */
		const char	*name;		/* PTR, CNAME, MX exchange: canonical, no final dot; "" is the root */
		struct {
			const char	*bytes;	/* TXT: strings joined without space (RFC 7208 3.3), NUL added */
			size_t		 len;
		} txt;
	};
	uint16_t	preference;		/* MX */
	bool		bad_name;		/* PTR, MX: not a host name (binary labels, spaces ...); name is escaped text */
};

/* Immutable.  Lives at least as long as the session that got it, or until dns_session_forget(). */
struct dns_answer {
	enum dns_status	 status;
	enum dns_type	 type;
	const char	*name;		/* as asked, canonical */
	bool		 secure;	/* AD bit from a loopback resolver */
	uint32_t	 ttl;		/* seconds it had when it came; clamped */
	int64_t		 expires;	/* CLOCK_MONOTONIC ms */
	size_t		 count;		/* 0 unless DNS_OK */
	const struct dns_rr *rr;
};

struct dns_options {
	/* "127.0.0.1", "127.0.0.1@5353", "::1@53"; one path alone: that resolv.conf; empty: the system's */
	struct string_list	servers;
	int64_t			timeout;	/* ms, one question with all its tries */
	int64_t			budget;		/* ms, all waiting of one message; kept by the caller */
	int64_t			cache_size;	/* bytes */
	bool			tcp_only;	/* no key: to find out whether TCP gets through */
};
extern const struct option dns_option_table[];	/* section "resolver" */
/* As option_section.finish, of a struct dns_options. */
int	 dns_options_finish(void *, struct arena *, const char **why_r);

/* Bounds beyond which the answer is DNS_TIMEOUT, counted. */
#define DNS_INFLIGHT_MAX	4096	/* look-ups on the wire, process */
#define DNS_WAITERS_MAX		16384	/* sessions waiting, process */
#define DNS_SESSION_MAX		2048	/* answers one session holds: far beyond what all checks may ask */
#define DNS_RR_MAX		128	/* records kept of one answer */
#define DNS_TXT_MAX		16384	/* bytes of all TXT of one answer; more is DNS_BADRESP */
#define DNS_TTL_MAX		86400	/* s */
#define DNS_NEGATIVE_TTL_MAX	900	/* s */
#define DNS_CNAME_MAX		16	/* links of one chain */

struct dns_stats {
	uint64_t	asked, cache_hits, joined, sent, retried, tcp;
	uint64_t	by_status[DNS_STATUS_COUNT];
	uint64_t	over_limit;		/* answered DNS_TIMEOUT because of a bound */
	uint64_t	missing;		/* needed, and DNS_TIMEOUT because a file of answers has none */
	uint64_t	forged;			/* packets dropped: id, question or source wrong */
	uint64_t	cached;			/* answers in the cache now */
	uint64_t	cache_bytes;
	struct histogram times;			/* of look-ups on the wire, until their answer or time-out */
};

struct dns;
struct dns_session;

/*
 * Starts a thread, so after daemonising; in a child of fork() every answer is
 * DNS_TIMEOUT at once.  What options point to is copied, the clock borrowed;
 * options that are zero have their defaults.  NULL with *why_r: cannot start.
 */
struct dns	*dns_open(const struct dns_options *, const struct clock *, const char **why_r);
/*
 * Offline: every question is answered from a file of recorded answers, at
 * once, and from nothing else.  wall_r: the time of the recording.  The file
 * may be closed then.
 */
struct dns	*dns_open_replay(FILE *, const struct clock *, int64_t *wall_r, const char **why_r);
/* Such a file (dns/replay.h): its beginning, then any number of answers. */
void		 dns_record_begin(FILE *, int64_t wall);
void		 dns_record(FILE *, const struct dns_answer *);

/* New servers and limits; look-ups in flight keep theirs.  0, or -1 with *why_r and nothing changed. */
int		 dns_reconfigure(struct dns *, const struct dns_options *, const char **why_r);
/* Look-ups in flight end as DNS_TIMEOUT; all sessions must have been freed. */
void		 dns_close(struct dns **);
void		 dns_get_stats(struct dns *, struct dns_stats *);
/* A word of advice for the log at start, or NULL: "no loopback name server ...". */
const char	*dns_advice(struct dns *);

struct dns_session *dns_session_new(struct dns *);	/* NULL without memory */
/* Detach: look-ups run on and fill the cache, their answers are no longer ours. */
void		 dns_session_free(struct dns_session **);
/* Give back the answers held for the caller (end of a message); never blocks. */
void		 dns_session_forget(struct dns_session *);
/*
 * Every answer got or asked through this session since the last forget, for
 * receipts; DNS_TIMEOUT for what has not come yet.  fn must not use the session.
 */
void		 dns_session_each(struct dns_session *,
		    void (*)(const struct dns_answer *, void *arg), void *arg);

/* Start a look-up; the answer lands in the cache.  Bad names are answered at once (NXDOMAIN). */
void		 dns_ask(struct dns_session *, const char *name, enum dns_type);

/*
 * Look ahead: as dns_ask(), then call fn once, on the resolver's thread or,
 * when the answer is known already, at once on the caller's.  fn must not
 * block; it may ask more.  It is called exactly once, whatever happens: when
 * the session has gone or forgotten, or a bound was hit, answer is a temporary
 * one and session may be NULL: only release arg then.
 */
typedef void	 dns_then(struct dns_session *, const struct dns_answer *, void *arg);
void		 dns_ask_then(struct dns_session *, const char *name, enum dns_type,
		    dns_then *fn, void *arg);

/*
 * The answer, waiting until deadline (clock_mono) at most: DNS_TIMEOUT then,
 * and again at once for the same question until forget, so that one dead name
 * costs a message its wait once.  Never NULL.  Asks if nobody did.
 */
const struct dns_answer *dns_get(struct dns_session *, const char *name, enum dns_type,
		    int64_t deadline);

bool		 dns_is_temporary(enum dns_status);
const char	*dns_status_text(enum dns_status);	/* "NXDOMAIN", ... */
const char	*dns_type_text(enum dns_type);		/* "A", ... */

/* "1.2.0.192.in-addr.arpa" and its IPv6 sister. */
#define DNS_PTR_NAME_SIZE	(ADDR_REVERSE_SIZE + 16)
const char	*dns_ptr_name(const struct addr *, char out[DNS_PTR_NAME_SIZE]);
/* DNS_A or DNS_AAAA, whichever could equal this address. */
enum dns_type	 dns_addr_type(const struct addr *);

#endif
