/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Load: see load.h.  Options are described in usage(); figures are printed at
 * the end, and the exit status is 0 if no message was lost.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

#include "t/load/load.h"
#include "t/mtaclient/protocol.h"

#define PATIENCE_NS (90 * 1000000000LL) /* without any reply: what hangs must end */
#define TICK_MS     10 /* of sessions that rest */

struct load_options load = {.connections = 8,
    .messages = 1000,
    .per_connection = 1,
    .recipients = 1,
    .clients = 200,
    .domains = 50,
    .size = 2048,
    .selector = "s1"};

static const struct load_dialogue *dialogue;
static const char *where;
static int poller;
static struct session *sessions;
static unsigned issued; /* messages given to sessions */
static unsigned settled; /* idle ones */
static int64_t last_news;

void
session_await(struct session *s, enum load_step step)
{
	s->awaited = true;
	s->step = step;
	s->asked = now_ns();
}

void
session_fate(struct session *s, enum load_fate fate)
{
	if (s->left == 0)
		return;
	figures_fate(fate);
	if (fate != FATE_LOST)
		figures_time(LOAD_WHOLE, now_ns() - s->began);
	s->began = 0;
	s->left--;
	s->part = s->rcpts = s->taken = 0;
	s->body = s->body_end = 0;
}

static int
watch(struct session *s, int how, uint32_t events)
{
	struct epoll_event e = {.events = events, .data.ptr = s};

	return epoll_ctl(poller, how, s->fd, &e);
}

/* A new connection, if messages are left for it. */
static void
session_open(struct session *s)
{
	struct mta mta = {.fd = -1};
	unsigned left = load.messages - issued;

	if (left > load.per_connection)
		left = load.per_connection;
	s->fd = -1;
	if (!s->idle && left == 0)
		return;
	*s = (struct session){.dialogue = dialogue, .idle = s->idle, .left = left, .fd = -1};
	buf_init(&s->out, s->out_room, sizeof s->out_room);
	client_choose(&s->client, load.first + issued / load.per_connection);
	if (load.own)
		mta.from = s->client.address;
	if (s->idle)
		s->left = 0;
	else
		issued += left;
	if (mta_open(&mta, where) < 0)
		err(1, "cannot connect to %s", where);
	s->fd = mta.fd;
	if (fcntl(s->fd, F_SETFL, O_NONBLOCK) < 0 || watch(s, EPOLL_CTL_ADD, EPOLLIN) < 0)
		err(1, "connection");
	s->wake = load.slow_ms != 0 ? now_ns() : 0;
}

static void pump(struct session *);

/* The other side is gone, or the conversation is over: on to the next one. */
static void
session_end(struct session *s)
{
	while (s->left > 0)
		session_fate(s, FATE_LOST);
	(void)close(s->fd);
	s->fd = -1;
	if (s->idle) {
		warnx("an idle connection was closed");
		figures_fate(FATE_LOST);
		settled += !s->settled;
		return;
	}
	session_open(s);
	if (s->fd >= 0 && s->wake == 0)
		pump(s);
}

