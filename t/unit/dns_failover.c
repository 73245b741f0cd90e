/* SPDX-License-Identifier: BSD-2-Clause */
/* Several servers, and servers that come and go. */
#include "config.h"

#include "dns/dns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "t/tap.h"
#include "t/unit/fakeserver.h"

static struct fakeserver one, two, gone;
static char room[200];
static struct buf b;

/* One question of a resolver with these two servers. */
static const char *
ask(const char *first, const char *second, const char *name)
{
	const char *servers[] = {first, second};
	struct dns *d = resolver(servers, 2, LONG_MS);
	struct dns_session *s = dns_session_new(d);
	const char *got = get(s, name, DNS_A, &b);

	dns_session_free(&s);
	dns_close(&d);
	return got;
}

static void
test_two(void)
{
	/* Server one is at 192.0.2.1, two at 192.0.2.2. */
	tap_is(ask(one.address, two.address, "a.example"), "OK 192.0.2.1", "the first one");
	tap_is(ask(gone.address, two.address, "a.example"), "OK 192.0.2.2", "port closed");
	tap_is(ask(one.address, two.address, "silent.example"), "OK 192.0.2.2", "silence");
	tap_is(ask(one.address, two.address, "fail.example"), "OK 192.0.2.2", "SERVFAIL");
	tap_is(ask(one.address, two.address, "refused.example"), "OK 192.0.2.2", "REFUSED");
	tap_is(ask(one.address, two.address, "rubbish.example"), "OK 192.0.2.2", "rubbish");
	tap_is(
	    ask(one.address, two.address, "hangup.example"), "OK 192.0.2.2", "TCP that hangs up");
	tap_is(ask(one.address, two.address, "both.example"), "SERVFAIL", "SERVFAIL from both");
	tap_is(ask(one.address, gone.address, "fail.example"), "SERVFAIL",
	    "SERVFAIL from one, the other is not there");
	tap_is(ask(one.address, two.address, "none.example"), "NXDOMAIN", "NXDOMAIN is an answer");
	tap_is_int(fakeserver_asked(&two, "udp none.example A"), 0, "... that nobody doubts");
}

/* 0.0.0.0 leads to this host, but is no loopback address. */
static void
test_remote(void)
{
	char address[80];
	const char *server = address;
	struct dns_session *s;
	struct dns_stats st;
	struct dns *d;

	(void)snprintf(address, sizeof address, "0.0.0.0@%u", one.port);
	d = resolver(&server, 1, LONG_MS);
	s = dns_session_new(d);
	tap_is(get(s, "letters-of-any-case.all.example", DNS_A, &b), "OK 192.0.2.1",
	    "capitals by chance");
	tap_is(get(s, "ad.example", DNS_A, &b), "OK 127.0.0.0", "its AD bit means nothing");
	dns_get_stats(d, &st);
	tap_ok(st.forged == 0 && st.tcp == 0, "it keeps the case");
	tap_is(get(s, "case.example", DNS_A, &b), "OK 192.0.2.1", "one that does not");
	dns_get_stats(d, &st);
	tap_ok(st.forged >= 1 && st.tcp == 1, "... is asked over TCP");
	dns_session_free(&s);
	dns_close(&d);
}

static void
test_down(void)
{
	const char *servers[] = {gone.address, two.address};
	struct dns *d = resolver(servers, 2, LONG_MS);
	struct dns_session *s = dns_session_new(d);
	struct dns_stats before, after;
	char name[32];
	int i;

	for (i = 0; i < 20; i++) {
		(void)snprintf(name, sizeof name, "d%d.all.example", i);
		if (i == 10)
			dns_get_stats(d, &before);
		(void)dns_get(s, name, DNS_A, in(LONG_MS));
	}
	dns_get_stats(d, &after);
	tap_is_int((int64_t)after.by_status[DNS_OK], 20, "twenty questions with one server down");
	/* One probe may fall into the time of these ten. */
	tap_ok(after.retried - before.retried <= 2, "it is left alone soon");
	dns_session_free(&s);
	dns_close(&d);
}

static void
test_restart(void)
{
	struct dns *d = resolver_of(&one, LONG_MS);
	struct dns_session *s = dns_session_new(d);

	(void)dns_get(s, "a.example", DNS_A, in(LONG_MS));
	fakeserver_stop(&one);
	dns_ask(s, "restart.all.example", DNS_A);
	tap_is(describe(dns_get(s, "x.all.example", DNS_A, in(600)), &b), "TIMEOUT",
	    "a closed port is no answer");
	tap_ok(fakeserver_restart(&one), "the server starts again");
	tap_is(get(s, "restart.all.example", DNS_A, &b), "OK 192.0.2.1",
	    "what was asked meanwhile is answered");
	dns_session_free(&s);
	dns_close(&d);
}

