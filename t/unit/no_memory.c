/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * No memory: honest messages through all checks, again and again, with one
 * allocation after the other failing, and all from there on.  Nothing crashes
 * or leaks (the sanitizers see to that), nobody is refused for it, and the
 * next message is served as if nothing had been.
 *
 * The linker sends the allocations of our own code here (--wrap, t/local.mk);
 * those of all libraries come as well where no sanitizer wants them.
 */
#include "db/store.h"
#include "lib/log.h"
#include "milter/authres.h"
#include "milter/stage.h"
#include "milter/summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "t/scratch.h"
#include "t/tap.h"

#define NOW   1528637909 /* when the message was signed */
#define STEPS 500 /* of a scenario with more allocations, not each is made to fail */

/* --- allocations ---------------------------------------------------------- */

static long allocations, fails_at; /* 0: never */
static bool fails_on; /* all that follow, too */

static bool
is_to_fail(void)
{
	allocations++;
	return fails_at != 0 && (fails_on ? allocations >= fails_at : allocations == fails_at);
}

/* clang-format off */
#define WRAP(type, name, parameters, arguments) \
	type __real_##name parameters; \
	type __wrap_##name parameters; \
	type __wrap_##name parameters { return is_to_fail() ? NULL : __real_##name arguments; }

WRAP(void *, malloc, (size_t size), (size))
WRAP(void *, calloc, (size_t n, size_t size), (n, size))
WRAP(void *, realloc, (void *p, size_t size), (p, size))
WRAP(char *, strdup, (const char *s), (s))
/* An arena asks for memory seldom, but it may be at its end at any time. */
WRAP(void *, arena_alloc, (struct arena *a, size_t size), (a, size))
WRAP(void *, arena_array, (struct arena *a, size_t n, size_t size), (a, n, size))
WRAP(char *, arena_strdup, (struct arena *a, const char *s), (a, s))
WRAP(char *, arena_strndup, (struct arena *a, const char *s, size_t len), (a, s, len))
WRAP(char *, arena_vprintf, (struct arena *a, const char *fmt, va_list ap), (a, fmt, ap))
/* clang-format on */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif
#ifndef SANITIZED
/* glibc's own. */
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);

void *
malloc(size_t size)
{
	return is_to_fail() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
	return is_to_fail() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t size)
{
	return is_to_fail() ? NULL : __libc_realloc(p, size);
}
#endif

char *__wrap_arena_printf(struct arena *, const char *, ...) __attribute__((format(printf, 2, 3)));

char *
__wrap_arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = __wrap_arena_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}

/* --- a message that passes everything ------------------------------------- */

/* RFC 8463 A.3. */
static const char *const message[][2] = {
    {"DKIM-Signature",
	" v=1; a=ed25519-sha256; c=relaxed/relaxed;\n d=football.example.com; "
	"i=@football.example.com;\n q=dns/txt; s=brisbane; t=1528637909; h=from : to :\n subject : "
	"date : message-id : from : subject : date;\n "
	"bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n "
	"b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\n "
	"Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw=="},
    {"From", " Joe SixPack <joe@football.example.com>"},
    {"To", " Suzie Q <suzie@shopping.example.net>"},
    {"Subject", " Is dinner ready?"},
    {"Date", " Fri, 11 Jul 2003 21:00:37 -0700 (PDT)"},
    {"Message-ID", " <20030712040037.46341.5F8J@football.example.com>"},
};
static const char body[] = "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";

