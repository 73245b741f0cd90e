/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bailey: options, then the phases of a start, each of which can say why it
 * failed; what needs root comes before privileges are dropped, threads come
 * last, after the process has found its final id.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/descriptors.h"
#include "milter/census.h"
#include "milter/control.h"
#include "milter/listen.h"
#include "milter/memory.h"
#include "milter/notify.h"
#include "milter/privs.h"
#include "milter/receipt.h"
#include "milter/reload.h"
#include "milter/sandbox.h"
#include "milter/session.h"
#include "milter/shortage.h"
#include "milter/signals.h"

#define WHY_SIZE          1024
#define STATUS_SIZE       300
#define FILES_PER_SESSION 3 /* its own, and look-ups and stores on its behalf */
#define FILES_BESIDE      64 /* log, database, sockets of the resolver */

struct daemon {
	struct conf *conf;
	char path[PATH_MAX]; /* of the configuration, absolute */
	bool foreground;
	struct privs privs;
	struct listener listener, control, metrics;
	int pid_fd; /* -1: none */
	int ready_fd; /* of the parent that waits; -1: none */
	int64_t sessions_max;
	char status[STATUS_SIZE]; /* "serving on ..." */
};

/* Not in main()'s frame: threads of libmilter may look at it while the process ends. */
static struct house house;

/* First: whoever finds the socket there may send a signal. */
static int
block_signals(struct daemon *d, struct buf *why)
{
	(void)d, (void)why;
	signals_init();
	return 0;
}

static int
find_users(struct daemon *d, struct buf *why)
{
	return privs_find(&d->privs, d->conf, why);
}

static int
lock_pid_file(struct daemon *d, struct buf *why)
{
	if (d->conf->pid_file == NULL)
		return 0;
	d->pid_fd = pidfile_open(d->conf->pid_file, why);
	return d->pid_fd < 0 ? -1 : 0;
}

static int
make_state_directory(struct daemon *d, struct buf *why)
{
	return d->privs.user != NULL ? memory_prepare(d->conf, d->privs.uid, d->privs.gid, why) : 0;
}

static int
open_socket(struct daemon *d, struct buf *why)
{
	struct listen_owner owner;

	if (privs_socket_owner(&owner, d->conf, why) < 0)
		return -1;
	buf_puts(why, "socket: ");
	return listen_open(&d->listener, d->conf->socket, &owner, why);
}

static int
open_control(struct daemon *d, struct buf *why)
{
	struct listen_owner owner;

	if (d->conf->control_socket == NULL)
		return 0;
	if (privs_control_owner(&owner, d->conf, why) < 0)
		return -1;
	buf_puts(why, "control-socket: ");
	return listen_open(&d->control, d->conf->control_socket, &owner, why);
}

static int
open_metrics(struct daemon *d, struct buf *why)
{
	struct listen_owner owner;

	if (d->conf->metrics.where == NULL)
		return 0;
	if (privs_control_owner(&owner, d->conf, why) < 0)
		return -1;
	buf_puts(why, "metrics: ");
	return listen_open(&d->metrics, d->conf->metrics.where, &owner, why);
}

/* Without a descriptor the MTA's connections wait, so the limit on sessions keeps below it. */
static int
raise_limits(struct daemon *d, struct buf *why)
{
	size_t wanted = (size_t)d->conf->maximum_sessions * FILES_PER_SESSION + FILES_BESIDE;
	size_t got = privs_files(wanted);

	d->sessions_max = d->conf->maximum_sessions;
	if (got >= wanted)
		return 0;
	d->sessions_max = ((int64_t)got - FILES_BESIDE) / FILES_PER_SESSION;
	if (d->sessions_max < 1) {
		buf_printf(why, "%zu file descriptors are not enough to serve one session", got);
		return -1;
	}
	log_err("maximum-sessions = %lld needs %zu file descriptors and the limit is %zu, so it "
		"is %lld; raise LimitNOFILE or ulimit -n",
	    (long long)d->conf->maximum_sessions, wanted, got, (long long)d->sessions_max);
	return 0;
}