/* False: no room now.  Where nobody listens reading will tell. */
static bool
flush(struct session *s)
{
	while (s->out_at < s->out.len || s->body < s->body_end) {
		struct iovec v[2] = {{s->out.s + s->out_at, s->out.len - s->out_at}, {NULL, 0}};
		ssize_t n;

		if (s->body < s->body_end)
			v[1] =
			    (struct iovec){s->client.mail->bytes + s->body, s->body_end - s->body};
		n = writev(s->fd, v, 2);
		if (n < 0 && errno == EAGAIN) {
			if (!s->blocked)
				(void)watch(s, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
			s->blocked = true;
			return false;
		}
		if (n < 0) {
			s->body = s->body_end;
			break;
		}
		last_news = now_ns();
		if ((size_t)n >= v[0].iov_len) {
			s->body += (size_t)n - v[0].iov_len;
			n = (ssize_t)v[0].iov_len;
		}
		s->out_at += (size_t)n;
	}
	buf_reset(&s->out);
	s->out_at = 0;
	return true;
}

/* Says all there is to say before the next reply, or the next rest. */
static void
pump(struct session *s)
{
	bool more = true;

	while (!s->awaited && (more = dialogue->next(s)) && load.slow_ms == 0)
		;
	if (!flush(s))
		return;
	if (s->blocked) {
		(void)watch(s, EPOLL_CTL_MOD, EPOLLIN);
		s->blocked = false;
	}
	if (more && !s->awaited)
		s->wake = now_ns() + load.slow_ms * 1000000LL;
	if (!more && s->idle)
		settled++;
	else if (!more)
		session_end(s);
}

static bool
drop_skipped(struct session *s)
{
	size_t n = s->in_skip < s->in_len ? s->in_skip : s->in_len;

	s->in_skip -= n;
	s->in_len -= n;
	memmove(s->in, s->in + n, s->in_len);
	return s->in_skip == 0;
}

/* False: the connection is of no use any more. */
static bool
take_replies(struct session *s)
{
	while (drop_skipped(s) && s->in_len > 0) {
		long used = dialogue->take(s);

		if (used < 0)
			return false;
		if (used == 0)
			break;
		s->in_skip = (size_t)used;
	}
	return true;
}

static void
hear(struct session *s)
{
	bool awaited = s->awaited;
	ssize_t n = read(s->fd, s->in + s->in_len, sizeof s->in - s->in_len);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n > 0) {
		s->in_len += (size_t)n;
		last_news = now_ns();
	}
	if (n <= 0 || !take_replies(s)) {
		session_end(s);
		return;
	}
	if (!awaited || s->awaited)
		return;
	if (load.slow_ms != 0)
		s->wake = now_ns() + load.slow_ms * 1000000LL;
	else
		pump(s);
}

static void
wake(unsigned total)
{
	int64_t now = now_ns();

	for (unsigned i = 0; i < total; i++) {
		struct session *s = &sessions[i];

		if (s->fd < 0 || s->wake == 0 || s->wake > now)
			continue;
		s->wake = 0;
		pump(s);
	}
}

/* Until that many messages are done and idle sessions settled. */
static void
run(unsigned total, unsigned messages, unsigned idle)
{
	struct epoll_event events[64];

	last_news = now_ns();
	while (figures_done() < messages || settled < idle) {
		int n = epoll_wait(poller, events, 64, load.slow_ms != 0 ? TICK_MS : 1000);

		for (int i = 0; i < n; i++) {
			struct session *s = events[i].data.ptr;

			if ((events[i].events & EPOLLOUT) != 0)
				pump(s);
			else
				hear(s);
		}
		if (load.slow_ms != 0)
			wake(total);
		if (now_ns() - last_news > PATIENCE_NS)
			errx(1, "no reply to anybody; %u of %u messages done", figures_done(),
			    messages);
	}
}

static _Noreturn void
usage(void)
{
	(void)fputs("usage: load --filter unix:PATH|inet:PORT@HOST [OPTION N]...\n"
		    "       load --smtp inet:PORT@HOST [OPTION N]...\n"
		    "  --connections   at once (8)       --messages      in all (1000)\n"
		    "  --per-connection  messages (1)    --recipients    of each (1)\n"
		    "  --clients       distinct (200)    --domains       of senders (50)\n"
		    "  --first         number of the client to begin with (0)\n"
		    "  --size          bytes of body (2048)\n"
		    "  --fields        of the header, beside the usual ones (0)\n"
		    "  --dkim KEY      sign with this PEM file; --selector NAME (s1)\n"
		    "  --own-addresses  of the clients are those they call an MTA from;\n"
		    "                  this machine must have them (else XCLIENT says them)\n"
		    "  --idle          more connections, silent after HELO (0)\n"
		    "  --slow          milliseconds of rest before each step (0)\n"
		    "  --pid           whose CPU and memory to measure\n",
	    stderr);
	exit(2);
}

