/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keys at top level, and the rules that no single row can state.  Each row
 * is a paragraph of bailey.conf(5).
 */
#include "milter/conf_private.h"

#include <stddef.h>
#include <string.h>

#include "lib/name.h"
#include "milter/listen.h"

static const char *const log_words[] = {"syslog", "stderr", "json", "journal", NULL};
static const char *const level_words[] = {"err", "notice", "info", "debug", NULL};
static const char *const sandbox_words[] = {"auto", "on", "off", NULL}; /* enum sandbox_mode */
const char *const conf_mode_words[] = {"enforce", "shadow", "off", NULL};

#define AT(member) offsetof(struct conf, member)

/* clang-format off */
const struct option conf_option_table[] = {
	/* Where the MTA finds us: "unix:PATH", "inet:PORT@HOST", "inet6:PORT@HOST", "fd:N" from systemd.  Restart. */
	{"socket", OPTION_STRING, AT(socket), "unix:/run/bailey/bailey.sock", .min = 4, .max = 200},
	/* Owner, group and permissions of a unix socket; "": whoever makes it.  The MTA needs write permission.  Restart. */
	{"socket-user", OPTION_STRING, AT(socket_user), .value = NULL},
	{"socket-group", OPTION_STRING, AT(socket_group), .value = NULL},
	{"socket-mode", OPTION_OCTAL, AT(socket_mode), "0660", .min = 0, .max = 0777},
	/* Where baileyctl finds us, a unix socket as above; "": nowhere.  Its group, with permissions 0660.  Restart. */
	{"control-socket", OPTION_STRING, AT(control_socket), "unix:/run/bailey/control.sock", .min = 0, .max = 200},
	{"control-group", OPTION_STRING, AT(control_group), .value = NULL},
	/* Who we become when started by root.  group "": the user's groups.  Restart. */
	{"user", OPTION_STRING, AT(user), "bailey", .min = 1, .max = 64},
	{"group", OPTION_STRING, AT(group), .value = NULL},
	/* File that holds our process id; "": none.  Restart. */
	{"pid-file", OPTION_STRING, AT(pid_file), .value = NULL},
	/* First word of Authentication-Results; "": the MTA's own name (macro j), or this host's. */
	{"authserv-id", OPTION_STRING, AT(authserv_id), NULL, .min = 0, .max = 253},
	/* auth=pass with the user's name (RFC 8601 2.7.4), for whoever gets his mail. */
	{"report-login", OPTION_BOOL, AT(report_login), .value = "no"},
	/* Clients whose mail passes without inbound checks. */
	{"trusted-networks", OPTION_CIDRS, AT(trusted_networks), .value = "127.0.0.0/8, ::1/128"},
	/* Our own domains: nobody outside greets with them. */
	{"local-domains", OPTION_DOMAINS, AT(local_domains), .value = NULL},
	/* Our own addresses, beside the one the client spoke to: nobody outside greets with them. */
	{"local-addresses", OPTION_CIDRS, AT(local_addresses), .value = NULL},
	/* Where the log goes: syslog(3), facility mail; standard error as text; standard error as JSON lines; systemd's journal, each fact a field. */
	{"log", OPTION_CHOICE, AT(log), "syslog", .choices = log_words},
	{"log-level", OPTION_CHOICE, AT(log_level), "info", .choices = level_words},
	/* enforce; shadow: everything is looked at, logged as would-be, nothing is carried out; off: nothing is looked at. */
	{"mode", OPTION_CHOICE, AT(mode), "enforce", .choices = conf_mode_words},
	/* SMTP sessions at once; more are told to come back.  Restart (it sets the descriptor limit). */
	{"maximum-sessions", OPTION_INT, AT(maximum_sessions), "2000", .min = 1, .max = 1000000},
	/* How to get help, as every refusal says: an address, a telephone number, a URL; "": postmaster of the recipient's domain. */
	{"contact", OPTION_STRING, AT(contact), NULL, .min = 0, .max = 200},
	/* Where the store lives; ours alone, writable.  Restart. */
	{"state-directory", OPTION_STRING, AT(state_directory), "/var/lib/bailey", .min = 1, .max = 1000},
	/* What the process gives up once it runs: all that can be had, all or no start, nothing.  Restart. */
	{"sandbox", OPTION_CHOICE, AT(sandbox), "auto", .choices = sandbox_words},
	/* Folders it may read beside those it knows to need.  Restart. */
	{"sandbox-read", OPTION_STRINGS, AT(sandbox_read), .value = NULL},
	{.key = NULL}
};
#undef AT

const struct option conf_class_table[] = {
	/* Who is in it; the class that names a recipient best has him: address, "user@", "domain", ".domain" (below it). */
	{"recipients", OPTION_STRINGS, offsetof(struct conf_class, recipients), .value = NULL},
	{.key = NULL}
};
/* clang-format on */

static int
finish_socket(const struct conf *c, struct arena *a, const char **why_r)
{
	char room[LISTEN_WHY_SIZE];
	struct buf why;

	buf_init(&why, room, sizeof room);
	if (listen_check(c->socket, &why) == 0)
		return 0;
	*why_r = arena_printf(a, "socket: %s", why.s);
	return -1;
}

static bool
is_printable(const char *s)
{
	while (*s >= ' ' && *s <= '~')
		s++;
	return *s == '\0';
}

int
conf_finish(void *base, struct arena *a, const char **why_r)
{
	struct conf *c = base;
	char name[NAME_TEXT_SIZE];

	*why_r = NULL;
	if (finish_socket(c, a, why_r) == -1)
		return -1;
	if (c->pid_file != NULL && c->pid_file[0] != '/') {
		*why_r =
		    "pid-file: must be a path from the root, such as \"/run/bailey/bailey.pid\"";
		return -1;
	}
	if (c->state_directory[0] != '/') {
		*why_r = "state-directory: must be a path from the root, such as "
			 "\"/var/lib/bailey\"";
		return -1;
	}
	if (c->authserv_id != NULL && name_canon(c->authserv_id, name) != NAME_OK) {
		*why_r = "authserv-id: must be a host or domain name, such as \"mx.example.org\"";
		return -1;
	}
	if (c->control_socket != NULL && c->control_socket[0] != '/' &&
	    strncmp(c->control_socket, "unix:/", 6) != 0) {
		*why_r = "control-socket: must be a unix socket, \"unix:/path\", or \"\" for none";
		return -1;
	}
	if (c->contact != NULL && !is_printable(c->contact)) {
		*why_r = "contact: must be printable ASCII, because it stands in SMTP replies";
		return -1;
	}
	return 0;
}
