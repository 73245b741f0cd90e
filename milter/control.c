/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One thread and poll(2).  A client is either heard or answered:
 *
 *	hear --a line--> answer_make() --> tell --all sent--> hear
 *
 * Whoever sends more than a request may have, or does nothing for too long,
 * is cut off.
 */
#include "config.h"

#include "milter/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "milter/history.h"

#define RETRY_MS 1000 /* without descriptors accept() would spin */

struct control_client {
	int fd; /* -1: this place is free */
	int64_t active; /* clock_mono of the last byte */
	size_t heard, room;
	char *request; /* heard of room bytes; NULL: nothing yet */
	char *answer; /* NULL: hears */
	size_t told, length;
};

static struct {
	int listener;
	struct answer_about about;
	int64_t deaf_until; /* clock_mono */
	struct control_client clients[CONTROL_CLIENTS_MAX];
} control;

static void
drop(struct control_client *c)
{
	(void)close(c->fd);
	free(c->request);
	free(c->answer);
	*c = (struct control_client){.fd = -1};
}

/* A free place, or that of whoever was idle longest. */
static struct control_client *
place(void)
{
	struct control_client *best = &control.clients[0];

	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct control_client *c = &control.clients[i];

		if (c->fd < 0)
			return c;
		if (c->active < best->active)
			best = c;
	}
	drop(best);
	return best;
}

static void
welcome(int64_t now)
{
	int fd = accept4(control.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct control_client *c;

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
			control.deaf_until = now + RETRY_MS;
		return;
	}
	c = place();
	c->fd = fd;
	c->active = now;
}

/* Of the first request; NULL: it is not there yet. */
static char *
line_end(const struct control_client *c)
{
	return c->heard > 0 ? memchr(c->request, '\n', c->heard) : NULL;
}

/* False: the client must go. */
static bool
tell(struct control_client *c, int64_t now)
{
	ssize_t n = send(c->fd, c->answer + c->told, c->length - c->told, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->active = now;
	c->told += (size_t)n;
	if (c->told == c->length) {
		free(c->answer);
		c->answer = NULL;
	}
	return true;
}

/* The first line of what was heard, answered and taken away. */
static bool
answer(struct control_client *c, char *end)
{
	size_t used = (size_t)(end - c->request) + 1;

	*end = '\0';
	if (end > c->request && end[-1] == '\r')
		end[-1] = '\0';
	c->answer = answer_make(&control.about, c->request);
	if (c->answer == NULL)
		return false;
	/* The NUL is the place for the line end. */
	c->length = strlen(c->answer) + 1;
	c->answer[c->length - 1] = '\n';
	c->told = 0;
	c->heard -= used;
	memmove(c->request, c->request + used, c->heard);
	if (c->heard == 0) { /* who once sent much need not do it again */
		free(c->request);
		c->request = NULL;
		c->room = 0;
	}
	return true;
}

/* Room for more of a request; false: it has had all it may have. */
static bool
grow(struct control_client *c)
{
	size_t room = c->room == 0 ? CONTROL_REQUEST_USUAL : 2 * c->room;
	char *larger;

	if (c->heard < c->room)
		return true;
	larger = room <= CONTROL_REQUEST_MAX ? realloc(c->request, room) : NULL;
	if (larger == NULL)
		return false;
	c->request = larger;
	c->room = room;
	return true;
}

static bool
hear(struct control_client *c, int64_t now)
{
	ssize_t n;

	if (!grow(c))
		return false;
	n = recv(c->fd, c->request + c->heard, c->room - c->heard, 0);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		return false;
	c->active = now;
	c->heard += (size_t)n;
	return true;
}

/* One step with one client. */
static void
attend(struct control_client *c, short events, int64_t now)
{
	bool stays = true;
	char *end;

	if (c->answer == NULL && line_end(c) == NULL &&
	    (events & (POLLIN | POLLHUP | POLLERR)) != 0)
		stays = hear(c, now);
	else if (c->answer != NULL && events != 0)
		stays = tell(c, now);
	if (stays && c->answer == NULL) {
		end = line_end(c);
		if (end != NULL)
			stays = answer(c, end) && tell(c, now);
	}
	if (!stays || now - c->active > CONTROL_IDLE_MS)
		drop(c);
}

static void
turn(void)
{
	struct pollfd fds[1 + CONTROL_CLIENTS_MAX];
	int64_t now = clock_mono(&clock_real);
	bool deaf = now < control.deaf_until;
	int64_t next = history_tick(now, clock_wall(&clock_real));
	int timeout = deaf ? RETRY_MS : (int)(next < CONTROL_IDLE_MS ? next : CONTROL_IDLE_MS);

	fds[0] = (struct pollfd){.fd = deaf ? -1 : control.listener, .events = POLLIN};
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		const struct control_client *c = &control.clients[i];

		fds[1 + i] =
		    (struct pollfd){.fd = c->fd, .events = c->answer != NULL ? POLLOUT : POLLIN};
		/* A request that came with the last one waits for nobody. */
		if (c->fd >= 0 && c->answer == NULL && line_end(c) != NULL)
			timeout = 0;
	}
	if (poll(fds, 1 + CONTROL_CLIENTS_MAX, timeout) < 0)
		return;
	now = clock_mono(&clock_real);
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (control.clients[i].fd >= 0)
			attend(&control.clients[i], fds[1 + i].revents, now);
	if ((fds[0].revents & POLLIN) != 0)
		welcome(now);
}

static void *
serve(void *unused)
{
	(void)unused;
	for (;;)
		turn();
	return NULL;
}

int
control_start(int fd, const struct answer_about *about, struct buf *why)
{
	pthread_t thread;
	int error;

	control.listener = fd;
	control.about = *about;
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		control.clients[i].fd = -1;
	error = pthread_create(&thread, NULL, serve, NULL);
	if (error != 0) {
		buf_printf(why, "cannot start a thread: %s", strerror(error));
		return -1;
	}
	(void)pthread_detach(thread);
	return 0;
}
