/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The resolver as its callers see it, against servers that behave in every
 * bad way t/fakedns knows.
 */
#include "config.h"

#include "dns/dns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "t/tap.h"
#include "t/unit/fakeserver.h"

static const char zone[] = "$ORIGIN example.org.\n"
			   "a A 192.0.2.1\n"
			   "a AAAA 2001:db8::1\n"
			   "mail MX 10 mx\n"
			   "mail MX 20 MX2\n"
			   "null MX 0 .\n"
			   "txt TXT \"v=spf1 \" \"-all\"\n"
			   "alias CNAME a\n"
			   "dangle CNAME gone\n"
			   "odd PTR a\\032b.example.org.\n"
			   "*.list A 127.0.0.2\n"
			   "many A 192.0.2.1\n"
			   "* A 192.0.2.9\n"
			   "gone.none A 192.0.2.1\n";

static const char rules[] = "*.dead.example.org * drop\n"
			    "once.example.org A first 2 drop\n"
			    "slow.example.org A delay 400\n"
			    "slower.example.org A delay 700\n"
			    "tc.example.org A udp truncate\n"
			    "big.example.org TXT rr-count 250\n"
			    "drip.example.org A udp truncate\n"
			    "drip.example.org A drip\n"
			    "close.example.org A udp truncate\n"
			    "close.example.org A empty-tcp-close\n"
			    "closeonce.example.org A udp truncate\n"
			    "closeonce.example.org A first 1 empty-tcp-close\n"
			    "tcfail.example.org A udp truncate\n"
			    "tcfail.example.org A rcode SERVFAIL\n"
			    "servfail.example.org A rcode SERVFAIL\n"
			    "refused.example.org A rcode REFUSED\n"
			    "formerr.example.org A rcode FORMERR\n"
			    "old.example.org A no-edns\n"
			    "id.example.org A first 1 wrong-id\n"
			    "question.example.org A first 1 wrong-question\n"
			    "case.example.org A udp wrong-case\n"
			    "query.example.org A first 1 not-response\n"
			    "noise.example.org A first 1 noise\n"
			    "source.example.org A first 1 wrong-source\n"
			    "twice.example.org A twice\n"
			    "garbage.example.org A garbage\n"
			    "loop.example.org A cname-loop\n"
			    "chain16.example.org A cname-chain 16\n"
			    "chain17.example.org A cname-chain 17\n"
			    "zero.example.org A zero-rdata\n"
			    "zerotxt.example.org TXT zero-rdata\n"
			    "label.example.org PTR bad-label\n"
			    "pointer.example.org A pointer-loop\n"
			    "poison.example.org A off-chain\n"
			    "rr.example.org A rr-count 200\n"
			    "nodata.example.org MX rr-count 0\n"
			    "ad.example.org A ad rr-count 1\n"
			    "ttl0.example.org A ttl 0\n";

static struct fakeserver server;