/* Whatever is not here times out, and that is no reason to refuse either. */
static char answers[] =
    "bailey-answers 1\ntime 1528637909\n"
    "answer PTR OK 60 - 10.2.0.192.in-addr.arpa\n\tname 0 mail.football.example.com\n"
    "answer A OK 60 - mail.football.example.com\n\taddr 192.0.2.10\n"
    "answer MX OK 60 - football.example.com\n\tname 10 mail.football.example.com\n"
    "answer A OK 60 - football.example.com\n\taddr 192.0.2.10\n"
    "answer TXT OK 60 - football.example.com\n\ttxt v=spf1 include:spf.football.example.com -all\n"
    "answer TXT OK 60 - spf.football.example.com\n\ttxt v=spf1 mx:football.example.com ?all\n"
    "answer TXT OK 60 - mail.football.example.com\n\ttxt v=spf1 a -all\n"
    "answer TXT OK 60 - brisbane._domainkey.football.example.com\n"
    "\ttxt v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
    "answer TXT OK 60 - _dmarc.football.example.com\n\ttxt v=DMARC1; p=reject; "
    "rua=mailto:d@example.com\n"
    "answer TXT NXDOMAIN 60 - _dmarc.example.com\n"
    "answer TXT NXDOMAIN 60 - _dmarc.com\n"
    "answer A NXDOMAIN 60 - 10.2.0.192.bl.example\n"
    "answer A OK 60 - 10.2.0.192.wl.example\n\taddr 127.0.0.2\n"
    "answer TXT OK 60 - 10.2.0.192.wl.example\n\ttxt an honest sender\n"
    "answer A NXDOMAIN 60 - football.example.com.bl.example\n"
    "answer PTR OK 60 - 20.2.0.192.in-addr.arpa\n\tname 0 other.example.com\n"
    "answer A OK 60 - other.example.com\n\taddr 192.0.2.21\n"
    "answer TXT OK 60 - bad.example.com\n\ttxt v=spf1 redirect=_spf.bad.example.com\n"
    "answer TXT OK 60 - _spf.bad.example.com\n\ttxt v=spf1 exists:%{l}.%{i}.bad.example.com ptr "
    "-all exp=why.bad.example.com\n"
    "answer TXT OK 60 - why.bad.example.com\n\ttxt %{s} is not of %{i}\n"
    "answer MX OK 60 - bad.example.com\n\tname 10 other.example.com\n"
    "answer A NXDOMAIN 60 - someone.192.0.2.20.bad.example.com\n"
    "answer A NXDOMAIN 60 - bad.example.com.bl.example\n"
    "answer A NXDOMAIN 60 - 20.2.0.192.wl.example\n"
    "answer A OK 60 - 20.2.0.192.bl.example\n\taddr 127.0.0.2\n"
    "answer TXT OK 60 - 20.2.0.192.bl.example\n\ttxt known for spam\n";

static const char configuration[] =
    "authserv-id = \"mx.example.net\"\n"
    "local-domains = { \"shopping.example.net\" }\n"
    "dnsbl { zone \"bl.example\" { weight = 5 self-test = no names = { \"sender\", \"from\" } }\n"
    " zone \"wl.example\" { weight = -2 self-test = no kind = \"allow\" } }\n"
    "dmarc { reject = \"reject\" }\n"
    "spf { fail = \"reject\" received-spf = yes }\n"
    "greylist { apply = \"all\" delay = \"1s\" }\n"
    "access { table \"file:%s/access\" {} }\n"
    "sign { domain \"football.example.com\" { selectors = \"s\" } key-directory = \"%s\" }\n";

/* That of RFC 8463 A.2. */
static const char key[] = "-----BEGIN PRIVATE KEY-----\n"
			  "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
			  "-----END PRIVATE KEY-----\n";

static struct conf *conf;
static struct store *store;
static struct clock_fake now;

static void
spew(const char *dir, const char *name, const char *text, char path[2 * SCRATCH_SIZE])
{
	FILE *fp;

	(void)snprintf(path, (size_t)2 * SCRATCH_SIZE, "%s/%s", dir, name);
	fp = fopen(path, "w");
	if (fp == NULL || fputs(text, fp) == EOF || fchmod(fileno(fp), 0600) != 0 ||
	    fclose(fp) != 0)
		abort();
}

static bool
prepare(const char *dir)
{
	char path[2 * SCRATCH_SIZE], text[sizeof configuration + 2 * SCRATCH_SIZE], room[200];
	struct store_setup setup = {.options = {.type = STORE_MEMORY, .cache_size = 1 << 20},
	    .directory = dir,
	    .offline = true};
	struct buf why;
	char *errors = NULL;

	clock_fake_init(&now, 1000, NOW);
	setup.clock = &now.clock;
	spew(dir, "access", "joe@elsewhere.example REJECT\n", path);
	spew(dir, "football.example.com.s.pem", key, path);
	(void)snprintf(text, sizeof text, configuration, dir, dir);
	spew(dir, "conf", text, path);
	conf = conf_load(path, &errors);
	buf_init(&why, room, sizeof room);
	return tap_ok(conf != NULL, "a configuration %s", errors != NULL ? errors : "") &&
	       tap_ok(store_open(&store, &setup, &why) == STORE_OK, "a store %s", why.s);
}

/* Of a walk: "spf=pass dkim=pass ...", after the last recipient and at the end. */
struct outcome {
	char results[2000];
	enum action action;
};

static void
note_results(struct buf *b, const struct stage_walk *w)
{
	const struct verdict *all[STAGE_VERDICTS_MAX];
	size_t n = stage_verdicts(w, all);

	for (size_t i = 0; i < n; i++)
		buf_printf(
		    b, "%s=%s ", all[i]->check->name, all[i]->check->results[all[i]->result].name);
}

static void
content(struct stage_walk *w, struct decision *d)
{
	char room[AUTHRES_SIZE];
	struct buf b;

	for (size_t i = 0; i < sizeof message / sizeof message[0]; i++)
		(void)stage_header(w, message[i][0], message[i][1]);
	stage_eoh(w);
	stage_body(w, (const unsigned char *)body, strlen(body));
	stage_eom(w, d);
	summary_log(w, NULL, d);
	buf_init(&b, room, sizeof room);
	authres_format(&b, w);
}

