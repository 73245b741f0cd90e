/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading a configuration with libconfuse.
 *
 * To the library every value is a string.  Its parse callback judges each one
 * by the option's row, where the line is known, and lets the library go on
 * after a mistake, so that one run reports them all.  When there are none,
 * values and defaults go into the structures of their owners.
 *
 * The lexer of the library is global state, so is ours: one load at a time.
 */
#include "milter/conf_private.h"

#include <confuse.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/secret.h"
#include "milter/conf_near.h"

#define CONF_ARENA_MAX (16 * 1024 * 1024) /* file and defaults, as structures */
#define SCRATCH_MAX    (4 * 1024 * 1024) /* tables for the library, and where keys stand */
#define MISTAKES_MAX   100 /* told; more is a wrong file, not a wrong line */

/* Where a key or section was first written. */
struct mark {
	const cfg_opt_t *opt;
	int line;
	struct mark *next;
};

struct load {
	const char *path, *text;
	struct conf *conf;
	FILE *errors;
	unsigned error_count;
	const struct option **rows; /* by cfg_opt_t.def.number, unused by strings otherwise */
	size_t row_count;
	struct mark *marks;
	struct arena scratch;
	struct arena value; /* one value while it is judged */
};

static pthread_mutex_t load_lock = PTHREAD_MUTEX_INITIALIZER;
static struct load *loading; /* by load_lock; the library's callbacks take no argument */

/* One mistake; sec and key may be NULL, line 0: the file as a whole. */
static void mistake(struct load *, int line, const cfg_t *sec, const char *key, const char *fmt,
    ...) __attribute__((format(printf, 5, 6)));

static void
mistake(struct load *l, int line, const cfg_t *sec, const char *key, const char *fmt, ...)
{
	va_list ap;

	if (++l->error_count > MISTAKES_MAX)
		return;
	fprintf(l->errors, "%s:", l->path);
	if (line > 0)
		fprintf(l->errors, "%d:", line);
	fputc(' ', l->errors);
	if (sec != NULL && strcmp(sec->name, "root") != 0) {
		fputs(sec->name, l->errors);
		if (sec->title != NULL)
			fprintf(l->errors, " \"%.100s\"", sec->title + secret_len(sec->title));
		fputs(key != NULL ? "." : ": ", l->errors);
	}
	if (key != NULL)
		fprintf(l->errors, "%.100s: ", key + secret_len(key));
	va_start(ap, fmt);
	vfprintf(l->errors, fmt, ap);
	va_end(ap);
	fputc('\n', l->errors);
}

/*
 * An unknown key is the one mistake of syntax the library can get over: it
 * looks at the flag right after it called us.  The next known key of the
 * section takes the flag back.  Unknown sections it skips wrongly (it takes
 * the end of a list inside for theirs), so there it stops.
 */
static void __attribute__((format(printf, 2, 0))) on_error(cfg_t *sec, const char *fmt, va_list ap)
{
	char message[CONF_WHY_SIZE];
	const char *key, *near;

	if (strncmp(fmt, "found duplicate title", 21) == 0) {
		key = va_arg(ap, const char *);
		mistake(loading, sec->line, sec, NULL, "found duplicate title '%s'",
		    key + secret_len(key));
		return;
	}
	if (strncmp(fmt, "no such option", 14) != 0) {
		(void)vsnprintf(message, sizeof message, fmt, ap);
		mistake(loading, sec->line, sec, NULL, "%s", message);
		return;
	}
	key = va_arg(ap, const char *);
	near = NULL;
	for (const cfg_opt_t *o = sec->opts; o->name != NULL; o++)
		near = conf_nearer(key, near, o->name);
	if (near != NULL)
		mistake(loading, sec->line, sec, key, "unknown key; did you mean \"%s\"?", near);
	else
		mistake(loading, sec->line, sec, key, "unknown key; bailey.conf(5) has them all");
	if (conf_text_assigns(loading->text, sec->line, key))
		sec->flags |= CFGF_IGNORE_UNKNOWN;
}

/* Complains if the option was written before. */
static void
mark(struct load *l, const cfg_t *sec, const cfg_opt_t *opt)
{
	struct mark *m;

	for (m = l->marks; m != NULL; m = m->next) {
		if (m->opt == opt) {
			mistake(l, sec->line, sec, opt->name,
			    "written twice, first in line %d; keep one", m->line);
			return;
		}
	}
	m = arena_alloc(&l->scratch, sizeof *m);
	if (m == NULL)
		return;
	*m = (struct mark){.opt = opt, .line = sec->line, .next = l->marks};
	l->marks = m;
}

