/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of conf share. */
#ifndef MILTER_CONF_PRIVATE_H
#define MILTER_CONF_PRIVATE_H

#include <stdatomic.h>
#include <stdio.h>

#include "milter/conf.h"

/*
 * Group: the keys at one place of the file.  A check has two tables: its mode
 * and results as keys, and its own options.
 */
struct conf_part {
	const struct option	*table;		/* NULL: none */
	void			*base;		/* what its offsets are relative to */
};

struct conf_group {
	const char		*name;		/* of the section; NULL at top level */
	struct conf_part	 parts[2];
	int			(*finish)(void *, struct arena *, const char **why_r);
	void			*finish_base;
	const struct check	*check;		/* NULL: it is none */
	size_t			 row;		/* of the registry */
};

struct conf_private {
	atomic_uint		 references;
	struct arena		 arena;		/* everything the snapshot points to */
	struct conf_group	*groups;
	size_t			 group_count;
	struct conf		*written;	/* a reference to what the file says; NULL: this is it */
};

extern const char *const conf_mode_words[];	/* conf_table.c; by enum mode */

/* The keys of a class beside its sections, and further rules of them. */
extern const struct option conf_class_table[];	/* conf_table.c */
int	conf_class_finish(void *class, struct arena *, const char **why_r);	/* conf_class.c */

/* conf_new.c: zeroed, one reference, groups planned; NULL without memory. */
struct conf	*conf_new(size_t arena_max);

/* Further rules of the top level; as option_section.finish. */
int	conf_finish(void *conf, struct arena *, const char **why_r);

/*
 * conf_text.c: the file with its comments blanked out (the library's lexer
 * chokes on one inside a list), lines kept.  NULL: *why_r and *line_r (0: none)
 * say what is wrong.  The caller frees it.
 */
char	*conf_text_read(const char *path, int *line_r, char why_r[static 200]);
/* As above for text in memory; changes it in place.  0 or -1. */
int	 conf_text_clean(char *text, size_t len, int *line_r, char why_r[static 200]);
/* Whether the key in that line is followed by "=", rather than being a section. */
bool	 conf_text_assigns(const char *text, int line, const char *key);

/*
 * conf_value.c: one option's texts (one, or those of a list) into its place
 * below base.  0, or -1 with what would be right in why_r.
 */
#define CONF_WHY_SIZE	400
int	 conf_value_set(const struct option *, void *base, const char *const *texts, size_t n,
	    struct arena *, char why_r[static CONF_WHY_SIZE]);
int	 conf_value_default(const struct option *, void *base, struct arena *,
	    char why_r[static CONF_WHY_SIZE]);
/* As it would be written: "5s", { "a", "b" }.  Not for OPTION_SECTIONS. */
void	 conf_value_write(const struct option *, const void *base, FILE *);
/* The written value on the heap, NULL without memory; NULL base: the default. */
char	*conf_value_text(const struct option *, const void *base);
bool	 conf_value_is_list(const struct option *);

#endif
