/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configurations that load and what comes of them, those that do not and what
 * is said about each, and printing as the inverse of loading.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/conf.h"
#include "t/tap.h"
#include "t/unit/fakechecks.h"

static char dir[] = "/tmp/bailey-conf.XXXXXX";
static char path[64];

static void
put(const char *text, size_t len)
{
	FILE *fp = fopen(path, "w");

	if (fp == NULL || fwrite(text, 1, len, fp) != len || fclose(fp) != 0)
		abort();
}

static struct conf *
load(const char *text, char **errors_r)
{
	put(text, strlen(text));
	return conf_load(path, errors_r);
}

/* What is wrong; every line wanted must be there after "PATH:", and no others. */
static const struct {
	const char *name, *text;
	const char *wanted[5];
} bad[] = {
    /* clang-format off */
	{"unknown key", "sokket = \"x\"", {"1: sokket: unknown key; did you mean \"socket\"?"}},
	{"unknown key like nothing", "xyzzy = 1", {"1: xyzzy: unknown key; bailey.conf(5) has them all"}},
	{"unknown section", "spff { a = 1\nb = { 1, 2 }\n c \"t\" { d = 1 } }\nmode = bogus", {"1: spff: unknown key"}},
	{"unknown keys, two sections", "alpha { fial = pass }\nbeta { fial = pass }", {"1: alpha.fial: unknown key; did you mean \"fail\"?", "2: beta.fial: unknown key; did you mean \"fail\"?"}},
	{"unknown list", "trusted-network = { \"a\", \"b\" }\nlog = x", {"1: trusted-network: unknown key; did you mean \"trusted-networks\"?", "2: log: \"x\" is none of: syslog, stderr, json"}},
	{"a check we do not have", "delt { fail = pass }", {"1: delt: unknown key; did you mean \"delta\"?"}},
	{"bad action", "\nalpha {\n fail = \"refuse\"\n}", {"3: alpha.fail: \"refuse\" is none of: pass, suspect, quarantine, discard, tempfail, reject-if-suspect, reject, accept"}},
	{"hearsay may not accept", "delta { none = accept }", {"1: delta.none: \"accept\" is none of: pass, suspect, quarantine, discard, tempfail, reject-if-suspect, reject"}},
	{"a key in a title", "gamma { zone \"abcdef0123456789abcdef0123.list.example\" { weight = x } }", {"1: zone \"list.example\".weight: \"x\""}},
	{"a key in a title twice", "gamma { zone \"abcdef0123456789abcdef0123.list.example\" { }\nzone \"abcdef0123456789abcdef0123.list.example\" { } }", {"found duplicate title 'list.example'"}},
	{"bad mode of a check", "alpha { mode = on }", {"1: alpha.mode: \"on\" is none of: enforce, shadow, off"}},
	{"duration too long", "gamma { delay = \"2d\" }", {"1: gamma.delay: \"2d\" is not a duration such as \"5s\" or \"10m\" between 1s and 1d"}},
	{"duration without unit", "gamma { delay = 5 }", {"1: gamma.delay: \"5\" is not a duration such as \"5s\" or \"10m\" between 1s and 1d"}},
	{"size", "gamma { size = 1 }", {"1: gamma.size: \"1\" is not a size such as \"64K\" or \"10M\" between 1K and 1G"}},
	{"number", "gamma { number = 11 }", {"1: gamma.number: \"11\" is not a whole number between -10 and 10"}},
	{"number, overflow", "gamma { number = 99999999999999999999 }", {"is not a whole number between -10 and 10"}},
	{"number, empty", "gamma { number = \"\" }", {"\"\" is not a whole number"}},
	{"number, space", "gamma { number = \" 3\" }", {"\" 3\" is not a whole number"}},
	{"octal", "socket-mode = 0999", {"1: socket-mode: \"0999\" is not a file mode such as \"0660\" between 0000 and 0777"}},
	{"boolean", "gamma { flag = maybe }", {"1: gamma.flag: \"maybe\" is neither \"yes\" nor \"no\""}},
	{"choice", "gamma { choice = \"Red\" }", {"1: gamma.choice: \"Red\" is none of: red, green, blue"}},
	{"network, host bits", "trusted-networks = { \"10.0.0.1/8\" }", {"1: trusted-networks: \"10.0.0.1/8\" is not a network"}},
	{"network, second of list", "trusted-networks = {\n\"10.0.0.0/8\",\n\"lan\"\n}", {"3: trusted-networks: \"lan\" is not a network"}},
	{"empty word in list", "gamma { words = { \"\" } }", {"1: gamma.words: must be 1 to 1000 characters long, not 0"}},
	{"local domain", "local-domains = { \"ok.example\",\n\"a b\" }", {"2: local-domains: \"a b\" is not a domain name"}},
	{"authserv-id", "authserv-id = \"a b\"", {"1: authserv-id: must be a host or domain name"}},
	{"contact", "contact = \"B\xc3\xbcro\"", {"1: contact: must be printable ASCII"}},
	{"empty socket", "socket = \"\"", {"1: socket: must be 4 to 200 characters long, not 0"}},
	{"socket as Postfix spells it", "\nsocket = \"inet:127.0.0.1:8891\"\nmode = off", {"2: socket: \"inet:127.0.0.1:8891\" is how Postfix spells it; here it is \"inet:8891@127.0.0.1\""}},
	{"rule of a section, told at its key", "resolver {\ntimeout = \"4s\"\nservers = { \"a\" }\n\n}", {"3: resolver.servers: addresses like"}},
	{"control character", "contact = \"a\\nb\"", {"1: contact: must not contain control characters"}},
	{"several mistakes", "mode = x\nlog = y\nalpha { fail = z }", {"1: mode:", "2: log:", "3: alpha.fail:"}},
	{"key twice", "mode = shadow\n\nmode = enforce", {"3: mode: written twice, first in line 1; keep one"}},
	{"list twice", "local-domains = { a.example, b.example }\nlocal-domains = { c.example }", {"2: local-domains: written twice, first in line 1"}},
	{"section twice", "alpha { fail = pass }\nalpha { none = pass }", {"2: alpha: written twice, first in line 1"}},
	{"key twice in sub-sections is none", "gamma { zone a { weight = x }\n zone b { weight = y } }", {"1: zone \"a\".weight: \"x\"", "2: zone \"b\".weight: \"y\""}},
	{"title twice", "gamma { zone a { }\n zone a { } }", {"2: gamma: found duplicate title 'a'"}},
	{"title missing", "gamma { zone { } }", {"1: gamma: missing title for section 'zone'"}},
	{"finish of a section", "gamma {\nnumber = 7 }", {"2: gamma: number must not be 7"}},
	{"finish of a sub-section", "gamma { zone x {\nweight = 0 } }", {"2: zone \"x\": weight must not be 0; leave the zone out instead"}},
	{"timeout and budget", "resolver { timeout = \"9s\" budget = \"5s\" }", {"1: resolver: timeout is longer than budget"}},
	{"name server", "resolver { servers = { \"127.0.0.1\", \"localhost\" } }", {"1: resolver.servers: addresses like \"127.0.0.1\""}},
	{"file of name servers", "resolver { servers = { \"/nonexistent\" } }", {"1: resolver.servers: there is no such file that can be read"}},
	{"pid file", "mode = off\npid-file = \"bailey.pid\"", {"2: pid-file: must be a path from the root"}},
	{"state directory", "state-directory = \"state\"", {"1: state-directory: must be a path from the root"}},
	{"string that never ends", "mode = shadow\nlog = \"stderr\n# x\nuser = x\n", {"2: the string that begins here never ends"}},
	{"single quotes too", "log = 'x", {"1: the string that begins here never ends"}},
	{"comment that never ends", "mode = shadow\n/* log\n\n", {"2: the comment that begins here never ends"}},
	{"section that never ends", "alpha { fail = pass", {"1: the brace that opens here is never closed"}},
	{"closing brace too many", "alpha { } }", {"1: unexpected closing brace"}},
	{"no equal sign", "mode shadow", {"1: missing equal sign after option 'mode'"}},
	{"no value", "mode = \nlog = ", {"2: mode: \"log\" is none of", "2: unexpected token '='"}},
	{"list where one value belongs", "mode = { shadow }", {"1: unexpected token '{'"}},
	{"value where a section belongs", "alpha = 3", {"1: missing opening brace for section 'alpha'"}},
	{"appending", "local-domains += { a }", {"1: \"+=\" is not offered; write the whole list"}},
	{"include", "include(\"/etc/passwd\")", {"1: include: unknown key"}},
	{"unknown keys in a row: the first, and after a known one", "a = 1\nb = 2\nmode = off\nc = { 3 }", {"1: a: unknown", "4: c: unknown"}},
	{"a list that never ends", "mode = off\nlocal-domains = {\n a, b\nlog = stderr", {"2: the brace that opens here is never closed"}},
	{"too deep", "a{a{a{a{a{a{a{a{a{a{", {"1: braces nested deeper than 8"}},
	{"terminal codes", "mode = \x1b[31m", {"1: byte 0x1b: not a text file"}},
    /* clang-format on */
};

