/* SPDX-License-Identifier: BSD-2-Clause */
/* The snapshot back into the syntax of its file, and what differs between two. */
#include "milter/conf_private.h"

#include <stdlib.h>
#include <string.h>

/* A title, the first member of a section, goes through the quoting of a string value. */
static const struct option title = {.type = OPTION_STRING};

static void print_table(const struct option *, const void *base, int depth, FILE *);

static void
indent(int depth, FILE *fp)
{
	while (depth-- > 0)
		putc('\t', fp);
}

static void
print_sections(const struct option *o, const void *base, int depth, FILE *fp)
{
	const struct section_list *list = (const void *)((const char *)base + o->offset);

	for (size_t i = 0; i < list->n; i++) {
		const char *place = (const char *)list->v + i * o->section->size;

		indent(depth, fp);
		fprintf(fp, "%s ", o->key);
		conf_value_write(&title, place, fp);
		fputs(" {\n", fp);
		print_table(o->section->options, place, depth + 1, fp);
		indent(depth, fp);
		fputs("}\n", fp);
	}
}

static void
print_table(const struct option *table, const void *base, int depth, FILE *fp)
{
	for (const struct option *o = table; o != NULL && o->key != NULL; o++) {
		char *is, *was;

		if (o->type == OPTION_SECTIONS) {
			print_sections(o, base, depth, fp);
			continue;
		}
		is = conf_value_text(o, base);
		was = conf_value_text(o, NULL);
		indent(depth, fp);
		fprintf(fp, "%s = ", o->key);
		conf_value_write(o, base, fp);
		if (is != NULL && was != NULL && strcmp(is, was) != 0)
			fprintf(fp, "\t# default: %s", was);
		putc('\n', fp);
		free(is);
		free(was);
	}
}

static bool
is_same(const struct conf_check *a, const struct conf_check *b)
{
	return a->mode == b->mode && a->options == b->options &&
	       memcmp(a->actions, b->actions, sizeof a->actions) == 0;
}

/* Of its sections those that are not the general ones. */
static void
print_class(const struct conf *c, const struct conf_class *class, FILE *fp)
{
	fputs("\nclass ", fp);
	conf_value_write(&title, class, fp);
	fputs(" {\n", fp);
	print_table(conf_class_table, class, 1, fp);
	for (size_t i = 0; i < c->private->group_count; i++) {
		const struct conf_group *g = &c->private->groups[i];

		if (g->check == NULL || is_same(&class->checks[g->row], &c->checks[g->row]))
			continue;
		fprintf(fp, "\t%s {\n", g->name);
		print_table(g->parts[0].table, &class->checks[g->row], 2, fp);
		print_table(g->parts[1].table, class->checks[g->row].options, 2, fp);
		fputs("\t}\n", fp);
	}
	fputs("}\n", fp);
}

void
conf_print(const struct conf *c, FILE *fp)
{
	for (size_t i = 0; i < c->private->group_count; i++) {
		const struct conf_group *g = &c->private->groups[i];

		if (g->name != NULL)
			fprintf(fp, "\n%s {\n", g->name);
		for (size_t k = 0; k < 2; k++)
			print_table(g->parts[k].table, g->parts[k].base, g->name != NULL, fp);
		if (g->name != NULL)
			fputs("}\n", fp);
	}
	for (size_t i = 0; i < c->classes.n; i++)
		print_class(c, (const struct conf_class *)c->classes.v + i, fp);
}

/* One value, or all sections of that name, on the heap; NULL without memory. */
static char *
text_of(const struct option *o, const void *base)
{
	char *text = NULL;
	size_t len;
	FILE *fp;

	if (o->type != OPTION_SECTIONS)
		return conf_value_text(o, base);
	fp = open_memstream(&text, &len);
	if (fp == NULL)
		return NULL;
	print_sections(o, base, 0, fp);
	(void)fclose(fp);
	return text;
}

static void
diff_table(const char *section, const struct conf_part *was, const struct conf_part *is,
    conf_change *fn, void *arg)
{
	char key[100];

	for (const struct option *o = was->table; o != NULL && o->key != NULL; o++) {
		char *a = text_of(o, was->base), *b = text_of(o, is->base);

		(void)snprintf(key, sizeof key, "%s%s%s", section != NULL ? section : "",
		    section != NULL ? "." : "", o->key);
		if (a != NULL && b != NULL && strcmp(a, b) != 0)
			fn(arg, key, a, b);
		free(a);
		free(b);
	}
}

/* All classes, on the heap; NULL without memory. */
static char *
classes_of(const struct conf *c)
{
	char *text = NULL;
	size_t len;
	FILE *fp = open_memstream(&text, &len);

	if (fp == NULL)
		return NULL;
	for (size_t i = 0; i < c->classes.n; i++)
		print_class(c, (const struct conf_class *)c->classes.v + i, fp);
	(void)fclose(fp);
	return text;
}

void
conf_diff(const struct conf *was, const struct conf *is, conf_change *fn, void *arg)
{
	char *a = classes_of(was), *b = classes_of(is);

	for (size_t i = 0; i < was->private->group_count; i++) {
		const struct conf_group *g = &was->private->groups[i], *h = &is->private->groups[i];

		for (size_t k = 0; k < 2; k++)
			diff_table(g->name, &g->parts[k], &h->parts[k], fn, arg);
	}
	if (a != NULL && b != NULL && strcmp(a, b) != 0)
		fn(arg, "class", a, b);
	free(a);
	free(b);
}

bool
conf_key_needs_restart(const char *key)
{
	/* What is used before the first connection, with rights given up since. */
	static const char *const keys[] = {"socket", "socket-user", "socket-group", "socket-mode",
	    "control-socket", "control-group", "user", "group", "pid-file", "maximum-sessions",
	    "state-directory", "sandbox", "sandbox-read", "metrics.listen"};

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return strncmp(key, "store.", 6) == 0;
}

static void
list_restart(void *fp, const char *key, const char *was, const char *is)
{
	(void)was;
	(void)is;
	if (conf_key_needs_restart(key))
		(void)fprintf(fp, "%s%s", ftell(fp) > 0 ? ", " : "", key);
}

char *
conf_needs_restart(const struct conf *was, const struct conf *is)
{
	char *list = NULL;
	size_t len;
	FILE *fp = open_memstream(&list, &len);

	if (fp == NULL)
		return NULL;
	conf_diff(was, is, list_restart, fp);
	(void)fclose(fp);
	if (list != NULL && *list == '\0') {
		free(list);
		list = NULL;
	}
	return list;
}
