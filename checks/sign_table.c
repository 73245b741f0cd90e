/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables are short and mail is slow to sign: rows are looked at one after the other. */
#include "checks/sign_table.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "lib/ascii.h"

#define ADDRESS_SIZE 1024 /* local part, '@', domain */

struct reader {
	struct sign_table *table;
	struct arena *arena;
	const char *path;
	size_t room; /* of keys or rows */
	unsigned line;
	bool wild; /* the first words are patterns */
	bool shared; /* others have access to the file */
	const char **why_r;
};

static int
fail(struct reader *r, const char *what, const char *word)
{
	*r->why_r = arena_printf(r->arena, "%s:%u: %s%s", r->path, r->line, what, word);
	return -1;
}

/* Next word of a line, terminated; NULL at its end. */
static char *
word(char **rest)
{
	char *begin = *rest + strspn(*rest, " \t\r\n"), *end;

	if (*begin == '\0' || *begin == '#')
		return NULL;
	end = begin + strcspn(begin, " \t\r\n");
	*rest = *end == '\0' ? end : end + 1;
	*end = '\0';
	return begin;
}

/* Room for one more in an array of the arena; NULL without memory. */
static void *
grow(struct reader *r, void *array, size_t n, size_t size)
{
	void *more;

	if (n < r->room)
		return array;
	r->room = n == 0 ? 16 : 2 * n;
	more = arena_array(r->arena, r->room, size);
	if (more != NULL && n > 0)
		memcpy(more, array, n * size);
	return more;
}

/* author NULL: for whomever it is. */
static const struct sign_named_key *
find_key(const struct sign_table *t, const char *name, const char *author)
{
	const struct sign_named_key *k = t->keys;

	for (size_t i = 0; i < t->key_count; i++)
		if (strcasecmp(k[i].name, name) == 0 &&
		    (author == NULL || k[i].author == NULL || strcmp(k[i].author, author) == 0))
			return &k[i];
	return NULL;
}

static int
keep(struct reader *r, const struct sign_named_key *key)
{
	struct sign_table *t = r->table;
	struct sign_named_key *keys = grow(r, t->keys, t->key_count, sizeof *keys);

	if (keys == NULL)
		return fail(r, "out of memory", "");
	t->keys = keys;
	t->keys[t->key_count++] = *key;
	return 0;
}

static int
add_text(struct reader *r, struct sign_named_key *k, const char *base64)
{
	const char *why;

	if (r->shared)
		return fail(
		    r, "a private key in a table others have access to; chmod 0600 or 0640", "");
	k->key.path = arena_printf(r->arena, "key %s", k->name);
	if (k->key.path == NULL)
		return fail(r, "out of memory", "");
	if (sign_key_load_text(&k->key, base64, r->arena, &why) == -1)
		return fail(r, why, "");
	return keep(r, k);
}

static int
add_file(struct reader *r, struct sign_named_key *k, const char *path)
{
	const char *why;

	k->key.path = arena_strdup(r->arena, path);
	if (k->key.path == NULL)
		return fail(r, "out of memory", "");
	if (sign_key_load(&k->key, r->arena, &why) == -1)
		return fail(r, why, "");
	return keep(r, k);
}

/* For glob(3): "%" is any text without '/', the rest is itself. */
static char *
glob_pattern(struct reader *r, const char *path)
{
	char *pattern = arena_alloc(r->arena, 2 * strlen(path) + 1), *to = pattern;

	for (; pattern != NULL && *path != '\0'; path++) {
		if (strchr("*?[\\", *path) != NULL)
			*to++ = '\\';
		*to++ = *path == '%' ? '*' : *path;
	}
	return pattern;
}

