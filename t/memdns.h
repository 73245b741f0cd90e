/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memdns: dns/dns.h answered from a table in memory, for tests, fuzzing and
 * benchmarks of what asks.  It stands in for dns/ at link time, blocks never,
 * and answers each question the same way until memdns_reset().
 */
#ifndef T_MEMDNS_H
#define T_MEMDNS_H

#include "dns/dns.h"

/*
 * One record, as text: an address, a name ("" is the root), TXT as it is.  A
 * name that has any record answers NODATA for its other types, all others
 * NXDOMAIN.  Names are taken as they are: give lower case.
 */
void	memdns_add(const char *name, enum dns_type, const char *value);
void	memdns_add_txt(const char *name, const void *bytes, size_t len);
/*
 * Lines "NAME TYPE VALUE"; a value "!SERVFAIL" (any status) is an answer
 * without records.
 */
void	memdns_zone(const char *text);
/* This status instead of records. */
void	memdns_fail(const char *name, enum dns_type, enum dns_status);
void	memdns_reset(void);

/* Questions since reset: all, different ones. */
unsigned memdns_asked(void);
unsigned memdns_asked_different(void);
bool	 memdns_was_asked(const char *name, enum dns_type);

struct dns_session *memdns_session(void);

#endif
