/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses of shared stores as written, and what their section refuses. */
#include "config.h"

#include "db/redis_url.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/store.h"
#include "t/scratch.h"
#include "t/tap.h"

#define LONG "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static char where[SCRATCH_SIZE];
static struct arena arena;

/* "host port db user password" with "-" for what is not there; or why not. */
static const char *
parsed(const char *text)
{
	struct redis_url u;
	const char *why;

	if (redis_url_parse(&u, text, REDIS_PORT, &arena, &why) == -1)
		return why;
	return arena_printf(&arena, "%s%s %d %d %s %s", u.tls ? "TLS " : "", u.host, u.port, u.db,
	    u.user != NULL ? u.user : "-", u.password != NULL ? u.password : "-");
}

static void
test_urls(void)
{
	/* clang-format off */
	static const struct { const char *text, *wanted; } cases[] = {
		{ "redis://mx", "mx 6379 0 - -" },
		{ "redis://mx:1/", "mx 1 0 - -" },
		{ "redis://mx:6380/7", "mx 6380 7 - -" },
		{ "rediss://mx", "TLS mx 6379 0 - -" },
		{ "redis://[2001:db8::1]", "2001:db8::1 6379 0 - -" },
		{ "redis://[2001:db8::1]:1/2", "2001:db8::1 1 2 - -" },
		{ "redis://joe:secret@mx", "mx 6379 0 joe secret" },
		{ "redis://:secret@mx", "mx 6379 0 - secret" },
		{ "redis://joe@mx", "mx 6379 0 joe -" },
		{ "redis://:a%3ab%40c%2F%25@mx/3", "mx 6379 3 - a:b@c/%" },
		{ "redis://:p@ss@mx", "mx 6379 0 - p@ss" },
		{ "redis://joe:a:b@c/d?e#f[g]@mx:1", "mx 1 0 joe a:b@c/d?e#f[g]" },
		{ "redis://j%C3%B6rg:%20@mx", "mx 6379 0 j\xc3\xb6rg  " },
		{ "redis://[fe80::1%eth0]", "fe80::1%eth0 6379 0 - -" },
		{ "unix:/run/redis.sock", "/run/redis.sock 0 0 - -" },
		{ "unix:///run/redis.sock?db=4", "/run/redis.sock 0 4 - -" },
		{ "", "must be \"redis://host:port\", \"rediss://host:port\" or \"unix:/path\"" },
		{ "mx:6379", "must be \"redis://host:port\", \"rediss://host:port\" or \"unix:/path\"" },
		{ "redis://", "the host is missing: \"redis://127.0.0.1:6379\"" },
		{ "redis://:6379", "the host is missing: \"redis://127.0.0.1:6379\"" },
		{ "redis://mx:0", "a port is a number from 1 to 65535; IPv6 addresses need brackets" },
		{ "redis://mx:65536", "a port is a number from 1 to 65535; IPv6 addresses need brackets" },
		{ "redis://2001:db8::1", "a port is a number from 1 to 65535; IPv6 addresses need brackets" },
		{ "redis://[2001:db8::1", "an IPv6 address is written [2001:db8::1]:6379" },
		{ "redis://[2001:db8::1]x", "an IPv6 address is written [2001:db8::1]:6379" },
		{ "redis://" LONG LONG LONG LONG, "a host is a name or an address; \"redis://host:port/number\"" },
		{ "redis://mx/x", "behind the slash stands the number of a database, such as /0" },
		{ "redis://mx?db=1", "a host is a name or an address; \"redis://host:port/number\"" },
		{ "redis://a b", "a host is a name or an address; \"redis://host:port/number\"" },
		{ "redis://a,b", "a host is a name or an address; \"redis://host:port/number\"" },
		{ "redis://mx/99999999999999999999", "behind the slash stands the number of a database, such as /0" },
		{ "redis://mx/-1", "behind the slash stands the number of a database, such as /0" },
		{ "redis://:50%@mx", "a % in user or password must be written %25, others as %HH" },
		{ "redis://:%00@mx", "a % in user or password must be written %25, others as %HH" },
		{ "unix:run", "a socket is written \"unix:/path\", with at most 107 bytes of path" },
		{ "unix:/" LONG LONG, "a socket is written \"unix:/path\", with at most 107 bytes of path" },
		{ "unix:/run?x=1", "behind ? stands the number of a database, such as ?db=0" },
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		tap_is(parsed(cases[i].text), cases[i].wanted, "\"%s\"", cases[i].text);
}

static void
test_sections(void)
{
#ifdef HAVE_HIREDIS_SSL
	const char *tls = "";
#else
	const char *tls =
	    "url: number 1: this program was built with a libhiredis that knows no TLS; "
	    "use \"redis://\" and a tunnel, such as stunnel";
#endif
	const char *missing =
	    "url: is missing, which sentinel, cluster, password-file and tls-ca-file are about";
	/* clang-format off */
	const struct { const char *urls[2]; struct store_options o; const char *wanted; } cases[] = {
		{ { NULL }, { .prefix = "b:" }, "" },
		{ { NULL }, { .prefix = "b:", .sentinel = "m" }, missing },
		{ { NULL }, { .prefix = "b:", .cluster = true }, missing },
		{ { NULL }, { .prefix = "b:", .password_file = "/x" }, missing },
		{ { "redis://a", "redis://b" }, { .prefix = "b:" }, "" },
		{ { "rediss://a" }, { .prefix = "b:" }, tls },
		{ { "redis://a", "redis://:x@b" }, { .prefix = "b:" },
		    "url: number 2: user, password and number of the database stand in the first one" },
		{ { "redis://a", "rediss://b" }, { .prefix = "b:" }, "url: number 2: all are \"rediss://\" or none" },
		{ { "redis://joe@a" }, { .prefix = "b:" }, "url: a user needs a password, here or in password-file" },
		{ { "redis://a" }, { .prefix = "{" }, "prefix: must not hold braces, which have a meaning in clusters" },
		{ { "redis://a/1" }, { .prefix = "b:", .cluster = true },
		    "cluster: has neither sentinels nor databases but 0" },
		{ { "redis://a" }, { .prefix = "b:", .cluster = true, .sentinel = "m" },
		    "cluster: has neither sentinels nor databases but 0" },
		{ { NULL }, { .prefix = "b:", .sentinel_password_file = "/x" },
		    "sentinel-user needs sentinel-password-file, and that needs sentinel" },
		{ { "redis://a" }, { .prefix = "b:", .sentinel = "m", .sentinel_user = "u" },
		    "sentinel-user needs sentinel-password-file, and that needs sentinel" },
		{ { "redis://a" }, { .prefix = "b:", .sentinel = "m", .sentinel_password_file = "/does/not/exist" },
		    "sentinel-password-file: cannot read /does/not/exist: No such file or directory" },
		{ { "redis://a" }, { .prefix = "b:", .tls_ca_file = "/x" },
		    "tls-ca-file, and tls-certificate-file with tls-key-file, belong to \"rediss://\"" },
		{ { "redis://a" }, { .prefix = "b:", .password_file = "/does/not/exist" },
		    "password-file: cannot read /does/not/exist: No such file or directory" },
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct store_options o = cases[i].o;
		const char *why;

		o.url = (struct string_list){
		    cases[i].urls, (size_t)(cases[i].urls[0] != NULL) + (cases[i].urls[1] != NULL)};
		(void)store_options_finish(&o, &arena, &why);
		tap_is(why != NULL ? why : "", cases[i].wanted, "section %zu", i);
	}
}

static const char *
written(const char *text, mode_t mode)
{
	static char path[SCRATCH_SIZE + 16];
	int fd;

	(void)snprintf(path, sizeof path, "%s/password", where);
	(void)unlink(path);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text, strlen(text)) < 0 || fchmod(fd, mode) < 0)
		tap_ok(false, "cannot write %s", path);
	(void)close(fd);
	return path;
}

