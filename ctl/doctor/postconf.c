/* SPDX-License-Identifier: BSD-2-Clause */
/* Postfix, as postconf(1) shows it: its parameters with macros expanded, and how master.cf runs smtpd. */
#include "config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/doctor/doctor.h"
#include "ctl/show.h"

#define CHROOT "smtp/inet/chroot"

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
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, in) > 0) {
		char *equals = strstr(line, " =");

		if (equals == NULL)
			continue;
		*equals = '\0';
		equals += 2 + (equals[2] == ' ');
		equals[strcspn(equals, "\n")] = '\0';
		/* What is no UTF-8 is not kept. */
		(void)json_object_set_new(d->postfix, line, json_string(equals));
	}
	free(line);
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
	static const char *const chroot[] = {CHROOT}, *const own_list[] = {POSTFIX_OWN_LIST};

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
