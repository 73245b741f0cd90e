/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rivals: other programs of this host that do what we do, before or behind
 * us.  Two greylisters make a client wait twice; of two that write
 * Authentication-Results one deletes what the other wrote.
 */
#include "config.h"

#include <string.h>

#include "checks/dkim.h"
#include "checks/dmarc.h"
#include "checks/dnsbl.h"
#include "checks/greylist.h"
#include "checks/spf.h"
#include "ctl/doctor/doctor.h"
#include "ctl/show.h"
#include "milter/mta.h"

/* What they are called in Postfix's configuration: parts of a path, or a usual port. */
static const struct rival {
	const char *words[5];
	const char *what;
	const struct check *check; /* of ours; where it is off, there is no rival */
	const char *remedy;
} rivals[] = {
    {{"grey", ":10023", ":2501"}, "greylists", &check_greylist,
	"or section greylist: apply = \"off\"; contrib/import-postgrey takes a database over"},
    {{"spf"}, "judges SPF", &check_spf, "our section spf does it"},
    {{"opendkim", ":8891", ":12301"}, "signs or verifies DKIM", &check_dkim,
	"our section sign reads its KeyTable and SigningTable"},
    {{"opendmarc", ":8893", ":54321"}, "judges DMARC", &check_dmarc, "our section dmarc does it"},
    {{"rspamd", ":11332"}, "writes Authentication-Results", &check_dmarc,
	"or give it another authserv-id, and put it behind us"},
};
#define RIVALS (sizeof rivals / sizeof *rivals)

/* A trace of the past is none: so many messages, and one in so many, must have it. */
#define TRACES_LEAST 3
#define TRACES_SHARE 10

static const struct rival *
recognize(const struct doctor *d, const char *word)
{
	for (size_t i = 0; i < RIVALS; i++)
		for (size_t k = 0; rivals[i].words[k] != NULL; k++)
			if (strstr(word, rivals[i].words[k]) != NULL)
				return doctor_options(d, rivals[i].check) != NULL ? &rivals[i]
										  : NULL;
	return NULL;
}

static void
tell_rival(struct doctor *d, const char *word, const char *place, const char *where)
{
	const struct rival *r = recognize(d, word);

	if (r != NULL)
		find(d, LEVEL_WARN, "rival",
		    doctor_printf(d, "%s: take it out; %s", place, r->remedy), "%s %s, too, %s",
		    word, r->what, where);
}

static void
tell_milters(struct doctor *d)
{
	const char *rest = postfix_get(d, "smtpd_milters"), *ours = postfix_socket(d), *word;
	bool behind = false;

	while ((word = word_next(d, &rest)) != NULL) {
		if (strcmp(word, ours) == 0)
			behind = true;
		else
			tell_rival(
			    d, word, "main.cf, smtpd_milters", behind ? "behind us" : "before us");
	}
}

static void
tell_sendmail(struct doctor *d)
{
	const char *rest = sendmail_get(d, SENDMAIL_FILTERS), *name, *line;
	bool behind = false;

	while ((name = word_next(d, &rest)) != NULL) {
		line = sendmail_get(d, doctor_printf(d, "X%s,", name));
		if (sendmail_is_ours(d, line))
			behind = true;
		else
			tell_rival(d,
			    doctor_printf(d, "%s,%.*s", name, (int)strcspn(line, ","), line),
			    "sendmail.mc, INPUT_MAIL_FILTER", behind ? "behind us" : "before us");
	}
}

/* One list of restrictions; zones of DNS lists are gathered. */
static void
tell_restrictions(struct doctor *d, const char *place, struct names_line *zones)
{
	const char *rest = postfix_get(d, place), *word, *last = "";

	while ((word = word_next(d, &rest)) != NULL) {
		if (strcmp(last, "check_policy_service") == 0)
			tell_rival(d, word, doctor_printf(d, "main.cf, %s", place), "before us");
		else if (strcmp(last, "reject_rbl_client") == 0 ||
			 strncmp(last, "reject_rhsbl_", 13) == 0)
			names_add(zones, word);
		last = word;
	}
}

static void
tell_traces(struct doctor *d)
{
	const json_t *traces = json_object_get(d->mta, "traces");
	int64_t messages = json_number_of(d->mta, "messages");

	for (enum mta_trace t = 0; t < MTA_TRACE_COUNT; t++) {
		int64_t n = json_number_of(traces, mta_trace_text(t));

		if (n >= TRACES_LEAST && n * TRACES_SHARE >= messages)
			find(d, LEVEL_WARN, "rival",
			    t == MTA_TRACE_AUTHRES
				? "another filter before us uses our authserv-id: give it one of "
				  "its own; we delete what it writes"
				: "find out which one, and whether you want both",
			    "%lld of the last %lld messages had a %s of this host: another filter "
			    "was before us",
			    (long long)n, (long long)messages, mta_trace_text(t));
	}
}

static void
tell(struct doctor *d)
{
	static const char *const places[] = {"smtpd_client_restrictions", "smtpd_helo_restrictions",
	    "smtpd_sender_restrictions", "smtpd_relay_restrictions", "smtpd_recipient_restrictions",
	    "smtpd_data_restrictions"};
	struct names_line zones;
	size_t found = json_array_size(d->findings);

	names_begin(&zones);
	tell_milters(d);
	tell_sendmail(d);
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		tell_restrictions(d, places[i], &zones);
	if (zones.buf.len > 0 && doctor_options(d, &check_dnsbl) != NULL)
		find(d, LEVEL_WARN, "rival",
		    "main.cf: take reject_rbl_client out; contrib/import-postfix makes section "
		    "dnsbl of it",
		    "Postfix refuses by itself whom %s lists, unweighed, before we are asked",
		    zones.room);
	tell_traces(d);
	if (json_array_size(d->findings) == found && (d->postfix != NULL || d->sendmail_cf != NULL))
		find(d, LEVEL_OK, "rivals", NULL, "none: nobody else greylists or judges here");
}

const struct probe probe_rivals = {.subject = "Mail server", .tell = tell};
