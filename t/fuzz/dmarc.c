/* SPDX-License-Identifier: BSD-2-Clause */
/* DMARC records, and what the store has of messages judged by one. */
#include "t/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "checks/dmarc/report.h"

const char fuzz_name[] = "dmarc";

/* What can be read can be written, and says the same. */
static void
read_report(const char *payload, size_t len)
{
	char again[DMARC_REPORT_SIZE], twice[DMARC_REPORT_SIZE];
	struct dmarc_report r, r2;
	size_t n;

	if (!dmarc_report_get(&r, payload, len))
		return;
	n = dmarc_report_put(&r, again);
	if (n == 0)
		return;
	if (!dmarc_report_get(&r2, again, n) || strcmp(r.author, r2.author) != 0 ||
	    r.time != r2.time || r2.count > r.count || r.dkim != r2.dkim)
		abort();
	if (dmarc_report_put(&r2, twice) != n || memcmp(again, twice, n) != 0)
		abort();
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	struct dmarc_record record;

	if (dmarc_record_parse(&record, text, len)) {
		if (len < 8 || record.p > DMARC_UNSAID || record.sp > DMARC_UNSAID ||
		    record.np > DMARC_UNSAID)
			abort();
		for (int i = 0; i < 4; i++)
			if (*dmarc_policy_text(dmarc_policy_lower(
				dmarc_record_policy(&record, i & 1, i & 2))) == '?')
				abort();
	}
	read_report(text, len);
}
