/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists of patterns kept in an arena, in the order written.  PCRE takes its
 * memory there too, so a configuration that goes takes its lists along.
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "config.h"

#include "checks/postgrey_lists.h"

#include <errno.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/ascii.h"

struct pattern {
	const char *text;
	const pcre2_code *regex; /* or */
	struct cidr net; /* of clients, unless ADDR_NONE; or */
	const char *user; /* of recipients, NULL: any */
	const char *domain; /* NULL: any */
	bool below; /* names below the domain too */
	const struct pattern *next;
};

static void *
arena_malloc(size_t size, void *arena)
{
	return arena_alloc(arena, size);
}

static void
arena_free(void *p, void *arena)
{
	(void)p, (void)arena;
}

/* "/.../": the expression between. */
static int
set_regex(struct pattern *p, const char *text, size_t len, struct arena *a, const char **why_r)
{
	pcre2_general_context *general = pcre2_general_context_create(arena_malloc, arena_free, a);
	pcre2_compile_context *compile =
	    general != NULL ? pcre2_compile_context_create(general) : NULL;
	char said[120] = "out of memory";
	size_t where = 0;
	int fault = 0;

	if (compile != NULL)
		p->regex =
		    pcre2_compile((PCRE2_SPTR)text, len, PCRE2_CASELESS, &fault, &where, compile);
	if (p->regex != NULL)
		return 0;
	if (fault != 0)
		(void)pcre2_get_error_message(fault, (PCRE2_UCHAR *)said, sizeof said);
	*why_r = arena_printf(a, "bad regular expression at character %zu: %s", where + 1, said);
	return -1;
}

/* "192.0.2" is 192.0.2.0/24, "192.0" is 192.0.0.0/16; with host bits they are dropped. */
static bool
set_net(struct pattern *p, const char *text)
{
	char address[ADDR_TEXT_SIZE];
	size_t len = strcspn(text, "/"), dots = 0;
	unsigned long prefix = 128;
	struct addr addr;
	char *end;

	if (len + 4 >= sizeof address)
		return false;
	(void)snprintf(address, sizeof address, "%.*s", (int)len, text);
	for (size_t i = 0; i < len; i++)
		dots += text[i] == '.';
	if (strspn(address, "0123456789.") == len && dots >= 1 && dots <= 2 && text[len] == '\0') {
		prefix = dots == 2 ? 24 : 16;
		(void)strcat(address, dots == 2 ? ".0" : ".0.0");
	}
	if (!addr_parse(&addr, address))
		return false;
	if (text[len] == '/') {
		prefix = ascii_is_digit(text[len + 1]) ? strtoul(text + len + 1, &end, 10) : 999;
		if (prefix > 8 * addr_len(&addr) || *end != '\0')
			return false;
	}
	addr_network(&p->net, &addr, (unsigned)prefix);
	return true;
}

static int
set_pattern(struct pattern *p, enum pattern_kind kind, struct arena *a, const char **why_r)
{
	const char *text = p->text, *at;
	size_t len = strlen(text);

	if (len > 2 && text[0] == '/' && text[len - 1] == '/')
		return set_regex(p, text + 1, len - 2, a, why_r);
	if (kind == PATTERNS_OF_CLIENTS && set_net(p, text))
		return 0;
	at = kind == PATTERNS_OF_RECIPIENTS ? strchr(text, '@') : NULL;
	if (at != NULL)
		p->user = arena_strndup(a, text, (size_t)(at - text));
	p->domain = at != NULL ? at + 1 : text;
	if (p->domain[0] == '\0')
		p->domain = NULL;
	p->below = at == NULL;
	if (strpbrk(text, " \t/") == NULL && (at == NULL || p->user != NULL))
		return 0;
	*why_r = kind == PATTERNS_OF_CLIENTS
		     ? "not a name, network or /regular expression/"
		     : "not a domain, user@, user@domain or /regular expression/";
	return -1;
}

static struct pattern *
pattern_new(const char *text, enum pattern_kind kind, struct arena *a, const char **why_r)
{
	struct pattern *p = arena_alloc(a, sizeof *p);

	*why_r = "out of memory";
	if (p == NULL || (p->text = arena_strdup(a, text)) == NULL)
		return NULL;
	return set_pattern(p, kind, a, why_r) == 0 ? p : NULL;
}

