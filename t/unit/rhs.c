/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/access/rhs.h"

#include <string.h>

#include "checks/check.h"
#include "t/tap.h"

/* clang-format off */
static const struct { const char *value; int action; const char *codes, *text, *checks; } cases[] = {
	{"OK",				RHS_OK,		"",		"", ""},
	{"ok",				RHS_OK,		"",		"", ""},
	{"  OK ",			RHS_OK,		"",		"", ""},
	{"1234567890",			RHS_OK,		"",		"", ""},
	{"550",				RHS_OK,		"",		"", ""},	/* all digits, as in Postfix */
	{"OK since May",		RHS_OK,		"",		"since May", ""},
	{"RELAY",			RHS_OK,		"",		"", ""},
	{"relay # ours",		RHS_OK,		"",		"# ours", ""},
	{"DUNNO",			RHS_DUNNO,	"",		"", ""},
	{"dunno yet",			RHS_DUNNO,	"",		"yet", ""},
	{"REJECT",			RHS_REJECT,	"554 5.7.1",	"", ""},
	{"reject go  away",		RHS_REJECT,	"554 5.7.1",	"go  away", ""},
	{"REJECT\tgo",			RHS_REJECT,	"554 5.7.1",	"go", ""},
	{"REJECT 5.7.25 no name",	RHS_REJECT,	"554 5.7.25",	"no name", ""},
	{"REJECT 4.7.25 wrong class",	RHS_REJECT,	"554 5.7.25",	"wrong class", ""},
	{"REJECT 5.7 no code",		RHS_REJECT,	"554 5.7.1",	"5.7 no code", ""},
	{"REJECT 5.7.1234 too long",	RHS_REJECT,	"554 5.7.1",	"5.7.1234 too long", ""},
	{"REJECT 15.7.1 no class",	RHS_REJECT,	"554 5.7.1",	"15.7.1 no class", ""},
	{"REJECT 5.7.1x no end",	RHS_REJECT,	"554 5.7.1",	"5.7.1x no end", ""},
	{"REJECT 5.123.123",		RHS_REJECT,	"554 5.123.123", "", ""},
	{"DEFER",			RHS_DEFER,	"450 4.7.1",	"", ""},
	{"defer 4.2.0 later",		RHS_DEFER,	"450 4.2.0",	"later", ""},
	{"550 no",			RHS_REJECT,	"550 5.7.1",	"no", ""},
	{"550 5.1.1 no",		RHS_REJECT,	"550 5.1.1",	"no", ""},
	{"450 4.1.1 later",		RHS_DEFER,	"450 4.1.1",	"later", ""},
	{"421 bye",			RHS_DEFER,	"421 4.7.1",	"bye", ""},
	{"521 bye",			RHS_REJECT,	"521 5.7.1",	"bye", ""},
	{"DISCARD",			RHS_DISCARD,	"",		"", ""},
	{"DISCARD a reason",		RHS_DISCARD,	"",		"a reason", ""},
	{"HOLD look",			RHS_HOLD,	"",		"look", ""},
	{"GREYLIST",			RHS_GREYLIST,	"",		"", ""},
	{"MODE shadow",			RHS_SHADOW,	"",		"", ""},
	{"mode SHADOW",			RHS_SHADOW,	"",		"", ""},
	{"SKIP rdns",			RHS_SKIP,	"",		"", "rdns "},
	{"skip RDNS,helo, spf",		RHS_SKIP,	"",		"", "rdns helo spf "},
	{"SKIP helo helo",		RHS_SKIP,	"",		"", "helo "},

	{"",				-1, "", "", ""},
	{"OKAY",			-1, "", "", ""},
	{"RELAYED",			-1, "", "", ""},
	{"REJECTED",			-1, "", "", ""},
	{"GREYLIST all",		-1, "", "", ""},
	{"MODE",			-1, "", "", ""},
	{"MODE enforce",		-1, "", "", ""},
	{"SKIP",			-1, "", "", ""},
	{"SKIP ,",			-1, "", "", ""},
	{"SKIP rdn",			-1, "", "", ""},
	{"SKIP rdns,nothing",		-1, "", "", ""},
	{"250 fine",			-1, "", "", ""},
	{"5500 no",			-1, "", "", ""},
	{"560 no",			-1, "", "", ""},
	{"55 no",			-1, "", "", ""},
	{"PREPEND X: y",		-1, "", "", ""},
	{"FILTER smtp:x",		-1, "", "", ""},
	{"greylisting",			-1, "", "", ""},
};
/* clang-format on */

static const char *
names(uint32_t rows, char out[200])
{
	out[0] = '\0';
	for (size_t i = 0; check_registry[i] != NULL; i++)
		if ((rows >> i & 1) != 0)
			strcat(strcat(out, check_registry[i]->name), " ");
	return out;
}

int
main(void)
{
	char text[200];

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *why = NULL;
		struct rhs r;
		bool good = rhs_parse(&r, cases[i].value, &why);

		tap_is_int(good ? (int)r.action : -1, cases[i].action, "\"%s\"", cases[i].value);
		if (!good) {
			tap_ok(why != NULL, "... says why");
			continue;
		}
		tap_is(r.codes, cases[i].codes, "... its codes");
		if (r.action != RHS_SKIP && r.action != RHS_SHADOW)
			tap_is(r.text, cases[i].text, "... its text");
		tap_is(names(r.rows, text), cases[i].checks, "... its checks");
	}
	return tap_done();
}
