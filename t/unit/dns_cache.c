/* SPDX-License-Identifier: BSD-2-Clause */
/* The cache: who is found, for how long, and who must go when room runs out. */
#include "dns/cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "t/tap.h"

static struct cache c;

static struct question
question(const char *name, enum dns_type type)
{
	struct question q;

	question_make(&q, name, type);
	return q;
}

static struct lookup *
insert(const char *name, enum dns_type type)
{
	struct question q = question(name, type);
	struct lookup *l = lookup_new(&c, &q);

	cache_insert(&c, l);
	return l;
}

static void
settle(struct lookup *l, int64_t expires, size_t size)
{
	struct dns_answer *a = calloc(1, size);

	a->status = DNS_OK;
	a->expires = expires;
	l->answer = a;
	cache_settle(&c, l, size);
	lookup_unref(l);
}

static struct lookup *
find(const char *name, enum dns_type type, int64_t now)
{
	struct question q = question(name, type);

	return cache_find(&c, &q, now);
}

static void
test_life(void)
{
	struct lookup *l;

	(void)cache_init(&c, 1 << 20);
	l = insert("a.example", DNS_A);
	tap_ok(find("A.Example.", DNS_A, 0) == l, "found in flight");
	tap_ok(find("a.example", DNS_A, INT64_MAX) == l, "... at any time");
	tap_ok(find("a.example", DNS_TXT, 0) == NULL, "another type is another question");
	tap_ok(find("b.example", DNS_A, 0) == NULL, "as is another name");
	tap_is_int((int64_t)c.bytes, 0, "what is in flight does not count");
	settle(l, 1000, 500);
	tap_ok(find("a.example", DNS_A, 999) == l, "found until it is too old");
	tap_ok(c.bytes > 500 && c.done == 1, "counted");
	tap_ok(find("a.example", DNS_A, 1000) == NULL, "and not then");
	tap_ok(c.bytes == 0 && c.done == 0 && c.count == 0, "and gone");
	cache_fini(&c);
}

static void
test_bound(void)
{
	struct lookup *held, *flying;
	char name[32];
	size_t i, most = 0;

	(void)cache_init(&c, 64 << 10);
	flying = insert("flying.example", DNS_A);
	held = lookup_ref(insert("held.example", DNS_A));
	settle(held, INT64_MAX, 1000);
	for (i = 0; i < 5000; i++) {
		(void)snprintf(name, sizeof name, "n%zu.example", i);
		settle(insert(name, DNS_A), INT64_MAX, 100);
		(void)find("n3.example", DNS_A, 0);
		if (c.bytes > most)
			most = c.bytes;
	}
	tap_ok(most <= 64 << 10, "never more than 64K: %zu", most);
	tap_ok(c.bytes > 60 << 10, "but nearly that: %zu", c.bytes);
	tap_ok(find("n3.example", DNS_A, 0) != NULL, "what is used stays");
	tap_ok(find("n4.example", DNS_A, 0) == NULL, "the oldest goes");
	tap_ok(find("held.example", DNS_A, 0) == NULL, "even if somebody holds it");
	tap_is_int(held->answer->status, DNS_OK, "... who keeps it nevertheless");
	tap_ok(find("flying.example", DNS_A, 0) == flying, "what is in flight stays");
	cache_limit(&c, 1000);
	tap_ok(c.bytes <= 1000, "a lower limit holds at once");
	settle(insert("huge.example", DNS_A), INT64_MAX, 5000);
	tap_ok(c.bytes == 0 && find("huge.example", DNS_A, 0) == NULL, "too big for it");
	lookup_unref(held);
	lookup_unref(flying);
	cache_fini(&c);
}

static void
test_growth(void)
{
	char name[32];
	size_t i, found = 0;

	(void)cache_init(&c, 16 << 20);
	for (i = 0; i < 10000; i++) {
		(void)snprintf(name, sizeof name, "n%zu.example", i);
		settle(insert(name, DNS_A), INT64_MAX, 100);
	}
	for (i = 0; i < 10000; i++) {
		(void)snprintf(name, sizeof name, "n%zu.example", i);
		found += find(name, DNS_A, 0) != NULL;
	}
	tap_is_int((int64_t)found, 10000, "all are found in a table that grew");
	tap_ok(c.slot_count >= 10000, "it did grow");
	cache_fini(&c);
}

int
main(void)
{
	test_life();
	test_bound();
	test_growth();
	return tap_done();
}
