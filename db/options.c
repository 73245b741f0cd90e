/* SPDX-License-Identifier: BSD-2-Clause */
/* Section "store": its keys, and what must hold between them. */
#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include "db/redis_url.h"
#include "db/store.h"

#define PASSWORD_MAX 512 /* bytes a server takes for one */

/* clang-format off */
static const char *const types[] = { "disk", "memory", NULL };
static const char *const keys[] = { "plain", "hashed", NULL };
static const char *const downs[] = { "pass", "local", NULL };

#define AT(field) offsetof(struct store_options, field)
const struct option store_option_table[] = {
	/* On disk, or gone with the process. */
	{"type", OPTION_CHOICE, AT(type), "disk", .choices = types},
	/* Of the disk store; of a store in memory: all it may take. */
	{"cache-size", OPTION_SIZE, AT(cache_size), "8M", .min = 1024 * 1024, .max = INT64_C(64) << 30},
	/* Every change on the platter before the answer; else a power cut costs the last second. */
	{"synchronous", OPTION_BOOL, AT(synchronous), .value = "no"},
	/* Text snapshots, from which a damaged store is restored; 0: none. */
	{"snapshot", OPTION_DURATION, AT(snapshot), "1d", .min = 0, .max = INT64_C(366) * 86400 * 1000},
	/* Servers of Redis or Valkey for what several hosts share; none: nothing is shared. */
	{"url", OPTION_STRINGS, AT(url), .value = NULL},
	/* Whose first line is the password there. */
	{"password-file", OPTION_STRING, AT(password_file), .value = NULL, .max = 1000},
	/* Of rediss://: who signs their certificates, "": as the system knows; and ours, if they want one. */
	{"tls-ca-file", OPTION_STRING, AT(tls_ca_file), .value = NULL, .max = 1000},
	{"tls-certificate-file", OPTION_STRING, AT(tls_certificate_file), .value = NULL, .max = 1000},
	{"tls-key-file", OPTION_STRING, AT(tls_key_file), .value = NULL, .max = 1000},
	/* The servers are sentinels, who know the master by this name. */
	{"sentinel", OPTION_STRING, AT(sentinel), .value = NULL, .max = 200},
	/* If they want a login themselves; user: none, or one of their ACL. */
	{"sentinel-user", OPTION_STRING, AT(sentinel_user), .value = NULL, .max = 200},
	{"sentinel-password-file", OPTION_STRING, AT(sentinel_password_file), .value = NULL, .max = 1000},
	/* The servers are nodes of a cluster. */
	{"cluster", OPTION_BOOL, AT(cluster), .value = "no"},
	/* In front of each key there: one for each installation. */
	{"prefix", OPTION_STRING, AT(prefix), "bailey:", .min = 1, .max = 64},
	/* As they are, or as hashes of one length. */
	{"keys", OPTION_CHOICE, AT(keys), "plain", .choices = keys},
	/* What one question to a server may take. */
	{"deadline", OPTION_DURATION, AT(deadline), "200ms", .min = 10, .max = 5000},
	/* While it does not answer: nobody is greylisted, or by what this host learns meanwhile. */
	{"store-down", OPTION_CHOICE, AT(down), "pass", .choices = downs},
	{.key = NULL},
};
#undef AT
/* clang-format on */

/* The first line of a file that others cannot read; key: which names it. */
static const char *
read_password(const char *key, const char *path, struct arena *a, const char **why_r)
{
	char *line = arena_alloc(a, PASSWORD_MAX + 2);
	FILE *f = fopen(path, "re");
	struct stat st;

	if (f == NULL || line == NULL || fstat(fileno(f), &st) == -1)
		*why_r = arena_printf(a, "%s: cannot read %s: %s", key, path, strerror(errno));
	else if ((st.st_mode & S_IRWXO) != 0)
		*why_r = arena_printf(
		    a, "%s: %s can be read by everybody; chmod o= %s", key, path, path);
	else if (fgets(line, PASSWORD_MAX + 2, f) == NULL ||
		 (line[strcspn(line, "\r\n")] = '\0', line[0] == '\0'))
		*why_r = arena_printf(a, "%s: the first line of %s is empty", key, path);
	else if (strlen(line) > PASSWORD_MAX)
		*why_r = arena_printf(
		    a, "%s: the first line of %s is longer than %d bytes", key, path, PASSWORD_MAX);
	if (f != NULL)
		(void)fclose(f);
	return *why_r == NULL ? line : NULL;
}