static int
on_value(cfg_t *sec, cfg_opt_t *opt, const char *text, void *result)
{
	union {
		int64_t number;
		void *pointer;
		struct string_list list;
	} place;
	struct option row = *loading->rows[opt->def.number];
	char why[CONF_WHY_SIZE];

	sec->flags &= ~CFGF_IGNORE_UNKNOWN;
	if (opt->nvalues == 1) /* of a list: its first entry */
		mark(loading, sec, opt);
	row.offset = 0;
	if (conf_value_set(&row, &place, &text, 1, &loading->value, why) == -1)
		mistake(loading, sec->line, sec, opt->name, "%s", why);
	arena_reset(&loading->value);
	*(const char **)result = text;
	return 0;
}

static int
on_section(cfg_t *sec, cfg_opt_t *opt)
{
	sec->flags &= ~CFGF_IGNORE_UNKNOWN;
	if ((opt->flags & CFGF_MULTI) == 0)
		mark(loading, sec, opt);
	return 0;
}

static size_t
rows_in(const struct option *table)
{
	size_t n = 0;

	for (const struct option *o = table; o != NULL && o->key != NULL; o++)
		n += 1 + (o->type == OPTION_SECTIONS ? rows_in(o->section->options) : 0);
	return n;
}

/* The library's array for one or two tables and room for more; NULL without memory. */
static cfg_opt_t *
library_options(struct load *l, const struct conf_part *parts, size_t part_count, size_t more)
{
	size_t n = 0;
	cfg_opt_t *opts, *opt;

	for (size_t i = 0; i < part_count; i++)
		n += rows_in(parts[i].table);
	opt = opts = arena_array(&l->scratch, n + more + 1, sizeof *opts);
	for (size_t i = 0; i < part_count && opts != NULL; i++) {
		const struct option *o = parts[i].table;

		for (; o != NULL && o->key != NULL; o++, opt++) {
			if (o->type == OPTION_SECTIONS) {
				struct conf_part sub = {.table = o->section->options};
				cfg_opt_t *subs = library_options(l, &sub, 1, 0);
				*opt = (cfg_opt_t)CFG_SEC(
				    o->key, subs, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);
				opt->validcb = on_section;
				if (subs == NULL)
					return NULL;
				continue;
			}
			*opt = (cfg_opt_t)CFG_STR_CB(o->key, NULL, CFGF_NODEFAULT, on_value);
			opt->flags |= conf_value_is_list(o) ? CFGF_LIST : 0;
			opt->def.number = (long)l->row_count;
			l->rows[l->row_count++] = o;
		}
	}
	return opts;
}

static size_t
rows_in_group(const struct conf_group *g)
{
	return rows_in(g->parts[0].table) + rows_in(g->parts[1].table);
}

/* A section for each group, or for each check alone, behind the options that are there already. */
static int
library_sections(struct load *l, cfg_opt_t *opts, bool checks_alone)
{
	const struct conf_private *p = l->conf->private;

	while (opts->name != NULL)
		opts++;
	for (size_t i = 1; i < p->group_count; i++) {
		cfg_opt_t *subs;

		if (checks_alone && p->groups[i].check == NULL)
			continue;
		subs = library_options(l, p->groups[i].parts, 2, 0);
		if (subs == NULL)
			return -1;
		*opts = (cfg_opt_t)CFG_SEC(p->groups[i].name, subs, CFGF_NONE);
		opts++->validcb = on_section;
	}
	return 0;
}

/* All of the file's syntax as the library wants it; groups[0] is the top level. */
static cfg_t *
library_init(struct load *l)
{
	const struct conf_private *p = l->conf->private;
	struct conf_part class_part = {.table = conf_class_table};
	size_t rows = rows_in(conf_class_table);
	cfg_opt_t *top, *class, *opt;

	/* Those of checks stand in classes, too. */
	for (size_t i = 0; i < p->group_count; i++)
		rows += 2 * rows_in_group(&p->groups[i]);
	l->rows = arena_array(&l->scratch, rows, sizeof *l->rows);
	if (l->rows == NULL ||
	    (top = library_options(l, p->groups[0].parts, 2, p->group_count)) == NULL ||
	    (class = library_options(l, &class_part, 1, p->group_count)) == NULL ||
	    library_sections(l, top, false) == -1 || library_sections(l, class, true) == -1)
		return NULL;
	for (opt = top; opt->name != NULL;)
		opt++;
	*opt = (cfg_opt_t)CFG_SEC("class", class, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);
	opt->validcb = on_section;
	return cfg_init(top, CFGF_NONE);
}

