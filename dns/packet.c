/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Queries are written by hand, they are 12 bytes, a name and two tails.
 * Answers are compared with their query as bytes before libldns sees them:
 * it checks neither id nor question, and lets empty rdata through.
 */
#include "dns/packet.h"

#include <stdlib.h>
#include <string.h>

#include <ldns/ldns.h>

#include "dns/answer.h"
#include "lib/ascii.h"

#define QUESTION_TAIL 4 /* type and class */
#define FLAG_QR       0x80
#define FLAG_OPCODE   0x78
#define FLAG_TC       0x02
#define FLAG_RD       0x01
#define FLAG_AD       0x20 /* RFC 6840 5.7: "I understand the AD bit" */
#define RCODE         0x0f

void
question_make(struct question *q, const char *name, enum dns_type type)
{
	static const char cut[] = "...";
	size_t len = strlen(name), label = 0, i;

	*q = (struct question){.type = type};
	if (len > 0 && name[len - 1] == '.')
		len--;
	q->askable = len > 0;
	/* Cut so that it equals no name that can be asked: those have no empty labels. */
	if (len >= sizeof q->name) {
		q->askable = false;
		len = sizeof q->name - sizeof cut;
		memcpy(q->name + len, cut, sizeof cut);
	}
	for (i = 0; i < len; i++) {
		q->name[i] = ascii_lower(name[i]);
		label = name[i] == '.' ? 0 : label + 1;
		if (label > NAME_LABEL_MAX || (label == 0 && (i == 0 || name[i - 1] == '.')))
			q->askable = false;
	}
	if (len > 0 && name[len - 1] == '.')
		q->askable = false;
}

static size_t
put_name(uint8_t *out, const char *name, const uint8_t *coins)
{
	size_t len = strlen(name), label = 0, i;

	/* Each label is preceded by its length, where text has the dot of the one before. */
	for (i = 0; i <= len; i++) {
		if (name[i] == '.' || name[i] == '\0') {
			out[label] = (uint8_t)(i - label);
			label = i + 1;
			continue;
		}
		out[i + 1] = (uint8_t)name[i];
		if (coins != NULL && name[i] >= 'a' && name[i] <= 'z' &&
		    (coins[i / 8] >> (i % 8) & 1) != 0)
			out[i + 1] ^= 0x20;
	}
	out[label] = 0;
	return len + 2;
}

size_t
packet_build(uint8_t out[PACKET_QUERY_MAX], const char *name, enum dns_type type, uint16_t id,
    bool edns, const uint8_t coins[PACKET_COINS])
{
	const uint8_t header[PACKET_HEADER_SIZE] = {
	    (uint8_t)(id >> 8), (uint8_t)id, FLAG_RD, FLAG_AD, 0, 1, 0, 0, 0, 0, 0, edns};
	const uint8_t tail[QUESTION_TAIL] = {0, (uint8_t)type, 0, LDNS_RR_CLASS_IN};
	const uint8_t opt[PACKET_OPT_SIZE] = {
	    0, 0, LDNS_RR_TYPE_OPT, PACKET_EDNS_SIZE >> 8, PACKET_EDNS_SIZE & 0xff};
	size_t len = sizeof header;

	memcpy(out, header, sizeof header);
	len += put_name(out + len, name, coins);
	memcpy(out + len, tail, sizeof tail);
	len += sizeof tail;
	if (!edns)
		return len;
	memcpy(out + len, opt, sizeof opt);
	return len + sizeof opt;
}

/* Lowers the name only: type and class may look like letters. */
static void
lower(uint8_t *name, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		name[i] = (uint8_t)ascii_lower((char)name[i]);
}

/* Everything that a forger off the path would have to guess, but the port. */
static enum packet_kind
compare(const uint8_t *p, size_t len, const uint8_t *query, size_t question_len)
{
	const uint8_t *got = p + PACKET_HEADER_SIZE, *asked = query + PACKET_HEADER_SIZE;
	size_t name_len = question_len - QUESTION_TAIL, i;
	unsigned questions, rcode;

	if (len < PACKET_HEADER_SIZE || memcmp(p, query, 2) != 0)
		return PACKET_FORGED;
	if ((p[2] & (FLAG_QR | FLAG_OPCODE)) != FLAG_QR)
		return PACKET_FORGED;
	questions = (unsigned)(p[4] << 8 | p[5]);
	rcode = p[3] & RCODE;
	/* Old servers send back a bare header when they trip over OPT. */
	if (questions == 0 && rcode == LDNS_RCODE_FORMERR && query[11] != 0)
		return PACKET_NO_EDNS;
	if (questions != 1 || len < PACKET_HEADER_SIZE + question_len)
		return PACKET_FORGED;
	if (memcmp(got + name_len, asked + name_len, QUESTION_TAIL) != 0)
		return PACKET_FORGED;
	for (i = 0; i < name_len; i++)
		if (ascii_lower((char)got[i]) != ascii_lower((char)asked[i]))
			return PACKET_FORGED;
	return memcmp(got, asked, name_len) == 0 ? PACKET_ANSWER : PACKET_WRONG_CASE;
}

static enum dns_status
read_records(const uint8_t *bytes, size_t len, struct dns_answer **answer_r, size_t *size_r)
{
	enum dns_status status = DNS_BADRESP;
	ldns_pkt *pkt = NULL;

	if (ldns_wire2pkt(&pkt, bytes, len) != LDNS_STATUS_OK)
		return DNS_BADRESP;
	/* The upper bits of an rcode stand in OPT (RFC 6891 6.1.3); none of those is an answer. */
	if (ldns_pkt_edns_extended_rcode(pkt) != 0)
		status = DNS_SERVFAIL;
	else
		status = answer_read(pkt, answer_r, size_r);
	ldns_pkt_free(pkt);
	return status;
}

enum packet_kind
packet_read(uint8_t *bytes, size_t len, const uint8_t *query, size_t query_len, bool tcp,
    struct dns_answer **answer_r, size_t *size_r)
{
	bool edns = query[11] != 0;
	size_t question_len = query_len - PACKET_HEADER_SIZE - (edns ? PACKET_OPT_SIZE : 0);
	enum dns_type type = query[PACKET_HEADER_SIZE + question_len - 3];
	enum packet_kind kind = compare(bytes, len, query, question_len);
	enum dns_status status;
	unsigned rcode;

	*answer_r = NULL;
	/* Over TCP nobody can forge, and servers that lose the case are sent here. */
	if (kind != PACKET_ANSWER && !(tcp && kind == PACKET_WRONG_CASE))
		return kind;
	if ((bytes[2] & FLAG_TC) != 0 && !tcp)
		return PACKET_TRUNCATED;
	lower(bytes + PACKET_HEADER_SIZE, question_len - QUESTION_TAIL);
	rcode = bytes[3] & RCODE;
	if (edns && (rcode == LDNS_RCODE_FORMERR || rcode == LDNS_RCODE_NOTIMPL))
		return PACKET_NO_EDNS;
	if (rcode == LDNS_RCODE_REFUSED)
		status = DNS_REFUSED;
	else if (rcode != LDNS_RCODE_NOERROR && rcode != LDNS_RCODE_NXDOMAIN)
		status = DNS_SERVFAIL;
	else
		status = read_records(bytes, len, answer_r, size_r);
	if (*answer_r == NULL && dns_is_temporary(status))
		*answer_r = answer_new(status, type, size_r);
	if (*answer_r != NULL)
		(*answer_r)->secure = (bytes[3] & FLAG_AD) != 0;
	return PACKET_ANSWER;
}
