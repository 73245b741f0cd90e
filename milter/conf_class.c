/* SPDX-License-Identifier: BSD-2-Clause */
/* Classes of recipients: who is in which, and what that means for a message to several. */
#include "milter/conf_private.h"

#include <string.h>
#include <strings.h>

#include "lib/name.h"

/* An entry with its domain as the paths of recipients have it; NULL: *why_r says what is wrong. */
static const char *
canonical(const char *typed, struct arena *a, const char **why_r)
{
	const char *at = strrchr(typed, '@'), *domain = at != NULL ? at + 1 : typed;
	char name[NAME_TEXT_SIZE];
	struct addr literal;

	*why_r = NULL;
	if (at == NULL && *domain == '.')
		domain++;
	if (at != typed && at != NULL && (*domain == '\0' || addr_parse_literal(&literal, domain)))
		return typed;
	if (at != typed && name_canon(domain, name) == NAME_OK)
		return arena_printf(a, "%.*s%s", (int)(domain - typed), typed, name);
	*why_r = arena_printf(a,
	    "recipients: \"%.60s\" is none of \"user@domain\", \"user@\", \"domain\", "
	    "\".domain\"",
	    typed);
	return NULL;
}

int
conf_class_finish(void *class, struct arena *a, const char **why_r)
{
	struct string_list *list = &((struct conf_class *)class)->recipients;
	const char **v = arena_array(a, list->n, sizeof *v);

	*why_r = NULL;
	if (v == NULL)
		return -1;
	for (size_t i = 0; i < list->n; i++)
		if ((v[i] = canonical(list->v[i], a, why_r)) == NULL)
			return -1;
	list->v = v;
	return 0;
}

/* How exactly an entry names a recipient. */
enum fit { FIT_NONE, FIT_PARENT, FIT_DOMAIN, FIT_USER, FIT_ADDRESS };

static enum fit
fit_of(const char *entry, const struct path *p)
{
	const char *at = strrchr(entry, '@');
	size_t user = at != NULL ? (size_t)(at - entry) : 0, len = strlen(p->domain);

	if (at == NULL && entry[0] == '.')
		return len > strlen(entry) &&
			       strcasecmp(p->domain + len - strlen(entry), entry) == 0
			   ? FIT_PARENT
			   : FIT_NONE;
	if (at == NULL)
		return strcasecmp(entry, p->domain) == 0 ? FIT_DOMAIN : FIT_NONE;
	if (strlen(p->local) != user || strncasecmp(entry, p->local, user) != 0)
		return FIT_NONE;
	if (at[1] == '\0')
		return FIT_USER;
	return strcasecmp(at + 1, p->domain) == 0 ? FIT_ADDRESS : FIT_NONE;
}

const struct conf_class *
conf_class_of(const struct conf *c, const struct path *p)
{
	const struct conf_class *classes = c->classes.v, *best = NULL;
	enum fit most = FIT_NONE;

	for (size_t i = 0; i < c->classes.n; i++) {
		for (size_t k = 0; k < classes[i].recipients.n; k++) {
			enum fit fit = fit_of(classes[i].recipients.v[k], p);

			if (fit > most) {
				most = fit;
				best = &classes[i];
			}
		}
	}
	return best;
}

struct conf_rules
conf_rules(const struct conf *c, const struct conf_class *class)
{
	return (struct conf_rules){
	    .checks = class != NULL ? class->checks : c->checks, .mode = (enum mode)c->mode};
}

static bool
acts_at_end(const struct check *check, unsigned action)
{
	return check->judge[STAGE_EOM] != NULL || action == ACTION_QUARANTINE ||
	       action == ACTION_DISCARD;
}

bool
conf_classes_differ(
    const struct conf *c, const struct conf_class *one, const struct conf_class *two)
{
	const struct conf_check *a = conf_rules(c, one).checks, *b = conf_rules(c, two).checks;

	for (size_t i = 0; one != two && check_registry[i] != NULL; i++) {
		const struct check *check = check_registry[i];

		for (size_t r = 0; check->results[r].name != NULL; r++)
			if ((a[i].actions[r] != b[i].actions[r] || a[i].mode != b[i].mode) &&
			    (acts_at_end(check, a[i].actions[r]) ||
				acts_at_end(check, b[i].actions[r])))
				return true;
	}
	return false;
}

const void *
conf_options(const struct conf *c, const struct check *check)
{
	return c->checks[check_row(check)].options;
}

const struct conf_check *
conf_nth_section(const struct conf *c, size_t row, size_t nth)
{
	const struct conf_class *classes = c->classes.v;
	bool seen = false;

	for (size_t i = 0; c->mode != MODE_OFF && i <= c->classes.n; i++) {
		struct conf_rules rules = conf_rules(c, i == 0 ? NULL : &classes[i - 1]);
		const struct conf_check *section = &rules.checks[row];
		bool shared = section->options == c->checks[row].options;

		if (section->mode == MODE_OFF || (shared && seen))
			continue;
		if (nth-- == 0)
			return section;
		seen = seen || shared;
	}
	return NULL;
}

bool
conf_uses(const struct conf *c, const struct check *check)
{
	return conf_nth_section(c, check_row(check), 0) != NULL;
}
