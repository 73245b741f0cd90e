/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses of shared stores.  They come from the administrator, so a mistake
 * is answered by what would be right, but never by the text itself: it may
 * hold a password.
 */
#include "db/redis_url.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define DB_MAX 16383 /* far above what a server is configured for: 16 */
#define HOST_BYTES \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:%" /* fe80::1%eth0 */
#define PATH_MAX_UN 107 /* bytes of sockaddr_un.sun_path without its NUL */

/* A decimal number up to max at the whole of text; false: none. */
static bool
number(const char *text, long max, int *out)
{
	char *end;
	long n = strtol(text, &end, 10);

	*out = (int)n;
	return isdigit((unsigned char)text[0]) && *end == '\0' && n <= max;
}

/* %HH in place; false: malformed, or a NUL. */
static bool
undo_percent(char *text)
{
	char *w = text;

	for (const char *r = text; *r != '\0'; w++) {
		char hex[3] = "";

		if (*r != '%') {
			*w = *r++;
			continue;
		}
		if (!isxdigit((unsigned char)r[1]) || !isxdigit((unsigned char)r[2]))
			return false;
		memcpy(hex, r + 1, 2);
		*w = (char)strtol(hex, NULL, 16);
		if (*w == '\0')
			return false;
		r += 3;
	}
	*w = '\0';
	return true;
}

/* Cut off and take what stands before the host. */
static const char *
take_user(struct redis_url *u, char **rest)
{
	char *at = strrchr(*rest, '@'), *colon;

	if (at == NULL)
		return NULL;
	*at = '\0';
	colon = strchr(*rest, ':');
	if (colon != NULL)
		*colon++ = '\0';
	if (!undo_percent(*rest) || (colon != NULL && !undo_percent(colon)))
		return "a % in user or password must be written %25, others as %HH";
	u->user = **rest != '\0' ? *rest : NULL;
	u->password = colon != NULL && *colon != '\0' ? colon : NULL;
	*rest = at + 1;
	return NULL;
}

static const char *
take_host(struct redis_url *u, char *rest, int port)
{
	char *slash = strchr(rest, '/'), *end;

	if (slash != NULL) {
		*slash++ = '\0';
		if (*slash != '\0' && !number(slash, DB_MAX, &u->db))
			return "behind the slash stands the number of a database, such as /0";
	}
	if (*rest == '[') {
		end = strchr(++rest, ']');
		if (end == NULL || (end[1] != '\0' && end[1] != ':'))
			return "an IPv6 address is written [2001:db8::1]:6379";
		*end++ = '\0';
	} else
		end = rest + strcspn(rest, ":");
	u->port = port;
	if (*end == ':') {
		*end++ = '\0';
		if (!number(end, 65535, &u->port) || u->port == 0)
			return "a port is a number from 1 to 65535; IPv6 addresses need brackets";
	}
	u->host = rest;
	if (rest[strspn(rest, HOST_BYTES)] != '\0' || strlen(rest) > REDIS_HOST_MAX)
		return "a host is a name or an address; \"redis://host:port/number\"";
	return *rest == '\0' ? "the host is missing: \"redis://127.0.0.1:6379\"" : NULL;
}

static const char *
take_path(struct redis_url *u, char *rest)
{
	char *query = strchr(rest, '?');

	if (query != NULL) {
		*query++ = '\0';
		if (strncmp(query, "db=", 3) != 0 || !number(query + 3, DB_MAX, &u->db))
			return "behind ? stands the number of a database, such as ?db=0";
	}
	/* unix:///path, too */
	if (strncmp(rest, "//", 2) == 0)
		rest += 2;
	u->host = rest;
	if (*rest != '/' || strlen(rest) > PATH_MAX_UN)
		return "a socket is written \"unix:/path\", with at most 107 bytes of path";
	return NULL;
}

int
redis_url_parse(
    struct redis_url *u, const char *text, int port, struct arena *a, const char **why_r)
{
	char *rest = arena_strdup(a, text);

	*u = (struct redis_url){.tls = strncmp(text, "rediss://", 9) == 0};
	*why_r = NULL;
	if (rest == NULL)
		*why_r = "out of memory";
	else if (strncmp(rest, "unix:", 5) == 0)
		*why_r = take_path(u, rest + 5);
	else if (u->tls || strncmp(rest, "redis://", 8) == 0) {
		rest += u->tls ? 9 : 8;
		*why_r = take_user(u, &rest);
		if (*why_r == NULL)
			*why_r = take_host(u, rest, port);
	} else
		*why_r = "must be \"redis://host:port\", \"rediss://host:port\" or \"unix:/path\"";
	return *why_r == NULL ? 0 : -1;
}
