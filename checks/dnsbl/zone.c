/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Zone: reads what the configuration says of a DNS list, in our own section
 * or as a line out of postscreen_dnsbl_sites, and says so when it asks for
 * trouble: dead lists, answers that cannot be listings, allow lists that
 * believe names which the client may invent.
 */
#include "checks/dnsbl/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "checks/dnsbl/tombstones.h"
#include "lib/secret.h"

static const char *const kinds[] = {"weight", "block", "allow", NULL};

/* clang-format off */
static const struct option zone_options[] = {
	{ .key = "answers", .type = OPTION_STRINGS, .offset = offsetof(struct zone_section, answers) },
	{ .key = "weight", .type = OPTION_INT, .offset = offsetof(struct zone_section, weight),
	    .value = "1", .min = -ZONE_WEIGHT_MAX, .max = ZONE_WEIGHT_MAX },
	{ .key = "kind", .type = OPTION_CHOICE, .offset = offsetof(struct zone_section, kind),
	    .value = "weight", .choices = kinds },
	{ .key = "names", .type = OPTION_STRINGS, .offset = offsetof(struct zone_section, names) },
	{ .key = "self-test", .type = OPTION_BOOL, .offset = offsetof(struct zone_section, self_test),
	    .value = "yes" },
	{ .key = "even-if-dead", .type = OPTION_BOOL,
	    .offset = offsetof(struct zone_section, even_if_dead), .value = "no" },
	{ .key = NULL }
};

static const struct {
	const char	*word;
	enum subject	 subject;
} names[] = {
	{ "helo", SUBJECT_HELO },
	{ "ptr", SUBJECT_PTR },
	{ "sender", SUBJECT_SENDER },
	{ "from", SUBJECT_FROM },
	{ "dkim", SUBJECT_DKIM },
};
/* clang-format on */

static int
section_finish(void *section, struct arena *arena, const char **why_r)
{
	return zone_parse(section, arena, why_r);
}

const struct option_section zone_option_section = {
    .size = sizeof(struct zone_section),
    .options = zone_options,
    .finish = section_finish,
};

static int
fail(const char **why_r, const char *why)
{
	*why_r = why == NULL ? "out of memory" : why;
	return -1;
}

static int
read_subjects(
    const struct zone_section *s, unsigned *subjects_r, struct arena *arena, const char **why_r)
{
	size_t i, k;

	*subjects_r = s->names.n == 0 ? SUBJECT_BIT(SUBJECT_CLIENT) : 0;
	for (i = 0; i < s->names.n; i++) {
		for (k = 0; k < sizeof names / sizeof names[0]; k++)
			if (strcmp(s->names.v[i], names[k].word) == 0)
				break;
		if (k == sizeof names / sizeof names[0])
			return fail(
			    why_r, arena_printf(arena,
				       "names: \"%s\" is not one of helo, ptr, sender, from, dkim",
				       s->names.v[i]));
		*subjects_r |= SUBJECT_BIT(names[k].subject);
	}
	return 0;
}

/* "...*3": the weight behind the star; text_end is moved in front of it. */
static int
read_weight(
    const char *text, const char **text_end, int64_t otherwise, int *weight_r, const char **why_r)
{
	const char *star = strchr(text, '*');
	char *end;
	long n;

	*weight_r = (int)otherwise;
	if (star == NULL)
		return 0;
	n = strtol(star + 1, &end, 10);
	if (end == star + 1 || *end != '\0' || n < -ZONE_WEIGHT_MAX || n > ZONE_WEIGHT_MAX)
		return fail(why_r, "a weight is a whole number from -1000 to 1000, like *3 or *-4");
	*weight_r = (int)n;
	*text_end = star;
	return 0;
}