/* Whether path is the pattern with one canonical domain for each "%". */
static bool
find_domain(const char *pattern, const char *path, char domain[NAME_TEXT_SIZE])
{
	size_t marks = 0, len;
	char canon[NAME_TEXT_SIZE];

	for (const char *p = pattern; *p != '\0'; p++)
		marks += *p == '%';
	if (strlen(path) + marks <= strlen(pattern))
		return false;
	len = (strlen(path) + marks - strlen(pattern)) / marks;
	if (len >= NAME_TEXT_SIZE)
		return false;
	(void)snprintf(domain, len + 1, "%s", path + strcspn(pattern, "%"));
	if (name_canon(domain, canon) != NAME_OK || strcmp(canon, domain) != 0)
		return false;
	for (; *pattern != '\0'; pattern++) {
		if (*pattern == '%' ? strncmp(path, domain, len) != 0 : *path != *pattern)
			return false;
		path += *pattern == '%' ? len : 1;
	}
	return *path == '\0';
}

static int
add_files(struct reader *r, const struct sign_named_key *k, const char *path)
{
	const char *pattern = glob_pattern(r, path);
	char domain[NAME_TEXT_SIZE];
	size_t before = r->table->key_count;
	glob_t found = {.gl_pathc = 0};
	int ret = 0;

	if (pattern == NULL || glob(pattern, 0, NULL, &found) == GLOB_NOSPACE)
		ret = fail(r, "out of memory", "");
	for (size_t i = 0; ret == 0 && i < found.gl_pathc; i++) {
		struct sign_named_key one = *k;

		if (!find_domain(path, found.gl_pathv[i], domain))
			continue;
		one.author = arena_strdup(r->arena, domain);
		if (one.domain == NULL)
			one.domain = one.author;
		ret = one.author != NULL ? add_file(r, &one, found.gl_pathv[i])
					 : fail(r, "out of memory", "");
	}
	globfree(&found);
	if (ret == 0 && r->table->key_count == before)
		return fail(r, "no file for any domain: ", path);
	return ret;
}

static int
add_key(struct reader *r, const char *name, char *value)
{
	char *domain = strsep(&value, ":"), *selector = strsep(&value, ":"), canon[NAME_TEXT_SIZE];
	struct sign_named_key k;

	if (value == NULL || value[0] == '\0')
		return fail(r, "not DOMAIN:SELECTOR:PATH", "");
	if (r->wild && strchr(name, '*') != NULL)
		return fail(r, "a pattern cannot name a key: ", name);
	if (find_key(r->table, name, NULL) != NULL)
		return fail(r, "written twice: ", name);
	canon[0] = '\0';
	if (strcmp(domain, "%") != 0 && name_canon(domain, canon) != NAME_OK)
		return fail(r, "not a domain: ", domain);
	k = (struct sign_named_key){.name = arena_strdup(r->arena, name),
	    .domain = canon[0] != '\0' ? arena_strdup(r->arena, canon) : NULL,
	    .key = {.selector = arena_strdup(r->arena, selector)}};
	if (k.name == NULL || k.key.selector == NULL || (canon[0] != '\0' && k.domain == NULL))
		return fail(r, "out of memory", "");
	if (value[0] != '/' && value[0] != '.')
		return add_text(r, &k, value);
	return strchr(value, '%') != NULL ? add_files(r, &k, value) : add_file(r, &k, value);
}

static int
add_row(struct reader *r, const char *pattern, char *name)
{
	struct sign_table *t = r->table;
	struct sign_row *row;

	if (strchr(name, ':') != NULL)
		return fail(r, "an identity (i=) of its own cannot be signed: ", name);
	if (strcmp(name, "%") != 0 && find_key(t, name, NULL) == NULL)
		return fail(r, "not in the key table: ", name);
	if ((row = grow(r, t->rows, t->row_count, sizeof *row)) == NULL)
		return fail(r, "out of memory", "");
	t->rows = row;
	row += t->row_count++;
	row->pattern = arena_strdup(r->arena, pattern);
	row->name = strcmp(name, "%") == 0 ? NULL : arena_strdup(r->arena, name);
	return row->pattern != NULL ? 0 : fail(r, "out of memory", "");
}

