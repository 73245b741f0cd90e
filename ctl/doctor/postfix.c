/* SPDX-License-Identifier: BSD-2-Clause */
/* Postfix: whether it asks us, waits long enough, and lets no mail pass without us. */
#include "config.h"

#include <string.h>

#include "ctl/doctor/doctor.h"

/* One of a list of milters is ours; "{ unix:/path, name=value }" too. */
static bool
asks(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = list; (at = strstr(at, name)) != NULL; at++)
		if ((at == list || strchr(", \t{", at[-1]) != NULL) &&
		    strchr(", \t}", at[len]) != NULL)
			return true;
	return false;
}

static void
tell_lists(struct doctor *d)
{
	const char *name = postfix_socket(d), *own = postfix_get(d, POSTFIX_OWN_LIST);
	const char *all = postfix_get(d, "smtpd_milters");
	struct names_line missing;
	bool overridden = json_object_get(d->postfix, POSTFIX_OWN_LIST) != NULL;

	if (asks(overridden ? own : all, name))
		find(d, LEVEL_OK, "Postfix", NULL, "asks %s", name);
	else if (overridden)
		find(d, LEVEL_FAIL, "Postfix",
		    doctor_printf(d, "master.cf, service smtp: take away -o smtpd_milters=%s", own),
		    "does not ask us at port 25: smtpd_milters = %s in master.cf", own);
	else
		find(d, LEVEL_FAIL, "Postfix",
		    doctor_printf(
			d, "main.cf: smtpd_milters = %s%s%s", name, *all != '\0' ? ", " : "", all),
		    "does not ask us: smtpd_milters = %s", all);
	if (!asks(postfix_get(d, "non_smtpd_milters"), name) &&
	    dkim_unsigned(d, &missing) < d->domain_count)
		find(d, LEVEL_WARN, "Postfix", "main.cf: non_smtpd_milters = $smtpd_milters",
		    "does not show us what programs of this host send: it is not signed");
}

static void
tell_time(struct doctor *d)
{
	const char *text = postfix_get(d, "milter_command_timeout");
	int64_t ms;

	if (!option_duration(text, &ms) && !option_duration(doctor_printf(d, "%ss", text), &ms))
		return;
	if (ms <= d->conf->resolver.budget)
		find(d, LEVEL_WARN, "Postfix",
		    doctor_printf(d, "main.cf: milter_command_timeout = %llds",
			(long long)d->conf->resolver.budget / 1000 * 2),
		    "waits no longer for us (%s) than we for the DNS (resolver.budget)", text);
}

static void
tell(struct doctor *d)
{
	const char *root = postfix_get(d, "queue_directory"), *path = strchr(d->conf->socket, '/');

	if (d->postfix == NULL) {
		if (d->sendmail_cf == NULL)
			find(d, LEVEL_WARN, "mail server",
			    "where it is: see POSTFIX and SENDMAIL in bailey(8)",
			    "neither Postfix nor Sendmail is on this host");
		return;
	}
	if (path != NULL && postfix_inside(d, path) == NULL)
		find(d, LEVEL_FAIL, "Postfix",
		    doctor_printf(d,
			"bailey.conf: socket = \"unix:%s/bailey/bailey.sock\"; main.cf: "
			"smtpd_milters = unix:/bailey/bailey.sock",
			root),
		    "smtpd runs in the chroot %s and cannot see our socket", root);
	else
		tell_lists(d);
	if (strcmp(postfix_get(d, "milter_default_action"), "accept") == 0)
		find(d, LEVEL_WARN, "Postfix", "main.cf: milter_default_action = tempfail",
		    "lets mail pass unfiltered while the filter is not running");
	tell_time(d);
}

const struct probe probe_postfix = {.subject = "Mail server", .tell = tell};
