/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A server is down when several tries in a row found it silent.  It costs
 * nothing then but a probe every few seconds, and is back with one answer.
 */
#include "dns/server.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/addr.h"
#include "lib/ascii.h"

#define TEXT_MAX  128 /* longest address with scope and port */
#define LINE_SIZE 1024
#define PORT      "53"

static bool
is_port(const char *s)
{
	unsigned long port = 0;
	const char *p;

	for (p = s; ascii_is_digit(*p) && port <= UINT16_MAX; p++)
		port = port * 10 + (unsigned long)(*p - '0');
	return *p == '\0' && port >= 1 && port <= UINT16_MAX;
}

static bool
server_parse(struct server *s, const char *text)
{
	struct addrinfo hints = {
	    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_DGRAM};
	struct addrinfo *found;
	char host[TEXT_MAX], *port;
	struct addr addr;

	if (strlen(text) >= sizeof host)
		return false;
	strcpy(host, text);
	if ((port = strchr(host, '@')) != NULL)
		*port++ = '\0';
	if ((port != NULL && !is_port(port)) || host[0] == '\0' ||
	    getaddrinfo(host, port != NULL ? port : PORT, &hints, &found) != 0)
		return false;
	*s = (struct server){.address_len = found->ai_addrlen};
	memcpy(&s->address, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	addr_from_sockaddr(&addr, &s->address.any, s->address_len);
	s->loopback = addr_is_loopback(&addr);
	return true;
}

static bool
servers_add(struct servers *set, const char *text)
{
	struct server *s = &set->v[set->count];

	if (set->count == SERVERS_MAX || !server_parse(s, text))
		return false;
	set->count++;
	set->any_loopback |= s->loopback;
	set->any_remote |= !s->loopback;
	return true;
}

static struct servers *
servers_new(void)
{
	struct servers *set = calloc(1, sizeof *set);

	if (set != NULL)
		set->refs = 1;
	return set;
}

struct servers *
servers_from_list(const struct string_list *list, const char **why_r)
{
	struct servers *set = servers_new();
	size_t i;

	*why_r = "no memory";
	for (i = 0; set != NULL && i < list->n; i++)
		if (!servers_add(set, list->v[i])) {
			*why_r =
			    set->count == SERVERS_MAX
				? "servers: at most 8"
				: "servers: addresses like \"127.0.0.1\", \"127.0.0.1@5353\" or "
				  "\"::1\", or the path of a resolv.conf alone";
			servers_unref(set);
			return NULL;
		}
	return set;
}

struct servers *
servers_from_file(const char *path)
{
	struct servers *set = servers_new();
	FILE *fp = set != NULL ? fopen(path, "re") : NULL;
	char line[LINE_SIZE], *rest, *word;

	while (fp != NULL && fgets(line, sizeof line, fp) != NULL) {
		word = strtok_r(line, " \t\r\n", &rest);
		if (word == NULL || strcmp(word, "nameserver") != 0)
			continue;
		/* What it cannot read, the system's own resolver skips as well. */
		if ((word = strtok_r(NULL, " \t\r\n", &rest)) != NULL)
			(void)servers_add(set, word);
	}
	if (fp != NULL)
		(void)fclose(fp);
	if (set != NULL && set->count == 0)
		(void)servers_add(set, "127.0.0.1");
	return set;
}

struct servers *
servers_of(const struct string_list *list, const char **file_r, const char **why_r)
{
	struct servers *set;

	*file_r = NULL;
	if (list->n == 0)
		*file_r = SERVERS_FILE;
	else if (list->n == 1 && list->v[0][0] == '/')
		*file_r = list->v[0];
	if (*file_r == NULL)
		return servers_from_list(list, why_r);
	/* A file of the administrator's that is not there is a slip, the system's may be missing. */
	if (list->n > 0 && access(*file_r, R_OK) != 0) {
		*why_r = "servers: there is no such file that can be read";
		return NULL;
	}
	if ((set = servers_from_file(*file_r)) == NULL)
		*why_r = "no memory";
	return set;
}

bool
servers_file_changed(const char *path, struct stat *known)
{
	struct stat st;
	bool same;

	/* While somebody replaces it, the old one is good enough. */
	if (stat(path, &st) != 0)
		return false;
	same = st.st_ino == known->st_ino && st.st_dev == known->st_dev &&
	       st.st_size == known->st_size && st.st_mtim.tv_sec == known->st_mtim.tv_sec &&
	       st.st_mtim.tv_nsec == known->st_mtim.tv_nsec;
	*known = st;
	return !same;
}

void
servers_unref(struct servers *set)
{
	if (--set->refs == 0)
		free(set);
}

size_t
servers_pick(struct servers *set, int64_t now)
{
	size_t i;

	for (i = 0; i < set->count; i++) {
		struct server *s = &set->v[i];

		if (s->failures < SERVER_FAILURES)
			return i;
		if (now >= s->probe_at) {
			s->probe_at = now + SERVER_DOWN_MS;
			return i;
		}
	}
	return 0;
}

void
server_answered(struct server *s, int64_t now)
{
	s->failures = 0;
	s->answered_at = now;
}

void
server_failed(struct server *s, int64_t sent_at, int64_t now)
{
	/* Slow with this name only: it has answered others since. */
	if (s->answered_at >= sent_at)
		return;
	if (++s->failures == SERVER_FAILURES)
		s->probe_at = now + SERVER_DOWN_MS;
}