/* An allow list subtracts whichever way its weight is written; a block list never does. */
static int
apply_kind(int *weight, unsigned kind, const char **why_r)
{
	if (kind == ZONE_KIND_ALLOW && *weight > 0)
		*weight = -*weight;
	if (kind == ZONE_KIND_BLOCK && *weight < 0)
		return fail(why_r, "the weight of a block list is positive; allow lists say "
				   "kind = \"allow\"");
	return 0;
}

/* [from, end) is a filter; empty: every answer. */
static int
add_rule(struct zone *z, const char *from, const char *end, int weight, struct arena *arena,
    const char **why_r)
{
	/* Signatures are verified too late: what RCPT found stands. */
	const unsigned claimed =
	    SUBJECT_BIT(SUBJECT_HELO) | SUBJECT_BIT(SUBJECT_SENDER) | SUBJECTS_HEADER;
	struct zone_rule *r = &z->rules[z->rule_count];
	const char *why;

	if (from == end)
		filter_any(&r->filter);
	else if (filter_parse(&r->filter, from, (size_t)(end - from), &why) == -1)
		return fail(why_r,
		    arena_printf(arena, "answers \"%.*s\": %s", (int)(end - from), from, why));
	if (weight < 0 && (z->subjects & claimed) != 0)
		return fail(why_r, "an allow list may only be asked for the address or for "
				   "names = \"ptr\": a client can claim any other name");
	r->weight = weight;
	r->subjects = z->subjects;
	z->rule_count++;
	return 0;
}

static int
read_answers(struct zone *z, const struct zone_section *s, int weight, struct arena *arena,
    const char **why_r)
{
	const char *end;
	int own;

	for (size_t i = 0; i < s->answers.n; i++) {
		end = s->answers.v[i] + strlen(s->answers.v[i]);
		if (s->answers.v[i][0] == '\0')
			return fail(
			    why_r, "answers: a filter is empty; it looks like 127.0.0.[2..11]");
		if (read_weight(s->answers.v[i], &end, weight, &own, why_r) == -1 ||
		    apply_kind(&own, s->kind, why_r) == -1 ||
		    add_rule(z, s->answers.v[i], end, own, arena, why_r) == -1)
			return -1;
	}
	return 0;
}

static int
read_title(struct zone *z, const struct zone_section *s, struct arena *arena, const char **why_r)
{
	const char *end = s->title + strlen(s->title), *equals, *stop;
	enum name_fault fault;
	char *typed, name[NAME_TEXT_SIZE];
	int weight;

	if (read_weight(s->title, &end, s->weight, &weight, why_r) == -1 ||
	    apply_kind(&weight, s->kind, why_r) == -1)
		return -1;
	equals = memchr(s->title, '=', (size_t)(end - s->title));
	stop = equals == NULL ? end : equals;
	typed = arena_strndup(arena, s->title, (size_t)(stop - s->title));
	if (typed == NULL)
		return fail(why_r, NULL);
	if ((fault = name_canon(typed, name)) != NAME_OK)
		return fail(
		    why_r, arena_printf(arena, "not a zone's name: %s", name_fault_text(fault)));
	if (name_labels(name) < 2)
		return fail(why_r, "a zone has more than one label, like zen.spamhaus.org");
	z->name = arena_strdup(arena, name);
	if (equals != NULL && s->answers.n > 0)
		return fail(why_r, "a filter stands in the zone's name and in answers; keep one");
	if (equals != NULL && equals + 1 == end)
		return fail(why_r, "nothing follows '='; a filter looks like 127.0.0.[2..11]");
	if (s->answers.n > 0)
		return read_answers(z, s, weight, arena, why_r);
	return add_rule(z, equals == NULL ? end : equals + 1, end, weight, arena, why_r);
}

static int
find_secret(struct zone *z, struct arena *arena)
{
	size_t len = secret_len(z->name);

	z->shown = z->name + len;
	if (len == 0)
		return 0;
	z->secret = arena_strndup(arena, z->name, len - 1);
	return z->secret == NULL ? -1 : 0;
}