static int
read_lines(struct reader *r, int (*add)(struct reader *, const char *, char *))
{
	FILE *in = fopen(r->path, "re");
	char *line = NULL, *rest, *first, *second;
	size_t size = 0, total = 0;
	struct stat st;
	ssize_t n;
	int ret = 0;

	if (in == NULL) {
		*r->why_r = arena_printf(r->arena, "%s: %s", r->path, strerror(errno));
		return -1;
	}
	r->shared = fstat(fileno(in), &st) == -1 || (st.st_mode & S_IRWXO) != 0;
	while (ret == 0 && (n = getline(&line, &size, in)) > 0) {
		r->line++;
		rest = line;
		if ((total += (size_t)n) > SIGN_TABLE_FILE_MAX)
			ret = fail(r, "too long a file", "");
		else if ((first = word(&rest)) == NULL)
			continue;
		else if ((second = word(&rest)) == NULL || word(&rest) != NULL)
			ret = fail(r, "not two words", "");
		else
			ret = add(r, first, second);
	}
	free(line);
	(void)fclose(in);
	return ret;
}

/* OpenDKIM writes the kind of a table in front of it. */
static void
set_path(struct reader *r, const char *typed)
{
	r->wild = strncmp(typed, "refile:", 7) == 0;
	r->path = typed + (r->wild ? 7 : strncmp(typed, "file:", 5) == 0 ? 5 : 0);
}

int
sign_table_load(struct sign_table *t, const char *key_table, const char *signing_table,
    struct arena *a, const char **why_r)
{
	struct reader keys = {.table = t, .arena = a, .why_r = why_r};
	struct reader rows = {.table = t, .arena = a, .why_r = why_r};

	set_path(&keys, key_table);
	set_path(&rows, signing_table);
	t->wild = rows.wild;
	return read_lines(&keys, add_key) == 0 ? read_lines(&rows, add_row) : -1;
}

/* "*" is any text.  Linear but for the number of stars. */
static bool
matches(const char *pattern, const char *text)
{
	const char *star = NULL, *behind = NULL;

	while (*text != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			behind = text;
		} else if (ascii_lower(*pattern) == ascii_lower(*text)) {
			pattern++;
			text++;
		} else if (star != NULL) {
			pattern = star + 1;
			text = ++behind;
		} else {
			return false;
		}
	}
	return pattern[strspn(pattern, "*")] == '\0';
}

struct finder {
	const struct sign_table *table;
	const char *domain;
	const struct sign_named_key **out;
	size_t n, max;
};

static void
take(struct finder *f, const struct sign_row *row)
{
	const struct sign_named_key *k =
	    find_key(f->table, row->name != NULL ? row->name : f->domain, f->domain);

	if (k != NULL && f->n < f->max)
		f->out[f->n++] = k;
}

/* The rows with just this pattern. */
static void
take_equal(struct finder *f, const char *local, const char *at, const char *domain)
{
	char wanted[ADDRESS_SIZE];

	(void)snprintf(wanted, sizeof wanted, "%s%s%s", local, at, domain);
	for (size_t i = 0; i < f->table->row_count; i++)
		if (strcasecmp(f->table->rows[i].pattern, wanted) == 0)
			take(f, &f->table->rows[i]);
}

size_t
sign_table_find(const struct sign_table *t, const char *local, const char *domain,
    const struct sign_named_key *out[], size_t max)
{
	struct finder f = {.table = t, .domain = domain, .out = out, .max = max};
	char address[ADDRESS_SIZE];

	(void)snprintf(address, sizeof address, "%s@%s", local, domain);
	for (size_t i = 0; t->wild && i < t->row_count; i++)
		if (matches(t->rows[i].pattern, address))
			take(&f, &t->rows[i]);
	if (t->wild)
		return f.n;
	take_equal(&f, local, "@", domain);
	take_equal(&f, "", "", domain);
	for (const char *p = name_parent(domain); p != NULL; p = name_parent(p))
		take_equal(&f, local, "@.", p);
	for (const char *p = name_parent(domain); p != NULL; p = name_parent(p))
		take_equal(&f, "", ".", p);
	take_equal(&f, local, "@", "*");
	take_equal(&f, "", "", "*");
	return f.n;
}
