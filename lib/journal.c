/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A datagram for each line, to a path rather than over a connection: the
 * journal may be restarted.  Values go with their length before them, so that
 * nothing in them can begin another field.
 */
#include "lib/journal.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/buf.h"
#include "lib/text.h"

#define FACILITY_MAIL "2" /* as of syslog(3), LOG_MAIL >> 3 */
#define PREFIX        "BAILEY_"
/* The line twice over (as text and as fields) and the names of the fields. */
#define DATAGRAM_MAX  (2 * LOG_LINE_MAX + 8192)

static const char *_Atomic socket_path = JOURNAL_SOCKET;

void
journal_open(const char *path)
{
	socket_path = path;
}

/* Opened once; -1: cannot. */
static int
endpoint(void)
{
	static atomic_int shared = -1;
	int fd = shared, none = -1;

	if (fd >= 0)
		return fd;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && !atomic_compare_exchange_strong(&shared, &none, fd)) {
		(void)close(fd);
		fd = none;
	}
	return fd;
}

/* All or nothing. */
static void
put(struct buf *b, const char *prefix, const char *key, const char *value)
{
	size_t before = b->len, len = strnlen(value, LOG_LINE_MAX);
	uint64_t length = htole64(len);

	buf_puts(b, prefix);
	for (; *key != '\0'; key++)
		buf_putc(b, *key == '-' ? '_' : ascii_upper(*key));
	buf_putc(b, '\n');
	buf_write(b, (const char *)&length, sizeof length);
	buf_write(b, value, len);
	buf_putc(b, '\n');
	if (b->cut)
		b->len = before;
}

/* As the other targets cut it. */
static void
take(char out[LOG_VALUE_MAX + sizeof "..."], const char *value)
{
	size_t len = text_fit(value, LOG_VALUE_MAX);

	memcpy(out, value, len);
	(void)strcpy(out + len, value[len] != '\0' ? "..." : "");
}

bool
journal_send(int priority, const char *program, const char *message, const struct log_field *fields,
    size_t count, bool cut)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	const char digit[] = {(char)('0' + priority), '\0'}, *path = socket_path;
	char room[DATAGRAM_MAX], value[LOG_VALUE_MAX + sizeof "..."];
	struct buf b;
	ssize_t n;

	if (strlen(path) >= sizeof sun.sun_path)
		return false;
	memcpy(sun.sun_path, path, strlen(path) + 1);
	buf_init(&b, room, sizeof room);
	put(&b, "", "PRIORITY", digit);
	put(&b, "", "SYSLOG_FACILITY", FACILITY_MAIL);
	put(&b, "", "SYSLOG_IDENTIFIER", program);
	put(&b, "", "MESSAGE", message);
	for (size_t i = 0; i < count; i++) {
		if (fields[i].value == NULL)
			continue;
		take(value, fields[i].value);
		put(&b, PREFIX, fields[i].key, value);
	}
	if (cut)
		put(&b, PREFIX, "cut", "yes");
	do
		n = sendto(
		    endpoint(), b.s, b.len, MSG_NOSIGNAL, (struct sockaddr *)&sun, sizeof sun);
	while (n < 0 && errno == EINTR);
	return n >= 0;
}
