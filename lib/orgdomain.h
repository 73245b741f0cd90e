/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Orgdomain: the part of a name that one organization registered, by the
 * public suffix list (libpsl, when built with it).  For joining the hosts of a
 * sender; DMARC finds its organizational domain in the DNS instead (RFC 9989).
 */
#ifndef LIB_ORGDOMAIN_H
#define LIB_ORGDOMAIN_H

/*
 * "example.co.uk" of "mx.example.co.uk": a pointer into the canonical name
 * given.  NULL for a public suffix; without libpsl the name itself.
 */
const char *orgdomain(const char *name);

#endif