static void
test_passwords(void)
{
	/* clang-format off */
	static const struct { const char *text; mode_t mode; const char *password, *said; } cases[] = {
		{ "secret\n", 0600, "secret", NULL },
		{ "secret", 0640, "secret", NULL },
		{ "secret\r\nmore\n", 0600, "secret", NULL },
		{ " s e#c\"%25\n", 0600, " s e#c\"%25", NULL },
		{ LONG LONG LONG LONG LONG LONG LONG LONG "\n", 0600, LONG LONG LONG LONG LONG LONG LONG LONG, NULL },
		{ LONG LONG LONG LONG LONG LONG LONG LONG "x\n", 0600, NULL, "longer than 512" },
		{ "", 0600, NULL, "is empty" },
		{ "\nsecret\n", 0600, NULL, "is empty" },
		{ "secret\n", 0604, NULL, "read by everybody" },
	};
	/* clang-format on */
	const char *const url[] = {"redis://h"};
	const char *why;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct store_options o = {.url = {.v = url, .n = 1},
		    .prefix = "p:",
		    .password_file = written(cases[i].text, cases[i].mode)};
		int rc = store_options_finish(&o, &arena, &why);

		tap_ok(rc == (cases[i].said == NULL ? 0 : -1), "password %zu: %s", i,
		    why != NULL ? why : "read");
		if (rc == 0)
			tap_is(o.redis->password, cases[i].password, "password %zu", i);
		else
			tap_ok(cases[i].said != NULL && strstr(why, cases[i].said) != NULL,
			    "password %zu: %s", i, cases[i].said);
	}
}

int
main(void)
{
	scratch_make(where);
	arena_init(&arena, 100000);
	test_urls();
	test_sections();
	test_passwords();
	arena_fini(&arena);
	scratch_remove(where);
	return tap_done();
}
