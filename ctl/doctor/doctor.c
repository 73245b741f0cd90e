/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * doctor: one page, a line for each thing that must be right around the
 * filter, and for what is not the remedy.  All questions go out before the
 * first answer is waited for.
 */
#include "config.h"

#include "ctl/doctor/doctor.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/commands.h"
#include "ctl/show.h"
#include "lib/text.h"

#define ARENA_MAX (4 * 1024 * 1024) /* as much as a message may take */
#define LINE_SIZE 8192 /* of a finding: a key record has 4 KB */

/* In the order of the page. */
static const struct probe *const probes[] = {
    &probe_daemon,
    &probe_store,
    &probe_server,
    &probe_clock,
    &probe_socket,
    &probe_postfix,
    &probe_sendmail,
    &probe_mta,
    &probe_rivals,
    &probe_resolver,
    &probe_lists,
    &probe_name,
    &probe_spf,
    &probe_dkim,
    &probe_dmarc,
};
#define PROBES (sizeof probes / sizeof *probes)

static const char *const level_words[] = {"ok", "warn", "fail"};

/* Much of it comes from outside: printable ASCII is good for terminals and JSON. */
static void
put_text(json_t *o, const char *key, const char *text)
{
	char room[LINE_SIZE];
	struct buf b;

	buf_init(&b, room, sizeof room);
	text_reply(&b, text, sizeof room);
	(void)json_object_set_new(o, key, json_string(b.s));
}

void
find(
    struct doctor *d, enum level level, const char *about, const char *remedy, const char *fmt, ...)
{
	json_t *o = json_object();
	char room[LINE_SIZE];
	struct buf b;
	va_list ap;

	buf_init(&b, room, sizeof room);
	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	put_text(o, "subject", d->subject);
	put_text(o, "level", level_words[level]);
	put_text(o, "about", about);
	put_text(o, "text", b.s);
	if (remedy != NULL)
		put_text(o, "remedy", remedy);
	(void)json_array_append_new(d->findings, o);
	if (level > d->worst)
		d->worst = level;
}

const char *
doctor_printf(struct doctor *d, const char *fmt, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = arena_vprintf(&d->arena, fmt, ap);
	va_end(ap);
	return text != NULL ? text : "(out of memory)";
}

const struct dns_answer *
doctor_get(const struct doctor *d, const char *name, enum dns_type type)
{
	return dns_get(d->session, name, type, d->deadline);
}

const void *
doctor_options(const struct doctor *d, const struct check *check)
{
	size_t row = check_row(check);

	return d->conf->checks[row].mode != MODE_OFF ? d->conf->checks[row].options : NULL;
}

void
names_begin(struct names_line *n)
{
	buf_init(&n->buf, n->room, sizeof n->room);
}

void
names_add(struct names_line *n, const char *name)
{
	buf_puts(&n->buf, n->buf.len > 0 ? ", " : "");
	buf_puts(&n->buf, name);
}

/* NULL: it does not know the request, being another version. */
static json_t *
answer_to(struct daemon *daemon, const char *request)
{
	json_t *answer = daemon_ask(daemon, request);

	if (json_is_true(json_object_get(answer, "ok")))
		return answer;
	json_decref(answer);
	return NULL;
}

static void
ask_daemon(struct doctor *d)
{
	struct call call = *d->call;
	struct daemon daemon;
	char room[512];
	struct buf why;

	buf_init(&why, room, sizeof room);
	if (call.patience > DOCTOR_DAEMON_MS)
		call.patience = DOCTOR_DAEMON_MS;
	d->found = daemon_find(&daemon, &call, &why);
	if (d->found == DAEMON_HERE)
		d->status = answer_to(&daemon, "status");
	else
		(void)call_fail(d->call, "%s", why.s);
	if (d->status != NULL)
		d->mta = answer_to(&daemon, "mta");
	daemon_close(&daemon);
}

static void
examine(struct doctor *d)
{
	const char *why;

	d->dns = dns_open(&d->conf->resolver, &clock_real, &why);
	d->deadline = clock_mono(&clock_real) + DOCTOR_DNS_MS;
	if (d->dns != NULL)
		d->session = dns_session_new(d->dns);
	for (size_t i = 0; d->session != NULL && i < PROBES; i++)
		if (probes[i]->ask != NULL)
			probes[i]->ask(d);
	for (size_t i = 0; i < PROBES; i++) {
		d->subject = probes[i]->subject;
		if (d->session != NULL || !probes[i]->needs_dns)
			probes[i]->tell(d);
	}
}

static void
show_remedy(const char *remedy)
{
	if (*remedy == '\0')
		return;
	(void)printf("%24s-> ", "");
	show_text(remedy, stdout);
	(void)putchar('\n');
}

static void
show(const json_t *findings)
{
	const char *subject = "";
	size_t counts[LEVEL_FAIL + 1] = {0};

	for (size_t i = 0; i < json_array_size(findings); i++) {
		const json_t *o = json_array_get(findings, i);

		if (strcmp(subject, json_text_of(o, "subject")) != 0)
			(void)printf("%s%s\n", i > 0 ? "\n" : "", json_text_of(o, "subject"));
		subject = json_text_of(o, "subject");
		for (enum level l = LEVEL_OK; l <= LEVEL_FAIL; l++)
			counts[l] += strcmp(json_text_of(o, "level"), level_words[l]) == 0;
		(void)printf("  %-5s", json_text_of(o, "level"));
		show_key(json_text_of(o, "about"));
		show_text(json_text_of(o, "text"), stdout);
		(void)putchar('\n');
		show_remedy(json_text_of(o, "remedy"));
	}
	(void)printf("\n%zu ok, %zu to look at (warn), %zu broken (fail)\n", counts[LEVEL_OK],
	    counts[LEVEL_WARN], counts[LEVEL_FAIL]);
}

static void
finish(struct doctor *d)
{
	dns_session_free(&d->session);
	if (d->dns != NULL)
		dns_close(&d->dns);
	json_decref(d->findings);
	json_decref(d->status);
	json_decref(d->mta);
	json_decref(d->postfix);
	conf_unref(&d->conf);
	arena_fini(&d->arena);
}

static int
run(const struct call *call)
{
	static struct doctor d;
	char *errors;
	int status;

	d.call = call;
	d.conf = conf_load(call->conf_path, &errors);
	if (d.conf == NULL) {
		(void)fputs(errors, stderr);
		free(errors);
		return call_fail(call, "mend the configuration first");
	}
	arena_init(&d.arena, ARENA_MAX);
	d.findings = json_array();
	ask_daemon(&d);
	postfix_read(&d);
	status = site_find(&d);
	if (status == EXIT_DONE) {
		examine(&d);
		status = d.worst == LEVEL_FAIL ? EXIT_FAILED : EXIT_DONE;
		if (call->json)
			daemon_print(d.findings);
		else
			show(d.findings);
	}
	finish(&d);
	return status;
}

static const struct command_option options[] = {
    {"address", "ADDRESS", "an address others see us with; for hosts behind NAT; may be repeated"},
    {"domain", "DOMAIN", "a domain of our mail; may be repeated"},
    {"postfix", "DIRECTORY", "where main.cf is, instead of Postfix's usual folder"},
    {"sendmail", "FILE", "instead of /etc/mail/sendmail.cf"},
    {.name = NULL},
};

const struct command command_doctor = {
    .name = "doctor",
    .operands = "",
    .summary = "look for what is wrong around the filter, and say how to mend it",
    .options = options,
    .run = run,
};
