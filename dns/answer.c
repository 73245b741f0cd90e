/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Only records at the end of the chain of CNAMEs that starts at the question
 * count; anything else in a packet was put there by somebody.  One record
 * that is not what its type demands makes the whole answer DNS_BADRESP.
 */
#include "dns/answer.h"

#include <stdlib.h>
#include <string.h>

#include "dns/packet.h"
#include "lib/ascii.h"

/*
 * Records looked at, for each link of a chain: a packet can hold 5,000, and
 * the thread that reads them is the only one.
 */
#define SCANNED_MAX       1000
/* A byte of a name becomes up to four (\DDD). */
#define NAME_ESCAPED_SIZE (4 * 255 + 1)

struct found {
	const ldns_rr *rr[DNS_RR_MAX];
	size_t count;
	size_t text; /* bytes of text the records need */
	uint32_t ttl;
};

static uint32_t
ttl_min(uint32_t ttl, const ldns_rr *rr)
{
	uint32_t own = ldns_rr_ttl(rr);

	if (own > INT32_MAX) /* RFC 2181 8: the top bit means zero */
		own = 0;
	return own < ttl ? own : ttl;
}

/* The n-th field, if it is what it should be; ldns makes none of empty rdata. */
static const ldns_rdf *
field(const ldns_rr *rr, size_t n, ldns_rdf_type type)
{
	const ldns_rdf *f = n < ldns_rr_rd_count(rr) ? ldns_rr_rdf(rr, n) : NULL;

	if (f == NULL || ldns_rdf_data(f) == NULL || ldns_rdf_get_type(f) != type)
		return NULL;
	if (type == LDNS_RDF_TYPE_A && ldns_rdf_size(f) != 4)
		return NULL;
	if (type == LDNS_RDF_TYPE_AAAA && ldns_rdf_size(f) != 16)
		return NULL;
	if (type == LDNS_RDF_TYPE_INT16 && ldns_rdf_size(f) != 2)
		return NULL;
	return f;
}

/* Canonical text of a name and its length; what no host name has is escaped, and *bad_r set. */
static size_t
name_write(const ldns_rdf *f, char out[NAME_ESCAPED_SIZE], bool *bad_r)
{
	const uint8_t *p = ldns_rdf_data(f), *end = p + ldns_rdf_size(f);
	size_t len = 0;
	unsigned left;

	*bad_r = false;
	for (; p < end && *p != 0; p += left + 1) {
		if (len > 0)
			out[len++] = '.';
		for (left = 0; left < *p && p + left + 1 < end; left++) {
			uint8_t c = p[left + 1];

			if (ascii_is_alnum((char)c) || c == '-' || c == '_') {
				out[len++] = ascii_lower((char)c);
				continue;
			}
			*bad_r = true;
			out[len++] = '\\';
			out[len++] = (char)('0' + c / 100);
			out[len++] = (char)('0' + c / 10 % 10);
			out[len++] = (char)('0' + c % 10);
		}
	}
	out[len] = '\0';
	return len;
}

static const ldns_rdf *
name_field(const ldns_rr *rr)
{
	return field(rr, ldns_rr_get_type(rr) == LDNS_RR_TYPE_MX ? 1 : 0, LDNS_RDF_TYPE_DNAME);
}

/* Bytes of text a record will take; false: it is malformed. */
static bool
text_size(const ldns_rr *rr, enum dns_type type, size_t *size_r)
{
	char name[NAME_ESCAPED_SIZE];
	const ldns_rdf *f = NULL;
	size_t i;
	bool bad;

	*size_r = 0;
	switch (type) {
	case DNS_A:
		return ldns_rr_rd_count(rr) == 1 && field(rr, 0, LDNS_RDF_TYPE_A) != NULL;
	case DNS_AAAA:
		return ldns_rr_rd_count(rr) == 1 && field(rr, 0, LDNS_RDF_TYPE_AAAA) != NULL;
	case DNS_TXT:
		for (i = 0; i < ldns_rr_rd_count(rr); i++) {
			if ((f = field(rr, i, LDNS_RDF_TYPE_STR)) == NULL)
				return false;
			*size_r += ldns_rdf_size(f) - 1;
		}
		*size_r += 1;
		return f != NULL;
	case DNS_MX:
		if (field(rr, 0, LDNS_RDF_TYPE_INT16) == NULL)
			return false;
		/* FALLTHROUGH */
	case DNS_PTR:
	case DNS_CNAME:
	case DNS_SOA:
		if ((f = name_field(rr)) == NULL)
			return false;
		*size_r = name_write(f, name, &bad) + 1;
		return true;
	}
	return false;
}

/* The records of one link: of the type asked into found, else the CNAME to follow; -1: malformed. */
static int
scan(const ldns_rr_list *answer, const ldns_rdf *owner, enum dns_type type, struct found *f,
    const ldns_rr **cname_r)
{
	size_t i, size, count = ldns_rr_list_rr_count(answer);

	*cname_r = NULL;
	for (i = 0; i < count && i < SCANNED_MAX; i++) {
		const ldns_rr *rr = ldns_rr_list_rr(answer, i);

		if (ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN ||
		    ldns_dname_compare(ldns_rr_owner(rr), owner) != 0)
			continue;
		if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME)
			*cname_r = rr;
		if ((unsigned)ldns_rr_get_type(rr) != (unsigned)type || f->count == DNS_RR_MAX)
			continue;
		if (!text_size(rr, type, &size))
			return -1;
		f->rr[f->count++] = rr;
		f->text += size;
		f->ttl = ttl_min(f->ttl, rr);
	}
	return 0;
}