static void
test_bad(void)
{
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		char *errors = NULL, *line, *save = NULL;
		struct conf *c = load(bad[i].text, &errors);
		size_t n = 0, len = strlen(path);
		bool good = c == NULL && errors != NULL;

		tap_note("%s:\n# %s", bad[i].name, errors != NULL ? errors : "no error");
		for (line = good ? strtok_r(errors, "\n", &save) : NULL; line != NULL;
		     line = strtok_r(NULL, "\n", &save), n++)
			good = good && n < 5 && bad[i].wanted[n] != NULL &&
			       strncmp(line, path, len) == 0 && line[len] == ':' &&
			       strstr(line + len + 1, bad[i].wanted[n]) != NULL;
		tap_ok(good && n > 0 && (n == 5 || bad[i].wanted[n] == NULL), "%s", bad[i].name);
		free(errors);
		conf_unref(&c);
	}
}

/* Files that are no configuration at all. */
static void
test_files(void)
{
	static char big[CONF_FILE_MAX + 2];
	char *errors;
	struct conf *c;

	c = conf_load("/nonexistent/bailey.conf", &errors);
	tap_is(errors, "/nonexistent/bailey.conf: cannot open: No such file or directory\n",
	    "no such file");
	free(errors);
	c = conf_load(dir, &errors);
	tap_ok(c == NULL && strstr(errors, ": not a regular file\n") != NULL, "a folder");
	free(errors);
	c = conf_load("/dev/zero", &errors);
	tap_ok(c == NULL && strstr(errors, ": not a regular file\n") != NULL, "a device");
	free(errors);
	put("mode = \0shadow", 14);
	c = conf_load(path, &errors);
	tap_ok(c == NULL && strstr(errors, ":1: byte 0x00: not a text file") != NULL, "binary");
	free(errors);
	memset(big, '\n', sizeof big);
	put(big, CONF_FILE_MAX + 1);
	c = conf_load(path, &errors);
	tap_ok(c == NULL && strstr(errors, ": longer than 1048576 bytes") != NULL, "too long");
	free(errors);
	put(big, CONF_FILE_MAX);
	c = conf_load(path, &errors);
	tap_ok(c != NULL && errors == NULL, "just not too long");
	conf_unref(&c);
	for (size_t i = 0; i < 20000; i++)
		memcpy(
		    big + i * 20, i == 0 ? "trusted-networks = {" : "\"192.0.2.0/24\",\n    ", 20);
	memcpy(big + 20000 * 20, "\"192.0.2.0/24\"}", 16);
	c = load(big, &errors);
	tap_ok(c == NULL && strstr(errors, "trusted-networks: more than 10000 entries\n") != NULL,
	    "a list too long");
	free(errors);
	for (size_t i = 0; i < 10000; i++)
		memcpy(big + i * 14, "mode = broken\n", 15);
	c = load(big, &errors);
	tap_ok(c == NULL && strlen(errors) < 20000, "a hundred mistakes are enough");
	free(errors);
	c = load("", &errors);
	tap_ok(c != NULL && errors == NULL, "empty");
	conf_unref(&c);
	c = load("# only\n/* words */ // here\n", &errors);
	tap_ok(c != NULL && errors == NULL, "comments alone");
	conf_unref(&c);
}

