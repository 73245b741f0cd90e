/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets: what we ask byte by byte, and for each way in which an answer can
 * be forged, cut or malformed what becomes of it.
 */
#include "dns/packet.h"

#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "t/tap.h"

#define ID     0x1234
#define LIT(s) s, sizeof(s) - 1

static const uint8_t all_coins[PACKET_COINS] = {0xff, 0xff, 0xff, 0xff};

struct packet {
	uint8_t bytes[PACKET_MAX];
	size_t len;
};

static void
add(struct packet *p, const void *bytes, size_t len)
{
	memcpy(p->bytes + p->len, bytes, len);
	p->len += len;
}

/* The start of a right answer to "a.example" of that type. */
static void
start(struct packet *p, uint8_t type, uint8_t flags, uint8_t rcode, uint8_t answers)
{
	const uint8_t head[] = {
	    ID >> 8, ID & 0xff, 0x80 | flags, 0x80 | rcode, 0, 1, 0, answers, 0, 0, 0, 0};

	p->len = 0;
	add(p, head, sizeof head);
	add(p, LIT("\1a\7example\0\0"));
	add(p, &type, 1);
	add(p, LIT("\0\1"));
}

/* A record; owner NULL is the question's name. */
static void
rr(struct packet *p, const char *owner, size_t owner_len, uint8_t type, uint32_t ttl,
    const void *rdata, size_t len)
{
	const uint8_t fixed[] = {0, type, 0, 1, (uint8_t)(ttl >> 24), (uint8_t)(ttl >> 16),
	    (uint8_t)(ttl >> 8), (uint8_t)ttl, (uint8_t)(len >> 8), (uint8_t)len};

	if (owner == NULL)
		add(p, "\xc0\x0c", 2);
	else
		add(p, owner, owner_len);
	add(p, fixed, sizeof fixed);
	add(p, rdata, len);
}

static const char *
kind_text(enum packet_kind kind)
{
	static const char *const text[] = {
	    "forged", "wrong case", "truncated", "no edns", "answer"};

	return text[kind];
}

/* "answer OK 300 192.0.2.1": all there is to know, in one line. */
static const char *
describe(struct packet *p, const uint8_t *query, size_t query_len, bool tcp, struct buf *b)
{
	struct dns_answer *a;
	char text[ADDR_TEXT_SIZE];
	size_t size = 0, i;
	/* In a block of its own, so that a sanitizer sees one byte too far. */
	uint8_t *copy = malloc(p->len > 0 ? p->len : 1);

	memcpy(copy, p->bytes, p->len);
	buf_reset(b);
	buf_puts(b, kind_text(packet_read(copy, p->len, query, query_len, tcp, &a, &size)));
	free(copy);
	if (a == NULL)
		return b->s;
	buf_printf(b, " %s %u%s", dns_status_text(a->status), a->ttl, a->secure ? " secure" : "");
	for (i = 0; i < a->count; i++) {
		const struct dns_rr *r = &a->rr[i];

		if (i == 3) {
			buf_printf(b, " (%zu)", a->count);
			break;
		}
		if (a->type == DNS_A || a->type == DNS_AAAA)
			buf_printf(b, " %s", addr_format(&r->addr, text));
		else if (a->type == DNS_TXT)
			buf_printf(b, " %zu:%.20s", r->txt.len, r->txt.bytes);
		else
			buf_printf(b, " %u:%s%s", r->preference, r->name, r->bad_name ? "!" : "");
	}
	free(a);
	return b->s;
}

static struct packet p;
static char room[2000];
static struct buf b;
static uint8_t query[PACKET_QUERY_MAX];
static size_t query_len;

static void
check(const char *wanted, const char *what)
{
	tap_is(describe(&p, query, query_len, false, &b), wanted, "%s", what);
}