static void
test_answers(void)
{
	/* clang-format off */
	static const struct { const char *name; enum dns_type type; const char *wanted; } table[] = {
		{ "a.example.org",		DNS_A,	  "OK 192.0.2.1" },
		{ "A.Example.ORG.",		DNS_AAAA, "OK 2001:db8::1" },
		{ "mail.example.org",		DNS_MX,	  "OK 10:mx.example.org 20:mx2.example.org" },
		{ "null.example.org",		DNS_MX,	  "OK 0:" },
		{ "txt.example.org",		DNS_TXT,  "OK v=spf1 -all" },
		{ "txt.example.org",		DNS_A,	  "NODATA" },
		{ "none.example.org",		DNS_A,	  "NODATA" },
		{ "x.none.example.org",		DNS_A,	  "NXDOMAIN" },
		{ "alias.example.org",		DNS_A,	  "OK 192.0.2.1" },
		{ "alias.example.org",		DNS_CNAME, "OK 0:a.example.org" },
		{ "dangle.example.org",		DNS_TXT,  "NODATA" },
		{ "odd.example.org",		DNS_PTR,  "OK 0:a\\032b.example.org!" },
		{ "2.0.0.127.list.example.org",	DNS_A,	  "OK 127.0.0.2" },
		{ "o d=d%.example.org",		DNS_A,	  "OK 192.0.2.9" },
		{ "example.net",		DNS_A,	  "REFUSED" },
		{ "a..example.org",		DNS_A,	  "NXDOMAIN" },
		{ "",				DNS_A,	  "NXDOMAIN" },
		{ "once.example.org",		DNS_A,	  "OK 192.0.2.9" },
		{ "slow.example.org",		DNS_A,	  "OK 192.0.2.9" },
		{ "slower.example.org",		DNS_A,	  "OK 192.0.2.9" },
		{ "tc.example.org",		DNS_A,	  "OK 192.0.2.9" },
		{ "big.example.org",		DNS_TXT,  "OK (128)" },
		{ "drip.example.org",		DNS_A,	  "OK 192.0.2.9" },
		{ "closeonce.example.org",	DNS_A,	  "OK 192.0.2.9" },
		{ "tcfail.example.org",		DNS_A,	  "SERVFAIL" },
		{ "servfail.example.org",	DNS_A,	  "SERVFAIL" },
		{ "refused.example.org",	DNS_A,	  "REFUSED" },
		{ "formerr.example.org",	DNS_A,	  "SERVFAIL" },
		{ "old.example.org",		DNS_A,	  "OK 192.0.2.9" },
		{ "id.example.org",		DNS_A,	  "OK 192.0.2.9" },
		{ "question.example.org",	DNS_A,	  "OK 192.0.2.9" },
		{ "case.example.org",		DNS_A,	  "OK 192.0.2.9" },
		{ "query.example.org",		DNS_A,	  "OK 192.0.2.9" },
		{ "noise.example.org",		DNS_A,	  "OK 192.0.2.9" },
		{ "source.example.org",		DNS_A,	  "OK 192.0.2.9" },
		{ "twice.example.org",		DNS_A,	  "OK 192.0.2.9" },
		{ "garbage.example.org",	DNS_A,	  "BADRESP" },
		{ "loop.example.org",		DNS_A,	  "BADRESP" },
		{ "chain16.example.org",	DNS_A,	  "OK 127.0.0.2" },
		{ "chain17.example.org",	DNS_A,	  "BADRESP" },
		{ "zero.example.org",		DNS_A,	  "BADRESP" },
		{ "zerotxt.example.org",	DNS_TXT,  "BADRESP" },
		{ "label.example.org",		DNS_PTR,  "BADRESP" },
		{ "pointer.example.org",	DNS_A,	  "BADRESP" },
		{ "poison.example.org",		DNS_A,	  "OK 192.0.2.9" },
		{ "rr.example.org",		DNS_A,	  "OK (128)" },
		{ "nodata.example.org",		DNS_MX,	  "NODATA" },
		{ "ad.example.org",		DNS_A,	  "OK secure 127.0.0.0" },
	};
	/* clang-format on */
	struct dns *d = resolver_of(&server, LONG_MS);
	struct dns_session *s = dns_session_new(d);
	char room[5000];
	struct buf b;
	struct dns_stats st;
	size_t i, n = sizeof table / sizeof *table;

	buf_init(&b, room, sizeof room);
	for (i = 0; i < n; i++)
		dns_ask(s, table[i].name, table[i].type);
	for (i = 0; i < n; i++)
		tap_is(get(s, table[i].name, table[i].type, &b), table[i].wanted, "%s %s",
		    table[i].name, dns_type_text(table[i].type));
	dns_get_stats(d, &st);
	tap_is_int((int64_t)st.asked, (int64_t)n, "each was asked once");
	tap_ok(st.forged >= 4, "forged packets were counted: %d", (int)st.forged);
	tap_ok(st.tcp >= 7, "TCP was counted: %d", (int)st.tcp);
	tap_ok(st.retried >= 6, "more tries were counted: %d", (int)st.retried);
	tap_is_int(fakeserver_asked(&server, "udp a.example.org A"), 1, "one packet a question");
	tap_ok(fakeserver_asked(&server, "tcp case.example.org A") > 0,
	    "a server that loses the case is asked over TCP");
	tap_is(dns_advice(d), NULL, "a loopback server needs no advice");
	dns_session_free(&s);
	dns_close(&d);
}