struct scenario {
	const char *name;
	const char *client, *helo, *sender, *user;
	bool good; /* nobody has a reason to refuse it */
};

/* clang-format off */
static const struct scenario scenarios[] = {
	{"from outside", "192.0.2.10", "mail.football.example.com", "<joe@football.example.com>", NULL, true},
	{"from one of us", "192.0.2.10", "[192.168.1.1]", "<joe@football.example.com>", "joe", true},
	{"forged", "192.0.2.20", "other.example.com", "<someone@bad.example.com>", NULL, false},
	{"a bounce", "192.0.2.20", "-bad-", "<>", NULL, false},
	{"listed in a table", "192.0.2.10", "mail.football.example.com", "<joe@elsewhere.example>", NULL, false},
};
/* clang-format on */

/* One message, as session.c has it: what cannot begin is tempfailed. */
static void
walk(const struct house *house, const struct scenario *s, struct outcome *o)
{
	static const char *const params[] = {"SIZE=1000", "BODY=8BITMIME", NULL};
	struct connection c = {.mta_name = s->helo, .hostname = "mx.example.net"};
	struct stage_walk *w;
	struct decision d = {.action = ACTION_TEMPFAIL};
	struct buf b;

	*o = (struct outcome){.action = ACTION_TEMPFAIL};
	(void)addr_parse(&c.client, s->client);
	if ((w = stage_open(conf, house, &c)) == NULL)
		return;
	stage_set_store(w, store);
	stage_helo(w, s->helo);
	if (stage_mail(w, s->sender, params, s->user) == 0) {
		stage_queue_id(w, "4X1");
		stage_rcpt(w, "<postmaster@shopping.example.net>", &d);
		stage_rcpt(w, "<suzie@shopping.example.net>", &d);
		buf_init(&b, o->results, sizeof o->results);
		note_results(&b, w);
		if (!policy_refuses(d.action))
			content(w, &d);
		note_results(&b, w);
	}
	o->action = d.action;
	stage_close(&w);
}

/* With nothing in the resolver's cache; allocation n fails, and if on those behind it. */
static long
try(const struct scenario *s, long n, bool on, struct outcome *o)
{
	struct house house = {.clock = &now.clock};
	FILE *fp = fmemopen(answers, strlen(answers), "r");
	const char *why;
	int64_t wall;

	house.dns = dns_open_replay(fp, &now.clock, &wall, &why);
	(void)fclose(fp);
	house_open(&house, conf);
	allocations = 0;
	fails_at = n;
	fails_on = on;
	walk(&house, s, o);
	fails_at = 0;
	house_close(&house);
	dns_close(&house.dns);
	return allocations;
}

static bool
is_same(const struct outcome *a, const struct outcome *b)
{
	return a->action == b->action && strcmp(a->results, b->results) == 0;
}

static void
test_scenario(const struct scenario *s)
{
	struct outcome best, o;
	long count, tried = 0, refused = 0, other = 0, unchanged = 0;

	/* The first attempt is greylisted, the second passes, the third is known. */
	(void)try(s, 0, false, &best);
	now.wall_s += 60;
	(void)try(s, 0, false, &best);
	count = try(s, 0, false, &best);
	tap_note(
	    "%s: %ld allocations, %s%s", s->name, count, best.results, action_text(best.action));
	tap_ok(!s->good || !policy_refuses(best.action), "%s", s->name);
	tap_ok(count > 50, "asks for memory %ld times", count);
	for (int on = 0; on < 2; on++)
		for (long n = 1; n <= count; n += 1 + count / STEPS) {
			(void)try(s, n, on != 0, &o);
			if (s->good && policy_refuses(o.action) && o.action != ACTION_TEMPFAIL) {
				refused++;
				tap_note("without allocation %ld: %s%s", n, o.results,
				    action_text(o.action));
			}
			tried++;
			unchanged += is_same(&o, &best);
			(void)try(s, 0, false, &o);
			other += !is_same(&o, &best);
		}
	tap_is_int(refused, 0, "is not refused when it gets none");
	tap_ok(unchanged < tried, "though results are missing then");
	tap_is_int(other, 0, "and served as before afterwards");
}

int
main(void)
{
	char dir[SCRATCH_SIZE];

	scratch_make(dir);
	log_open("bailey", LOG_TO_STDERR, LOG_LEVEL_ERR);
	if (prepare(dir))
		for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++)
			test_scenario(&scenarios[i]);
	store_close(&store);
	conf_unref(&conf);
	scratch_remove(dir);
	return tap_done();
}
