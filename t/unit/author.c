/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/author.h"

#include <string.h>

#include "t/tap.h"
#include "t/unit/fakedns_mem.h"
#include "t/unit/faketxn.h"

#define FIELDS_MAX 3

/* clang-format off */
static const struct {
	const char *fields[FIELDS_MAX][2];
	bool cut;
	const char *result, *reason;
} cases[] = {
	{{{"from", " a@x.example"}}, false, "pass", "the author's domain is x.example"},
	{{{"To", " a@x.example"}, {"FROM", " A <a@x.example>, b@X.example"}}, false, "pass", "the author's domain is x.example"},
	{{{"Fromage", " a@x.example"}, {"X-From", " b@y.example"}}, false, "from-missing", "the message has no From field"},
	{{{NULL, NULL}}, false, "from-missing", "the message has no From field"},
	{{{"From", " a@x.example"}, {"From", " a@x.example"}}, false, "from-multiple", "the message has 2 From fields"},
	{{{"From", " a@x.example"}, {"from \t", " a@y.example"}, {"From", ""}}, false, "from-multiple", "the message has 3 From fields"},
	{{{"From", " a@x.example, b@y.example"}}, false, "from-multiple",
	    "the From field names authors of several domains (also y.example)"},
	{{{"From", " a@x.example <b@y.example>"}}, false, "from-invalid", "bad From field: not an unambiguous list of addresses"},
	{{{"From", " a@[192.0.2.1]"}}, false, "from-invalid", "bad From field: address whose domain is not a domain name"},
	/* Another one may stand where nobody looked. */
	{{{"From", " a@x.example"}}, true, "from-invalid", "the header is too large for all From fields to be seen"},
	{{{NULL, NULL}}, true, "from-invalid", "the header is too large for all From fields to be seen"},
};
/* clang-format on */

int
main(void)
{
	static const struct fakedns_row none[] = {{NULL, DNS_A, DNS_OK, NULL}};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct header fields[FIELDS_MAX] = {{.name = NULL}};
		struct dns dns = {.rows = none};
		struct faketxn f;

		faketxn_init(&f, &check_author, &dns, "192.0.2.1");
		f.txn.headers_cut = cases[i].cut;
		for (size_t k = FIELDS_MAX; k-- > 0;) {
			if (cases[i].fields[k][0] == NULL)
				continue;
			fields[k] = (struct header){.name = cases[i].fields[k][0],
			    .value = cases[i].fields[k][1],
			    .value_len = strlen(cases[i].fields[k][1]),
			    .next = f.txn.headers};
			f.txn.headers = &fields[k];
		}
		faketxn_judge(&f, STAGE_EOM);
		tap_is(faketxn_results(&f), cases[i].result, "case %zu", i);
		tap_is(faketxn_reason(&f), cases[i].reason, "its reason");
		faketxn_fini(&f);
	}
	return tap_done();
}
