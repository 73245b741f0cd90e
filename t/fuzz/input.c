/* SPDX-License-Identifier: BSD-2-Clause */
/* Files are anonymous memory and sockets abstract, so that nothing is left when a target dies. */
#include "config.h"

#include "t/fuzz/input.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

void
input_open(struct input *in, const uint8_t *data, size_t len)
{
	in->text = malloc(len + 1);
	if (in->text == NULL)
		abort();
	memcpy(in->text, data, len);
	in->text[len] = '\0';
	in->rest = in->text;
	in->left = len;
}

void
input_close(struct input *in)
{
	free(in->text);
}

char *
input_part(struct input *in, char end, size_t *len_r)
{
	char *part = in->rest, *found = memchr(part, end, in->left);
	size_t len = found != NULL ? (size_t)(found - part) : in->left;

	part[len] = '\0';
	if (len_r != NULL)
		*len_r = len;
	len += found != NULL;
	in->rest += len;
	in->left -= len;
	return part;
}

char *
input_line(struct input *in)
{
	return input_part(in, '\n', NULL);
}

void
input_lines(const uint8_t *data, size_t len, void (*read_line)(const char *))
{
	struct input in;

	input_open(&in, data, len);
	while (in.left > 0)
		read_line(input_line(&in));
	input_close(&in);
}

const char *
input_file(unsigned slot, const void *bytes, size_t len)
{
	static struct {
		int fd; /* 0: none yet */
		char path[40];
	} files[INPUT_FILES];

	if (files[slot].fd == 0) {
		files[slot].fd = memfd_create("input", MFD_CLOEXEC);
		(void)snprintf(
		    files[slot].path, sizeof files[slot].path, "/proc/self/fd/%d", files[slot].fd);
		if (fchmod(files[slot].fd, 0600) != 0)
			abort();
	}
	if (ftruncate(files[slot].fd, 0) != 0 ||
	    pwrite(files[slot].fd, bytes, len, 0) != (ssize_t)len)
		abort();
	return files[slot].path;
}

FILE *
input_stream(const void *bytes, size_t len)
{
	FILE *fp = fopen(input_file(0, bytes, len), "re");

	if (fp == NULL)
		abort();
	return fp;
}

int
input_listen(void)
{
	const struct sockaddr_un any = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* unix(7): without a path the kernel finds an abstract name. */
	if (fd == -1 || bind(fd, (const struct sockaddr *)&any, sizeof any.sun_family) != 0 ||
	    listen(fd, SOMAXCONN) != 0)
		abort();
	return fd;
}

size_t
input_say(int listener, const void *bytes, size_t len, char *room, size_t size)
{
	struct sockaddr_un there;
	socklen_t there_len = sizeof there;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t got = 0;
	ssize_t n;

	if (fd == -1 || getsockname(listener, (struct sockaddr *)&there, &there_len) != 0 ||
	    connect(fd, (const struct sockaddr *)&there, there_len) != 0)
		abort();
	(void)send(fd, bytes, len, MSG_NOSIGNAL);
	(void)shutdown(fd, SHUT_WR);
	while (got < size && (n = recv(fd, room + got, size - got, 0)) > 0)
		got += (size_t)n;
	(void)close(fd);
	return got;
}