static void
test_defaults(void)
{
	char *errors;
	struct conf *c = load("", &errors);
	const struct gamma_options *g = c->checks[GAMMA].options;

	tap_is(c->socket, "unix:/run/bailey/bailey.sock", "socket");
	tap_is(c->socket_group, NULL, "no group");
	tap_is_int(c->socket_mode, 0660, "mode of the socket");
	tap_is(c->user, "bailey", "user");
	tap_is(c->authserv_id, NULL, "authserv-id");
	tap_is_int((int64_t)c->trusted_networks.n, 2, "trusted networks");
	tap_is_int(c->trusted_networks.v[1].prefix, 128, "second of them");
	tap_is_int((int64_t)c->local_domains.n, 0, "no local domains");
	tap_is_int(c->log, LOG_TO_SYSLOG, "log");
	tap_is_int(c->log_level, LOG_LEVEL_INFO, "log level");
	tap_is_int(c->mode, MODE_ENFORCE, "mode");
	tap_is_int(c->maximum_sessions, 2000, "sessions");
	tap_is_int(c->checks[ALPHA].actions[R_FAIL], ACTION_SUSPECT, "action of a check");
	tap_is_int(c->checks[BETA].actions[R_FAIL], ACTION_REJECT, "and of another");
	tap_is_int(c->checks[BETA].mode, MODE_ENFORCE, "mode of a check");
	tap_is(g->text, "so \"what\" ${HOME} \\ %s", "string");
	tap_ok(g->flag, "bool");
	tap_is_int(g->number, 5, "int");
	tap_is_int(g->delay, 300000, "duration");
	tap_is_int(g->size, 65536, "size");
	tap_is_int(g->mode, 0640, "octal");
	tap_is_int(g->choice, 1, "choice");
	tap_is_int((int64_t)g->words.n, 2, "strings");
	tap_is(g->words.v[1], "b", "second string");
	tap_is_int((int64_t)g->nets.n, 2, "networks");
	tap_is_int((int64_t)g->zones.n, 0, "no sub-sections");
	conf_unref(&c);
}

