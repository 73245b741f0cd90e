/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Postfix, as postconf(1) shows it: its parameters with macros expanded, and
 * whether it asks us.
 */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/doctor/doctor.h"
#include "ctl/show.h"

#define LINE_SIZE 8192 /* longer lines of postconf are lists of domains; the rest of them is left */
#define CHROOT    "smtp/inet/chroot"
#define OWN_LIST  "smtp/inet/smtpd_milters"

static const char *const parameters[] = {
    "compatibility_level",
    "inet_interfaces",
    "mail_owner",
    "milter_command_timeout",
    "milter_connect_macros",
    "milter_default_action",
    "milter_end_of_data_macros",
    "milter_protocol",
    "mydestination",
    "myhostname",
    "non_smtpd_milters",
    "postscreen_dnsbl_sites",
    "proxy_interfaces",
    "queue_directory",
    "smtp_bind_address",
    "smtp_bind_address6",
    "smtp_helo_name",
    "smtpd_client_restrictions",
    "smtpd_data_restrictions",
    "smtpd_helo_restrictions",
    "smtpd_milters",
    "smtpd_recipient_restrictions",
    "smtpd_relay_restrictions",
    "smtpd_sender_restrictions",
    "virtual_alias_domains",
    "virtual_mailbox_domains",
};
#define PARAMETERS (sizeof parameters / sizeof *parameters)

/* Standard output of a program, which ends by itself; NULL: it cannot be run. */
static FILE *
start(const char *const argv[], pid_t *pid_r)
{
	int ends[2];
	FILE *fp;

	if (pipe(ends) != 0)
		return NULL;
	*pid_r = fork();
	if (*pid_r == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)close(ends[0]);
		(void)close(ends[1]);
		/* What it warns of it also warns of when Postfix starts. */
		(void)dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
		/* An alarm lives on behind exec. */
		(void)alarm(DOCTOR_PROGRAM_S);
		(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	(void)close(ends[1]);
	fp = *pid_r > 0 ? fdopen(ends[0], "r") : NULL;
	if (fp == NULL)
		(void)close(ends[0]);
	return fp;
}

/* "name = value" lines into d->postfix. */
static void
read_lines(struct doctor *d, FILE *in)
{
	char line[LINE_SIZE];

	while (fgets(line, sizeof line, in) != NULL) {
		char *equals = strstr(line, " =");

		if (equals == NULL)
			continue;
		*equals = '\0';
		equals += 2 + (equals[2] == ' ');
		equals[strcspn(equals, "\n")] = '\0';
		/* What is no UTF-8 is not kept. */
		(void)json_object_set_new(d->postfix, line, json_string(equals));
	}
}

static bool
postconf(struct doctor *d, const char *flag, const char *const *names, size_t count)
{
	const char *directory = call_value(d->call, "postfix", 0);
	const char *argv[PARAMETERS + 6];
	size_t n = 0;
	int status;
	FILE *out;
	pid_t pid;

	argv[n++] = "postconf";
	argv[n++] = "-c";
	argv[n++] = directory;
	if (directory == NULL)
		n -= 2;
	argv[n++] = flag;
	for (size_t i = 0; i < count; i++)
		argv[n++] = names[i];
	argv[n] = NULL;
	if ((out = start(argv, &pid)) == NULL)
		return false;
	read_lines(d, out);
	(void)fclose(out);
	return waitpid(pid, &status, 0) == pid && status == 0;
}

void
postfix_read(struct doctor *d)
{
	static const char *const chroot[] = {CHROOT}, *const own_list[] = {OWN_LIST};

	d->postfix = json_object();
	if (!postconf(d, "-x", parameters, PARAMETERS)) {
		json_decref(d->postfix);
		d->postfix = NULL;
		return;
	}
	(void)postconf(d, "-F", chroot, 1);
	(void)postconf(d, "-P", own_list, 1);
}

const char *
postfix_get(const struct doctor *d, const char *parameter)
{
	return json_text_of(d->postfix, parameter);
}

/* "-" in master.cf means yes to the ways of Postfix before 3.0. */
bool
postfix_chroot(const struct doctor *d)
{
	const char *is = postfix_get(d, CHROOT);

	return strcmp(is, "y") == 0 ||
	       (strcmp(is, "-") == 0 && strcmp(postfix_get(d, "compatibility_level"), "0") == 0);
}

const char *
word_next(struct doctor *d, const char **rest)
{
	static const char between[] = ", \t";
	const char *word = *rest + strspn(*rest, between);
	size_t len = strcspn(word, between);

	*rest = word + len;
	return len > 0 ? doctor_printf(d, "%.*s", (int)len, word) : NULL;
}

const char *
postfix_inside(const struct doctor *d, const char *path)
{
	const char *root = postfix_get(d, "queue_directory");
	size_t len = strlen(root);

	if (!postfix_chroot(d))
		return path;
	return len > 0 && strncmp(path, root, len) == 0 && path[len] == '/' ? path + len : NULL;
}

const char *
postfix_socket(struct doctor *d)
{
	const char *s = d->conf->socket, *at = strchr(s, '@'), *path = strchr(s, '/');

	if (strncmp(s, "inet", 4) == 0 && at != NULL) {
		const char *port = strchr(s, ':') + 1;

		return doctor_printf(d, "inet:%s:%.*s", at + 1, (int)(at - port), port);
	}
	if (path == NULL || postfix_inside(d, path) == NULL)
		return s;
	return doctor_printf(d, "unix:%s", postfix_inside(d, path));
}

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
	const char *name = postfix_socket(d), *own = postfix_get(d, OWN_LIST);
	const char *all = postfix_get(d, "smtpd_milters");
	struct names_line missing;
	bool overridden = json_object_get(d->postfix, OWN_LIST) != NULL;

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