static void
test_names(void)
{
	char long_label[70], long_name[400];
	struct question q;
	size_t i;

	/* clang-format off */
	static const struct { const char *in, *name; bool askable; } table[] = {
		{ "Example.ORG",	"example.org",	true },
		{ "example.org.",	"example.org",	true },
		{ "x y=%.example",	"x y=%.example", true },
		{ "",			"",		false },
		{ ".",			"",		false },
		{ "a..b",		"a..b",		false },
		{ ".a",			".a",		false },
		{ "a..",		"a.",		false },
	};
	/* clang-format on */

	for (i = 0; i < sizeof table / sizeof *table; i++) {
		question_make(&q, table[i].in, DNS_A);
		tap_is(q.name, table[i].name, "name of \"%s\"", table[i].in);
		tap_is_int(q.askable, table[i].askable, "askable: \"%s\"", table[i].in);
	}
	memset(long_label, 'x', 64);
	long_label[63] = '\0';
	question_make(&q, long_label, DNS_A);
	tap_ok(q.askable, "63 bytes are a label");
	long_label[63] = 'x';
	long_label[64] = '\0';
	question_make(&q, long_label, DNS_A);
	tap_ok(!q.askable, "64 are none");
	for (i = 0; i < 253; i++)
		long_name[i] = i % 2 ? '.' : 'x';
	long_name[253] = '\0';
	question_make(&q, long_name, DNS_A);
	tap_ok(q.askable, "253 bytes are a name");
	tap_is_int((int64_t)packet_build(query, q.name, DNS_A, ID, true, NULL), PACKET_QUERY_MAX,
	    "... and fill a query");
	strcpy(long_name + 253, ".x");
	question_make(&q, long_name, DNS_A);
	tap_ok(!q.askable && strlen(q.name) < sizeof q.name, "255 are none");
}

static void
test_build(void)
{
	uint8_t out[PACKET_QUERY_MAX];
	size_t len = packet_build(out, "a.example", DNS_MX, ID, false, NULL);

	tap_ok(len == 27 &&
		   memcmp(out, "\x12\x34\x01\x20\0\1\0\0\0\0\0\0\1a\7example\0\0\17\0\1", len) == 0,
	    "query without EDNS");
	len = packet_build(out, "a.example", DNS_MX, ID, true, all_coins);
	tap_ok(len == 38 && memcmp(out + 10, "\0\1\1A\7EXAMPLE\0\0\17\0\1", 17) == 0,
	    "query with EDNS and capitals");
	tap_ok(memcmp(out + 27, "\0\0\x29\x04\xd0\0\0\0\0\0\0", 11) == 0, "OPT of 1232 bytes");
}

static void
test_forged(void)
{
	start(&p, DNS_A, 0, 0, 1);
	rr(&p, NULL, 0, DNS_A, 300, "\xc0\0\2\1", 4);
	check("answer OK 300 192.0.2.1", "what is right");
	p.bytes[3] |= 0x20;
	check("answer OK 300 secure 192.0.2.1", "AD");
	p.bytes[0]++;
	check("forged", "id");
	p.bytes[0]--;
	p.bytes[2] &= 0x7f;
	check("forged", "a question is no answer");
	p.bytes[2] |= 0x88;
	check("forged", "opcode");
	p.bytes[2] &= 0xf7;
	p.bytes[13] = 'b';
	check("forged", "name of the question");
	p.bytes[13] = 'A';
	check("wrong case", "case of the question");
	tap_is(describe(&p, query, query_len, true, &b), "answer OK 300 secure 192.0.2.1",
	    "case does not matter over TCP");
	p.bytes[13] = 'a';
	p.bytes[24] = DNS_AAAA;
	check("forged", "type of the question");
	p.bytes[24] = DNS_A;
	p.bytes[26] = 3;
	check("forged", "class of the question");
	p.bytes[26] = 1;
	p.bytes[5] = 2;
	check("forged", "two questions");
	p.bytes[5] = 0;
	check("forged", "no question");
	p.bytes[3] |= 1;
	check("no edns", "no question, but FORMERR");
}