/* The parent stays until the child says it is ready, or ends and has said why on the terminal. */
static int
go_background(struct daemon *d, struct buf *why)
{
	int fds[2];
	char byte;
	pid_t pid;

	if (d->foreground)
		return 0;
	if (pipe2(fds, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		buf_printf(why, "cannot fork: %s", strerror(errno));
		return -1;
	}
	if (pid > 0) {
		signals_release();
		(void)close(fds[1]);
		if (read(fds[0], &byte, 1) == 1)
			_exit(0);
		(void)waitpid(pid, NULL, 0);
		_exit(1);
	}
	(void)close(fds[0]);
	d->ready_fd = fds[1];
	(void)setsid();
	return 0;
}

static int
drop_privileges(struct daemon *d, struct buf *why)
{
	pidfile_write(d->pid_fd);
	(void)umask(077);
	(void)!chdir("/");
	return privs_drop(&d->privs, why);
}

static int
enter_sandbox(struct daemon *d, struct buf *why)
{
	if (sandbox_enter(d->conf, d->path, why) < 0)
		return -1;
	reload_rehearse(d->path);
	return 0;
}

static int
start_resolver(struct daemon *d, struct buf *why)
{
	const char *reason, *advice;

	house.clock = &clock_real;
	house.dns = dns_open(&d->conf->resolver, &clock_real, &reason);
	if (house.dns == NULL) {
		buf_printf(why, "resolver: %s", reason);
		return -1;
	}
	advice = dns_advice(house.dns);
	if (advice != NULL)
		log_notice("%s", advice);
	return 0;
}

static int
start_house(struct daemon *d, struct buf *why)
{
	const char *reason;

	conf_swap(conf_ref(d->conf));
	house_open(&house, d->conf);
	if (house_start(&house, &reason) == 0)
		return 0;
	buf_printf(why, "cannot start a thread: %s", reason);
	return -1;
}

static int
open_store(struct daemon *d, struct buf *why)
{
	return memory_open(d->conf, why) < 0 ? -1 : receipt_start(why);
}

static void *
milter_thread(void *unused)
{
	(void)session_main();
	signals_milter_ended();
	return unused;
}

static int
start_milter(struct daemon *d, struct buf *why)
{
	pthread_t thread;
	int error;

	census_limit(d->sessions_max);
	if (shortage_start(why) < 0 || session_start(d->listener.fd, &house, why) < 0)
		return -1;
	error = pthread_create(&thread, NULL, milter_thread, NULL);
	if (error != 0) {
		buf_printf(why, "cannot start a thread: %s", strerror(error));
		return -1;
	}
	(void)pthread_detach(thread);
	return 0;
}

static int
start_control(struct daemon *d, struct buf *why)
{
	struct answer_about about = {.house = &house, .started = clock_wall(&clock_real)};

	reload_prepare(d->path, house.dns, d->status);
	return d->control.fd >= 0 ? control_start(d->control.fd, &about, why) : 0;
}

static int
start_metrics(struct daemon *d, struct buf *why)
{
	return d->metrics.fd >= 0 ? metrics_start(d->metrics.fd, house.dns, why) : 0;
}

static int (*const phases[])(struct daemon *, struct buf *why) = {
    block_signals,
    find_users,
    lock_pid_file,
    make_state_directory,
    open_control,
    open_metrics,
    open_socket,
    raise_limits,
    go_background,
    drop_privileges,
    enter_sandbox,
    start_resolver,
    open_store,
    start_house,
    start_milter,
    start_control,
    start_metrics,
};

/* Lets the parent and the terminal go; log = stderr keeps standard error. */
static void
tell_parent(struct daemon *d)
{
	int null;

	if (d->ready_fd < 0)
		return;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	(void)dup2(null, STDIN_FILENO);
	(void)dup2(null, STDOUT_FILENO);
	if (d->conf->log == LOG_TO_SYSLOG || d->conf->log == LOG_TO_JOURNAL)
		(void)dup2(null, STDERR_FILENO);
	(void)close(null);
	(void)!write(d->ready_fd, "", 1);
	(void)close(d->ready_fd);
	d->ready_fd = -1;
}

static int
run(struct daemon *d)
{
	char room[WHY_SIZE];
	struct buf why;
	int r;

	log_open("bailey", d->conf->log, d->conf->log_level);
	(void)snprintf(d->status, sizeof d->status, "serving on %s", d->conf->socket);
	for (size_t i = 0; i < sizeof phases / sizeof *phases; i++) {
		buf_init(&why, room, sizeof room);
		if (phases[i](d, &why) == 0)
			continue;
		(void)fprintf(stderr, "bailey: %s\n", why.s);
		if (d->conf->log == LOG_TO_SYSLOG || d->conf->log == LOG_TO_JOURNAL)
			log_err("cannot start: %s", why.s);
		listen_close(&d->listener);
		listen_close(&d->control);
		listen_close(&d->metrics);
		pidfile_close(d->pid_fd, d->conf->pid_file);
		return 1;
	}
	log_notice(PACKAGE_STRING " %s", d->status);
	tell_parent(d);
	notify_ready(d->status);
	r = signals_run();
	house_stop(&house);
	receipt_stop();
	memory_close();
	listen_close(&d->listener);
	listen_close(&d->control);
	listen_close(&d->metrics);
	pidfile_close(d->pid_fd, d->conf->pid_file);
	log_close();
	/* Threads of libmilter may still look at what we have: it goes with the process. */
	return r;
}

static int
usage(void)
{
	(void)fprintf(stderr, "usage: bailey [-ftvV] [-c file]\n");
	return 2;
}

static int
print_version(void)
{
	char libmilter[32];

	(void)printf(
	    "%s\nlibmilter %s, %s\n", PACKAGE_STRING, session_libmilter(libmilter), BUILT_WITH);
	return 0;
}

/* NULL after its mistakes have been printed. */
static struct conf *
read_conf(struct daemon *d, const char *path)
{
	char *errors;
	struct conf *conf = conf_load(path, &errors);

	if (conf == NULL) {
		(void)fputs(errors, stderr);
		free(errors);
		return NULL;
	}
	if (realpath(path, d->path) == NULL) {
		(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
		conf_unref(&conf);
	}
	return conf;
}

/* -t: whom a start would look up, as whoever asks. */
static int
check_users(struct daemon *d, const char *path)
{
	struct listen_owner owner;
	char room[WHY_SIZE];
	struct buf why;

	buf_init(&why, room, sizeof room);
	if (find_users(d, &why) == 0 && privs_socket_owner(&owner, d->conf, &why) == 0 &&
	    privs_control_owner(&owner, d->conf, &why) == 0) {
		(void)printf("%s: ok\n", path);
		return 0;
	}
	(void)fprintf(stderr, "%s: %s\n", path, why.s);
	return 1;
}

int
main(int argc, char **argv)
{
	struct daemon d = {.pid_fd = -1,
	    .ready_fd = -1,
	    .listener = {.fd = -1},
	    .control = {.fd = -1},
	    .metrics = {.fd = -1}};
	const char *path = SYSCONFDIR "/bailey/bailey.conf";
	bool check = false, verbose = false, version = false;
	int c, r = 0;

	if (descriptors_open_standard() < 0)
		return 1;
	while ((c = getopt(argc, argv, "c:ftvV")) != -1) {
		switch (c) {
		case 'c':
			path = optarg;
			break;
		case 'f':
			d.foreground = true;
			break;
		case 't':
			check = true;
			break;
		case 'v':
			verbose = true;
			break;
		case 'V':
			version = true;
			break;
		default:
			return usage();
		}
	}
	if (optind != argc || (verbose && !check))
		return usage();
	if (version)
		return print_version();
	/* At the end threads of libmilter may still be at work: nothing is taken from under them. */
	(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
	d.conf = read_conf(&d, path);
	/* It will not get better by itself: nobody needs to start us again. */
	if (d.conf == NULL)
		return check ? 1 : EX_CONFIG;
	if (!check)
		r = run(&d);
	else if (verbose)
		conf_print(d.conf, stdout);
	else
		r = check_users(&d, path);
	conf_unref(&d.conf);
	return r;
}
