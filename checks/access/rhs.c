/* SPDX-License-Identifier: BSD-2-Clause */
/* Words and codes of right-hand sides, in the order in which Postfix tries them. */
#include "checks/access/rhs.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "checks/check.h"
#include "lib/ascii.h"

_Static_assert(CHECKS_MAX <= 32, "registry rows fit into the bits of rows");

static const char *
skip_blanks(const char *s)
{
	return s + strspn(s, " \t");
}

/* Whether the value begins with this word, and what follows it. */
static bool
take_word(const char *value, const char *word, const char **rest_r)
{
	size_t len = strlen(word);

	if (strncasecmp(value, word, len) != 0 || strchr(" \t", value[len]) == NULL)
		return false;
	*rest_r = skip_blanks(value + len);
	return true;
}

/* Length of "5.7.1" at the front of a text (RFC 3463 2), 0 if there is none. */
static size_t
enhanced_len(const char *s)
{
	size_t len = 0;

	if (strchr("245", s[0]) == NULL || s[0] == '\0')
		return 0;
	for (int part = 0; part < 3; part++) {
		size_t digits = strspn(s + len, "0123456789");

		if (digits == 0 || digits > 3 || (part == 0 && digits > 1))
			return 0;
		len += digits;
		if (part < 2 && s[len++] != '.')
			return 0;
	}
	return s[len] == '\0' || s[len] == ' ' || s[len] == '\t' ? len : 0;
}

/* The code, with the enhanced one of the text or the default; as in Postfix the class is the code's. */
static void
set_codes(struct rhs *r, const char *code, const char *text)
{
	size_t len = enhanced_len(text);

	if (len > 0)
		(void)snprintf(r->codes, sizeof r->codes, "%.3s %c%.*s", code, code[0],
		    (int)len - 1, text + 1);
	else
		(void)snprintf(r->codes, sizeof r->codes, "%.3s %c.7.1", code, code[0]);
	r->text = skip_blanks(text + len);
}

/* "dnsbl, greylist" into bits. */
static bool
parse_checks(struct rhs *r, const char *list, const char **why_r)
{
	*why_r = "SKIP wants names of checks, such as \"SKIP dnsbl,greylist\"";
	for (const char *s = list; *s != '\0'; s += strspn(s, ", \t")) {
		size_t len = strcspn(s, ", \t"), row = 0;

		while (check_registry[row] != NULL &&
		       (strlen(check_registry[row]->name) != len ||
			   strncasecmp(check_registry[row]->name, s, len) != 0))
			row++;
		if (len == 0 || check_registry[row] == NULL)
			return false;
		r->rows |= UINT32_C(1) << row;
		s += len;
	}
	return r->rows != 0;
}

static bool
parse_code(struct rhs *r, const char *value, const char **why_r)
{
	*why_r = "not a right-hand side; bailey.conf(5) has them all";
	if (strspn(value, "0123456789") != 3 || strchr(" \t", value[3]) == NULL)
		return false;
	*why_r = "not a reply code of refusal, 4NN or 5NN with a second digit up to 5";
	if ((value[0] != '4' && value[0] != '5') || value[1] > '5')
		return false;
	r->action = value[0] == '5' ? RHS_REJECT : RHS_DEFER;
	set_codes(r, value, skip_blanks(value + 3));
	return true;
}

bool
rhs_parse(struct rhs *r, const char *value, const char **why_r)
{
	/* clang-format off */
	static const struct {
		const char	*word;
		enum rhs_action	 action;
		bool		 alone;
		const char	*code;
	} words[] = {
		/* Postfix does not look at what follows these three: people write down why. */
		{"OK",		RHS_OK,		false,	NULL},
		{"RELAY",	RHS_OK,		false,	NULL},
		{"DUNNO",	RHS_DUNNO,	false,	NULL},
		{"REJECT",	RHS_REJECT,	false,	"554"},
		{"DEFER",	RHS_DEFER,	false,	"450"},
		{"DISCARD",	RHS_DISCARD,	false,	NULL},
		{"HOLD",	RHS_HOLD,	false,	NULL},
		{"GREYLIST",	RHS_GREYLIST,	true,	NULL},
	};
	/* clang-format on */
	const char *rest;

	value = skip_blanks(value);
	*r = (struct rhs){.action = RHS_OK, .text = ""};
	/* Postfix: "some out-of-band authentication uses this as time stamp". */
	if (value[0] != '\0' && value[strspn(value, "0123456789")] == '\0')
		return true;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (!take_word(value, words[i].word, &rest))
			continue;
		*why_r = "nothing may follow this word";
		r->action = words[i].action;
		r->text = rest;
		if (words[i].code != NULL)
			set_codes(r, words[i].code, rest);
		return !words[i].alone || *rest == '\0';
	}
	if (take_word(value, "SKIP", &rest)) {
		r->action = RHS_SKIP;
		return parse_checks(r, rest, why_r);
	}
	if (take_word(value, "MODE", &rest)) {
		*why_r = "the only mode here is \"MODE shadow\"";
		r->action = RHS_SHADOW;
		return strcasecmp(rest, "shadow") == 0;
	}
	return parse_code(r, value, why_r);
}
