/* SPDX-License-Identifier: BSD-2-Clause */
/* Servers: what is an address of one, what resolv.conf says, who is asked first. */
#include "dns/server.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "t/tap.h"

static struct servers *
from(const char *text)
{
	const struct string_list list = {&text, 1};
	const char *why;

	return servers_from_list(&list, &why);
}

static void
test_parse(void)
{
	/* clang-format off */
	static const struct { const char *text; int family; unsigned port; bool loopback; } table[] = {
		{ "127.0.0.1",		AF_INET,  53,	true },
		{ "127.9.9.9@5353",	AF_INET,  5353,	true },
		{ "192.0.2.1@65535",	AF_INET,  65535, false },
		{ "::1",		AF_INET6, 53,	true },
		{ "2001:db8::1@54",	AF_INET6, 54,	false },
		{ "fe80::1%lo",		AF_INET6, 53,	false },
		{ "",			0, 0, false },
		{ "localhost",		0, 0, false },
		{ "127.0.0.1@",		0, 0, false },
		{ "127.0.0.1@0",	0, 0, false },
		{ "127.0.0.1@65536",	0, 0, false },
		{ "127.0.0.1@99999999999999999999", 0, 0, false },
		{ "127.0.0.1@53x",	0, 0, false },
		{ "127.0.0.1@-1",	0, 0, false },
		{ "127.0.0.1:53",	0, 0, false },
		{ "127.0.0.1@53@53",	0, 0, false },
		{ "@53",		0, 0, false },
	};
	/* clang-format on */
	size_t i;

	for (i = 0; i < sizeof table / sizeof *table; i++) {
		struct servers *set = from(table[i].text);
		const struct server *s = set != NULL ? &set->v[0] : NULL;

		if (!tap_ok((s != NULL) == (table[i].family != 0), "\"%s\"", table[i].text) ||
		    s == NULL)
			continue;
		tap_is_int(s->address.any.sa_family, table[i].family, "... family");
		tap_is_int(ntohs(s->address.v4.sin_port), table[i].port, "... port");
		tap_is_int(s->loopback, table[i].loopback, "... loopback");
		servers_unref(set);
	}
}

static void
test_list(void)
{
	const char *nine[] = {"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5",
	    "127.0.0.6", "127.0.0.7", "192.0.2.8", "127.0.0.9"};
	struct string_list list = {nine, 8};
	const char *why = NULL;
	struct servers *set = servers_from_list(&list, &why);

	tap_ok(set != NULL && set->count == 8 && set->any_loopback && set->any_remote,
	    "eight servers");
	servers_unref(set);
	list.n = 9;
	tap_ok(servers_from_list(&list, &why) == NULL, "nine are too many");
	tap_is(why, "servers: at most 8", "... and it says so");
}

static void
write_file(const char *path, const char *text)
{
	FILE *fp = fopen(path, "w");

	fputs(text, fp);
	fclose(fp);
}

static void
test_file(void)
{
	const char *tmp = getenv("TMPDIR");
	char path[256];
	struct stat known = {0};
	struct servers *set;

	(void)snprintf(path, sizeof path, "%s/dns_server.XXXXXX", tmp != NULL ? tmp : "/tmp");
	(void)close(mkstemp(path));
	write_file(path, "# nameserver 192.0.2.9\nsearch example.org\nnameserver\t192.0.2.1\n"
			 "nameserver ::1\nnameserver rubbish\noptions edns0\nnameserver");
	set = servers_from_file(path);
	tap_is_int((int64_t)set->count, 2, "two servers in a resolv.conf");
	tap_ok(!set->v[0].loopback && set->v[1].loopback, "... in their order");
	servers_unref(set);
	tap_ok(servers_file_changed(path, &known), "seen for the first time");
	tap_ok(!servers_file_changed(path, &known), "no change");
	write_file(path, "search example.org\n");
	tap_ok(servers_file_changed(path, &known), "changed");
	set = servers_from_file(path);
	tap_ok(set->count == 1 && set->v[0].loopback, "no nameserver: this host");
	servers_unref(set);
	unlink(path);
	tap_ok(!servers_file_changed(path, &known), "gone: the old one is good enough");
	set = servers_from_file(path);
	tap_ok(set->count == 1 && set->v[0].loopback, "no file: this host");
	servers_unref(set);
}

static void
test_health(void)
{
	const char *two[] = {"127.0.0.1", "127.0.0.2"};
	const struct string_list list = {two, 2};
	const char *why;
	struct servers *set = servers_from_list(&list, &why);
	struct server *s = &set->v[0];
	int i;

	tap_is_int((int64_t)servers_pick(set, 1000), 0, "the first one first");
	for (i = 0; i < SERVER_FAILURES; i++)
		server_failed(s, 1000, 1250);
	tap_is_int((int64_t)servers_pick(set, 1300), 1, "the second while the first is down");
	tap_is_int((int64_t)servers_pick(set, 1250 + SERVER_DOWN_MS), 0, "a probe of the first");
	tap_is_int((int64_t)servers_pick(set, 1250 + SERVER_DOWN_MS), 1, "only one");
	server_answered(s, 9000);
	tap_is_int((int64_t)servers_pick(set, 9000), 0, "back with one answer");
	for (i = 0; i < 10; i++)
		server_failed(s, 8000, 9100);
	tap_is_int((int64_t)servers_pick(set, 9200), 0, "slow with one name is not down");
	for (i = 0; i < SERVER_FAILURES; i++) {
		server_failed(&set->v[0], 9300, 9400);
		server_failed(&set->v[1], 9300, 9400);
	}
	tap_is_int((int64_t)servers_pick(set, 9500), 0, "all down: the first");
	servers_unref(set);
}

int
main(void)
{
	test_parse();
	test_list();
	test_file();
	test_health();
	return tap_done();
}