static const char full[] =
    "mode = shadow // a comment\n"
    "contact = \"help \\\"me\\\" \\${HOME} \\\\ #not // a /* comment\" # but this\n"
    "local-domains = { \"Example.ORG.\", # one \"\n"
    "  \"b\xc3\xbc"
    "cher.example\" /* two { */\n }\n"
    "trusted-networks = {}\n"
    "local-addresses = 192.0.2.1\n"
    "socket-mode = \"0600\"\n"
    "alpha { fail = \"reject\" mode = \"off\" }\n"
    "gamma {\n\tfail = accept number = -3\n\tflag = no\n"
    "\tzone \"zen.example\" { answers = '127.0.0.[2..11]' weight = -5 }\n"
    "\tzone b { }\n"
    "\tdelay = 90s words = { }\n}\n"
    "delta {}\nresolver { servers = { \"127.0.0.1@53\" } budget = \"20s\" }\n";

static void
check_full(const struct conf *c, const char *when)
{
	const struct gamma_options *g = c->checks[GAMMA].options;
	const struct gamma_zone *z = g->zones.v;

	tap_is_int(c->mode, MODE_SHADOW, "%s: mode", when);
	tap_is(c->contact, "help \"me\" ${HOME} \\ #not // a /* comment", "%s: quoting", when);
	tap_is_int((int64_t)c->local_domains.n, 2, "%s: comments inside a list", when);
	tap_is(c->local_domains.v[0], "example.org", "%s: canonical name", when);
	tap_is(c->local_domains.v[1], "xn--bcher-kva.example", "%s: A-labels", when);
	tap_is_int((int64_t)c->trusted_networks.n, 0, "%s: an empty list is empty", when);
	tap_is_int((int64_t)c->local_addresses.n, 1, "%s: a list of one without braces", when);
	tap_is_int(c->checks[ALPHA].actions[R_FAIL], ACTION_REJECT, "%s: action", when);
	tap_is_int(c->checks[ALPHA].mode, MODE_OFF, "%s: mode of a check", when);
	tap_is_int(c->checks[GAMMA].actions[R_FAIL], ACTION_ACCEPT, "%s: action", when);
	tap_is_int(g->number, -3, "%s: number", when);
	tap_ok(!g->flag, "%s: flag", when);
	tap_is_int(g->delay, 90000, "%s: delay", when);
	tap_is_int((int64_t)g->words.n, 0, "%s: empty words", when);
	tap_is_int((int64_t)g->zones.n, 2, "%s: two zones", when);
	tap_is(z[0].title, "zen.example", "%s: title", when);
	tap_is(z[0].answers, "127.0.0.[2..11]", "%s: text of a zone", when);
	tap_is_int(z[0].weight, -5, "%s: weight", when);
	tap_is(z[1].answers, "127.0.0.2", "%s: default of a zone", when);
	tap_is_int(c->resolver.budget, 20000, "%s: resolver", when);
	tap_is_int((int64_t)c->resolver.servers.n, 1, "%s: servers", when);
}

