/* SPDX-License-Identifier: BSD-2-Clause */
/* status: how the daemon is now, on one page. */
#include "ctl/daemon.h"
#include "ctl/commands.h"
#include "ctl/show.h"

static void
show_resolver(const json_t *r)
{
	int64_t asked = json_number_of(r, "asked");
	int64_t known = json_number_of(r, "cache_hits") + json_number_of(r, "joined");

	show_key("resolver");
	(void)printf("%lld questions, %lld %% of them known already; %lld answers kept, %lld KB\n",
	    (long long)asked, (long long)(asked > 0 ? 100 * known / asked : 0),
	    (long long)json_number_of(r, "cached"),
	    (long long)json_number_of(r, "cache_bytes") / 1024);
	show_key("");
	(void)printf("%lld timeouts, %lld SERVFAIL, %lld REFUSED, %lld unreadable, %lld forged\n",
	    (long long)json_number_of(r, "TIMEOUT"), (long long)json_number_of(r, "SERVFAIL"),
	    (long long)json_number_of(r, "REFUSED"), (long long)json_number_of(r, "BADRESP"),
	    (long long)json_number_of(r, "forged"));
}

/* Calls that did not end well, though somebody answered. */
static long long
failed_calls(const json_t *s)
{
	return json_number_of(s, "busy") + json_number_of(s, "full") + json_number_of(s, "failed") +
	       json_number_of(s, "newer");
}

static void
show_store(const json_t *a)
{
	const json_t *s = json_object_get(a, "store");

	show_key("store");
	if (s == NULL) {
		(void)fputs("NONE NOW: ", stdout);
		show_text(json_text_of(a, "no_store"), stdout);
		(void)putchar('\n');
		return;
	}
	(void)printf("%s, about %lld records, %lld KB", json_text_of(s, "type"),
	    (long long)json_number_of(s, "records"), (long long)json_number_of(s, "bytes") / 1024);
	if (failed_calls(s) > 0)
		(void)printf("; %lld CALLS FAILED, see the log", failed_calls(s));
	(void)putchar('\n');
	if (json_object_get(s, "server_away") == NULL)
		return;
	show_key("");
	(void)printf("its server %s; %lld calls found it away, this host answered %lld of them%s\n",
	    json_is_true(json_object_get(s, "server_away")) ? "IS AWAY" : "answers",
	    (long long)(json_number_of(s, "away") + json_number_of(s, "stood_in")),
	    (long long)json_number_of(s, "stood_in"),
	    json_number_of(s, "unsent_since") != 0 ? ", and will send on what it learnt" : "");
}

static void
show_services(const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);

		show_key(json_is_true(json_object_get(o, "good")) ? "list" : "list  (!)");
		show_text(json_text_of(o, "name"), stdout);
		(void)printf(": %s\n", json_text_of(o, "text"));
	}
}

static void
show(const json_t *a)
{
	char text[32];

	show_key("bailey");
	show_text(json_text_of(a, "version"), stdout);
	(void)printf(", up %s\n",
	    show_duration(json_number_of(a, "now") - json_number_of(a, "started"), text));
	show_key("configured");
	(void)puts(show_time(json_number_of(a, "configured"), text));
	show_key("mode");
	show_text(json_text_of(a, "mode"), stdout);
	(void)puts(json_is_true(json_object_get(a, "forced")) ? ", forced until a restart" : "");
	show_key("serving on");
	show_text(json_text_of(a, "socket"), stdout);
	(void)putchar('\n');
	show_key("sessions");
	(void)printf("%lld of %lld, %lld with a message open\n",
	    (long long)json_number_of(a, "sessions"),
	    (long long)json_number_of(a, "maximum_sessions"),
	    (long long)json_number_of(a, "messages"));
	show_key("receipts");
	(void)printf("%lld kept, %lld lost\n", (long long)json_number_of(a, "receipts"),
	    (long long)json_number_of(a, "receipts_lost"));
	show_store(a);
	show_resolver(json_object_get(a, "resolver"));
	show_services(json_object_get(a, "services"));
}

static int
run(const struct call *call)
{
	return daemon_call(call, "status", show);
}

/* clang-format off */
const struct command command_status = {
	.name = "status",
	.operands = "",
	.summary = "show how the daemon is now",
	.run = run,
};
/* clang-format on */
