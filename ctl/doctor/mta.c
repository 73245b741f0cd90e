/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the MTA really offered and sent, which only the daemon has seen
 * (milter/mta.h), and the line of its configuration that mends it.
 */
#include "config.h"

#include <string.h>

#include "ctl/doctor/doctor.h"
#include "ctl/show.h"
#include "milter/mta.h"

/* Which setting of the MTA names a macro, and what goes wrong without it. */
static const struct {
	const char *parameter; /* Postfix */
	const char *define, *option; /* sendmail.mc, sendmail.cf */
	const char *lost;
} macros[] = {
    [MTA_J] = {"milter_connect_macros", "confMILTER_MACROS_CONNECT",
	"O Milter.macros.connect=", "we do not know the server's name, so set authserv-id"},
    [MTA_DAEMON_NAME] = {"milter_connect_macros", "confMILTER_MACROS_CONNECT",
	"O Milter.macros.connect=", "we cannot tell submission from port 25"},
    [MTA_DAEMON_ADDR] = {"milter_connect_macros", "confMILTER_MACROS_CONNECT",
	"O Milter.macros.connect=", "we miss clients that greet with our own address"},
    [MTA_DAEMON_PORT] = {"milter_connect_macros", "confMILTER_MACROS_CONNECT",
	"O Milter.macros.connect=", "we cannot tell submission (465, 587) from port 25"},
    [MTA_I] = {"milter_end_of_data_macros", "confMILTER_MACROS_EOM",
	"O Milter.macros.eom=", "log and receipts have no queue id"},
};

static bool
is_postfix(const struct doctor *d)
{
	const char *version = json_text_of(d->mta, "version");

	return *version != '\0' ? strncmp(version, "Postfix", 7) == 0 : d->sendmail_cf == NULL;
}

static bool
is_true(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

static bool
names(struct doctor *d, const char *list, const char *macro)
{
	const char *word;

	while ((word = word_next(d, &list)) != NULL)
		if (strcmp(word, macro) == 0)
			return true;
	return false;
}

static const char *
remedy_for(struct doctor *d, enum mta_macro m)
{
	const char *is =
	    is_postfix(d) ? postfix_get(d, macros[m].parameter) : sendmail_get(d, macros[m].option);

	if (names(d, is, mta_macro_text(m)))
		return is_postfix(d) ? "postfix reload: main.cf names it already"
				     : "restart Sendmail: sendmail.cf names it already";
	if (is_postfix(d))
		return doctor_printf(d, "main.cf: %s = %s%s%s", macros[m].parameter, is,
		    *is != '\0' ? " " : "", mta_macro_text(m));
	return doctor_printf(d, "sendmail.mc: define(`%s', `%s%s%s')dnl", macros[m].define, is,
	    *is != '\0' ? ", " : "", mta_macro_text(m));
}

static void
tell_macros(struct doctor *d)
{
	const json_t *seen = json_object_get(d->mta, "macros");
	struct names_line good;

	names_begin(&good);
	for (enum mta_macro m = 0; m < MTA_MACRO_COUNT; m++) {
		const json_t *there = json_object_get(seen, mta_macro_text(m));

		/* Postfix tells submission by the port, Sendmail by the daemon's name. */
		if (there == NULL || m == (is_postfix(d) ? MTA_DAEMON_NAME : MTA_DAEMON_PORT))
			continue;
		if (json_is_true(there))
			names_add(&good, mta_macro_text(m));
		else
			find(d, LEVEL_WARN, "macros", remedy_for(d, m),
			    "%s does not come from the mail server: %s", mta_macro_text(m),
			    macros[m].lost);
	}
	if (good.buf.len > 0)
		find(d, LEVEL_OK, "macros", NULL, "the mail server sends %s", good.room);
}

static void
tell_offer(struct doctor *d, const json_t *offer)
{
	static const struct {
		const char *right, *lost;
	} rights[] = {{"add", "add fields: no Authentication-Results, no signature"},
	    {"change", "delete fields: forged results stay"},
	    {"quarantine", "quarantine: such mail is delivered"}};
	const char *remedy = is_postfix(d)
				 ? "main.cf: milter_protocol = 6"
				 : "a Sendmail of 8.14 or later, built with its default filters";
	long long protocol = json_number_of(offer, "protocol");
	bool good = true;

	for (size_t i = 0; i < sizeof rights / sizeof *rights; i++) {
		if (is_true(offer, rights[i].right))
			continue;
		good = false;
		find(d, LEVEL_FAIL, "protocol", remedy, "the mail server does not let us %s",
		    rights[i].lost);
	}
	if (protocol < 6 || !is_true(offer, "leading_space"))
		find(d, LEVEL_WARN, "protocol", remedy,
		    "version %lld: blanks in front of header values are lost, and with them DKIM "
		    "signatures with simple canonicalization",
		    protocol);
	else if (good)
		find(d, LEVEL_OK, "protocol", NULL, "version %lld, all rights, header as it came",
		    protocol);
}

static void
tell(struct doctor *d)
{
	const json_t *offer = json_object_get(d->mta, "offer");

	if (d->mta == NULL)
		return;
	if (offer == NULL) {
		find(d, LEVEL_WARN, "protocol", "send a mail through it, then look again",
		    "no mail server has come since the daemon started");
		return;
	}
	tell_offer(d, offer);
	tell_macros(d);
}

const struct probe probe_mta = {.subject = "Mail server", .tell = tell};
