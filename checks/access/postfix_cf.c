/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Expansion follows db_common(3) of Postfix: %s is the whole, %u and %d its
 * parts, %1 to %9 the labels of its domain from the right, %S %U %D the same
 * of the key within a result; what cannot be expanded suppresses the query or
 * the result.
 */
#include "checks/access/postfix_cf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/ascii.h"

static const char *const shared[] = {"query", "result_format", "domain", "expansion_limit", "table",
    "select_field", "where_field", "additional_conditions", NULL};

static bool
is_in(const char *name, const char *const *list)
{
	while (*list != NULL && strcmp(name, *list) != 0)
		list++;
	return *list != NULL;
}

static char *
trim(char *s)
{
	size_t len;

	s += strspn(s, " \t\r\n");
	for (len = strlen(s); len > 0 && strchr(" \t\r\n", s[len - 1]) != NULL;)
		s[--len] = '\0';
	return s;
}

static int
add_parameter(struct cf *cf, char *text, unsigned line, const char *const *known, struct buf *why)
{
	char *equals = strchr(text, '='), *name;

	if (equals == NULL) {
		buf_printf(why, "line %u: neither \"name = value\" nor a comment", line);
		return -1;
	}
	*equals = '\0';
	name = trim(text);
	if (!is_in(name, shared) && !is_in(name, known)) {
		buf_printf(why, "line %u: unknown parameter \"%s\"", line, name);
		return -1;
	}
	if (cf->n == CF_PARAMETERS_MAX) {
		buf_printf(why, "line %u: too many parameters", line);
		return -1;
	}
	cf->parameters[cf->n].name = name;
	cf->parameters[cf->n++].value = trim(equals + 1);
	return 0;
}

/* Logical lines: one that begins with white space continues the one before. */
static int
parse(struct cf *cf, const char *const *known, struct buf *why)
{
	char *begin = NULL, *line = cf->text, *next;
	unsigned number = 0, first = 0;

	for (; line != NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		number++;
		if (line[strspn(line, " \t\r")] == '#' || line[strspn(line, " \t\r")] == '\0') {
			memset(line, ' ', strlen(line));
		} else if (line[0] != ' ' && line[0] != '\t') {
			if (begin != NULL && add_parameter(cf, begin, first, known, why) == -1)
				return -1;
			begin = line;
			first = number;
			continue;
		}
		/* Joined to the line before by what was its end. */
		if (line > cf->text)
			line[-1] = begin != NULL ? ' ' : line[-1];
	}
	return begin != NULL ? add_parameter(cf, begin, first, known, why) : 0;
}

static int
read_text(struct cf *cf, const char *path, struct buf *why)
{
	FILE *fp = fopen(path, "re");
	size_t n;

	if (fp == NULL) {
		buf_printf(why, "cannot open: %s", strerror(errno));
		return -1;
	}
	cf->text = calloc(1, CF_FILE_MAX + 1);
	n = cf->text != NULL ? fread(cf->text, 1, CF_FILE_MAX + 1, fp) : 0;
	if (cf->text == NULL || ferror(fp) || n > CF_FILE_MAX || memchr(cf->text, '\0', n) != NULL)
		buf_puts(why, "cannot be read as a configuration");
	else
		why = NULL;
	(void)fclose(fp);
	return why == NULL ? 0 : -1;
}

/* "SELECT x FROM t WHERE f = '%s' AND ..." as the old parameters meant it. */
static int
make_query(struct cf *cf, struct buf *why)
{
	const char *table = cf_get(cf, "table", NULL), *select = cf_get(cf, "select_field", NULL);
	const char *where = cf_get(cf, "where_field", NULL);

	cf->query = cf_get(cf, "query", NULL);
	if (cf->query != NULL)
		return 0;
	if (table == NULL || select == NULL || where == NULL) {
		buf_puts(why, "no query");
		return -1;
	}
	if ((size_t)snprintf(cf->made, sizeof cf->made, "SELECT %s FROM %s WHERE %s = '%%s' %s",
		select, table, where, cf_get(cf, "additional_conditions", "")) >= sizeof cf->made) {
		buf_puts(why, "the query is too long");
		return -1;
	}
	cf->query = cf->made;
	return 0;
}

static int
read_all(struct cf *cf, const char *path, const char *const *known, struct buf *why)
{
	if (read_text(cf, path, why) == -1 || parse(cf, known, why) == -1 ||
	    make_query(cf, why) == -1 ||
	    cf_get_number(cf, "expansion_limit", 0, 1000000, &cf->expansion_limit, why) == -1)
		return -1;
	cf->result_format = cf_get(cf, "result_format", "%s");
	cf->domain = cf_get(cf, "domain", "");
	if (strpbrk(cf->domain, ":/") == NULL)
		return 0;
	buf_puts(why, "domain: only names are understood here, not files or tables");
	return -1;
}

struct cf *
cf_new(const char *path, const char *const *known, struct buf *why)
{
	struct cf *cf = calloc(1, sizeof *cf);

	if (cf == NULL)
		buf_puts(why, "out of memory");
	else if (read_all(cf, path, known, why) == -1)
		cf_free(&cf);
	return cf;
}