/* Until the next try of a question over TCP that is always hung up on. */
static void
test_timeout(void)
{
	struct dns *d = resolver_of(&server, 600);
	struct dns_session *s = dns_session_new(d);
	char room[200];
	struct buf b;
	int64_t before;
	struct dns_stats st;

	buf_init(&b, room, sizeof room);
	tap_is(get(s, "close.example.org", DNS_A, &b), "TIMEOUT", "TCP that always hangs up");
	tap_is(get(s, "x.dead.example.org", DNS_A, &b), "TIMEOUT", "silence");
	dns_get_stats(d, &st);
	tap_is_int((int64_t)st.by_status[DNS_TIMEOUT], 2, "counted");
	dns_session_free(&s);
	dns_close(&d);

	d = resolver_of(&server, LONG_MS);
	s = dns_session_new(d);
	before = clock_mono(&clock_real);
	tap_is(describe(dns_get(s, "y.dead.example.org", DNS_A, in(50)), &b), "TIMEOUT",
	    "the caller's deadline ends the waiting");
	tap_is(get(s, "y.dead.example.org", DNS_A, &b), "TIMEOUT", "told again");
	tap_ok(clock_mono(&clock_real) - before < LONG_MS / 2, "... without waiting again");
	dns_session_forget(s);
	tap_is(describe(dns_get(s, "y.dead.example.org", DNS_A, in(-1)), &b), "TIMEOUT",
	    "a deadline in the past");
	dns_get_stats(d, &st);
	tap_is_int((int64_t)st.joined, 1, "after forget: asked anew, and joined what is in flight");
	dns_session_free(&s);
	dns_close(&d);
}

static void
test_cache(void)
{
	struct dns *d = resolver_of(&server, LONG_MS);
	struct dns_session *s = dns_session_new(d), *other = dns_session_new(d);
	int before = fakeserver_asked(&server, "udp many.example.org A");
	const struct dns_answer *a, *b;
	struct dns_stats st;

	a = dns_get(s, "many.example.org", DNS_A, in(LONG_MS));
	tap_ok(dns_get(s, "many.example.org", DNS_A, 0) == a, "a session keeps its answer");
	tap_ok(dns_get(other, "MANY.example.org", DNS_A, 0) == a, "another one shares it");
	dns_get_stats(d, &st);
	tap_is_int((int64_t)st.cache_hits, 1, "a hit");
	tap_ok(st.cached == 1 && st.cache_bytes > 0, "one in the cache");
	tap_is_int(fakeserver_asked(&server, "udp many.example.org A"), before + 1, "one packet");
	a = dns_get(s, "ttl0.example.org", DNS_A, in(LONG_MS));
	tap_ok(dns_get(s, "ttl0.example.org", DNS_A, 0) == a, "TTL 0: kept by the session");
	b = dns_get(other, "ttl0.example.org", DNS_A, in(LONG_MS));
	tap_ok(b != a && b->status == DNS_OK, "... but not for others");
	dns_session_free(&s);
	dns_session_free(&other);
	dns_close(&d);
}

static void
count_one(const struct dns_answer *a, void *arg)
{
	int *counts = arg;

	counts[a->status]++;
}

static void
test_each(void)
{
	struct dns *d = resolver_of(&server, LONG_MS);
	struct dns_session *s = dns_session_new(d);
	int counts[DNS_STATUS_COUNT] = {0};

	(void)dns_get(s, "a.example.org", DNS_A, in(LONG_MS));
	(void)dns_get(s, "a.example.org", DNS_A, in(LONG_MS));
	(void)dns_get(s, "a..example.org", DNS_A, in(LONG_MS));
	dns_ask(s, "z.dead.example.org", DNS_A);
	dns_session_each(s, count_one, counts);
	tap_ok(counts[DNS_OK] == 1 && counts[DNS_NXDOMAIN] == 1 && counts[DNS_TIMEOUT] == 1,
	    "each answer once");
	dns_session_forget(s);
	memset(counts, 0, sizeof counts);
	dns_session_each(s, count_one, counts);
	tap_is_int(counts[DNS_OK], 0, "none after forget");
	dns_session_free(&s);
	dns_close(&d);
}

int
main(void)
{
	if (!fakeserver_start(&server, "127.0.0.1", zone, rules)) {
		tap_ok(false, "t/fakedns starts");
		return tap_done();
	}
	test_answers();
	test_timeout();
	test_cache();
	test_each();
	fakeserver_end(&server);
	return tap_done();
}