/* The key of the section that a text begins with ("key: ..."), if it was written. */
static const struct mark *
find_mark(const struct load *l, cfg_t *sec, const char *text)
{
	for (const struct mark *m = l->marks; m != NULL; m = m->next) {
		size_t len = strlen(m->opt->name);

		if (strncmp(text, m->opt->name, len) == 0 && text[len] == ':' &&
		    cfg_getopt(sec, m->opt->name) == m->opt)
			return m;
	}
	return NULL;
}

/* A rule that no single row states is broken: told where its key was written. */
static void
finish(struct load *l, cfg_t *sec, int (*fn)(void *, struct arena *, const char **), void *base)
{
	const char *why = NULL;
	const struct mark *m;

	if (fn == NULL || fn(base, &l->conf->private->arena, &why) == 0)
		return;
	if (why == NULL)
		why = "out of memory";
	m = find_mark(l, sec, why);
	if (m != NULL)
		mistake(l, m->line, sec, m->opt->name, "%s", why + strlen(m->opt->name) + 2);
	else
		mistake(l, strcmp(sec->name, "root") == 0 ? 0 : sec->line, sec, NULL, "%s", why);
}

static void fill(struct load *, cfg_t *, cfg_t *general, const struct option *, void *base);

/* zone "title" { ... } and its like into an array. */
static void
fill_sections(struct load *l, cfg_opt_t *opt, const struct option *o, void *base)
{
	const struct option_section *s = o->section;
	struct arena *a = &l->conf->private->arena;
	struct section_list list = {.n = cfg_opt_size(opt)};
	char *v = arena_array(a, list.n, s->size);

	if (v == NULL) {
		mistake(l, 0, NULL, o->key, "out of memory");
		return;
	}
	for (unsigned i = 0; i < list.n; i++) {
		cfg_t *sub = cfg_opt_getnsec(opt, i);
		char *place = v + i * s->size;

		*(const char **)(void *)place = arena_strdup(a, sub->title);
		fill(l, sub, NULL, s->options, place);
		finish(l, sub, s->finish, place);
	}
	list.v = v;
	memcpy((char *)base + o->offset, &list, sizeof list);
}

static bool
is_written(cfg_opt_t *opt)
{
	return opt->type == CFGT_SEC ? cfg_opt_size(opt) > 0 : (opt->flags & CFGF_MODIFIED) != 0;
}

/*
 * Values that were written, and defaults, of one table into the owner's
 * structure.  What a section of a class does not say, the general one does.
 */
static void
fill(struct load *l, cfg_t *sec, cfg_t *general, const struct option *table, void *base)
{
	struct arena *a = &l->conf->private->arena;
	char why[CONF_WHY_SIZE];

	for (const struct option *o = table; o != NULL && o->key != NULL; o++) {
		cfg_opt_t *opt = cfg_getopt(sec, o->key);
		const char **texts;
		size_t n;
		int rc;

		if (general != NULL && !is_written(opt))
			opt = cfg_getopt(general, o->key);
		n = cfg_opt_size(opt);
		if (o->type == OPTION_SECTIONS) {
			fill_sections(l, opt, o, base);
			continue;
		}
		texts = arena_array(a, n, sizeof *texts);
		for (unsigned i = 0; i < n && texts != NULL; i++)
			texts[i] = cfg_opt_getnstr(opt, i);
		if (is_written(opt))
			rc = texts == NULL ? -1 : conf_value_set(o, base, texts, n, a, why);
		else
			rc = conf_value_default(o, base, a, why);
		if (rc == -1)
			mistake(
			    l, sec->line, sec, o->key, "%s", texts != NULL ? why : "out of memory");
	}
}

static bool
any_is_written(cfg_t *sec, const struct option *o)
{
	while (o != NULL && o->key != NULL && !is_written(cfg_getopt(sec, o->key)))
		o++;
	return o != NULL && o->key != NULL;
}