enum { OPT_FILTER = 1000, OPT_SMTP, OPT_DKIM, OPT_SELECTOR, OPT_PID, OPT_OWN };

static unsigned
number(const char *text, unsigned min)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text == '\0' || *end != '\0' || n < min || n > 1U << 30)
		usage();
	return (unsigned)n;
}

static void
options(int argc, char **argv)
{
	static const struct {
		const char *name;
		unsigned *to, min;
	} numbers[] = {{"connections", &load.connections, 1}, {"messages", &load.messages, 0},
	    {"per-connection", &load.per_connection, 1}, {"recipients", &load.recipients, 1},
	    {"clients", &load.clients, 1}, {"first", &load.first, 0}, {"domains", &load.domains, 1},
	    {"size", &load.size, 0}, {"fields", &load.fields, 0}, {"idle", &load.idle, 0},
	    {"slow", &load.slow_ms, 0}};
	enum { NUMBERS = sizeof numbers / sizeof *numbers };
	struct option list[NUMBERS + 7] = {{"filter", 1, NULL, OPT_FILTER},
	    {"smtp", 1, NULL, OPT_SMTP}, {"dkim", 1, NULL, OPT_DKIM},
	    {"selector", 1, NULL, OPT_SELECTOR}, {"pid", 1, NULL, OPT_PID},
	    {"own-addresses", 0, NULL, OPT_OWN}};
	int c;

	for (int i = 0; i < NUMBERS; i++)
		list[6 + i] = (struct option){numbers[i].name, 1, NULL, i};
	while ((c = getopt_long(argc, argv, "", list, NULL)) != -1) {
		if (c == OPT_FILTER)
			load.filter = optarg;
		else if (c == OPT_SMTP)
			load.smtp = optarg;
		else if (c == OPT_DKIM)
			load.key = optarg;
		else if (c == OPT_SELECTOR)
			load.selector = optarg;
		else if (c == OPT_PID)
			load.pid = (int)number(optarg, 1);
		else if (c == OPT_OWN)
			load.own = true;
		else if (c >= 0 && c < NUMBERS)
			*numbers[c].to = number(optarg, numbers[c].min);
		else
			usage();
	}
	if (optind != argc || (load.filter == NULL) == (load.smtp == NULL))
		usage();
}

/* Every connection is a descriptor. */
static void
raise_limit(unsigned total)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < total + 20U) {
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur < total + 20U)
			errx(1, "this many connections are not allowed");
	}
}

int
main(int argc, char **argv)
{
	unsigned total;

	options(argc, argv);
	total = load.connections + load.idle;
	raise_limit(total);
	(void)signal(SIGPIPE, SIG_IGN);
	dialogue = load.filter != NULL ? &dialogue_milter : &dialogue_smtp;
	where = load.filter != NULL ? load.filter : load.smtp;
	if (dialogue->prepare(where) < 0)
		err(1, "nobody to talk to at %s", where);
	poller = epoll_create1(EPOLL_CLOEXEC);
	sessions = calloc(total, sizeof *sessions);
	if (poller < 0 || sessions == NULL || mail_prepare(dialogue) < 0)
		err(1, "start");
	figures_idle(false);
	for (unsigned i = 0; i < load.idle; i++) {
		sessions[i].idle = true;
		session_open(&sessions[i]);
		if (load.slow_ms == 0)
			pump(&sessions[i]);
	}
	run(total, 0, load.idle);
	figures_idle(true);
	figures_begin();
	for (unsigned i = load.idle; i < total; i++) {
		session_open(&sessions[i]);
		if (sessions[i].fd >= 0 && load.slow_ms == 0)
			pump(&sessions[i]);
	}
	run(total, load.messages, 0);
	figures_print();
	return figures_lost() ? 1 : 0;
}
