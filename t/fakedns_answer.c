/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets of the fake DNS server, written by hand: a library that writes only
 * good ones would be of no use here.
 */
#include "t/fakedns.h"

#include <stdio.h>
#include <string.h>

#include <ldns/ldns.h>

#define HEADER         12
#define OWNER_QUESTION 0xc00c /* compression pointer to the name of the question */
#define TTL_MADE_UP    300 /* s, of records that stand in no zone */
#define CHAIN_MAX      20 /* links followed through the zones */
#define FLAG_QR        0x80
#define FLAG_AA        0x04
#define FLAG_TC        0x02
#define FLAG_RA        0x80
#define FLAG_AD        0x20

bool
question_parse(struct question *q, const uint8_t *p, size_t len, bool tcp)
{
	size_t at = HEADER, n = 0;

	*q = (struct question){.tcp = tcp, .udp_size = tcp ? PACKET_MAX : 512};
	if (len < HEADER + 5 || (p[2] & FLAG_QR) != 0 || p[4] != 0 || p[5] != 1)
		return false;
	while (at < len && p[at] != 0) {
		if (p[at] > 63 || n + p[at] + 2U > WIRE_NAME_MAX || at + p[at] + 1U >= len)
			return false;
		memcpy(q->as_asked + n, p + at, p[at] + 1U);
		n += p[at] + 1U;
		at += p[at] + 1U;
	}
	if (at + 5 > len)
		return false;
	q->as_asked[n++] = 0;
	q->name.len = n;
	memcpy(q->name.bytes, q->as_asked, n);
	name_lower(&q->name);
	q->id = (uint16_t)(p[0] << 8 | p[1]);
	q->flags = p[2] & 0x79;
	q->type = (uint16_t)(p[at + 1] << 8 | p[at + 2]);
	at += 5;
	/* An OPT record alone in the additional section: root, type 41, class = size. */
	if (p[11] == 1 && at + 11 <= len && p[at] == 0 && p[at + 1] == 0 && p[at + 2] == 41) {
		q->edns = true;
		if (!tcp && (size_t)(p[at + 3] << 8 | p[at + 4]) > q->udp_size)
			q->udp_size = (size_t)(p[at + 3] << 8 | p[at + 4]);
	}
	return true;
}

static void
put(struct packet *p, const void *bytes, size_t len)
{
	if (len > PACKET_MAX - p->len)
		len = PACKET_MAX - p->len;
	memcpy(p->bytes + p->len, bytes, len);
	p->len += len;
}

static void
put16(struct packet *p, unsigned v)
{
	put(p, (uint8_t[]){(uint8_t)(v >> 8), (uint8_t)v}, 2);
}

static void
count_up(struct packet *p, size_t section)
{
	unsigned n = (unsigned)(p->bytes[section] << 8 | p->bytes[section + 1]) + 1;

	p->bytes[section] = (uint8_t)(n >> 8);
	p->bytes[section + 1] = (uint8_t)n;
}

/* Everything of a record before its rdata; owner NULL stands for the question's name. */
static void
put_rr(struct packet *p, const struct wire_name *owner, unsigned type, uint32_t ttl, size_t len)
{
	if (owner == NULL)
		put16(p, OWNER_QUESTION);
	else
		put(p, owner->bytes, owner->len);
	put16(p, type);
	put16(p, LDNS_RR_CLASS_IN);
	put16(p, ttl >> 16);
	put16(p, ttl & 0xffff);
	put16(p, (unsigned)len);
}

static uint32_t
ttl_of(const struct rule *r, const struct rr *rr)
{
	return r->ttl >= 0 ? (uint32_t)r->ttl : rr != NULL ? rr->ttl : TTL_MADE_UP;
}

static void
put_soa(struct packet *p, const struct rule *r, const struct node *apex)
{
	const struct rr *soa = node_rr(apex, LDNS_RR_TYPE_SOA);
	struct wire_name owner = {.len = apex->len};

	memcpy(owner.bytes, apex->name, apex->len);
	put_rr(p, &owner, LDNS_RR_TYPE_SOA, ttl_of(r, soa), soa->len);
	put(p, soa->rdata, soa->len);
	count_up(p, 8);
}