/* Who writes no option of a check shares the general ones, and what was found with them. */
static void
fill_class(struct load *l, cfg_t *root, cfg_t *sec, struct conf_class *class)
{
	struct conf_private *p = l->conf->private;

	for (size_t i = 0; i < p->group_count; i++) {
		const struct conf_group *g = &p->groups[i];
		cfg_t *own = g->check != NULL ? cfg_getsec(sec, g->name) : NULL;
		struct conf_check *rules = &class->checks[g->row];
		void *options;

		if (own == NULL)
			continue;
		*rules = l->conf->checks[g->row];
		fill(l, own, cfg_getsec(root, g->name), g->parts[0].table, rules);
		if (!any_is_written(own, g->parts[1].table))
			continue;
		rules->options = options = arena_alloc(&p->arena, g->check->options_size);
		if (options == NULL) {
			mistake(l, sec->line, sec, NULL, "out of memory");
			return;
		}
		fill(l, own, cfg_getsec(root, g->name), g->parts[1].table, options);
		finish(l, own, g->finish, options);
	}
}

static void
fill_classes(struct load *l, cfg_t *root)
{
	size_t n = cfg_size(root, "class");
	struct arena *a = &l->conf->private->arena;
	struct conf_class *classes = arena_array(a, n, sizeof *classes);

	if (classes == NULL)
		mistake(l, 0, NULL, "class", "out of memory");
	for (unsigned i = 0; classes != NULL && i < n; i++) {
		cfg_t *sec = cfg_getnsec(root, "class", i);

		classes[i].title = arena_strdup(a, sec->title);
		fill(l, sec, NULL, conf_class_table, &classes[i]);
		finish(l, sec, conf_class_finish, &classes[i]);
		fill_class(l, root, sec, &classes[i]);
	}
	l->conf->classes = (struct section_list){classes, classes != NULL ? n : 0};
}

static void
fill_all(struct load *l, cfg_t *root)
{
	const struct conf_private *p = l->conf->private;

	for (size_t i = 0; i < p->group_count; i++) {
		const struct conf_group *g = &p->groups[i];
		cfg_t *sec = g->name != NULL ? cfg_getsec(root, g->name) : root;

		for (size_t k = 0; k < 2; k++)
			fill(l, sec, NULL, g->parts[k].table, g->parts[k].base);
	}
	for (size_t i = p->group_count; l->error_count == 0 && i-- > 0;) {
		const struct conf_group *g = &p->groups[i];

		finish(l, g->name != NULL ? cfg_getsec(root, g->name) : root, g->finish,
		    g->finish_base);
	}
	if (l->error_count == 0)
		fill_classes(l, root);
}

/* load_lock is held. */
static void
parse(struct load *l)
{
	cfg_t *root;

	arena_init(&l->scratch, SCRATCH_MAX);
	arena_init(&l->value, CONF_FILE_MAX);
	loading = l;
	root = library_init(l);
	if (root == NULL) {
		mistake(l, 0, NULL, NULL, "out of memory");
	} else {
		(void)cfg_set_error_function(root, on_error);
		if (cfg_parse_buf(root, l->text) != CFG_SUCCESS && l->error_count == 0)
			mistake(l, 0, NULL, NULL, "out of memory");
		if (l->error_count == 0)
			fill_all(l, root);
		cfg_free(root);
	}
	loading = NULL;
	arena_fini(&l->value);
	arena_fini(&l->scratch);
}

struct conf *
conf_load(const char *path, char **errors_r)
{
	struct load l = {.path = path};
	char why[200], *text;
	size_t size;
	int line;

	*errors_r = NULL;
	l.errors = open_memstream(errors_r, &size);
	l.conf = conf_new(CONF_ARENA_MAX);
	if (l.errors == NULL || l.conf == NULL) {
		if (l.errors != NULL)
			(void)fclose(l.errors);
		free(*errors_r);
		*errors_r = strdup("out of memory\n");
		conf_unref(&l.conf);
		return NULL;
	}
	text = conf_text_read(path, &line, why);
	if (text == NULL) {
		mistake(&l, line, NULL, NULL, "%s", why);
	} else {
		l.text = text;
		pthread_mutex_lock(&load_lock);
		parse(&l);
		pthread_mutex_unlock(&load_lock);
		free(text);
	}
	(void)fclose(l.errors);
	if (l.error_count > 0) {
		conf_unref(&l.conf);
	} else {
		free(*errors_r);
		*errors_r = NULL;
	}
	return l.conf;
}