static int
parse_servers(
    const struct store_options *o, struct redis_place *place, struct arena *a, const char **why_r)
{
	int port = o->sentinel != NULL ? REDIS_SENTINEL_PORT : REDIS_PORT;
	struct redis_url *servers = arena_array(a, o->url.n, sizeof *servers);

	for (size_t i = 0; servers != NULL && i < o->url.n; i++) {
		struct redis_url *u = &servers[i];

		if (redis_url_parse(u, o->url.v[i], port, a, why_r) == 0 && i > 0 &&
		    (u->user != NULL || u->password != NULL || u->db != 0))
			*why_r = "user, password and number of the database stand in the first one";
		if (*why_r == NULL && u->tls != servers[0].tls && u->port != 0)
			*why_r = "all are \"rediss://\" or none";
#ifndef HAVE_HIREDIS_SSL
		if (*why_r == NULL && u->tls)
			*why_r = "this program was built with a libhiredis that knows no TLS; use "
				 "\"redis://\" and a tunnel, such as stunnel";
#endif
		if (*why_r == NULL)
			continue;
		*why_r = arena_printf(a, "url: number %zu: %s", i + 1, *why_r);
		return -1;
	}
	place->servers = servers;
	place->n = o->url.n;
	if (servers == NULL)
		return -1;
	place->user = servers[0].user;
	place->password = servers[0].password;
	place->db = servers[0].db;
	return 0;
}

int
store_options_finish(void *options, struct arena *a, const char **why_r)
{
	struct store_options *o = options;
	struct redis_place *place;

	*why_r = NULL;
	if ((o->sentinel == NULL && o->sentinel_password_file != NULL) ||
	    (o->sentinel_user != NULL && o->sentinel_password_file == NULL)) {
		*why_r = "sentinel-user needs sentinel-password-file, and that needs sentinel";
		return -1;
	}
	if (o->url.n == 0) {
		if (o->sentinel != NULL || o->cluster || o->password_file != NULL ||
		    o->tls_ca_file != NULL)
			*why_r = "url: is missing, which sentinel, cluster, password-file and "
				 "tls-ca-file are about";
		return *why_r == NULL ? 0 : -1;
	}
	place = arena_alloc(a, sizeof *place);
#ifndef HAVE_HIREDIS
	*why_r = "url: this program was built without libhiredis";
	return -1;
#endif
	if (strpbrk(o->prefix, "{}") != NULL) {
		*why_r = "prefix: must not hold braces, which have a meaning in clusters";
		return -1;
	}
	if (place == NULL || parse_servers(o, place, a, why_r) == -1)
		return -1;
	if (o->password_file != NULL &&
	    (place->password = read_password("password-file", o->password_file, a, why_r)) == NULL)
		return -1;
	if (o->sentinel_password_file != NULL &&
	    (place->sentinel_password = read_password(
		 "sentinel-password-file", o->sentinel_password_file, a, why_r)) == NULL)
		return -1;
	if (place->user != NULL && place->password == NULL) {
		*why_r = "url: a user needs a password, here or in password-file";
		return -1;
	}
	if ((o->tls_certificate_file != NULL) != (o->tls_key_file != NULL) ||
	    (!place->servers[0].tls && (o->tls_ca_file != NULL || o->tls_key_file != NULL))) {
		*why_r = "tls-ca-file, and tls-certificate-file with tls-key-file, belong to "
			 "\"rediss://\"";
		return -1;
	}
	if (o->cluster && (o->sentinel != NULL || place->db != 0)) {
		*why_r = "cluster: has neither sentinels nor databases but 0";
		return -1;
	}
	o->redis = place;
	return 0;
}
