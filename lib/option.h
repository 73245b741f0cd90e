/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Option: configuration keys as tables.  Whoever owns an option describes it
 * in one row here; milter/conf.c (the only owner of the configuration
 * library) reads the tables, a test compares them with the manual.
 *
 * A row names the place of the value in the owner's options structure, which
 * conf.c allocates zeroed, fills, and never changes again.
 */
#ifndef LIB_OPTION_H
#define LIB_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/arena.h"

enum option_type {
	OPTION_STRING,		/* const char *; "" is stored as NULL; min..max bytes if max > 0 */
	OPTION_BOOL,		/* bool */
	OPTION_INT,		/* int64_t, min..max */
	OPTION_OCTAL,		/* int64_t, min..max; a file mode: "0660" */
	OPTION_DURATION,	/* int64_t milliseconds; "250ms" "5s" "10m" "2h" "35d"; min..max */
	OPTION_SIZE,		/* int64_t bytes; "64K" "10M" "1G"; min..max */
	OPTION_CHOICE,		/* unsigned, index into choices */
	OPTION_STRINGS,		/* struct string_list */
	OPTION_DOMAINS,		/* struct string_list of names in canonical form (name.h) */
	OPTION_CIDRS,		/* struct cidr_list */
	OPTION_SECTIONS,	/* struct section_list; `section' describes one */
};

struct string_list { const char *const *v; size_t n; };
struct cidr_list { const struct cidr *v; size_t n; };
/* n structures of section->size bytes each, in the order written. */
struct section_list { const void *v; size_t n; };

struct option_section;

struct option {
	const char		*key;		/* lower case with hyphens; NULL ends a table */
	enum option_type	 type;
	size_t			 offset;	/* offsetof() in the options structure */
	const char		*value;		/* default as it would be written; lists: "a, b"; NULL: none */
	int64_t			 min, max;	/* INT, OCTAL; DURATION in ms; SIZE in bytes; STRING: its length */
	const char *const	*choices;	/* NULL-terminated */
	const struct option_section *section;
};

/* A repeatable, titled sub-section: zone "title" { ... } */
struct option_section {
	size_t			 size;		/* of the structure; its first member is const char *title */
	const struct option	*options;
	/*
	 * Further checks and derived values of one section, NULL if none.
	 * 0, or -1 with what would be right in *why_r.
	 */
	int			(*finish)(void *section, struct arena *, const char **why_r);
};

/*
 * Parsers, for conf.c and for values inside other formats; false when
 * malformed or too big for the type, and nothing is stored then.
 */
/* A number and one of ms s m h d w; a bare "0" too. */
bool	 option_duration(const char *text, int64_t *ms_r);
/* A number of bytes, or of 1024 (K), 1024^2 (M), 1024^3 (G) of them. */
bool	 option_size(const char *text, int64_t *bytes_r);
/* "5m", "250ms": whole numbers of the largest unit that fits; "0s". */
const char *option_duration_text(int64_t ms, char out[32]);

#endif
