/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two functions of libc as libmilter sees them: definitions in the program come
 * before libc's.  accept() rests when there is no descriptor; pthread_create()
 * puts off what libmilter wants done, and a thread of our own, started while
 * there was room, tries again.
 */
#include "config.h"

#include "milter/shortage.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "lib/clock.h"
#include "lib/log.h"

#define REST_MS 100 /* between two attempts; short beside the 10 s an MTA waits */
#define SAY_MS  60000 /* between two lines about the same */

struct task { /* a worker libmilter wants: it serves the connection arg */
	STAILQ_ENTRY(task) next;
	void *(*start)(void *);
	void *arg;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	STAILQ_HEAD(, task) tasks; /* under lock */
	bool started;
} self = {.lock = PTHREAD_MUTEX_INITIALIZER,
    .wake = PTHREAD_COND_INITIALIZER,
    .tasks = STAILQ_HEAD_INITIALIZER(self.tasks)};

static void
say(int64_t *said, const char *what, int error)
{
	int64_t now = clock_mono(&clock_real);

	if (*said == 0 || now - *said >= SAY_MS) {
		log_err("%s: %s; connections of the MTA wait", what, strerror(error));
		*said = now;
	}
}

static bool
is_shortage(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/* On one thread, libmilter's listener. */
int
accept(int fd, struct sockaddr *restrict addr, socklen_t *restrict len)
{
	static int64_t said;
	int client = accept4(fd, addr, len, SOCK_CLOEXEC), error = errno;

	if (client < 0 && is_shortage(error)) {
		say(&said, "no more file descriptors", error);
		(void)poll(NULL, 0, REST_MS);
	}
	errno = error;
	return client;
}

typedef int create_fn(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

/* That of a sanitizer linked into the program, which must see threads begin. */
extern create_fn __interceptor_pthread_create __attribute__((weak));

static create_fn *real_create;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
find_real(void)
{
	void *found = dlsym(RTLD_NEXT, "pthread_create");

	if (__interceptor_pthread_create != NULL)
		real_create = __interceptor_pthread_create;
	else
		memcpy(&real_create, &found, sizeof real_create);
}

static bool
is_of_libmilter(void *(*start)(void *))
{
	Dl_info info;
	void *address;

	memcpy(&address, &start, sizeof address);
	return dladdr(address, &info) != 0 && info.dli_fname != NULL &&
	       strstr(info.dli_fname, "libmilter.so") != NULL;
}

static bool
put_off(void *(*start)(void *), void *arg)
{
	struct task *task = malloc(sizeof *task);

	if (task == NULL)
		return false;
	*task = (struct task){.start = start, .arg = arg};
	(void)pthread_mutex_lock(&self.lock);
	STAILQ_INSERT_TAIL(&self.tasks, task, next);
	(void)pthread_cond_signal(&self.wake);
	(void)pthread_mutex_unlock(&self.lock);
	return true;
}

int
pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attr,
    void *(*start)(void *), void *restrict arg)
{
	int error;

	(void)pthread_once(&once, find_real);
	error = real_create(thread, attr, start, arg);
	/* Workers without a connection are started once, at first, and then it must fail. */
	if (error != 0 && arg != NULL && self.started && is_of_libmilter(start) &&
	    put_off(start, arg))
		return 0;
	return error;
}

/* One after the other; under lock. */
static void
try_again(void)
{
	static int64_t said;
	struct task *task = STAILQ_FIRST(&self.tasks);
	pthread_t thread;
	int error;

	(void)pthread_mutex_unlock(&self.lock);
	error = real_create(&thread, NULL, task->start, task->arg);
	if (error != 0) {
		say(&said, "no more threads", error);
		(void)poll(NULL, 0, REST_MS);
	}
	(void)pthread_mutex_lock(&self.lock);
	if (error == 0) {
		STAILQ_REMOVE_HEAD(&self.tasks, next);
		free(task);
	}
}

static void *
keep(void *unused)
{
	(void)pthread_mutex_lock(&self.lock);
	for (;;) {
		while (STAILQ_EMPTY(&self.tasks))
			(void)pthread_cond_wait(&self.wake, &self.lock);
		try_again();
	}
	return unused;
}

int
shortage_start(struct buf *why)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, keep, NULL);

	if (error != 0) {
		buf_printf(why, "cannot start a thread: %s", strerror(error));
		return -1;
	}
	(void)pthread_detach(thread);
	self.started = true;
	return 0;
}