static enum dns_status
walk(const ldns_pkt *pkt, const ldns_rr *question, struct found *f)
{
	const ldns_rdf *owner = ldns_rr_owner(question);
	enum dns_type type = (enum dns_type)ldns_rr_get_type(question);
	const ldns_rr *cname;
	int links;

	for (links = 0; links <= DNS_CNAME_MAX; links++) {
		if (scan(ldns_pkt_answer(pkt), owner, type, f, &cname) != 0)
			return DNS_BADRESP;
		if (f->count > 0)
			return DNS_OK;
		if (cname == NULL)
			return DNS_NODATA;
		if ((owner = name_field(cname)) == NULL)
			return DNS_BADRESP;
		f->ttl = ttl_min(f->ttl, cname);
	}
	return DNS_BADRESP;
}

/* RFC 2308 5: the lesser of the SOA's own TTL and its last field; 0 without SOA. */
static uint32_t
negative_ttl(const ldns_pkt *pkt, uint32_t ttl)
{
	const ldns_rr_list *authority = ldns_pkt_authority(pkt);
	size_t i;

	for (i = 0; i < ldns_rr_list_rr_count(authority); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(authority, i);
		const ldns_rdf *minimum;

		if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_SOA || ldns_rr_rd_count(rr) != 7 ||
		    (minimum = ldns_rr_rdf(rr, 6)) == NULL || ldns_rdf_size(minimum) != 4)
			continue;
		ttl = ttl_min(ttl, rr);
		return ldns_rdf2native_int32(minimum) < ttl ? ldns_rdf2native_int32(minimum) : ttl;
	}
	return 0;
}

/* Fills one record; its text goes to room, of which the rest is returned. */
static char *
record(struct dns_rr *out, const ldns_rr *rr, enum dns_type type, char *room)
{
	char name[NAME_ESCAPED_SIZE];
	const ldns_rdf *f;
	size_t i, len;

	switch (type) {
	case DNS_A:
	case DNS_AAAA:
		f = ldns_rr_rdf(rr, 0);
		out->addr.family = type == DNS_A ? ADDR_V4 : ADDR_V6;
		memcpy(out->addr.bytes, ldns_rdf_data(f), ldns_rdf_size(f));
		return room;
	case DNS_TXT:
		out->txt.bytes = room;
		for (i = 0; i < ldns_rr_rd_count(rr); i++) {
			f = ldns_rr_rdf(rr, i);
			/* The first byte of a string is its length. */
			memcpy(room, ldns_rdf_data(f) + 1, ldns_rdf_size(f) - 1);
			room += ldns_rdf_size(f) - 1;
		}
		out->txt.len = (size_t)(room - out->txt.bytes);
		*room = '\0';
		return room + 1;
	case DNS_MX:
		out->preference = ldns_rdf2native_int16(ldns_rr_rdf(rr, 0));
		/* FALLTHROUGH */
	case DNS_PTR:
	case DNS_CNAME:
	case DNS_SOA:
		len = name_write(name_field(rr), name, &out->bad_name) + 1;
		out->name = memcpy(room, name, len);
		return room + len;
	}
	return room;
}

struct dns_answer *
answer_new(enum dns_status status, enum dns_type type, size_t *size_r)
{
	struct dns_answer *a = calloc(1, sizeof *a);

	if (a == NULL)
		return NULL;
	*size_r = sizeof *a;
	a->status = status;
	a->type = type;
	return a;
}

static struct dns_answer *
with_records(const struct found *f, enum dns_type type, size_t *size_r)
{
	size_t size = sizeof(struct dns_answer) + f->count * sizeof(struct dns_rr) + f->text, i;
	struct dns_answer *a = calloc(1, size);
	struct dns_rr *rr;
	char *room;

	if (a == NULL)
		return NULL;
	rr = (struct dns_rr *)(a + 1);
	room = (char *)(rr + f->count);
	for (i = 0; i < f->count; i++)
		room = record(&rr[i], f->rr[i], type, room);
	*size_r = size;
	*a = (struct dns_answer){.status = DNS_OK, .type = type, .count = f->count, .rr = rr};
	return a;
}

enum dns_status
answer_read(const ldns_pkt *pkt, struct dns_answer **answer_r, size_t *size_r)
{
	struct found f = {.ttl = DNS_TTL_MAX};
	const ldns_rr *question = ldns_rr_list_rr(ldns_pkt_question(pkt), 0);
	enum dns_type type = (enum dns_type)ldns_rr_get_type(question);
	enum dns_status status = walk(pkt, question, &f);

	*answer_r = NULL;
	if (status == DNS_BADRESP || (type == DNS_TXT && f.text > DNS_TXT_MAX + f.count))
		return DNS_BADRESP;
	/* RFC 6604 3: the rcode speaks of the end of the chain. */
	if (ldns_pkt_get_rcode(pkt) == LDNS_RCODE_NXDOMAIN)
		status = DNS_NXDOMAIN;
	if (status == DNS_OK) {
		*answer_r = with_records(&f, type, size_r);
	} else {
		f.ttl =
		    negative_ttl(pkt, f.ttl < DNS_NEGATIVE_TTL_MAX ? f.ttl : DNS_NEGATIVE_TTL_MAX);
		*answer_r = answer_new(status, type, size_r);
	}
	if (*answer_r != NULL)
		(*answer_r)->ttl = f.ttl;
	return status;
}
