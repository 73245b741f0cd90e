/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * doctor: one line for each thing that must be right around the filter, and
 * for what is not the remedy.  Every probe stands alone; one that cannot look
 * says nothing.
 */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/commands.h"
#include "ctl/daemon.h"
#include "ctl/show.h"
#include "milter/conf.h"

#define DISK_LOW_MB      200 /* a store of a million triplets, its log and a snapshot */
#define POSTFIX_ROOT     "/var/spool/postfix"
#define RESOLVER_WAIT_MS 10000

enum level { LEVEL_OK, LEVEL_WARN, LEVEL_FAIL };

struct doctor {
	const struct call *call;
	struct conf *conf;
	json_t *status; /* of the daemon; NULL: it does not answer */
	json_t *findings;
	enum level worst;
};

static void __attribute__((format(printf, 5, 6))) find(
    struct doctor *d, enum level level, const char *about, const char *remedy, const char *fmt, ...)
{
	static const char *const words[] = {"ok", "warn", "fail"};
	json_t *o = json_object();
	va_list ap;

	va_start(ap, fmt);
	(void)json_object_set_new(o, "level", json_string(words[level]));
	(void)json_object_set_new(o, "about", json_string(about));
	(void)json_object_set_new(o, "text", json_vsprintf(fmt, ap));
	if (remedy != NULL)
		(void)json_object_set_new(o, "remedy", json_string(remedy));
	va_end(ap);
	(void)json_array_append_new(d->findings, o);
	if (level > d->worst)
		d->worst = level;
}

static void
probe_daemon(struct doctor *d)
{
	struct daemon daemon;
	const char *mode;

	if (daemon_open(&daemon, d->call) == 0)
		d->status = daemon_ask(&daemon, "status");
	daemon_close(&daemon);
	if (d->status == NULL) {
		find(d, LEVEL_FAIL, "daemon", "systemctl start bailey; journalctl -u bailey",
		    "does not answer at its control socket");
		return;
	}
	mode = json_text_of(d->status, "mode");
	if (strcmp(mode, "enforce") == 0)
		find(d, LEVEL_OK, "daemon", NULL, "answers, version %s",
		    json_text_of(d->status, "version"));
	else
		find(d, LEVEL_WARN, "daemon", "baileyctl mode configured; or mode = \"enforce\"",
		    "its mode is %s: it refuses nothing", mode);
	if (json_object_get(d->status, "store") == NULL)
		find(d, LEVEL_FAIL, "store", "the log says why", "there is none now");
	if (json_number_of(d->status, "receipts_lost") > 0)
		find(d, LEVEL_WARN, "receipts", "see store, or raise deliveries",
		    "%lld could not be kept",
		    (long long)json_number_of(d->status, "receipts_lost"));
}

static void
probe_socket(struct doctor *d)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	const char *path = d->conf->socket;
	int fd;

	if (strncmp(path, "unix:", 5) == 0)
		path += 5;
	if (*path != '/' || strlen(path) >= sizeof sun.sun_path)
		return;
	memcpy(sun.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&sun, sizeof sun) == 0)
		find(d, LEVEL_OK, "socket", NULL, "%s takes connections", path);
	else
		find(d, LEVEL_FAIL, "socket", "start the daemon; see socket in bailey.conf(5)",
		    "%s: %s", path, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
}

/* What postconf(1) prints, without its line end; false: there is no Postfix. */
static bool
postconf(const char *arguments, char out[static 1000])
{
	char command[200];
	FILE *fp;
	bool ok;

	(void)snprintf(command, sizeof command, "postconf %s 2>/dev/null", arguments);
	fp = popen(command, "r");
	ok = fp != NULL && fgets(out, 1000, fp) != NULL;
	if (ok)
		out[strcspn(out, "\n")] = '\0';
	return fp != NULL && pclose(fp) == 0 && ok;
}

/* The socket as Postfix spells it. */
static void
spell_for_postfix(const struct conf *conf, bool chroot, char out[static 300])
{
	const char *s = conf->socket, *at = strchr(s, '@');
	size_t root = strlen(POSTFIX_ROOT);

	if (strncmp(s, "unix:", 5) == 0)
		s += 5;
	if (*s == '/')
		(void)snprintf(out, 300, "unix:%s",
		    chroot && strncmp(s, POSTFIX_ROOT "/", root + 1) == 0 ? s + root : s);
	else if (strncmp(s, "inet:", 5) == 0 && at != NULL)
		(void)snprintf(out, 300, "inet:%s:%.*s", at + 1, (int)(at - s - 5), s + 5);
	else
		(void)snprintf(out, 300, "%s", s);
}

