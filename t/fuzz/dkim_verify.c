/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signatures against keys of the same stranger: "RECORD NUL SIGNATURE NUL FROM
 * NUL BODY".  What comes out is the same wherever the body is cut.
 */
#include "t/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "checks/dkim.h"
#include "checks/dkim_policy.h"
#include "t/fuzz/input.h"
#include "t/unit/fakedns_mem.h"
#include "t/unit/faketxn.h"

const char fuzz_name[] = "dkim_verify";

struct parts {
	char *record, *signature, *from, *body;
	size_t body_len;
};

/* Results and the first reason, to be freed. */
static char *
verify(const struct parts *p, size_t chunk)
{
	const struct fakedns_row rows[] = {
	    {"s._domainkey.example.com", DNS_TXT, DNS_OK, p->record}, {NULL, DNS_A, DNS_OK, NULL}};
	struct dkim_policy policy = {
	    .minimum_key_bits = 1024, .maximum_signatures = 8, .expiry_grace = 1000};
	struct header from = {
	    .name = "From", .value = p->from, .value_len = strlen(p->from), .next = NULL};
	struct header signature = {.name = "DKIM-Signature",
	    .value = p->signature,
	    .value_len = strlen(p->signature),
	    .next = &from};
	struct dns dns = {.rows = rows};
	struct faketxn f;
	struct buf found;
	char room[1000];

	faketxn_init(&f, &check_dkim, &dns, "192.0.2.1");
	f.txn.options = &policy;
	check_dkim.header(&f.txn, &signature);
	check_dkim.header(&f.txn, &from);
	f.txn.headers = &signature;
	faketxn_ask(&f, STAGE_EOH);
	for (size_t at = 0, n; at < p->body_len; at += n) {
		n = p->body_len - at < chunk ? p->body_len - at : chunk;
		check_dkim.body(&f.txn, (const unsigned char *)p->body + at, n);
	}
	faketxn_judge(&f, STAGE_EOM);
	if (f.count != 1 || dns.unasked != 0)
		abort();
	buf_init(&found, room, sizeof room);
	buf_printf(&found, "%s: %s", faketxn_results(&f), faketxn_reason(&f));
	check_dkim.done(&f.txn);
	faketxn_fini(&f);
	return strdup(found.s);
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	static const size_t chunks[] = {1, 2, 15, 16, 17, 100};
	struct parts parts;
	struct input in;
	char *whole, *cut;

	input_open(&in, data, len);
	parts.record = input_part(&in, '\0', NULL);
	parts.signature = input_part(&in, '\0', NULL);
	parts.from = input_part(&in, '\0', NULL);
	parts.body = in.rest;
	parts.body_len = in.left;
	whole = verify(&parts, len + 1);
	cut = verify(&parts, chunks[len % 6]);
	if (whole == NULL || cut == NULL || strcmp(whole, cut) != 0)
		abort();
	free(whole);
	free(cut);
	input_close(&in);
}