void
cf_free(struct cf **cfp)
{
	if (*cfp != NULL)
		free((*cfp)->text);
	free(*cfp);
	*cfp = NULL;
}

const char *
cf_get(const struct cf *cf, const char *name, const char *or_else)
{
	/* Of several the last counts, as in Postfix. */
	for (size_t i = cf->n; i-- > 0;)
		if (strcmp(cf->parameters[i].name, name) == 0)
			return cf->parameters[i].value;
	return or_else;
}

int
cf_get_number(const struct cf *cf, const char *name, int64_t or_else, int64_t max, int64_t *out,
    struct buf *why)
{
	const char *text = cf_get(cf, name, NULL);
	char *end;

	*out = or_else;
	if (text == NULL)
		return 0;
	errno = 0;
	*out = strtoll(text, &end, 10);
	if (errno == 0 && end != text && *end == '\0' && *out >= 0 && *out <= max)
		return 0;
	buf_printf(why, "%s: \"%s\" is not a number from 0 to %lld", name, text, (long long)max);
	return -1;
}

/* user and domain of an address; without @ all is user. */
struct parts {
	const char *whole, *user, *domain;
	size_t user_len;
};

static struct parts
split(const char *text)
{
	const char *at = strrchr(text, '@');

	return (struct parts){.whole = text,
	    .user = text,
	    .user_len = at != NULL ? (size_t)(at - text) : strlen(text),
	    .domain = at != NULL ? at + 1 : NULL};
}

/* n-th label of a domain from the right, from 1. */
static const char *
label_of(const char *domain, unsigned n, size_t *len_r)
{
	const char *end = domain + strlen(domain), *begin = end;

	for (;;) {
		while (begin > domain && begin[-1] != '.')
			begin--;
		*len_r = (size_t)(end - begin);
		if (--n == 0)
			return begin;
		if (begin == domain)
			return NULL;
		end = --begin;
	}
}

/* The part that a letter means, NULL if there is none. */
static const char *
part_of(const struct parts *p, char letter, size_t *len_r)
{
	const char *s = NULL;

	*len_r = 0;
	switch (letter) {
	case 's':
		s = p->whole;
		break;
	case 'u':
		*len_r = p->user_len;
		return p->user_len > 0 ? p->user : NULL;
	case 'd':
		s = p->domain;
		break;
	default:
		if (letter < '1' || letter > '9')
			return NULL;
		/* A key without @ is a domain too, when its labels are asked for. */
		return label_of(
		    p->domain != NULL ? p->domain : p->whole, (unsigned)(letter - '0'), len_r);
	}
	*len_r = s != NULL ? strlen(s) : 0;
	return s != NULL && *len_r > 0 ? s : NULL;
}

static bool
expand(const char *format, const struct parts *lower, const struct parts *upper, cf_escape *escape,
    void *ctx, struct buf *out)
{
	for (const char *f = format; *f != '\0'; f++) {
		const char *part;
		size_t len;

		if (*f != '%' || f[1] == '%') {
			buf_putc(out, *f);
			f += *f == '%';
			continue;
		}
		f++;
		part = part_of(*f >= 'a' ? lower : upper, ascii_lower(*f), &len);
		if (part == NULL)
			return false;
		escape(ctx, out, part, len);
	}
	return !out->cut;
}

static void
plain(void *ctx, struct buf *out, const char *part, size_t len)
{
	(void)ctx;
	buf_write(out, part, len);
}

/* A list of domains: only addresses with a user in one of them are looked up. */
static bool
is_eligible(const struct cf *cf, const struct parts *p)
{
	if (cf->domain[0] == '\0')
		return true;
	if (p->domain == NULL || p->user_len == 0)
		return false;
	for (const char *s = cf->domain; *s != '\0'; s += strspn(s, ", \t")) {
		size_t len = strcspn(s, ", \t");

		if (strlen(p->domain) == len && strncasecmp(s, p->domain, len) == 0)
			return true;
		s += len;
	}
	return false;
}

/*
 * Controls and bytes that are not ASCII are in no key of ours: a database
 * would take some for an error in its text, which anybody could bring about.
 */
static bool
is_harmless(const char *key)
{
	while (ascii_is_printable(*key))
		key++;
	return *key == '\0';
}

bool
cf_query(const struct cf *cf, const char *key, cf_escape *escape, void *ctx, struct buf *out)
{
	struct parts p = split(key);

	return is_harmless(key) && is_eligible(cf, &p) &&
	       expand(cf->query, &p, &p, escape, ctx, out);
}

bool
cf_result(const struct cf *cf, const char *key, const char *value, struct buf *out)
{
	struct parts v = split(value), k = split(key);
	size_t before = out->len;

	if (value[0] == '\0')
		return false;
	if (before > 0)
		buf_putc(out, ',');
	if (expand(cf->result_format, &v, &k, plain, NULL, out))
		return true;
	out->len = before;
	out->s[before] = '\0';
	return false;
}