static void
probe_postfix(struct doctor *d)
{
	char said[1000], line[1000], name[300];
	bool chroot;

	if (!postconf("-h smtpd_milters", said))
		return;
	chroot = postconf("-F smtp/inet/chroot", line) && strstr(line, "= y") != NULL;
	spell_for_postfix(d->conf, chroot, name);
	(void)snprintf(line, sizeof line, "main.cf: smtpd_milters = %s", name);
	if (strstr(said, name) != NULL)
		find(d, LEVEL_OK, "Postfix", NULL, "asks %s", name);
	else
		find(d, LEVEL_FAIL, "Postfix", line, "does not ask us: smtpd_milters = %s", said);
	if (chroot && d->conf->socket[strcspn(d->conf->socket, "/")] == '/' &&
	    strstr(d->conf->socket, POSTFIX_ROOT "/") == NULL)
		find(d, LEVEL_FAIL, "Postfix",
		    "bailey.conf: socket = \"unix:" POSTFIX_ROOT "/bailey/bailey.sock\"",
		    "smtpd runs in the chroot " POSTFIX_ROOT " and cannot see our socket");
	if (postconf("-h milter_default_action", said) && strcmp(said, "accept") == 0)
		find(d, LEVEL_WARN, "Postfix", "main.cf: milter_default_action = tempfail",
		    "lets mail pass unfiltered while the filter is not running");
}

/* A name nobody has (RFC 6761 6.4). */
static void
probe_resolver(struct doctor *d)
{
	const char *why, *advice;
	struct dns *dns = dns_open(&d->conf->resolver, &clock_real, &why);
	const struct dns_answer *a;
	struct dns_session *s;
	char name[64];

	if (dns == NULL) {
		find(d, LEVEL_FAIL, "resolver", "see resolver in bailey.conf(5)", "%s", why);
		return;
	}
	advice = dns_advice(dns);
	if (advice != NULL)
		find(d, LEVEL_WARN, "resolver", "apt-get install unbound", "%s", advice);
	(void)snprintf(name, sizeof name, "bailey-doctor-%08x.invalid", arc4random());
	s = dns_session_new(dns);
	a = dns_get(s, name, DNS_A, clock_mono(&clock_real) + RESOLVER_WAIT_MS);
	if (a->status == DNS_NXDOMAIN)
		find(d, LEVEL_OK, "resolver", NULL, "answers, and does not invent names");
	else if (dns_is_temporary(a->status))
		find(d, LEVEL_FAIL, "resolver",
		    "see resolver in bailey.conf(5), and resolv.conf(5)", "does not answer: %s",
		    dns_status_text(a->status));
	else
		find(d, LEVEL_FAIL, "resolver", "use a resolver of your own, such as unbound",
		    "invents answers for names that do not exist");
	dns_session_free(&s);
	dns_close(&dns);
}

static void
probe_lists(struct doctor *d)
{
	const json_t *list = json_object_get(d->status, "services");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);
		bool good = json_is_true(json_object_get(o, "good"));

		find(d, good ? LEVEL_OK : LEVEL_FAIL, "DNS list",
		    good ? NULL : "ask its operator, or take the zone out of bailey.conf", "%s: %s",
		    json_text_of(o, "name"), json_text_of(o, "text"));
	}
}

static void
probe_disk(struct doctor *d)
{
	struct statvfs fs;
	unsigned long long mb;

	if (statvfs(d->conf->state_directory, &fs) < 0) {
		if (errno != EACCES)
			find(d, LEVEL_FAIL, "disk", "the daemon makes it when started as root",
			    "%s: %s", d->conf->state_directory, strerror(errno));
		return;
	}
	mb = (unsigned long long)fs.f_bavail * fs.f_frsize >> 20;
	find(d, mb < DISK_LOW_MB ? LEVEL_WARN : LEVEL_OK, "disk",
	    mb < DISK_LOW_MB ? "make room: a store without room cannot be recovered" : NULL,
	    "%llu MB free for the store in %s", mb, d->conf->state_directory);
}

static void (*const probes[])(struct doctor *) = {
    probe_daemon,
    probe_socket,
    probe_postfix,
    probe_resolver,
    probe_lists,
    probe_disk,
};

static void
show(const json_t *findings)
{
	for (size_t i = 0; i < json_array_size(findings); i++) {
		const json_t *o = json_array_get(findings, i);

		(void)printf("%-5s", json_text_of(o, "level"));
		show_key(json_text_of(o, "about"));
		show_text(json_text_of(o, "text"), stdout);
		(void)putchar('\n');
		if (*json_text_of(o, "remedy") != '\0')
			(void)printf("%20s-> %s\n", "", json_text_of(o, "remedy"));
	}
}

static int
run(const struct call *call)
{
	struct doctor d = {.call = call};
	char *errors;

	d.conf = conf_load(call->conf_path, &errors);
	if (d.conf == NULL) {
		(void)fputs(errors, stderr);
		free(errors);
		return call_fail(call, "mend the configuration first");
	}
	d.findings = json_array();
	for (size_t i = 0; i < sizeof probes / sizeof *probes; i++)
		probes[i](&d);
	if (call->json)
		daemon_print(d.findings);
	else
		show(d.findings);
	json_decref(d.findings);
	json_decref(d.status);
	conf_unref(&d.conf);
	return d.worst == LEVEL_FAIL ? EXIT_FAILED : EXIT_DONE;
}

/* clang-format off */
const struct command command_doctor = {
	.name = "doctor",
	.operands = "",
	.summary = "look for what is wrong around the filter, and say how to mend it",
	.run = run,
};
/* clang-format on */