static void
put_made_up(struct packet *p, const struct wire_name *owner, const struct rule *r, unsigned type,
    unsigned n)
{
	uint8_t rdata[32] = {127, 0, (uint8_t)(n >> 8), (uint8_t)n};
	size_t len = 4;

	switch (type) {
	case LDNS_RR_TYPE_A:
		break;
	case LDNS_RR_TYPE_AAAA:
		memcpy(rdata, "\x20\x01\x0d\xb8", 4);
		rdata[14] = (uint8_t)(n >> 8);
		rdata[15] = (uint8_t)n;
		len = 16;
		break;
	case LDNS_RR_TYPE_TXT:
		len = (size_t)snprintf((char *)rdata + 1, sizeof rdata - 1, "text %u", n) + 1;
		rdata[0] = (uint8_t)(len - 1);
		break;
	default: /* PTR, CNAME; MX with its preference before the name */
		len = type == LDNS_RR_TYPE_MX ? 2 : 0;
		rdata[0] = rdata[1] = 0;
		rdata[len] =
		    (uint8_t)snprintf((char *)rdata + len + 1, sizeof rdata - 10, "host%u", n);
		len += rdata[len] + 1U;
		memcpy(rdata + len, "\7example", 9);
		len += 9;
	}
	put_rr(p, owner, type, ttl_of(r, NULL), len);
	put(p, rdata, len);
	count_up(p, 6);
}

/* Links made up from the question on: c1.chain, c2.chain ...; the last one has the records. */
static void
put_chain(struct packet *p, const struct rule *r, const struct question *q)
{
	struct wire_name owner, next;
	long i;

	for (i = 1; i <= r->cname_chain; i++) {
		next.len =
		    (size_t)snprintf((char *)next.bytes + 1, sizeof next.bytes - 8, "c%ld", i);
		next.bytes[0] = (uint8_t)next.len++;
		memcpy(next.bytes + next.len, "\5chain", 7);
		next.len += 7;
		put_rr(p, i == 1 ? NULL : &owner, LDNS_RR_TYPE_CNAME, ttl_of(r, NULL), next.len);
		put(p, next.bytes, next.len);
		count_up(p, 6);
		owner = next;
	}
	put_made_up(p, r->cname_chain > 0 ? &owner : NULL, r, q->type, 2);
}

/* Records that break the rules.  false: none wanted, let the zones speak. */
static bool
put_misbehaviour(struct packet *p, const struct rule *r, const struct question *q)
{
	static const struct wire_name loop = {.bytes = "\4loop\7example", .len = 14};
	static const struct wire_name poison = {.bytes = "\6poison\7example", .len = 16};
	long i;

	if (r->flags & RULE_OFF_CHAIN)
		put_made_up(p, &poison, r, q->type, 66);
	if (r->flags & RULE_CNAME_LOOP) {
		put_rr(p, NULL, LDNS_RR_TYPE_CNAME, ttl_of(r, NULL), loop.len);
		put(p, loop.bytes, loop.len);
		put_rr(p, &loop, LDNS_RR_TYPE_CNAME, ttl_of(r, NULL), 2);
		put16(p, OWNER_QUESTION);
		p->bytes[7] = 2;
	} else if (r->flags & RULE_ZERO_RDATA) {
		put_rr(p, NULL, q->type, ttl_of(r, NULL), 0);
		count_up(p, 6);
	} else if (r->flags & RULE_BAD_LABEL) {
		put(p, "\x80", 1); /* RFC 1035 4.1.4: reserved kind of label */
		put_made_up(p, &poison, r, q->type, 1);
	} else if (r->flags & RULE_POINTER_LOOP) {
		put16(p, 0xc000U | (unsigned)p->len);
		put(p, "\0\1\0\1\0\0\0\1\0\0", 10);
		count_up(p, 6);
	} else if (r->flags & RULE_GARBAGE) {
		memset(p->bytes + p->len, 0xff, 40);
		p->len += 40;
		p->bytes[7] = 1;
	} else if (r->rr_count >= 0) {
		for (i = 0; i < r->rr_count; i++)
			put_made_up(p, NULL, r, q->type, (unsigned)i);
	} else if (r->cname_chain >= 0) {
		put_chain(p, r, q);
	} else {
		return false;
	}
	return true;
}

