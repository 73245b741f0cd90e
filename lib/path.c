/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MTAs hand over what was typed (Postfix nearly always, Sendmail mostly), so
 * every form must be read as the MTA itself will read it: the domain stands
 * behind the last '@' outside quotes.
 */
#include "lib/path.h"

#include <string.h>

#include "lib/addr.h"
#include "lib/ascii.h"
#include "lib/name.h"

/* RFC 5321 4.5.3.1, octets. */
#define LOCAL_MAX       64
#define DOMAIN_MAX      255
#define PATH_MAX_OCTETS 256 /* with the brackets */

/* Cut spaces and brackets off; what is between them begins at *s. */
static size_t
inside_brackets(const char **s, unsigned *oddities)
{
	const char *p = *s + strspn(*s, " \t");
	size_t len = strlen(p);

	while (len > 0 && (p[len - 1] == ' ' || p[len - 1] == '\t'))
		len--;
	if (len < 2 || p[0] != '<' || p[len - 1] != '>')
		*oddities |= PATH_NO_BRACKETS;
	if (len > 0 && p[0] == '<') {
		p++;
		len--;
	}
	if (len > 0 && p[len - 1] == '>')
		len--;
	*s = p;
	return len;
}

/* RFC 5321 4.1.2 A-d-l: "@a,@[IPv6:::1]:"; returns its length, 0 if there is none. */
static size_t
source_route(const char *s)
{
	bool literal = false;

	if (s[0] != '@')
		return 0;
	for (size_t i = 1; s[i] != '\0'; i++) {
		if (s[i] == '[' || s[i] == ']')
			literal = s[i] == '[';
		else if (s[i] == ':' && !literal)
			return i + 1;
	}
	return 0;
}

/* The '@' before the domain; NULL if there is none. */
static const char *
find_at(const char *s, unsigned *oddities)
{
	const char *at = NULL;
	bool quoted = false;
	size_t i;

	for (i = 0; s[i] != '\0'; i++) {
		if (s[i] == '\\' && s[i + 1] != '\0')
			i++;
		else if (s[i] == '"')
			quoted = !quoted;
		else if (s[i] == '@' && !quoted)
			at = s + i;
	}
	if (!quoted && (i == 0 || s[i - 1] != '\\'))
		return at;
	/* No reading is right now; the last '@' is what an MTA looks at. */
	*oddities |= PATH_BAD_QUOTING;
	return strrchr(s, '@');
}

/* One quoted-string and nothing else. */
static bool
is_quoted_string(const char *s)
{
	size_t i;

	if (s[0] != '"')
		return false;
	for (i = 1; s[i] != '\0' && s[i] != '"'; i++)
		if (s[i] == '\\' && s[i + 1] != '\0')
			i++;
	return s[i] == '"' && s[i + 1] == '\0';
}

static void
unquote(char *s)
{
	char *out = s;

	for (; *s != '\0'; s++) {
		if (*s == '"')
			continue;
		if (*s == '\\' && s[1] != '\0')
			s++;
		*out++ = *s;
	}
	*out = '\0';
}

static int
read_local(struct path *p, size_t len, struct arena *arena)
{
	char *local = arena_strndup(arena, p->text, len);

	if (local == NULL)
		return -1;
	if (!ascii_is_dot_atom(local, len) && !is_quoted_string(local))
		p->oddities |= PATH_BAD_LOCAL;
	if (len > LOCAL_MAX)
		p->oddities |= PATH_TOO_LONG;
	unquote(local);
	p->local = local;
	return 0;
}

static int
read_domain(struct path *p, const char *domain, struct arena *arena)
{
	char canon[NAME_TEXT_SIZE];
	struct addr ignored;

	if (strlen(domain) > DOMAIN_MAX)
		p->oddities |= PATH_TOO_LONG;
	if (domain[0] == '[') {
		p->literal = addr_parse_literal(&ignored, domain);
		if (p->literal)
			p->domain = domain;
		else
			p->oddities |= PATH_BAD_DOMAIN;
		return 0;
	}
	if (name_canon(domain, canon) != NAME_OK) {
		p->oddities |= PATH_BAD_DOMAIN;
		return 0;
	}
	p->domain = arena_strdup(arena, canon);
	return p->domain != NULL ? 0 : -1;
}

int
path_parse(struct path *p, const char *typed, struct arena *arena)
{
	const char *at;
	size_t len, route;

	*p = (struct path){.text = "", .local = "", .domain = ""};
	len = inside_brackets(&typed, &p->oddities);
	if (len == 0) {
		p->null = true;
		return 0;
	}
	if ((p->text = arena_strndup(arena, typed, len)) == NULL)
		return -1;
	if (len + 2 > PATH_MAX_OCTETS)
		p->oddities |= PATH_TOO_LONG;
	if ((route = source_route(p->text)) > 0) {
		p->oddities |= PATH_SOURCE_ROUTE;
		p->text += route;
	}
	for (const char *s = p->text; *s != '\0'; s++) {
		p->oddities |= ascii_is_control(*s) ? PATH_CONTROL : 0;
		p->oddities |= ascii_is_eight_bit(*s) ? PATH_EIGHT_BIT : 0;
	}
	at = find_at(p->text, &p->oddities);
	if (at == NULL || at[1] == '\0')
		p->oddities |= PATH_NO_DOMAIN;
	else if (read_domain(p, at + 1, arena) == -1)
		return -1;
	return read_local(p, at != NULL ? (size_t)(at - p->text) : strlen(p->text), arena);
}