static void
test_cut(void)
{
	size_t len;
	int answers = 0;

	start(&p, DNS_A, 0, 0, 1);
	rr(&p, NULL, 0, DNS_A, 300, "\xc0\0\2\1", 4);
	for (len = p.len; p.len-- > 0;) {
		const char *got = describe(&p, query, query_len, false, &b);

		answers += strcmp(got, "forged") != 0 && strcmp(got, "answer BADRESP 0") != 0;
	}
	tap_is_int(answers, 0, "cut at any of %zu bytes: no answer", len);
	start(&p, DNS_A, 0x02, 0, 0);
	check("truncated", "TC");
	tap_is(
	    describe(&p, query, query_len, true, &b), "answer NODATA 0", "TC over TCP is no news");
}

static void
test_rcodes(void)
{
	/* clang-format off */
	static const struct { uint8_t rcode; const char *wanted, *wanted_plain; } table[] = {
		{ 0, "answer NODATA 0",		"answer NODATA 0" },
		{ 1, "no edns",			"answer SERVFAIL 0" },
		{ 2, "answer SERVFAIL 0",	"answer SERVFAIL 0" },
		{ 3, "answer NXDOMAIN 0",	"answer NXDOMAIN 0" },
		{ 4, "no edns",			"answer SERVFAIL 0" },
		{ 5, "answer REFUSED 0",	"answer REFUSED 0" },
		{ 9, "answer SERVFAIL 0",	"answer SERVFAIL 0" },
	};
	/* clang-format on */
	uint8_t plain[PACKET_QUERY_MAX];
	size_t plain_len = packet_build(plain, "a.example", DNS_A, ID, false, NULL), i;

	for (i = 0; i < sizeof table / sizeof *table; i++) {
		start(&p, DNS_A, 0, table[i].rcode, 0);
		check(table[i].wanted, "rcode");
		tap_is(describe(&p, plain, plain_len, false, &b), table[i].wanted_plain,
		    "rcode %u without EDNS", table[i].rcode);
	}
	start(&p, DNS_A, 0, 0, 0);
	p.bytes[11] = 1;
	add(&p, LIT("\0\0\x29\x04\xd0\1\0\0\0\0\0"));
	check("answer SERVFAIL 0", "extended rcode BADVERS");
	start(&p, DNS_A, 0, 3, 1);
	rr(&p, NULL, 0, DNS_A, 300, "\xc0\0\2\1", 4);
	check("answer NXDOMAIN 0", "NXDOMAIN with records");
}

static void
test_chain(void)
{
	char owner[] = "\1c\1@", target[] = "\1c\1@";
	int i;

	start(&p, DNS_A, 0, 0, 3);
	rr(&p, LIT("\1x\7example"), DNS_A, 300, "\xc0\0\2\x63", 4);
	p.bytes[7] = 2;
	check("answer BADRESP 0", "an owner that ends nowhere");

	start(&p, DNS_A, 0, 0, 2);
	rr(&p, LIT("\1x\7example\0"), DNS_A, 300, "\xc0\0\2\x63", 4);
	rr(&p, NULL, 0, DNS_A, 60, "\xc0\0\2\1", 4);
	check("answer OK 60 192.0.2.1", "another name's record does not count");

	start(&p, DNS_A, 0, 0, 2);
	rr(&p, LIT("\1X\7example\0"), DNS_A, 300, "\xc0\0\2\1", 4);
	rr(&p, NULL, 0, DNS_CNAME, 20, LIT("\1x\7eXample\0"));
	check("answer OK 20 192.0.2.1", "CNAME in any order, case and the lesser TTL");

	start(&p, DNS_A, 0, 0, 1);
	rr(&p, NULL, 0, DNS_CNAME, 20, LIT("\1x\7example\0"));
	check("answer NODATA 0", "CNAME to nothing");

	start(&p, DNS_CNAME, 0, 0, 1);
	p.bytes[24] = DNS_CNAME;
	rr(&p, NULL, 0, DNS_CNAME, 20, LIT("\1x\7example\0"));
	query[24] = DNS_CNAME;
	check("answer OK 20 0:x.example", "a CNAME asked for");
	query[24] = DNS_A;

	start(&p, DNS_A, 0, 0, 1);
	rr(&p, NULL, 0, DNS_CNAME, 20, "\xc0\x0c", 2);
	check("answer BADRESP 0", "CNAME to itself");

	for (i = 16; i <= 17; i++) {
		int link;

		start(&p, DNS_A, 0, 0, (uint8_t)(i + 1));
		rr(&p, NULL, 0, DNS_CNAME, 300, "\1c\1A", 5);
		for (link = 1; link < i; link++) {
			owner[3] = (char)('@' + link);
			target[3] = (char)('@' + link + 1);
			rr(&p, owner, 5, DNS_CNAME, 300, target, 5);
		}
		rr(&p, target, 5, DNS_A, 300, "\xc0\0\2\1", 4);
		check(i == 16 ? "answer OK 300 192.0.2.1" : "answer BADRESP 0",
		    i == 16 ? "16 links" : "17 links");
	}
}

