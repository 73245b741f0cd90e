/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * top: the last minute of the daemon, drawn again every second or so, until
 * interrupted; what is no terminal gets one picture after the other.  On a
 * terminal a picture is cut to the window, or its head would scroll away.
 */
#include "config.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "ctl/commands.h"
#include "ctl/daemon.h"
#include "ctl/show.h"
#include "lib/option.h"

#define WINDOW     "60" /* seconds */
#define PERIOD_MS  1000
#define HOME       "\033[H"
#define WIPE_LINE  "\033[K"
#define WIPE_REST  "\033[J"
#define HIDE       "\033[?25l"
#define SHOW_AGAIN "\033[?25h"

/* clang-format off */
static const struct command_option options[] = {
	{"count", "N", "end after so many pictures"},
	{"period", "DURATION", "time between two of them; 1s"},
	{.name = NULL}
};
/* clang-format on */

static volatile sig_atomic_t interrupted;

static void
on_interrupt(int sig)
{
	(void)sig;
	interrupted = 1;
}

/* Lines of ASCII, so a byte is a column.  Sizes of 0: the terminal does not tell. */
static void
cut_to_window(const char *text)
{
	struct winsize w = {.ws_row = 0};
	size_t line = 1;

	(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &w);
	(void)fputs(HOME, stdout);
	for (size_t len; *text != '\0' && line != w.ws_row; text += len + 1, line++) {
		len = strcspn(text, "\n");
		(void)printf("%.*s" WIPE_LINE "\n",
		    (int)(w.ws_col > 0 && len > w.ws_col ? w.ws_col : len), text);
	}
	(void)fputs(*text != '\0' ? "(and more, in a higher window)" WIPE_REST : WIPE_REST, stdout);
}

static void
put_picture(const json_t *status, const json_t *stats, FILE *fp)
{
	int64_t seconds = json_number_of(stats, "now") - json_number_of(stats, "since");
	char text[32];

	(void)fprintf(fp, "%s  mode ", show_time(json_number_of(status, "now"), text));
	show_text(json_text_of(status, "mode"), fp);
	(void)fprintf(fp, ", %lld sessions, %lld messages open; the last %s:\n\n",
	    (long long)json_number_of(status, "sessions"),
	    (long long)json_number_of(status, "messages"), show_duration(seconds, text));
	show_stats(stats, fp);
}

/* 0, or -1 when the daemon does not answer any more. */
static int
draw(struct daemon *d, bool terminal)
{
	json_t *status = daemon_ask(d, "status");
	json_t *stats = status != NULL ? daemon_ask(d, "stats " WINDOW) : NULL;
	char *picture = NULL;
	size_t len;
	FILE *fp = stats != NULL ? open_memstream(&picture, &len) : NULL;

	if (fp != NULL) {
		put_picture(status, stats, fp);
		(void)fclose(fp);
	}
	if (picture != NULL && terminal)
		cut_to_window(picture);
	else if (picture != NULL)
		(void)puts(picture);
	free(picture);
	json_decref(status);
	json_decref(stats);
	return stats != NULL && fflush(stdout) == 0 ? 0 : -1;
}

static int
watch(struct daemon *d, int64_t pictures, int64_t period)
{
	struct timespec pause = {period / 1000, period % 1000 * 1000000};
	bool terminal = isatty(STDOUT_FILENO);
	int r = 0;

	(void)fputs(terminal ? HIDE : "", stdout);
	for (int64_t i = 0; r == 0 && !interrupted && (pictures == 0 || i < pictures); i++) {
		if (i > 0)
			(void)nanosleep(&pause, NULL);
		if (!interrupted)
			r = draw(d, terminal);
	}
	(void)fputs(terminal ? SHOW_AGAIN : "", stdout);
	return r;
}

static int
run(const struct call *call)
{
	const char *count = call_value(call, "count", 0), *period = call_value(call, "period", 0);
	struct sigaction act = {.sa_handler = on_interrupt};
	int64_t pictures = 0, ms = PERIOD_MS;
	struct daemon d;
	char *end;
	int r;

	if (count != NULL && ((pictures = strtoll(count, &end, 10)) < 1 || *end != '\0'))
		return call_misused(call, "--count %s: not a number from 1 up", count);
	if (period != NULL && (!option_duration(period, &ms) || ms < 1))
		return call_misused(call, "--period %s: not a duration like 2s", period);
	if (call->json)
		return call_misused(call, "draws for people; a program asks for stats");
	if (daemon_open(&d, call) < 0)
		return d.status;
	(void)sigaction(SIGINT, &act, NULL);
	(void)sigaction(SIGTERM, &act, NULL);
	r = watch(&d, pictures, ms);
	daemon_close(&d);
	return r == 0 ? EXIT_DONE : d.status;
}

/* clang-format off */
const struct command command_top = {
	.name = "top",
	.operands = "",
	.summary = "watch the last minute",
	.options = options,
	.run = run,
};
/* clang-format on */
