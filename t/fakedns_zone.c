/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Zones of the fake DNS server: master files, read by ldns, kept as one hash
 * table of owner names with their records in wire form.  Names between an
 * owner and its zone exist too (empty non-terminals, RFC 4592 2.2.2).
 */
#include "t/fakedns.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ldns/ldns.h>

#define SLOTS_MIN   1024
#define TTL_DEFAULT 300 /* s, where a file says nothing */

void
name_lower(struct wire_name *n)
{
	size_t i;

	/* Length bytes are below 64, no letters: the whole name can be lowered at once. */
	for (i = 0; i < n->len; i++)
		n->bytes[i] = (uint8_t)tolower(n->bytes[i]);
}

const char *
name_text(const struct wire_name *n, char out[4 * WIRE_NAME_MAX])
{
	size_t at = 0, i, len = 0;

	while (at < n->len && n->bytes[at] != 0) {
		if (len > 0)
			out[len++] = '.';
		for (i = 1; i <= n->bytes[at]; i++) {
			uint8_t c = n->bytes[at + i];

			if (isgraph(c) && c != '.' && c != '\\')
				out[len++] = (char)c;
			else
				len += (size_t)snprintf(out + len, 5, "\\%03u", c);
		}
		at += n->bytes[at] + 1U;
	}
	out[len] = '\0';
	return out;
}

static size_t
hash(const uint8_t *p, size_t len)
{
	uint64_t h = 0xcbf29ce484222325; /* FNV-1a */

	while (len-- > 0)
		h = (h ^ *p++) * 0x100000001b3;
	return (size_t)(h ^ h >> 32);
}

static struct node *
node_find(const struct zones *z, const uint8_t *name, size_t len)
{
	struct node *n;

	if (z->slot_count == 0)
		return NULL;
	for (n = z->slots[hash(name, len) & (z->slot_count - 1)]; n != NULL; n = n->chain)
		if (n->len == len && memcmp(n->name, name, len) == 0)
			return n;
	return NULL;
}

static void
zones_grow(struct zones *z)
{
	size_t count = z->slot_count > 0 ? 2 * z->slot_count : SLOTS_MIN, i, to;
	struct node **slots = calloc(count, sizeof *slots), *n, *next;

	if (slots == NULL)
		abort();
	for (i = 0; i < z->slot_count; i++)
		for (n = z->slots[i]; n != NULL; n = next) {
			next = n->chain;
			to = hash(n->name, n->len) & (count - 1);
			n->chain = slots[to];
			slots[to] = n;
		}
	free(z->slots);
	z->slots = slots;
	z->slot_count = count;
}

static struct node *
node_make(struct zones *z, const uint8_t *name, size_t len)
{
	struct node *n = node_find(z, name, len);
	size_t slot;

	if (n != NULL)
		return n;
	if (z->node_count >= z->slot_count)
		zones_grow(z);
	if ((n = calloc(1, sizeof *n + len)) == NULL)
		abort();
	memcpy(n->name, name, len);
	n->len = len;
	n->last = &n->rrs;
	slot = hash(name, len) & (z->slot_count - 1);
	n->chain = z->slots[slot];
	z->slots[slot] = n;
	z->node_count++;
	return n;
}

static void
node_add(struct node *n, uint16_t type, uint32_t ttl, const uint8_t *rdata, size_t len)
{
	struct rr *rr = calloc(1, sizeof *rr + len);

	if (rr == NULL)
		abort();
	rr->type = type;
	rr->ttl = ttl;
	rr->len = (uint16_t)len;
	memcpy(rr->rdata, rdata, len);
	*n->last = rr;
	n->last = &rr->next;
}

static struct wire_name
name_of(const ldns_rdf *owner)
{
	struct wire_name n = {.len = ldns_rdf_size(owner)};

	memcpy(n.bytes, ldns_rdf_data(owner), n.len);
	name_lower(&n);
	return n;
}

static void
add_record(struct zones *z, const ldns_rr *rr)
{
	struct wire_name owner = name_of(ldns_rr_owner(rr));
	uint8_t rdata[PACKET_MAX];
	size_t len = 0, i;

	for (i = 0; i < ldns_rr_rd_count(rr); i++) {
		const ldns_rdf *f = ldns_rr_rdf(rr, i);

		if (f == NULL || len + ldns_rdf_size(f) > sizeof rdata)
			return;
		memcpy(rdata + len, ldns_rdf_data(f), ldns_rdf_size(f));
		len += ldns_rdf_size(f);
	}
	node_add(node_make(z, owner.bytes, owner.len), (uint16_t)ldns_rr_get_type(rr),
	    ldns_rr_ttl(rr), rdata, len);
}