static void
test_ipv6(void)
{
	struct fakeserver six;
	struct dns *d;
	struct dns_session *s;

	if (!fakeserver_start(
		&six, "::1", "$ORIGIN .\n* A 192.0.2.6\n", "tc.example A udp truncate\n")) {
		tap_note("no IPv6 here");
		fakeserver_end(&six);
		return;
	}
	d = resolver_of(&six, LONG_MS);
	s = dns_session_new(d);
	tap_is(get(s, "a.example", DNS_A, &b), "OK 192.0.2.6", "a server on IPv6");
	tap_is(get(s, "tc.example", DNS_A, &b), "OK 192.0.2.6", "... and over TCP");
	dns_session_free(&s);
	dns_close(&d);
	fakeserver_end(&six);
}

static void
write_conf(const char *path, const struct fakeserver *f)
{
	char new[80];
	FILE *fp;

	(void)snprintf(new, sizeof new, "%s.new", path);
	if ((fp = fopen(new, "w")) == NULL)
		return;
	fprintf(fp, "# resolv.conf\nnameserver %s\n", f->address);
	(void)fclose(fp);
	(void)rename(new, path);
}

static void
test_resolv_conf(void)
{
	char path[80];
	const char *p = path, *got = "";
	struct dns_session *s;
	struct dns *d;
	int i;

	(void)snprintf(path, sizeof path, "%s/resolv", one.dir);
	write_conf(path, &one);
	d = resolver(&p, 1, LONG_MS);
	s = dns_session_new(d);
	tap_is(get(s, "r.all.example", DNS_A, &b), "OK 192.0.2.1", "a server from a file");
	write_conf(path, &two);
	for (i = 0; i < 200 && strcmp(got, "OK 192.0.2.2") != 0; i++) {
		char name[32];

		(void)usleep(50000);
		(void)snprintf(name, sizeof name, "r%d.all.example", i);
		got = get(s, name, DNS_A, &b);
	}
	tap_is(got, "OK 192.0.2.2", "another one once the file has changed");
	dns_session_free(&s);
	dns_close(&d);
	(void)unlink(path);
}

static void
test_reconfigure(void)
{
	struct dns *d = resolver_of(&one, LONG_MS);
	struct dns_session *s = dns_session_new(d);
	const char *address = two.address, *rubbish = "rubbish", *why = NULL;
	struct dns_options o = {.servers = {&rubbish, 1}};
	struct dns_stats st = {0};
	int i;

	dns_ask(s, "slow.example", DNS_A);
	for (i = 0; i < LONG_MS && st.sent == 0; i++) {
		(void)usleep(1000);
		dns_get_stats(d, &st);
	}
	tap_ok(dns_reconfigure(d, &o, &why) == -1 && why != NULL, "a bad address is refused");
	o.servers.v = &address;
	tap_is_int(dns_reconfigure(d, &o, &why), 0, "another server");
	tap_is(get(s, "c.all.example", DNS_A, &b), "OK 192.0.2.2", "... is asked from now on");
	tap_is(
	    get(s, "slow.example", DNS_A, &b), "OK 192.0.2.1", "what is in flight keeps its own");
	dns_session_free(&s);
	dns_close(&d);
	address = "192.0.2.53"; /* never asked here */
	d = resolver(&address, 1, 100);
	tap_ok(dns_advice(d) != NULL, "a server far away is worth a word");
	dns_close(&d);
}

int
main(void)
{
	static const char zone_one[] = "$ORIGIN example.\n"
				       "a A 192.0.2.1\n"
				       "slow A 192.0.2.1\n"
				       "case A 192.0.2.1\n"
				       "*.all A 192.0.2.1\n";
	static const char zone_two[] = "$ORIGIN example.\n"
				       "* A 192.0.2.2\n"
				       "*.all A 192.0.2.2\n";
	static const char rules_one[] = "silent.example * drop\n"
					"fail.example * rcode SERVFAIL\n"
					"both.example * rcode SERVFAIL\n"
					"refused.example * rcode REFUSED\n"
					"rubbish.example * garbage\n"
					"hangup.example * udp truncate\n"
					"hangup.example * empty-tcp-close\n"
					"ad.example * ad rr-count 1\n"
					"case.example * udp wrong-case\n"
					"slow.example * delay 200\n";

	buf_init(&b, room, sizeof room);
	if (!fakeserver_start(&one, "127.0.0.1", zone_one, rules_one) ||
	    !fakeserver_start(&two, "127.0.0.1", zone_two, "both.example * rcode SERVFAIL\n") ||
	    !fakeserver_start(&gone, "127.0.0.1", zone_two, "")) {
		tap_ok(false, "t/fakedns starts");
		return tap_done();
	}
	fakeserver_stop(&gone);
	test_two();
	test_remote();
	test_down();
	test_restart();
	test_ipv6();
	test_resolv_conf();
	test_reconfigure();
	fakeserver_end(&one);
	fakeserver_end(&two);
	fakeserver_end(&gone);
	return tap_done();
}