static void
test_rdata(void)
{
	/* clang-format off */
	static const struct { const char *name; uint8_t type; const char *rdata; size_t len; const char *wanted; } table[] = {
		{ "A empty",	DNS_A,	  LIT(""),		"answer BADRESP 0" },
		{ "A short",	DNS_A,	  LIT("\1\2\3"),	"answer BADRESP 0" },
		{ "A long",	DNS_A,	  LIT("\1\2\3\4\5"),	"answer OK 9 1.2.3.4" },
		{ "AAAA",	DNS_AAAA, LIT("\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1"), "answer OK 9 2001:db8::1" },
		{ "AAAA empty",	DNS_AAAA, LIT(""),		"answer BADRESP 0" },
		{ "AAAA short",	DNS_AAAA, LIT("\1\2\3\4"),	"answer BADRESP 0" },
		{ "TXT",	DNS_TXT,  LIT("\3abc"),		"answer OK 9 3:abc" },
		{ "TXT strings", DNS_TXT, LIT("\3abc\0\2de"),	"answer OK 9 5:abcde" },
		{ "TXT nothing", DNS_TXT, LIT("\0"),		"answer OK 9 0:" },
		{ "TXT empty",	DNS_TXT,  LIT(""),		"answer BADRESP 0" },
		{ "TXT short",	DNS_TXT,  LIT("\5abc"),		"answer BADRESP 0" },
		{ "TXT NUL",	DNS_TXT,  LIT("\3a\0c"),	"answer OK 9 3:a" },
		{ "PTR",	DNS_PTR,  LIT("\2MX\xc0\x0e"),	"answer OK 9 0:mx.example" },
		{ "PTR root",	DNS_PTR,  LIT("\0"),		"answer OK 9 0:" },
		{ "PTR empty",	DNS_PTR,  LIT(""),		"answer BADRESP 0" },
		{ "PTR space",	DNS_PTR,  LIT("\3a b\0"),	"answer OK 9 0:a\\032b!" },
		{ "PTR dot",	DNS_PTR,  LIT("\3a.b\0"),	"answer OK 9 0:a\\046b!" },
		{ "PTR newline", DNS_PTR, LIT("\3a\nb\0"),	"answer OK 9 0:a\\010b!" },
		{ "PTR 8 bit",	DNS_PTR,  LIT("\2\xff_\0"),	"answer OK 9 0:\\255_!" },
		{ "PTR loop",	DNS_PTR,  LIT("\xc0\x27"),	"answer BADRESP 0" },
		{ "PTR beyond",	DNS_PTR,  LIT("\xc0\xff"),	"answer BADRESP 0" },
		{ "PTR kind",	DNS_PTR,  LIT("\x80\0"),	"answer BADRESP 0" },
		{ "MX",		DNS_MX,	  LIT("\1\2\2mx\xc0\x0e"), "answer OK 9 258:mx.example" },
		{ "MX null",	DNS_MX,	  LIT("\0\0\0"),	"answer OK 9 0:" },
		{ "MX no name",	DNS_MX,	  LIT("\0\0"),		"answer BADRESP 0" },
		{ "MX empty",	DNS_MX,	  LIT(""),		"answer BADRESP 0" },
		{ "CNAME empty", DNS_CNAME, LIT(""),		"answer BADRESP 0" },
		{ "SOA empty",	DNS_SOA,  LIT(""),		"answer BADRESP 0" },
	};
	/* clang-format on */
	size_t i;

	for (i = 0; i < sizeof table / sizeof *table; i++) {
		start(&p, table[i].type, 0, 0, 1);
		rr(&p, NULL, 0, table[i].type, 9, table[i].rdata, table[i].len);
		query[24] = table[i].type;
		check(table[i].wanted, table[i].name);
	}
	/* A broken CNAME on the way is as bad. */
	start(&p, DNS_A, 0, 0, 1);
	rr(&p, NULL, 0, DNS_CNAME, 9, "", 0);
	query[24] = DNS_A;
	check("answer BADRESP 0", "empty CNAME on the way");
}

