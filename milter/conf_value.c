/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the text of a value and its place in the owner's structure, in both
 * directions, by the option's row alone.  What is wrong is said together with
 * what would be right.
 */
#include "milter/conf_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/name.h"

#define LIST_MAX 10000 /* entries; a list this long belongs into a table */

static int fail(char *why_r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int
fail(char *why_r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why_r, CONF_WHY_SIZE, fmt, ap);
	va_end(ap);
	return -1;
}

bool
conf_value_is_list(const struct option *o)
{
	return o->type == OPTION_STRINGS || o->type == OPTION_DOMAINS || o->type == OPTION_CIDRS;
}

/* Bytes with the largest unit that divides them. */
static void
size_text(int64_t bytes, char out[32])
{
	static const char *const units[] = {"", "K", "M", "G"};
	size_t i = 0;

	for (; i < 3 && bytes != 0 && bytes % 1024 == 0; i++)
		bytes /= 1024;
	(void)snprintf(out, 32, "%lld%s", (long long)bytes, units[i]);
}

/* A number the way its option writes it. */
static void
number_text(const struct option *o, int64_t n, char out[32])
{
	if (o->type == OPTION_DURATION)
		(void)option_duration_text(n, out);
	else if (o->type == OPTION_SIZE)
		size_text(n, out);
	else
		(void)snprintf(out, 32, o->type == OPTION_OCTAL ? "%04llo" : "%lld", (long long)n);
}

static bool
number_parse(const struct option *o, const char *text, int64_t *n_r)
{
	long long n;
	char *end;

	if (o->type == OPTION_DURATION)
		return option_duration(text, n_r);
	if (o->type == OPTION_SIZE)
		return option_size(text, n_r);
	errno = 0;
	n = strtoll(text, &end, o->type == OPTION_OCTAL ? 8 : 10);
	*n_r = n;
	return text[0] != '\0' && strchr(" \t\n\v\f\r+", text[0]) == NULL && *end == '\0' &&
	       errno == 0;
}

static int
set_number(const struct option *o, int64_t *place, const char *text, char *why_r)
{
	const char *kind = o->type == OPTION_DURATION ? "a duration such as \"5s\" or \"10m\""
			   : o->type == OPTION_SIZE   ? "a size such as \"64K\" or \"10M\""
			   : o->type == OPTION_OCTAL  ? "a file mode such as \"0660\""
						      : "a whole number";
	char min[32], max[32];

	if (number_parse(o, text, place) && *place >= o->min && *place <= o->max)
		return 0;
	number_text(o, o->min, min);
	number_text(o, o->max, max);
	return fail(why_r, "\"%.60s\" is not %s between %s and %s", text, kind, min, max);
}

static int
set_bool(bool *place, const char *text, char *why_r)
{
	bool yes = strcmp(text, "yes") == 0 || strcmp(text, "true") == 0;

	if (!yes && strcmp(text, "no") != 0 && strcmp(text, "false") != 0)
		return fail(why_r, "\"%.60s\" is neither \"yes\" nor \"no\"", text);
	*place = yes;
	return 0;
}

static int
set_choice(const struct option *o, unsigned *place, const char *text, char *why_r)
{
	char words[CONF_WHY_SIZE / 2];
	struct buf b;

	for (*place = 0; o->choices[*place] != NULL; (*place)++)
		if (strcmp(o->choices[*place], text) == 0)
			return 0;
	buf_init(&b, words, sizeof words);
	for (size_t i = 0; o->choices[i] != NULL; i++)
		buf_printf(&b, "%s%s", i == 0 ? "" : ", ", o->choices[i]);
	return fail(why_r, "\"%.60s\" is none of: %s", text, words);
}

static int
set_string(
    const struct option *o, const char **place, const char *text, struct arena *a, char *why_r)
{
	int64_t len = (int64_t)strlen(text);

	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return fail(why_r, "must not contain control characters");
	if (o->max > 0 && (len < o->min || len > o->max))
		return fail(why_r, "must be %lld to %lld characters long, not %lld",
		    (long long)o->min, (long long)o->max, (long long)len);
	*place = NULL;
	if (len > 0 && (*place = arena_strdup(a, text)) == NULL)
		return fail(why_r, "out of memory");
	return 0;
}

static int
set_strings(
    struct string_list *place, const char *const *texts, size_t n, struct arena *a, char *why_r)
{
	static const struct option entry = {.type = OPTION_STRING, .min = 1, .max = 1000};
	const char **v = arena_array(a, n, sizeof *v);

	if (v == NULL)
		return fail(why_r, "out of memory");
	for (size_t i = 0; i < n; i++)
		if (set_string(&entry, &v[i], texts[i], a, why_r) == -1)
			return -1;
	*place = (struct string_list){.v = v, .n = n};
	return 0;
}

static int
set_domains(
    struct string_list *place, const char *const *texts, size_t n, struct arena *a, char *why_r)
{
	const char **v = arena_array(a, n, sizeof *v);
	char name[NAME_TEXT_SIZE];

	for (size_t i = 0; i < n; i++) {
		enum name_fault fault = name_canon(texts[i], name);

		if (fault != NAME_OK)
			return fail(why_r, "\"%.60s\" is not a domain name: %s", texts[i],
			    name_fault_text(fault));
		if (v == NULL || (v[i] = arena_strdup(a, name)) == NULL)
			return fail(why_r, "out of memory");
	}
	*place = (struct string_list){.v = v, .n = n};
	return 0;
}