/* What the zones say: the chain of CNAMEs as far as it is ours, then records or an SOA. */
static unsigned
put_zones(struct packet *p, const struct zones *z, const struct rule *r, const struct question *q,
    int rcode_outside)
{
	struct wire_name name = q->name;
	const struct node *apex, *n;
	const struct rr *rr;
	bool found;
	int link;

	for (link = 0; link < CHAIN_MAX; link++) {
		const struct wire_name *owner = link == 0 ? NULL : &name;

		if ((apex = zones_apex(z, &name)) == NULL)
			return link == 0 ? (unsigned)rcode_outside : LDNS_RCODE_NOERROR;
		if ((n = zones_find(z, &name)) == NULL) {
			put_soa(p, r, apex);
			return LDNS_RCODE_NXDOMAIN;
		}
		found = false;
		for (rr = n->rrs; rr != NULL; rr = rr->next)
			if (rr->type == q->type) {
				put_rr(p, owner, rr->type, ttl_of(r, rr), rr->len);
				put(p, rr->rdata, rr->len);
				count_up(p, 6);
				found = true;
			}
		if (found)
			break;
		if ((rr = node_rr(n, LDNS_RR_TYPE_CNAME)) == NULL) {
			put_soa(p, r, apex);
			break;
		}
		put_rr(p, owner, rr->type, ttl_of(r, rr), rr->len);
		put(p, rr->rdata, rr->len);
		count_up(p, 6);
		memcpy(name.bytes, rr->rdata, rr->len);
		name.len = rr->len;
		name_lower(&name);
	}
	return LDNS_RCODE_NOERROR;
}

static void
put_head(struct packet *p, const struct question *q)
{
	memset(p->bytes, 0, HEADER);
	p->bytes[0] = (uint8_t)(q->id >> 8);
	p->bytes[1] = (uint8_t)q->id;
	p->bytes[2] = q->flags | FLAG_QR | FLAG_AA;
	p->bytes[3] = FLAG_RA;
	p->bytes[5] = 1;
	p->len = HEADER;
	put(p, q->as_asked, q->name.len);
	put16(p, q->type);
	put16(p, LDNS_RR_CLASS_IN);
}

static void
put_edns(struct packet *p)
{
	put(p, "\0\0\x29\x04\xd0\0\0\0\0\0\0", 11); /* OPT, 1232 bytes */
	count_up(p, 10);
}

static void
forge(struct packet *p, const struct rule *r)
{
	size_t i;

	if (r->flags & RULE_WRONG_ID)
		p->bytes[0] ^= 0x55;
	if (r->flags & RULE_WRONG_QUESTION)
		p->bytes[HEADER + 1] ^= 1;
	if (r->flags & RULE_WRONG_CASE)
		for (i = HEADER + 1; p->bytes[i] != 0; i++)
			if (((p->bytes[i] | 0x20U) - 'a') < 26)
				p->bytes[i] ^= 0x20;
	if (r->flags & RULE_NOT_RESPONSE)
		p->bytes[2] &= (uint8_t)~FLAG_QR;
	if (r->flags & RULE_AD)
		p->bytes[3] |= FLAG_AD;
	if (r->flags & RULE_NOISE)
		memset(p->bytes, 0xa5, p->len);
}

void
answer_make(struct packet *p, const struct zones *z, const struct rule *r, const struct question *q,
    int rcode_outside)
{
	unsigned rcode = LDNS_RCODE_NOERROR;

	put_head(p, q);
	if (q->edns && (r->flags & RULE_NO_EDNS))
		rcode = LDNS_RCODE_FORMERR;
	else if (!q->tcp && (r->flags & RULE_TRUNCATE))
		p->bytes[2] |= FLAG_TC;
	else if (r->rcode >= 0)
		rcode = (unsigned)r->rcode;
	else if (!put_misbehaviour(p, r, q))
		rcode = put_zones(p, z, r, q, rcode_outside);
	p->bytes[3] = (uint8_t)(p->bytes[3] | rcode);
	if (p->len + 11 > q->udp_size || p->len >= PACKET_MAX) {
		put_head(p, q);
		p->bytes[2] |= FLAG_TC;
	}
	if (q->edns && rcode != LDNS_RCODE_FORMERR)
		put_edns(p);
	forge(p, r);
}