static int
check_alive(const struct zone *z, struct arena *arena, const char **why_r)
{
	const struct tombstone *t = tombstone_find(z->name);
	char when[16] = "";

	if (t == NULL)
		return 0;
	if (t->year != 0)
		(void)snprintf(when, sizeof when, " in %d", t->year);
	return fail(
	    why_r, arena_printf(arena,
		       "%s is dead: it %s%s; %s%s (even-if-dead = yes asks it all the same)",
		       z->shown, t->how, when, t->instead == NULL ? "remove it" : "use ",
		       t->instead == NULL ? "" : t->instead));
}

int
zone_parse(struct zone_section *s, struct arena *arena, const char **why_r)
{
	struct zone *z = &s->zone;
	size_t rules = s->answers.n == 0 ? 1 : s->answers.n;

	memset(z, 0, sizeof *z);
	if (rules > ZONE_RULES_MAX)
		return fail(why_r, "answers: more than 32 filters for one zone");
	if ((z->rules = arena_array(arena, rules, sizeof *z->rules)) == NULL)
		return fail(why_r, NULL);
	z->self_test = s->self_test;
	if (read_subjects(s, &z->subjects, arena, why_r) == -1 ||
	    read_title(z, s, arena, why_r) == -1)
		return -1;
	if (z->name == NULL || find_secret(z, arena) == -1)
		return fail(why_r, NULL);
	return s->even_if_dead ? 0 : check_alive(z, arena, why_r);
}

static bool
same_list(const struct zone *a, const struct zone *b)
{
	const unsigned client = SUBJECT_BIT(SUBJECT_CLIENT);

	return strcmp(a->name, b->name) == 0 && (a->subjects & client) == (b->subjects & client);
}

int
zone_merge(struct zone *list, size_t *count, const struct zone *from, struct arena *arena,
    const char **why_r)
{
	struct zone_rule *rules;
	struct zone *z;
	size_t i;

	for (i = 0; i < *count && !same_list(&list[i], from); i++)
		continue;
	if (i == *count && *count == ZONES_MAX)
		return fail(why_r, "more than 32 zones: every client would cost as many questions");
	z = &list[i];
	if (i == *count) {
		*z = *from;
		++*count;
		return 0;
	}
	if (z->rule_count + from->rule_count > ZONE_RULES_MAX)
		return fail(why_r, "more than 32 filters for one zone");
	rules = arena_array(arena, z->rule_count + from->rule_count, sizeof *rules);
	if (rules == NULL)
		return fail(why_r, NULL);
	memcpy(rules, z->rules, z->rule_count * sizeof *rules);
	memcpy(rules + z->rule_count, from->rules, from->rule_count * sizeof *rules);
	z->rules = rules;
	z->rule_count += from->rule_count;
	z->subjects |= from->subjects;
	z->self_test = z->self_test && from->self_test;
	return 0;
}

bool
zone_blocks(const struct zone *z)
{
	for (size_t i = 0; i < z->rule_count; i++)
		if (z->rules[i].weight > 0)
			return true;
	return false;
}

bool
zone_allows(const struct zone *z)
{
	for (size_t i = 0; i < z->rule_count; i++)
		if (z->rules[i].weight < 0)
			return true;
	return false;
}

bool
zone_question(char out[NAME_TEXT_SIZE], const char *subject, const char *zone)
{
	size_t len = strlen(subject);
	const char *dot = len > 0 && subject[len - 1] == '.' ? "" : ".";
	int n = snprintf(out, NAME_TEXT_SIZE, "%s%s%s", subject, dot, zone);

	return n > 0 && n < NAME_TEXT_SIZE;
}

void
zone_mask(struct buf *out, const struct zone *z, const char *text)
{
	size_t len = z->secret == NULL ? 0 : strlen(z->secret);

	while (*text != '\0') {
		if (len > 0 && strncasecmp(text, z->secret, len) == 0) {
			buf_puts(out, "***");
			text += len;
		} else {
			buf_putc(out, *text++);
		}
	}
}