int
patterns_add(const struct pattern **list, const char *text, enum pattern_kind kind, struct arena *a,
    const char **why_r)
{
	struct pattern *p = pattern_new(text, kind, a, why_r);

	if (p == NULL)
		return -1;
	p->next = *list;
	*list = p;
	return 0;
}

/* Without comment and surrounding space. */
static char *
trim(char *line)
{
	char *end;

	line[strcspn(line, "#\r\n")] = '\0';
	line += strspn(line, " \t");
	for (end = line + strlen(line); end > line && strchr(" \t", end[-1]) != NULL;)
		*--end = '\0';
	return line;
}

static int
load_file(const char *path, enum pattern_kind kind, struct arena *a, const struct pattern ***tail,
    const char **why_r)
{
	size_t len = strlen(path);
	char line[LIST_LINE_MAX], *text;
	FILE *f = fopen(path, "re");
	struct pattern *p;
	const char *why = NULL;
	unsigned number = 0;

	if (f == NULL && errno == ENOENT && len > 6 && strcmp(path + len - 6, ".local") == 0)
		return 0;
	if (f == NULL) {
		*why_r = arena_printf(a, "cannot open %s: %s", path, strerror(errno));
		return -1;
	}
	while (why == NULL && fgets(line, sizeof line, f) != NULL) {
		number++;
		text = trim(line);
		if (*text == '\0')
			continue;
		p = pattern_new(text, kind, a, &why);
		if (p == NULL)
			break;
		why = NULL;
		**tail = p;
		*tail = &p->next;
	}
	(void)fclose(f);
	if (why != NULL)
		*why_r = arena_printf(a, "%s:%u: %s", path, number, why);
	return why == NULL ? 0 : -1;
}

int
patterns_load(const struct string_list *files, enum pattern_kind kind, struct arena *a,
    const struct pattern **list_r, const char **why_r)
{
	const struct pattern **tail = list_r;

	*list_r = NULL;
	for (size_t i = 0; i < files->n; i++)
		if (load_file(files->v[i], kind, a, &tail, why_r) == -1)
			return -1;
	return 0;
}

static bool
regex_matches(const pcre2_code *regex, const char *text)
{
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	pcre2_match_context *limits = pcre2_match_context_create(NULL);
	int rc = PCRE2_ERROR_NOMEMORY;

	if (data != NULL && limits != NULL) {
		(void)pcre2_set_match_limit(limits, LIST_STEPS_MAX);
		rc = pcre2_match(regex, (PCRE2_SPTR)text, strlen(text), 0, 0, data, limits);
	}
	pcre2_match_context_free(limits);
	pcre2_match_data_free(data);
	return rc >= 0;
}

static bool
domain_matches(const struct pattern *p, const char *name)
{
	size_t len = strlen(name), want = strlen(p->domain);

	return len >= want && strcasecmp(name + len - want, p->domain) == 0 &&
	       (len == want || (p->below && name[len - want - 1] == '.'));
}

const char *
patterns_client(const struct pattern *list, const struct addr *addr, const char *verified)
{
	for (const struct pattern *p = list; p != NULL; p = p->next) {
		bool hit;

		if (p->net.net.family != ADDR_NONE)
			hit = cidr_contains(&p->net, addr);
		else if (verified == NULL)
			hit = false;
		else if (p->regex != NULL)
			hit = regex_matches(p->regex, verified);
		else
			hit = domain_matches(p, verified);
		if (hit)
			return p->text;
	}
	return NULL;
}

static bool
user_matches(const struct pattern *p, const char *local)
{
	size_t want = strlen(p->user);

	return strncasecmp(local, p->user, want) == 0 &&
	       (local[want] == '\0' || local[want] == '+');
}

const char *
patterns_recipient(const struct pattern *list, const struct path *rcpt)
{
	for (const struct pattern *p = list; p != NULL; p = p->next) {
		bool hit;

		if (p->regex != NULL)
			hit = regex_matches(p->regex, rcpt->text);
		else
			hit = (p->user == NULL || user_matches(p, rcpt->local)) &&
			      (p->domain == NULL || domain_matches(p, rcpt->domain));
		if (hit)
			return p->text;
	}
	return NULL;
}
