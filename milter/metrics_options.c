/* SPDX-License-Identifier: BSD-2-Clause */
/* The section metrics: where to serve them, in two ways of writing. */
#include "milter/metrics.h"

#include <string.h>

#include "milter/listen.h"

/* clang-format off */
const struct option metrics_option_table[] = {
	{"listen", OPTION_STRING, offsetof(struct metrics_options, listen), NULL, .min = 0, .max = 200},
	{.key = NULL}
};
/* clang-format on */

#define LOOPBACK "127.0.0.1"

/* "127.0.0.1:9810", "[::1]:9810" as Prometheus writes it, a port alone, or as `socket' is written. */
int
metrics_options_finish(void *options, struct arena *a, const char **why_r)
{
	struct metrics_options *o = options;
	char room[LISTEN_WHY_SIZE];
	struct addr addr = {.family = ADDR_NONE};
	const char *colon;
	struct buf why;
	char *host;

	o->where = o->listen;
	if (o->listen == NULL)
		return 0;
	if (strspn(o->listen, "0123456789") == strlen(o->listen))
		o->where = arena_printf(a, "inet:%s@" LOOPBACK, o->listen);
	colon = strrchr(o->listen, ':');
	host = colon != NULL ? arena_strndup(a, o->listen, (size_t)(colon - o->listen)) : NULL;
	if (host != NULL && *host == '[' && host[strlen(host) - 1] == ']') {
		host[strlen(host) - 1] = '\0';
		host++;
	}
	if (host != NULL && addr_parse(&addr, host))
		o->where = arena_printf(
		    a, "%s:%s@%s", addr.family == ADDR_V6 ? "inet6" : "inet", colon + 1, host);
	*why_r = NULL;
	if (o->where == NULL)
		return -1;
	buf_init(&why, room, sizeof room);
	if (listen_check(o->where, &why) == 0)
		return 0;
	*why_r = arena_printf(a, "listen: %s; or \"127.0.0.1:9810\"", why.s);
	return -1;
}
