/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Key: a public key record (RFC 6376 3.6.1), read before the library sees it.
 * The library is lenient where the RFC is not, and cuts a record at 1024
 * bytes; so it gets a short one of ours, with the tags that count.
 */
#ifndef CHECKS_DKIM_KEY_H
#define CHECKS_DKIM_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"

#define KEY_RECORD_SIZE	1024	/* libopendkim's buffer; RSA of 4096 bits takes 760 */

enum key_fault {
	KEY_OK,
	KEY_SYNTAX,		/* no list of tags, or one of them twice */
	KEY_VERSION,		/* v= is not DKIM1, or not the first tag */
	KEY_NO_P,
	KEY_REVOKED,		/* p= is empty */
	KEY_TYPE,		/* k= is not what the signature's a= needs */
	KEY_SERVICE,		/* s= is not for mail */
	KEY_TOO_LONG,
};

/* A TXT record that wants to be a key: others may stand beside it, of SPF say. */
bool	 key_is_record(const char *text, size_t len);
/*
 * algorithm: the signature's a=, "rsa-sha256".  Appends what the library should
 * see; nothing sensible on a fault.
 */
enum key_fault key_read(const char *text, size_t len, const char *algorithm, struct buf *out);
const char	*key_fault_text(enum key_fault);

#endif
