/* SPDX-License-Identifier: BSD-2-Clause */
#include "milter/mta.h"

#include <stddef.h>

#include "t/tap.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define OURS         "mx.example.org"

/* clang-format off */
static const struct { const char *name, *value; unsigned wanted; } rows[] = {
	{"X-Greylist", "delayed 300 seconds by postgrey-1.37 at mx.example.org; today", 1U << MTA_TRACE_GREYLIST},
	{"x-greylist", "by milter-greylist at MX.example.ORG", 1U << MTA_TRACE_GREYLIST},
	{"X-Greylist", "delayed by postgrey at mx.example.net", 0},
	{"Received-SPF", "pass receiver=mx.example.org", 1U << MTA_TRACE_SPF},
	{"DKIM-Filter", "OpenDKIM Filter v2.11.0 mx.example.org 1", 1U << MTA_TRACE_DKIM},
	{"DMARC-Filter", "OpenDMARC Filter v1.4 mx.example.org 1", 1U << MTA_TRACE_DMARC},
	{"X-Rspamd-Server", "mx.example.org", 1U << MTA_TRACE_RSPAMD},
	/* Of this the authserv-id counts. */
	{"Authentication-Results", "mx.example.org; spf=pass", 0},
	{"Received", "by mx.example.org", 0},
	{"X-Greylist", "", 0},
};
/* clang-format on */

int
main(void)
{
	struct mta_facts f;

	for (size_t i = 0; i < COUNT(rows); i++)
		tap_is_int(mta_trace(rows[i].name, rows[i].value, OURS), rows[i].wanted, "%s: %s",
		    rows[i].name, rows[i].value);
	tap_is_int(mta_trace("X-Greylist", "at nobody", ""), 0, "a host without name has no trace");

	for (int i = 0; i < 1000; i++)
		mta_message(i < 100 ? 1U << MTA_TRACE_SPF : 0);
	mta_get(&f);
	tap_is_int(f.messages, 1000, "messages");
	tap_is_int(f.traces[MTA_TRACE_SPF], 100, "those with a trace");
	mta_message(1U << MTA_TRACE_DKIM);
	mta_get(&f);
	tap_is_int(f.messages, 501, "the past counts half");
	tap_is_int(f.traces[MTA_TRACE_SPF], 50, "of traces, too");
	tap_is_int(f.traces[MTA_TRACE_DKIM], 1, "the present in full");

	mta_macro(MTA_I, NULL);
	mta_macro(MTA_J, OURS);
	mta_get(&f);
	tap_ok(f.there == 1U << MTA_J && f.missing == 1U << MTA_I, "macros there and missing");
	tap_is(f.hostname, OURS, "our name");
	mta_macro(MTA_I, "4d1");
	mta_macro(MTA_J, NULL);
	mta_get(&f);
	tap_ok(f.there == 1U << MTA_I && f.missing == 1U << MTA_J, "the last time counts");
	return tap_done();
}
