/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules of the fake DNS server: lines that say which questions are answered
 * badly, and how.  The language is described in the head of fakedns.c.
 */
#include "t/fakedns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ldns/ldns.h>

#define LINE_SIZE 2048
#define BLANKS    " \t\r\n"

/* clang-format off */
static const struct { const char *word; unsigned flag; } flags[] = {
	{ "drop",		RULE_DROP },
	{ "truncate",		RULE_TRUNCATE },
	{ "garbage",		RULE_GARBAGE },
	{ "noise",		RULE_NOISE },
	{ "wrong-id",		RULE_WRONG_ID },
	{ "wrong-question",	RULE_WRONG_QUESTION },
	{ "wrong-case",		RULE_WRONG_CASE },
	{ "wrong-source",	RULE_WRONG_SOURCE },
	{ "not-response",	RULE_NOT_RESPONSE },
	{ "no-edns",		RULE_NO_EDNS },
	{ "cname-loop",		RULE_CNAME_LOOP },
	{ "zero-rdata",		RULE_ZERO_RDATA },
	{ "bad-label",		RULE_BAD_LABEL },
	{ "pointer-loop",	RULE_POINTER_LOOP },
	{ "off-chain",		RULE_OFF_CHAIN },
	{ "drip",		RULE_DRIP },
	{ "ad",			RULE_AD },
	{ "empty-tcp-close",	RULE_EMPTY_TCP_CLOSE },
	{ "twice",		RULE_TWICE },
	{ "udp",		RULE_UDP },
	{ "tcp",		RULE_TCP },
};
static const struct { const char *word; size_t offset; } numbers[] = {
	{ "rr-count",		offsetof(struct rule, rr_count) },
	{ "cname-chain",	offsetof(struct rule, cname_chain) },
	{ "ttl",		offsetof(struct rule, ttl) },
	{ "first",		offsetof(struct rule, first) },
};
/* clang-format on */

static const struct rule no_rule = {.rcode = -1, .rr_count = -1, .cname_chain = -1, .ttl = -1};

static bool
number(const char *text, const char *unit, long *value_r)
{
	char *end;

	if (text == NULL || *text == '\0')
		return false;
	*value_r = strtol(text, &end, 10);
	return end != text && *value_r >= 0 && (*end == '\0' || strcmp(end, unit) == 0);
}

static bool
parse_behaviour(struct rule *r, const char *word, char **rest)
{
	const ldns_lookup_table *code;
	const char *value;
	size_t i;

	for (i = 0; i < sizeof flags / sizeof *flags; i++)
		if (strcmp(word, flags[i].word) == 0) {
			r->flags |= flags[i].flag;
			return true;
		}
	value = strtok_r(NULL, BLANKS, rest);
	for (i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (strcmp(word, numbers[i].word) == 0)
			return number(value, "", (long *)((char *)r + numbers[i].offset));
	if (strcmp(word, "delay") == 0)
		return number(value, "ms", &r->delay);
	if (strcmp(word, "rcode") != 0 || value == NULL)
		return false;
	if ((code = ldns_lookup_by_name(ldns_rcodes, value)) == NULL)
		return false;
	r->rcode = code->id;
	return true;
}

static bool
parse_name(struct rule *r, const char *text)
{
	ldns_rdf *name;

	r->below = text[0] == '*' && (text[1] == '.' || text[1] == '\0');
	if (r->below)
		text = text[1] == '\0' ? "." : text + 2;
	if ((name = ldns_dname_new_frm_str(text)) == NULL)
		return false;
	r->name.len = ldns_rdf_size(name);
	memcpy(r->name.bytes, ldns_rdf_data(name), r->name.len);
	name_lower(&r->name);
	ldns_rdf_deep_free(name);
	return true;
}

static bool
parse_line(struct rule *r, char *line)
{
	char *rest, *name = strtok_r(line, BLANKS, &rest), *type, *word;
	size_t words = 0;

	if (name != NULL && strcmp(name, "rule") == 0)
		name = strtok_r(NULL, BLANKS, &rest);
	type = strtok_r(NULL, BLANKS, &rest);
	if (name == NULL || type == NULL || !parse_name(r, name))
		return false;
	if (strcmp(type, "*") != 0 && (r->type = (uint16_t)ldns_get_rr_type_by_name(type)) == 0)
		return false;
	while ((word = strtok_r(NULL, BLANKS, &rest)) != NULL) {
		if (!parse_behaviour(r, word, &rest))
			return false;
		words++;
	}
	return words > 0;
}

int
rules_load(struct rule **list, const char *file)
{
	FILE *fp = fopen(file, "r");
	char line[LINE_SIZE];
	int number_of_line = 0, result = 0;

	while (*list != NULL)
		list = &(*list)->next;
	if (fp == NULL) {
		perror(file);
		return -1;
	}
	while (result == 0 && fgets(line, sizeof line, fp) != NULL) {
		struct rule *r;

		number_of_line++;
		line[strcspn(line, "#;")] = '\0';
		if (line[strspn(line, BLANKS)] == '\0')
			continue;
		if ((r = malloc(sizeof *r)) == NULL)
			abort();
		*r = no_rule;
		r->first = -1;
		if (!parse_line(r, line)) {
			fprintf(stderr, "%s:%d: not a rule\n", file, number_of_line);
			result = -1;
		}
		*list = r;
		list = &r->next;
	}
	(void)fclose(fp);
	return result;
}

void
rules_free(struct rule **list)
{
	struct rule *r;

	while ((r = *list) != NULL) {
		*list = r->next;
		free(r);
	}
}

static bool
fits(const struct rule *r, const struct question *q)
{
	const struct wire_name *n = &q->name;
	size_t at = 0;

	if (r->type != 0 && r->type != q->type)
		return false;
	if (r->flags & (q->tcp ? RULE_UDP : RULE_TCP))
		return false;
	if (r->first >= 0 && r->used >= r->first)
		return false;
	/* Label by label, so that a suffix that merely looks alike does not fit. */
	while (r->below && n->len - at > r->name.len)
		at += n->bytes[at] + 1U;
	if (r->below && at == 0 && r->name.len > 1)
		return false;
	return n->len - at == r->name.len && memcmp(n->bytes + at, r->name.bytes, r->name.len) == 0;
}

const struct rule *
rules_match(struct rule *r, const struct question *q)
{
	for (; r != NULL; r = r->next)
		if (fits(r, q)) {
			r->used++;
			return r;
		}
	return &no_rule;
}
