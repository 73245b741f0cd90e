/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dkim-keygen: makes private keys where the check `sign' looks for them, and
 * prints what the DNS has to say of them.  All that is printed is good in a
 * zone file.  A key that is there is never overwritten.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "checks/sign_key.h"
#include "ctl/commands.h"

#define RSA_BITS       2048 /* RFC 8301 3.2; larger ones are not worth their records */
#define STRING_MAX     255 /* bytes of one string in a TXT record (RFC 1035 3.3) */
#define KEYS_ARENA_MAX (1024 * 1024)

enum type { RSA_KEY, ED25519_KEY, TYPE_COUNT };
static const char *const type_names[TYPE_COUNT] = {"rsa", "ed25519"};

struct keygen {
	const char *directory, *user;
	char domain[NAME_TEXT_SIZE];
	bool wanted[TYPE_COUNT];
	char selectors[TYPE_COUNT][NAME_LABEL_MAX + 1];
	struct arena arena;
};

static int
fail(const char *what, const char *why)
{
	(void)fprintf(stderr, "baileyctl: %s: %s\n", what, why);
	return -1;
}

static EVP_PKEY *
generate(enum type type)
{
	return type == RSA_KEY ? EVP_RSA_gen(RSA_BITS) : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

/* The daemon reads its keys again as its own user. */
static int
give_away(int fd, const char *user)
{
	struct passwd *pw;

	if (geteuid() != 0)
		return 0;
	errno = 0;
	if ((pw = getpwnam(user)) == NULL)
		return fail(user, "there is no such user; --user names the one the filter runs as");
	return fchown(fd, pw->pw_uid, pw->pw_gid) == 0 ? 0 : fail(user, strerror(errno));
}

/* 0, or -1 and nothing is left behind. */
static int
write_key(const char *path, const char *user, EVP_PKEY *key)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), r = -1;
	FILE *out;

	if (fd < 0)
		return fail(path, strerror(errno));
	if ((out = fdopen(fd, "w")) == NULL) {
		(void)close(fd);
	} else {
		r = give_away(fd, user);
		if (r == 0 && PEM_write_PKCS8PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) != 1)
			r = fail(path, "cannot write the key");
		if (r == 0 && (fflush(out) != 0 || fsync(fd) != 0))
			r = fail(path, strerror(errno));
		if (fclose(out) != 0 && r == 0)
			r = fail(path, strerror(errno));
	}
	if (r != 0)
		(void)unlink(path);
	return r;
}

static void
print_record(const struct sign_key *k, const char *domain)
{
	char name[SIGN_KEY_NAME_SIZE], room[SIGN_KEY_RECORD_SIZE];
	struct buf record;

	sign_key_name(k, domain, name);
	buf_init(&record, room, sizeof room);
	sign_key_record(k, &record);
	(void)printf("; %s\n%s. IN TXT (", k->path, name);
	for (size_t i = 0; i < record.len; i += STRING_MAX)
		(void)printf("\n\t\"%.*s\"", STRING_MAX, record.s + i);
	(void)printf(
	    " )\n; the same in one line, for a form on the web:\n; %s %s\n\n", name, record.s);
}

static int
make(struct keygen *g, enum type type)
{
	struct sign_key k = {.selector = g->selectors[type]};
	EVP_PKEY *key;
	const char *why;
	int r;

	k.path = arena_printf(&g->arena, "%s/%s.%s.pem", g->directory, g->domain, k.selector);
	if (k.path == NULL || (key = generate(type)) == NULL)
		return fail(g->domain, "out of memory");
	r = write_key(k.path, g->user, key);
	EVP_PKEY_free(key);
	if (r != 0)
		return -1;
	if (sign_key_load(&k, &g->arena, &why) == -1)
		return fail("the new key is of no use", why);
	print_record(&k, g->domain);
	return 0;
}

static int
make_all(struct keygen *g)
{
	const char *comma = "";

	for (enum type t = 0; t < TYPE_COUNT; t++)
		if (g->wanted[t] && make(g, t) == -1)
			return 1;
	(void)printf("; in bailey.conf, when the DNS has them:\n"
		     "; sign { domain \"%s\" { selectors = { ",
	    g->domain);
	for (enum type t = 0; t < TYPE_COUNT; t++) {
		if (!g->wanted[t])
			continue;
		(void)printf("%s\"%s\"", comma, g->selectors[t]);
		comma = ", ";
	}
	(void)printf(" } } }\n");
	return 0;
}

/* One type: the selector as it is; both: with the type behind it.  0, or -1 if it is too long. */
static int
name_selectors(struct keygen *g, const char *selector)
{
	bool both = g->wanted[RSA_KEY] && g->wanted[ED25519_KEY];
	char month[16], canon[NAME_TEXT_SIZE];
	time_t now = time(NULL);
	struct tm tm;

	if (selector == NULL) {
		(void)strftime(month, sizeof month, "%Y%m", gmtime_r(&now, &tm));
		selector = month;
	}
	for (enum type t = 0; t < TYPE_COUNT; t++) {
		int n = snprintf(g->selectors[t], sizeof g->selectors[t], "%s%s%s", selector,
		    both ? "-" : "", both ? type_names[t] : "");
		enum name_fault fault = name_canon(g->selectors[t], canon);

		/* "202611" alone is no host name, but a good label. */
		if (n >= (int)sizeof g->selectors[t] ||
		    (fault != NAME_OK && fault != NAME_ALL_NUMERIC))
			return fail(selector, "not a selector");
	}
	return 0;
}

static int
choose_type(struct keygen *g, const char *name)
{
	for (enum type t = 0; t < TYPE_COUNT; t++)
		g->wanted[t] = name == NULL || strcmp(name, type_names[t]) == 0;
	return g->wanted[RSA_KEY] || g->wanted[ED25519_KEY] ? 0 : -1;
}

static const char *
value_or(const struct call *call, const char *option, const char *otherwise)
{
	const char *value = call_value(call, option, 0);

	return value != NULL ? value : otherwise;
}

static int
keygen_run(const struct call *call)
{
	struct keygen g = {.directory = value_or(call, "directory", "/etc/bailey/keys"),
	    .user = value_or(call, "user", "bailey")};
	enum name_fault fault = name_canon(call->argv[0], g.domain);
	int r = EXIT_FAILED;

	if (choose_type(&g, call_value(call, "type", 0)) == -1)
		return call_misused(call, "--type is rsa or ed25519");
	if (fault != NAME_OK)
		return call_fail(call, "%s: %s", call->argv[0], name_fault_text(fault));
	arena_init(&g.arena, KEYS_ARENA_MAX);
	if (name_selectors(&g, call->argc > 1 ? call->argv[1] : NULL) == 0)
		r = make_all(&g) == 0 ? EXIT_DONE : EXIT_FAILED;
	arena_fini(&g.arena);
	return r;
}

static const struct command_option options[] = {
    {"directory", "DIRECTORY", "where the keys go; /etc/bailey/keys if not given"},
    {"type", "TYPE", "rsa or ed25519; both if not given"},
    {"user", "USER", "who owns them, the one the filter runs as; bailey if not given"},
    {.name = NULL},
};

const struct command command_dkim_keygen = {
    .name = "dkim-keygen",
    .operands = "DOMAIN [SELECTOR]",
    .least = 1,
    .most = 2,
    .summary = "make keys to sign with, and print their DNS records",
    .options = options,
    .run = keygen_run,
};