/* Every name between a new owner and its apex exists. */
static void
add_parents(struct zones *z, const ldns_rr *rr, const struct wire_name *apex)
{
	struct wire_name n = name_of(ldns_rr_owner(rr));
	size_t at = 0;

	while (n.len - at > apex->len) {
		(void)node_make(z, n.bytes + at, n.len - at);
		at += n.bytes[at] + 1U;
	}
}

/* A file without SOA gets one at its first origin, so that short files do. */
static void
apex_ensure(struct zones *z, const struct wire_name *apex, bool has_soa)
{
	static const uint8_t soa[] = {0, 0, 0, 0, 0, 1, 0, 0, 14, 16, 0, 0, 2, 88, 0, 1, 81, 128, 0,
	    0, 0, 60}; /* . . 1 3600 600 86400 60 */
	struct node *n;

	if (has_soa)
		return;
	n = node_make(z, apex->bytes, apex->len);
	if (node_rr(n, LDNS_RR_TYPE_SOA) == NULL)
		node_add(n, LDNS_RR_TYPE_SOA, 60, soa, sizeof soa);
}

int
zones_load(struct zones *z, const char *file)
{
	FILE *fp = fopen(file, "r");
	ldns_rdf *origin = ldns_dname_new_frm_str("."), *prev = NULL;
	struct wire_name apex = {.bytes = {0}, .len = 1};
	uint32_t ttl = TTL_DEFAULT;
	bool apex_known = false, has_soa = false, good = true;
	int line = 0;

	if (fp == NULL) {
		perror(file);
		ldns_rdf_deep_free(origin);
		return -1;
	}
	while (good && !feof(fp)) {
		ldns_rr *rr = NULL;
		ldns_status s = ldns_rr_new_frm_fp_l(&rr, fp, &ttl, &origin, &prev, &line);

		if (s == LDNS_STATUS_OK && ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA) {
			apex = name_of(ldns_rr_owner(rr));
			has_soa = apex_known = true;
		} else if (s == LDNS_STATUS_SYNTAX_ORIGIN && !apex_known) {
			apex = name_of(origin);
			apex_known = true;
		}
		if (s == LDNS_STATUS_OK) {
			add_record(z, rr);
			add_parents(z, rr, &apex);
		} else if (s != LDNS_STATUS_SYNTAX_ORIGIN && s != LDNS_STATUS_SYNTAX_TTL &&
			   s != LDNS_STATUS_SYNTAX_EMPTY) {
			fprintf(stderr, "%s:%d: %s\n", file, line, ldns_get_errorstr_by_id(s));
			good = false;
		}
		ldns_rr_free(rr);
	}
	apex_ensure(z, &apex, has_soa);
	(void)fclose(fp);
	ldns_rdf_deep_free(origin);
	ldns_rdf_deep_free(prev);
	return good ? 0 : -1;
}

void
zones_free(struct zones *z)
{
	struct node *n, *next;
	struct rr *rr, *rr_next;
	size_t i;

	for (i = 0; i < z->slot_count; i++)
		for (n = z->slots[i]; n != NULL; n = next) {
			next = n->chain;
			for (rr = n->rrs; rr != NULL; rr = rr_next) {
				rr_next = rr->next;
				free(rr);
			}
			free(n);
		}
	free(z->slots);
	*z = (struct zones){0};
}

const struct rr *
node_rr(const struct node *n, uint16_t type)
{
	const struct rr *rr;

	for (rr = n->rrs; rr != NULL; rr = rr->next)
		if (rr->type == type)
			return rr;
	return NULL;
}

const struct node *
zones_apex(const struct zones *z, const struct wire_name *name)
{
	const struct node *n;
	size_t at = 0;

	for (;;) {
		n = node_find(z, name->bytes + at, name->len - at);
		if (n != NULL && node_rr(n, LDNS_RR_TYPE_SOA) != NULL)
			return n;
		if (name->bytes[at] == 0)
			return NULL;
		at += name->bytes[at] + 1U;
	}
}

const struct node *
zones_find(const struct zones *z, const struct wire_name *name)
{
	const struct node *n = node_find(z, name->bytes, name->len);
	struct wire_name star = {.bytes = {1, '*'}};
	size_t at = 0;

	/* RFC 4592 3.3.1: the wildcard child of the closest name that exists. */
	while (n == NULL && name->bytes[at] != 0) {
		at += name->bytes[at] + 1U;
		if (node_find(z, name->bytes + at, name->len - at) == NULL)
			continue;
		if (name->len - at + 2 > WIRE_NAME_MAX)
			return NULL;
		memcpy(star.bytes + 2, name->bytes + at, name->len - at);
		return node_find(z, star.bytes, name->len - at + 2);
	}
	return n;
}