static int
set_cidrs(struct cidr_list *place, const char *const *texts, size_t n, struct arena *a, char *why_r)
{
	struct cidr *v = arena_array(a, n, sizeof *v);

	if (v == NULL)
		return fail(why_r, "out of memory");
	for (size_t i = 0; i < n; i++)
		if (!cidr_parse(&v[i], texts[i]))
			return fail(why_r,
			    "\"%.60s\" is not a network such as \"192.0.2.0/24\" or "
			    "\"2001:db8::/32\" "
			    "(no bits set behind the prefix) nor one address",
			    texts[i]);
	*place = (struct cidr_list){.v = v, .n = n};
	return 0;
}

int
conf_value_set(const struct option *o, void *base, const char *const *texts, size_t n,
    struct arena *a, char why_r[static CONF_WHY_SIZE])
{
	void *place = (char *)base + o->offset;

	if (n > LIST_MAX)
		return fail(why_r, "more than %d entries", LIST_MAX);
	switch (o->type) {
	case OPTION_STRING:
		return set_string(o, place, texts[0], a, why_r);
	case OPTION_BOOL:
		return set_bool(place, texts[0], why_r);
	case OPTION_INT:
	case OPTION_OCTAL:
	case OPTION_DURATION:
	case OPTION_SIZE:
		return set_number(o, place, texts[0], why_r);
	case OPTION_CHOICE:
		return set_choice(o, place, texts[0], why_r);
	case OPTION_STRINGS:
		return set_strings(place, texts, n, a, why_r);
	case OPTION_DOMAINS:
		return set_domains(place, texts, n, a, why_r);
	case OPTION_CIDRS:
		return set_cidrs(place, texts, n, a, why_r);
	case OPTION_SECTIONS:
		break;
	}
	return 0;
}

/* "a, b" into its parts; NULL without memory. */
static const char **
split(const char *list, size_t *n_r, struct arena *a)
{
	char *text = arena_strdup(a, list), *save = NULL;
	const char **v = arena_array(a, strlen(list) + 1, sizeof *v);

	*n_r = 0;
	if (text == NULL || v == NULL)
		return NULL;
	for (char *s = strtok_r(text, ", ", &save); s != NULL; s = strtok_r(NULL, ", ", &save))
		v[(*n_r)++] = s;
	return v;
}

int
conf_value_default(
    const struct option *o, void *base, struct arena *a, char why_r[static CONF_WHY_SIZE])
{
	const char **texts = &(const char *){o->value};
	size_t n = 1;

	if (o->value == NULL)
		return 0; /* the structure is zeroed */
	if (conf_value_is_list(o) && (texts = split(o->value, &n, a)) == NULL)
		return fail(why_r, "out of memory");
	return conf_value_set(o, base, texts, n, a, why_r);
}

/* As the library reads it back; "${" would mean the environment. */
static void
write_quoted(const char *s, FILE *fp)
{
	putc('"', fp);
	for (; s != NULL && *s != '\0'; s++) {
		if (strchr("\"\\$", *s) != NULL)
			putc('\\', fp);
		putc(*s, fp);
	}
	putc('"', fp);
}

static void
write_list(const struct option *o, const void *place, FILE *fp)
{
	const struct string_list *strings = place;
	const struct cidr_list *cidrs = place;
	bool is_text = o->type != OPTION_CIDRS;
	size_t n = is_text ? strings->n : cidrs->n;
	char text[ADDR_TEXT_SIZE];

	fputs("{", fp);
	for (size_t i = 0; i < n; i++) {
		fputs(i == 0 ? " " : ", ", fp);
		if (is_text)
			write_quoted(strings->v[i], fp);
		else
			fprintf(fp, "\"%s/%u\"", addr_format(&cidrs->v[i].net, text),
			    cidrs->v[i].prefix);
	}
	fputs(n > 0 ? " }" : "}", fp);
}

void
conf_value_write(const struct option *o, const void *base, FILE *fp)
{
	const void *place = (const char *)base + o->offset;
	char number[32];

	switch (o->type) {
	case OPTION_STRING:
		write_quoted(*(const char *const *)place, fp);
		break;
	case OPTION_BOOL:
		fputs(*(const bool *)place ? "yes" : "no", fp);
		break;
	case OPTION_INT:
	case OPTION_OCTAL:
	case OPTION_DURATION:
	case OPTION_SIZE:
		number_text(o, *(const int64_t *)place, number);
		fprintf(fp, o->type == OPTION_INT ? "%s" : "\"%s\"", number);
		break;
	case OPTION_CHOICE:
		write_quoted(o->choices[*(const unsigned *)place], fp);
		break;
	case OPTION_STRINGS:
	case OPTION_DOMAINS:
	case OPTION_CIDRS:
		write_list(o, place, fp);
		break;
	case OPTION_SECTIONS:
		break;
	}
}

char *
conf_value_text(const struct option *o, const void *base)
{
	union {
		const char *string;
		bool yes;
		int64_t number;
		unsigned choice;
		struct string_list strings;
		struct cidr_list cidrs;
	} value = {.strings = {0}};
	struct option alone = *o;
	struct arena a;
	char why[CONF_WHY_SIZE], *text = NULL;
	size_t len;
	FILE *fp = open_memstream(&text, &len);

	if (fp == NULL)
		return NULL;
	arena_init(&a, CONF_FILE_MAX);
	alone.offset = 0;
	if (base == NULL)
		(void)conf_value_default(&alone, &value, &a, why);
	conf_value_write(base != NULL ? o : &alone, base != NULL ? base : &value, fp);
	arena_fini(&a);
	if (fclose(fp) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
