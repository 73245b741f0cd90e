/* SPDX-License-Identifier: BSD-2-Clause */
/* Sendmail, as its sendmail.cf has it: whether it asks us, and for how long it waits. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "ctl/doctor/doctor.h"

#define LINE_SIZE   2048 /* MAXLINE of Sendmail */
#define READ_S      10 /* Sendmail's own patience for one answer, without T=R: */
#define FILTER_LINE "INPUT_MAIL_FILTER(`bailey', `S=%s, F=T, T=C:30s;S:30s;R:60s;E:5m')dnl"

const char *
sendmail_get(struct doctor *d, const char *begin)
{
	FILE *in = d->sendmail_cf != NULL ? fopen(d->sendmail_cf, "r") : NULL;
	size_t len = strlen(begin);
	char line[LINE_SIZE];
	const char *found = "";

	while (in != NULL && *found == '\0' && fgets(line, sizeof line, in) != NULL)
		if (strncmp(line, begin, len) == 0) {
			line[strcspn(line, "\n")] = '\0';
			found = doctor_printf(d, "%s", line + len);
		}
	if (in != NULL)
		(void)fclose(in);
	return found;
}

bool
sendmail_is_ours(struct doctor *d, const char *line)
{
	const char *at = strstr(line, "S=");
	size_t len = strlen(d->conf->socket);

	if (at == NULL)
		return false;
	at += 2;
	if (strncmp(at, "local:", 6) == 0)
		at = doctor_printf(d, "unix:%s", at + 6);
	return strncmp(at, d->conf->socket, len) == 0 && strchr(", \t", at[len]) != NULL;
}

/* The X line of the filter with our socket, and its name in *name_r; "" if there is none. */
static const char *
find_filter(struct doctor *d, const char **name_r)
{
	const char *rest = sendmail_get(d, SENDMAIL_FILTERS), *line;

	while ((*name_r = word_next(d, &rest)) != NULL) {
		line = sendmail_get(d, doctor_printf(d, "X%s,", *name_r));
		if (sendmail_is_ours(d, line))
			return line;
	}
	*name_r = "";
	return "";
}

/* T=...;R:60s...: seconds it waits for one answer. */
static int64_t
patience(const char *line)
{
	const char *t = strstr(line, "T="), *r = t != NULL ? strstr(t, "R:") : NULL;
	int64_t ms;
	char text[16];

	if (r == NULL)
		return READ_S;
	(void)snprintf(text, sizeof text, "%.*s", (int)strcspn(r + 2, ";, \t"), r + 2);
	return option_duration(text, &ms) ? ms / 1000 : READ_S;
}

static void
tell(struct doctor *d)
{
	const char *remedy, *line, *name;

	if (d->sendmail_cf == NULL)
		return;
	if (*sendmail_get(d, "V") == '\0') {
		find(d, LEVEL_WARN, "Sendmail", "baileyctl doctor --sendmail FILE",
		    "%s cannot be read: %s", d->sendmail_cf, strerror(errno));
		return;
	}
	remedy = doctor_printf(d, "sendmail.mc: " FILTER_LINE, d->conf->socket);
	line = find_filter(d, &name);
	if (*line == '\0') {
		find(d, LEVEL_FAIL, "Sendmail", remedy, "does not ask %s: InputMailFilters = %s",
		    d->conf->socket, sendmail_get(d, SENDMAIL_FILTERS));
		return;
	}
	find(d, LEVEL_OK, "Sendmail", NULL, "asks %s, which it calls %s", d->conf->socket, name);
	if (strstr(line, "F=T") == NULL && strstr(line, "F=R") == NULL)
		find(d, LEVEL_WARN, "Sendmail", remedy,
		    "lets mail pass unfiltered while the filter is not running");
	if (patience(line) * 1000 <= d->conf->resolver.budget + READ_S / 5 * 1000)
		find(d, LEVEL_WARN, "Sendmail", remedy,
		    "waits %lld s for an answer, and we as long for the DNS (resolver.budget)",
		    (long long)patience(line));
}

const struct probe probe_sendmail = {.subject = "Mail server", .tell = tell};
