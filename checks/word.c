/* SPDX-License-Identifier: BSD-2-Clause */
/* Result words as RFC 8601 spells them, and origins as our log does. */
#include "checks/check.h"

const char *
word_text(enum word word)
{
	static const char *const words[WORD_COUNT] = {
	    [WORD_NONE] = "none",
	    [WORD_PASS] = "pass",
	    [WORD_FAIL] = "fail",
	    [WORD_SOFTFAIL] = "softfail",
	    [WORD_NEUTRAL] = "neutral",
	    [WORD_POLICY] = "policy",
	    [WORD_TEMPERROR] = "temperror",
	    [WORD_PERMERROR] = "permerror",
	};

	return words[word];
}

const char *
origin_text(enum origin origin)
{
	switch (origin) {
	case ORIGIN_OUTSIDE:
		return "outside";
	case ORIGIN_AUTHENTICATED:
		return "authenticated";
	case ORIGIN_TRUSTED:
		return "trusted";
	case ORIGIN_LOCAL:
		return "local";
	}
	return "";
}
