/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One message, logged to syslog, as JSON and to the journal: the same facts in
 * the same order, whatever its values are made of, however long it is.
 */
#include <endian.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/journal.h"
#include "lib/log.h"
#include "milter/summary.h"
#include "t/tap.h"
#include "t/unit/fakelog.h"
#include "t/unit/fakewalk.h"

#define FACTS_MAX 64

struct facts {
	size_t n;
	struct {
		char key[32], value[LOG_LINE_MAX];
	} v[FACTS_MAX];
};

/* ---- where lines go */

static char folder[] = "/tmp/bailey-facts-XXXXXX", path[sizeof folder + 2];
static int journal;

static void
listen_everywhere(void)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};

	fakelog_catch();
	if (mkdtemp(folder) == NULL)
		abort();
	(void)snprintf(path, sizeof path, "%s/s", folder);
	(void)snprintf(sun.sun_path, sizeof sun.sun_path, "%s", path);
	journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (bind(journal, (struct sockaddr *)&sun, sizeof sun) < 0)
		abort();
	journal_open(path);
}

/* ---- what they say */

static void
put(struct facts *f, const char *key, size_t key_len, const char *value, size_t len)
{
	if (f->n == FACTS_MAX || len >= sizeof f->v[0].value)
		abort();
	(void)snprintf(f->v[f->n].key, sizeof f->v[0].key, "%.*s", (int)key_len, key);
	memcpy(f->v[f->n].value, value, len);
	f->v[f->n++].value[len] = '\0';
}

/* key=value key="v \"w\" \x0a" */
static void
read_text(struct facts *f)
{
	char value[LOG_LINE_MAX];

	for (const char *p = fakelog_syslog.text; *p != '\0'; p += *p == ' ') {
		const char *key = p;
		size_t key_len = strcspn(p, "="), n = 0;
		bool quoted = p[key_len + 1] == '"';
		unsigned byte;

		for (p += key_len + 1 + quoted; *p != '\0' && *p != (quoted ? '"' : ' '); p++) {
			if (p[0] == '\\' && p[1] == 'x' && sscanf(p + 2, "%2x", &byte) == 1) {
				value[n++] = (char)byte;
				p += 3;
				continue;
			}
			p += p[0] == '\\';
			value[n++] = *p;
		}
		p += quoted;
		put(f, key, key_len, value, n);
	}
}

static void
read_json(struct facts *f)
{
	static char line[LOG_JSON_MAX + 1];
	json_t *o = json_loads(fakelog_caught(line, sizeof line), 0, NULL), *value;
	const char *key;

	tap_ok(o != NULL && line[strlen(line) - 1] == '\n', "an object on a line of its own");
	tap_is(json_string_value(json_object_get(o, "level")), "info", "its level");
	json_object_foreach (o, key, value)
		if (strcmp(key, "time") != 0 && strcmp(key, "level") != 0)
			put(f, key, strlen(key), json_string_value(value),
			    json_string_length(value));
	json_decref(o);
}

static void
read_journal(struct facts *f)
{
	static char bytes[65536];
	ssize_t len = recv(journal, bytes, sizeof bytes, 0);
	char key[32];

	for (const char *p = bytes, *end = bytes + (len > 0 ? len : 0); p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t k = 0;
		uint64_t n;

		memcpy(&n, nl + 1, sizeof n);
		n = le64toh(n);
		if (strncmp(p, "BAILEY_", 7) == 0) {
			for (const char *c = p + 7; c < nl && k < sizeof key; c++)
				key[k++] = *c == '_' ? '-' : ascii_lower(*c);
			put(f, key, k, nl + 9, (size_t)n);
		}
		p = nl + 10 + n;
	}
}

/* ---- the same in each */

static void
compare(const struct facts *a, const struct facts *b, const char *name)
{
	size_t wrong = 0;

	tap_is_int(b->n, a->n, "%s: as many facts as in syslog", name);
	for (size_t i = 0; i < a->n && i < b->n; i++) {
		if (strcmp(a->v[i].key, b->v[i].key) == 0 &&
		    strcmp(a->v[i].value, b->v[i].value) == 0)
			continue;
		wrong++;
		tap_note("%s=%s", a->v[i].key, a->v[i].value);
		tap_note("%s=%s", b->v[i].key, b->v[i].value);
	}
	tap_is_int(wrong, 0, "%s: each of them the same", name);
}

/* How many facts there are. */
static size_t
log_everywhere(const struct stage_walk *w, const struct rcpt *rcpt, const struct decision *d)
{
	static struct facts text, json, fields;

	text.n = json.n = fields.n = 0;
	log_open("bailey", LOG_TO_SYSLOG, LOG_LEVEL_INFO);
	summary_log(w, rcpt, d);
	read_text(&text);
	log_open("bailey", LOG_TO_JSON, LOG_LEVEL_INFO);
	summary_log(w, rcpt, d);
	read_json(&json);
	log_open("bailey", LOG_TO_JOURNAL, LOG_LEVEL_INFO);
	summary_log(w, rcpt, d);
	read_journal(&fields);
	compare(&text, &json, "json");
	compare(&text, &fields, "journal");
	tap_is(text.n > 0 ? text.v[0].key : NULL, "event", "they begin with the event");
	return text.n;
}

static void
judge(struct txn *t, int check, enum stage stage)
{
	if (check == ALPHA)
		(void)report(t, R_FAIL, "no \"name\" = \\ here");
	else if (check == GAMMA && stage == STAGE_RCPT)
		(void)report(t, R_FAIL, "not\r\nallowed \xc3\xa4");
	else if (check == OMEGA)
		(void)report(t, R_PASS, "x");
}

static struct stage_walk *
begin(const char *text, const char *name)
{
	struct connection c = fakewalk_client;

	c.mta_name = name;
	return fakewalk(text, &c);
}

static void
test_message(const char *conf)
{
	struct stage_walk *w = begin(conf, "evil\" action=accept \x7f\t");
	struct decision d;
	size_t n;

	stage_helo(w, "back\\slash\\x41 \xe2\x82\xac");
	(void)stage_mail(w, "<a=b@b.example>", NULL, NULL);
	stage_queue_id(w, "4Tq1");
	stage_rcpt(w, "<bob@example.org>", &d);
	n = log_everywhere(w, stage_txn(w)->rcpt, &d);
	tap_ok(n > 10, "a recipient: %zu facts", n);
	stage_rcpt(w, "<postmaster@example.org>", &d);
	stage_eoh(w);
	stage_eom(w, &d);
	n = log_everywhere(w, NULL, &d);
	tap_ok(n > 10, "a message: %zu facts", n);
	stage_close(&w);
}

/* Whatever is longer in one target than in another, ends at the same place. */
static void
test_long(const char *piece)
{
	char text[3000] = "", rcpt[64];
	struct stage_walk *w;
	struct decision d;

	while (strlen(text) + strlen(piece) < sizeof text)
		(void)strcat(text, piece);
	w = begin("", text);
	stage_helo(w, text);
	(void)stage_mail(w, text, NULL, text);
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(rcpt, sizeof rcpt, "<postmaster@host%d.example.org>", i);
		stage_rcpt(w, rcpt, &d);
	}
	stage_eoh(w);
	stage_eom(w, &d);
	(void)log_everywhere(w, NULL, &d);
	stage_close(&w);
}

int
main(void)
{
	listen_everywhere();
	fake_judge = judge;
	test_message("beta { mode = off }");
	test_message("mode = shadow");
	test_long("\x01");
	test_long("x");
	test_long("\"");
	test_long("1\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
	(void)unlink(path);
	(void)rmdir(folder);
	return tap_done();
}
