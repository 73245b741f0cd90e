/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses of shared stores, one a line: refused with a reason, or written again they say the same. */
#include "t/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "db/redis_url.h"
#include "db/store.h"
#include "lib/buf.h"
#include "t/fuzz/input.h"

const char fuzz_name[] = "redis_url";

#define URLS_MAX 20

static bool
is_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void
put_percent(struct buf *b, const char *text)
{
	for (; text != NULL && *text != '\0'; text++)
		buf_printf(b, "%%%02x", (unsigned char)*text);
}

static void
must_be_place(const struct redis_url *u)
{
	if (u->port < 0 || u->port > 65535 || u->db < 0 || *u->host == '\0')
		abort();
	if (u->port == 0 && (*u->host != '/' || u->user != NULL || u->password != NULL || u->tls))
		abort();
	if ((u->user != NULL && *u->user == '\0') || (u->password != NULL && *u->password == '\0'))
		abort();
}

static void
must_be_same(const struct redis_url *u, struct arena *a)
{
	size_t size = 64 + strlen(u->host) + 3 * (u->user != NULL ? strlen(u->user) : 0) +
		      3 * (u->password != NULL ? strlen(u->password) : 0);
	char *room = arena_alloc(a, size);
	struct redis_url again;
	const char *why;
	struct buf b;

	if (room == NULL)
		abort();
	buf_init(&b, room, size);
	if (u->port == 0) {
		buf_printf(&b, "unix://%s?db=%d", u->host, u->db);
	} else {
		buf_puts(&b, u->tls ? "rediss://" : "redis://");
		put_percent(&b, u->user);
		buf_puts(&b, ":");
		put_percent(&b, u->password);
		buf_printf(&b, strchr(u->host, ':') != NULL ? "@[%s]:%d/%d" : "@%s:%d/%d", u->host,
		    u->port, u->db);
	}
	if (redis_url_parse(&again, b.s, 1, a, &why) == -1 || again.tls != u->tls ||
	    again.port != u->port || again.db != u->db || !is_same(again.host, u->host) ||
	    !is_same(again.user, u->user) || !is_same(again.password, u->password))
		abort();
}

/* All of them in one section. */
static void
read_section(const struct string_list *urls, struct arena *a)
{
	struct store_options o = {.url = *urls, .prefix = "b:"};
	const char *why;

	if ((store_options_finish(&o, a, &why) == 0) != (why == NULL))
		abort();
	if (why == NULL && urls->n > 0 && (o.redis == NULL || o.redis->n != urls->n))
		abort();
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct arena arena = {.cap = 1024 * 1024};
	const char *lines[URLS_MAX], *why;
	struct string_list urls = {.v = lines, .n = 0};
	struct redis_url u;
	struct input in;

	input_open(&in, data, len);
	while (urls.n < URLS_MAX && in.left > 0) {
		const char *line = lines[urls.n++] = input_line(&in);
		int rc = redis_url_parse(&u, line, REDIS_PORT, &arena, &why);

		if ((rc == 0) != (why == NULL))
			abort();
		if (rc == 0) {
			must_be_place(&u);
			must_be_same(&u, &arena);
		}
	}
	read_section(&urls, &arena);
	input_close(&in);
	arena_fini(&arena);
}