static void
test_limits(void)
{
	static char text[256];
	int i;

	start(&p, DNS_A, 0, 0, 200);
	for (i = 0; i < 200; i++)
		rr(&p, NULL, 0, DNS_A, 5, "\xc0\0\2\1", 4);
	check("answer OK 5 192.0.2.1 192.0.2.1 192.0.2.1 (128)", "200 records, 128 kept");

	query[24] = DNS_TXT;
	memset(text, 'x', sizeof text);
	text[0] = (char)255;
	for (i = 64; i <= 65; i++) {
		int n;

		start(&p, DNS_TXT, 0, 0, (uint8_t)i);
		for (n = 0; n < i; n++)
			rr(&p, NULL, 0, DNS_TXT, 5, text, 256);
		check(i == 64 ? "answer OK 5 255:xxxxxxxxxxxxxxxxxxxx 255:xxxxxxxxxxxxxxxxxxxx "
				"255:xxxxxxxxxxxxxxxxxxxx (64)"
			      : "answer BADRESP 0",
		    i == 64 ? "16320 bytes of text" : "16575 bytes of text");
	}
	query[24] = DNS_A;

	start(&p, DNS_A, 0, 0, 1);
	rr(&p, NULL, 0, DNS_A, 10 * DNS_TTL_MAX, "\xc0\0\2\1", 4);
	check("answer OK 86400 192.0.2.1", "TTL of ten days");
	start(&p, DNS_A, 0, 0, 1);
	rr(&p, NULL, 0, DNS_A, 0x80000001, "\xc0\0\2\1", 4);
	check("answer OK 0 192.0.2.1", "TTL with the top bit");
	start(&p, DNS_A, 0, 0, 255);
	p.bytes[6] = 255;
	check("answer BADRESP 0", "65535 records announced");
}

static void
test_negative(void)
{
	/* clang-format off */
	static const struct { uint32_t ttl; const char *minimum, *wanted; } table[] = {
		{ 300,	"\0\0\0\x3c",	"answer NXDOMAIN 60" },
		{ 30,	"\0\0\0\x3c",	"answer NXDOMAIN 30" },
		{ 9000,	"\0\1\0\0",	"answer NXDOMAIN 900" },
		{ 9000,	"\0\0\0\0",	"answer NXDOMAIN 0" },
	};
	/* clang-format on */
	uint8_t soa[22] = {0};
	size_t i;

	for (i = 0; i < sizeof table / sizeof *table; i++) {
		start(&p, DNS_A, 0, 3, 0);
		p.bytes[9] = 1;
		memcpy(soa + 18, table[i].minimum, 4);
		rr(&p, LIT("\7example\0"), DNS_SOA, table[i].ttl, soa, sizeof soa);
		check(table[i].wanted, "negative TTL");
	}
	start(&p, DNS_A, 0, 3, 0);
	p.bytes[9] = 1;
	rr(&p, LIT("\7example\0"), DNS_SOA, 300, "", 0);
	check("answer NXDOMAIN 0", "SOA without rdata");
}

int
main(void)
{
	buf_init(&b, room, sizeof room);
	test_names();
	test_build();
	query_len = packet_build(query, "a.example", DNS_A, ID, true, NULL);
	test_forged();
	test_cut();
	test_rcodes();
	test_chain();
	test_rdata();
	test_limits();
	test_negative();
	return tap_done();
}
