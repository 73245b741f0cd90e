/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/access/keys.h"

#include <stdlib.h>
#include <string.h>

#include "t/tap.h"

static const struct key_style plain = {.delimiters = "+"}, dotted = {"+", true},
			      bare = {NULL, false};
static struct arena arena;

/* clang-format off */
static const struct { const char *domain; const struct key_style *style; const char *keys; } domains[] = {
	{"example",		&plain,		"example"},
	{"a.B.example",		&plain,		"a.b.example|b.example|example"},
	{"a.b.example",		&dotted,	"a.b.example|.b.example|.example"},
	{"192.0.2.1",		&plain,		"192.0.2.1"},
	{"[192.0.2.1]",		&plain,		"[192.0.2.1]"},
	{"a.example.",		&plain,		"a.example.|example."},
	{"a..b",		&plain,		"a..b|.b|b"},
	{"s.r.q.p.o.n.m.l.k.j.i.h.g.f.e.d.c.b.a", &plain,
	    "s.r.q.p.o.n.m.l.k.j.i.h.g.f.e.d.c.b.a|p.o.n.m.l.k.j.i.h.g.f.e.d.c.b.a|o.n.m.l.k.j.i.h.g.f.e.d.c.b.a|"
	    "n.m.l.k.j.i.h.g.f.e.d.c.b.a|m.l.k.j.i.h.g.f.e.d.c.b.a|l.k.j.i.h.g.f.e.d.c.b.a|k.j.i.h.g.f.e.d.c.b.a|"
	    "j.i.h.g.f.e.d.c.b.a|i.h.g.f.e.d.c.b.a|h.g.f.e.d.c.b.a|g.f.e.d.c.b.a|f.e.d.c.b.a|e.d.c.b.a|d.c.b.a|c.b.a|b.a|a"},
};
static const struct { const char *addr, *keys; } addrs[] = {
	{"192.0.2.1",		"192.0.2.1|192.0.2|192.0|192"},
	{"::ffff:192.0.2.1",	"192.0.2.1|192.0.2|192.0|192"},
	{"2001:DB8:0:0:0:0:0:1", "2001:db8::1|2001:db8:|2001:db8|2001"},
	{"2001:db8:1:2::3",	"2001:db8:1:2::3|2001:db8:1:2:|2001:db8:1:2|2001:db8:1|2001:db8|2001"},
	{"::1",			"::1|:"},
};
static const struct { const char *path; const struct key_style *style; const char *keys; } paths[] = {
	{"<User@Example.ORG>",		&plain,	"user@example.org|example.org|org|user@"},
	{"<user+x@a.example.org>",	&plain,	"user+x@a.example.org|user@a.example.org|a.example.org|example.org|org|user+x@|user@"},
	{"<user+x+y@example>",		&plain,	"user+x+y@example|user@example|example|user+x+y@|user@"},
	{"<+x@example>",		&plain,	"+x@example|example|+x@"},
	{"<user+x@example>",		&bare,	"user+x@example|example|user+x@"},
	{"<user@a.example>",		&dotted, "user@a.example|a.example|.example|user@"},
	{"<user@[192.0.2.1]>",		&plain,	"user@[192.0.2.1]|[192.0.2.1]|user@"},
	{"<postmaster>",		&plain,	"postmaster@"},
	{"<>",				&plain,	"<>"},
	{"<\"a b\"@example>",		&plain,	"a b@example|example|a b@"},
};
/* clang-format on */

static const char *
joined(const struct keys *k, char out[2000])
{
	out[0] = '\0';
	for (size_t i = 0; i < k->n; i++)
		strcat(strcat(out, i > 0 ? "|" : ""), k->v[i]);
	return k->failed ? "failed" : out;
}

/* As many as one subject can have: there is room for them. */
static void
test_most(void)
{
	struct keys client = {.n = 0}, sender = {.n = 0};
	const char *name = domains[sizeof domains / sizeof domains[0] - 1].domain;
	struct path p;
	struct addr a;

	(void)addr_parse(&a, "2001:db8:3:4:5:6:7:8");
	keys_domain(&client, name, &plain, &arena);
	keys_addr(&client, &a, &arena);
	tap_is_int((int64_t)client.n, 1 + KEYS_PARENTS_MAX + 8, "a client's keys");
	tap_ok(!client.failed, "... are all of them");
	if (path_parse(&p, arena_printf(&arena, "<user+x@%s>", name), &arena) == -1)
		abort();
	keys_path(&sender, &p, &plain, &arena);
	tap_is_int((int64_t)sender.n, 2 + 1 + KEYS_PARENTS_MAX + 2, "a sender's keys");
	tap_ok(!sender.failed, "... are all of them");
}

int
main(void)
{
	char text[2000];

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof domains / sizeof domains[0]; i++) {
		struct keys k = {.n = 0};

		keys_domain(&k, domains[i].domain, domains[i].style, &arena);
		tap_is(joined(&k, text), domains[i].keys, "domain %s", domains[i].domain);
	}
	for (size_t i = 0; i < sizeof addrs / sizeof addrs[0]; i++) {
		struct keys k = {.n = 0};
		struct addr a;

		(void)addr_parse(&a, addrs[i].addr);
		keys_addr(&k, &a, &arena);
		tap_is(joined(&k, text), addrs[i].keys, "address %s", addrs[i].addr);
	}
	test_most();
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		struct keys k = {.n = 0};
		struct path p;

		if (path_parse(&p, paths[i].path, &arena) == -1)
			abort();
		keys_path(&k, &p, paths[i].style, &arena);
		tap_is(joined(&k, text), paths[i].keys, "path %s", paths[i].path);
	}
	arena_fini(&arena);
	return tap_done();
}