static char *
printed(const struct conf *c)
{
	char *text;
	size_t len;
	FILE *fp = open_memstream(&text, &len);

	conf_print(c, fp);
	(void)fclose(fp);
	return text;
}

static void
test_print(void)
{
	char *errors, *once, *twice;
	struct conf *c = load(full, &errors), *again;

	if (!tap_ok(c != NULL, "a full configuration loads")) {
		tap_note("%s", errors);
		return;
	}
	check_full(c, "loaded");
	once = printed(c);
	again = load(once, &errors);
	if (!tap_ok(again != NULL, "what was printed loads"))
		tap_note("%s\n%s", errors, once);
	else
		check_full(again, "printed and loaded");
	twice = printed(again);
	tap_is(twice, once, "and prints the same");
	tap_ok(strstr(once, "mode = \"shadow\"\t# default: \"enforce\"\n") != NULL,
	    "what differs is marked");
	tap_ok(strstr(once, "log = \"syslog\"\n") != NULL, "what does not is not");
	tap_ok(strstr(once, "\tdelay = \"90s\"\t# default: \"5m\"\n") != NULL, "with its default");
	tap_ok(strstr(once,
		   "trusted-networks = {}\t# default: { \"127.0.0.0/8\", \"::1/128\" }\n") != NULL,
	    "lists too");
	free(once);
	free(twice);
	conf_unref(&again);
	conf_unref(&c);
}

static void
test_swap(void)
{
	char *errors, *keys;
	struct conf *a = load("user = \"x\"", &errors);
	struct conf *b = load("socket = \"fd:3\"\nmode = off\ncontact = a", &errors);
	struct conf *held;

	tap_ok(conf_current() == NULL, "nothing in force at first");
	conf_swap(a);
	held = conf_current();
	tap_ok(held == a, "then the first");
	keys = conf_needs_restart(a, b);
	tap_is(keys, "socket, user", "keys that wait for a restart");
	free(keys);
	tap_is(conf_needs_restart(a, a), NULL, "none when nothing changed");
	tap_ok(conf_key_needs_restart("store.cache-size"), "a key of a section");
	tap_ok(conf_key_needs_restart("sandbox"), "the sandbox, which nothing opens again");
	tap_ok(conf_key_needs_restart("sandbox-read"), "nor widens");
	tap_ok(!conf_key_needs_restart("mode"), "and one that does not");
	conf_swap(b);
	tap_is(held->user, "x", "a snapshot lives as long as it is held");
	conf_unref(&held);
	tap_ok(held == NULL, "giving it back");
	conf_swap(NULL);
	tap_ok(conf_current() == NULL, "and nothing in force at last");
}

int
main(void)
{
	if (mkdtemp(dir) == NULL)
		abort();
	(void)snprintf(path, sizeof path, "%s/bailey.conf", dir);
	test_files();
	test_defaults();
	test_bad();
	test_print();
	test_swap();
	(void)unlink(path);
	(void)rmdir(dir);
	return tap_done();
}
