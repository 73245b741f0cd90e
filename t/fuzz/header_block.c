/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole messages through the checks of author and signatures, the library
 * included: "Name:value" lines with their folds, an empty line, the body.
 */
#include "t/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "checks/author.h"
#include "checks/dkim.h"
#include "checks/dkim_policy.h"
#include "t/unit/fakedns_mem.h"
#include "t/unit/faketxn.h"

const char fuzz_name[] = "header_block";

#define FIELDS_MAX 50 /* verdicts: a faketxn keeps 64 */

static const struct fakedns_row rows[] = {
    {"brisbane._domainkey.football.example.com", DNS_TXT, DNS_OK,
	"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="},
    {NULL, DNS_A, DNS_OK, NULL},
};

/* The line end that no white space follows. */
static char *
field_end(char *s)
{
	for (;;) {
		s += strcspn(s, "\n");
		if (*s == '\0' || (s[1] != ' ' && s[1] != '\t'))
			return s;
		s++;
	}
}

/* As an MTA hands them over; what is behind the last one stays in *s. */
static struct header *
read_fields(char **s, struct arena *arena)
{
	struct header *first = NULL, **next = &first;

	for (int n = 0; n < FIELDS_MAX && **s != '\0' && **s != '\n'; n++) {
		struct header *h = arena_alloc(arena, sizeof *h);
		char *end = field_end(*s), *colon;

		h->name = *s;
		*s = *end != '\0' ? end + 1 : end;
		*end = '\0';
		colon = strchr(h->name, ':');
		h->value = colon != NULL ? colon + 1 : end;
		h->value_len = strlen(h->value);
		if (colon != NULL)
			*colon = '\0';
		*next = h;
		next = &h->next;
	}
	return first;
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct dkim_policy policy = {
	    .minimum_key_bits = 1024, .maximum_signatures = 8, .expiry_grace = 1000};
	struct dns dns = {.rows = rows};
	struct header *fields;
	struct faketxn f;
	char *text = malloc(len + 1), *rest = text;

	if (text == NULL)
		abort();
	memcpy(text, data, len);
	text[len] = '\0';
	faketxn_init(&f, &check_dkim, &dns, "192.0.2.1");
	f.txn.options = &policy;
	fields = read_fields(&rest, &f.arena);
	for (const struct header *h = fields; h != NULL; h = h->next)
		check_dkim.header(&f.txn, h);
	f.txn.headers = fields;
	faketxn_ask(&f, STAGE_EOH);
	check_dkim.body(&f.txn, (const unsigned char *)rest, strlen(rest));
	faketxn_judge(&f, STAGE_EOM);
	if (f.count == 0 || dns.unasked != 0)
		abort();
	check_dkim.done(&f.txn);
	f.txn.check = &check_author;
	f.count = 0;
	check_author.judge[STAGE_EOM](&f.txn);
	f.txn.check = &check_dkim;
	faketxn_fini(&f);
	free(text);
}
