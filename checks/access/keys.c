/* SPDX-License-Identifier: BSD-2-Clause */
/* The order of keys is that of check_domain_access() and its sisters in Postfix's smtpd_check.c. */
#include "checks/access/keys.h"

#include <string.h>

#include "lib/ascii.h"

static void
add(struct keys *k, char *key)
{
	if (key == NULL || k->n == KEYS_MAX) {
		k->failed = true;
		return;
	}
	for (char *c = key; *c != '\0'; c++)
		*c = ascii_lower(*c);
	k->v[k->n++] = key;
}

static size_t
count_dots(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += *s == '.';
	return n;
}

void
keys_domain(struct keys *k, const char *domain, const struct key_style *style, struct arena *a)
{
	struct addr addr;
	size_t parents = count_dots(domain);

	add(k, arena_strdup(a, domain));
	/* An address has no parents. */
	if (domain[0] == '[' || addr_parse(&addr, domain))
		return;
	for (const char *dot = strchr(domain, '.'); dot != NULL; dot = strchr(dot + 1, '.'))
		if (parents-- <= KEYS_PARENTS_MAX && dot[1] != '\0')
			add(k, arena_strdup(a, dot + !style->dotted));
}

void
keys_addr(struct keys *k, const struct addr *addr, struct arena *a)
{
	char text[ADDR_TEXT_SIZE], *cut;
	int delimiter = addr->family == ADDR_V6 ? ':' : '.';

	if (addr->family == ADDR_NONE)
		return;
	(void)addr_format(addr, text);
	do {
		if (text[0] != '\0')
			add(k, arena_strdup(a, text));
		cut = strrchr(text, delimiter);
		if (cut != NULL)
			*cut = '\0';
	} while (cut != NULL);
}

void
keys_path(struct keys *k, const struct path *p, const struct key_style *style, struct arena *a)
{
	size_t bare = strcspn(p->local, style->delimiters != NULL ? style->delimiters : "");
	bool extended = bare > 0 && p->local[bare] != '\0';

	if (p->null) {
		add(k, arena_strdup(a, "<>"));
		return;
	}
	if (p->domain[0] != '\0') {
		add(k, arena_printf(a, "%s@%s", p->local, p->domain));
		if (extended)
			add(k, arena_printf(a, "%.*s@%s", (int)bare, p->local, p->domain));
		keys_domain(k, p->domain, style, a);
	}
	add(k, arena_printf(a, "%s@", p->local));
	if (extended)
		add(k, arena_printf(a, "%.*s@", (int)bare, p->local));
}
