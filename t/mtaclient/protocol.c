/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets to and from a filter.  Everything blocks, with a limit, because a
 * script does one thing after the other.
 */
#include "t/mtaclient/protocol.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmilter/mfdef.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MACRO_ROOM 65536

/* clang-format off */
static const struct mta_step steps[] = {
	{"connect",	SMFIC_CONNECT,	SMFIP_NOCONNECT,	SMFIP_NR_CONN,	MTA_CONNECT},
	{"helo",	SMFIC_HELO,	SMFIP_NOHELO,		SMFIP_NR_HELO,	MTA_HELO},
	{"mail",	SMFIC_MAIL,	SMFIP_NOMAIL,		SMFIP_NR_MAIL,	MTA_MAIL},
	{"rcpt",	SMFIC_RCPT,	SMFIP_NORCPT,		SMFIP_NR_RCPT,	MTA_RCPT},
	{"data",	SMFIC_DATA,	SMFIP_NODATA,		SMFIP_NR_DATA,	MTA_DATA},
	{"header",	SMFIC_HEADER,	SMFIP_NOHDRS,		SMFIP_NR_HDR,	-1},
	{"eoh",		SMFIC_EOH,	SMFIP_NOEOH,		SMFIP_NR_EOH,	MTA_EOH},
	{"body",	SMFIC_BODY,	SMFIP_NOBODY,		SMFIP_NR_BODY,	-1},
	{"eom",		SMFIC_BODYEOB,	0,			0,		MTA_EOM},
	{"unknown",	SMFIC_UNKNOWN,	SMFIP_NOUNKNOWN,	SMFIP_NR_UNKN,	-1},
	{"abort",	SMFIC_ABORT,	0,			0,		-1},
	{"quit",	SMFIC_QUIT,	0,			0,		-1},
	{"quit-nc",	SMFIC_QUIT_NC,	0,			0,		-1},
};
/* clang-format on */

const struct mta_step *
mta_step(const char *name)
{
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (strcmp(steps[i].name, name) == 0)
			return &steps[i];
	return NULL;
}

bool
mta_sends(const struct mta *m, const struct mta_step *step)
{
	return (m->steps & step->no_send) == 0;
}

bool
mta_awaits(const struct mta *m, const struct mta_step *step)
{
	bool silent = step->command == SMFIC_ABORT || step->command == SMFIC_QUIT ||
		      step->command == SMFIC_QUIT_NC;

	return !silent && (m->steps & step->no_reply) == 0;
}

static void
room_new(struct buf *b, size_t size)
{
	char *room = malloc(size);

	if (room == NULL)
		abort();
	buf_init(b, room, size);
}

void
mta_init(struct mta *m)
{
	*m = (struct mta){.fd = -1, .actions = SMFI_CURR_ACTS, .steps = SMFI_CURR_PROT};
	room_new(&m->in, MTA_ROOM);
	room_new(&m->out, MTA_ROOM);
	for (int i = 0; i < MTA_STAGE_COUNT; i++)
		room_new(&m->macros[i], MACRO_ROOM);
}

void
mta_fini(struct mta *m)
{
	mta_close(m);
	free(m->in.s);
	free(m->out.s);
	for (int i = 0; i < MTA_STAGE_COUNT; i++)
		free(m->macros[i].s);
}

void
mta_close(struct mta *m)
{
	if (m->fd >= 0)
		(void)close(m->fd);
	m->fd = -1;
	for (int i = 0; i < MTA_STAGE_COUNT; i++) {
		free(m->wanted[i]);
		m->wanted[i] = NULL;
	}
}

static int
open_unix(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof sun.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(sun.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&sun, sizeof sun) < 0) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

/* On an address of ours, at any port. */
static int
bind_inet(int fd, const char *address)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	int on = 1;

	if (inet_pton(AF_INET, address, &sin.sin_addr) != 1) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	/* Else a port stays taken for all the addresses it could be connected to. */
	(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
	return bind(fd, (struct sockaddr *)&sin, sizeof sin);
}

static int
open_inet(const char *where, int family, const char *from)
{
	struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM}, *ai;
	char port[32];
	const char *at = strchr(where, '@');
	int fd;

	if (at == NULL || (size_t)(at - where) >= sizeof port) {
		errno = EINVAL;
		return -1;
	}
	memcpy(port, where, (size_t)(at - where));
	port[at - where] = '\0';
	if (getaddrinfo(at + 1, port, &hints, &ai) != 0) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && ((from != NULL && bind_inet(fd, from) < 0) ||
			   connect(fd, ai->ai_addr, ai->ai_addrlen) < 0)) {
		(void)close(fd);
		fd = -1;
	}
	freeaddrinfo(ai);
	return fd;
}

int
mta_open(struct mta *m, const char *where)
{
	mta_close(m);
	if (strncmp(where, "unix:", 5) == 0)
		m->fd = open_unix(where + 5);
	else if (strncmp(where, "inet:", 5) == 0)
		m->fd = open_inet(where + 5, AF_INET, m->from);
	else if (strncmp(where, "inet6:", 6) == 0)
		m->fd = open_inet(where + 6, AF_INET6, NULL);
	else
		errno = EINVAL;
	return m->fd < 0 ? -1 : 0;
}

int
mta_send_raw(struct mta *m, const char *bytes, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = send(m->fd, bytes, len, MSG_NOSIGNAL);
		if (n < 0)
			return -1;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
packet_send(struct mta *m, char command, const struct buf *data)
{
	uint32_t len = htonl((uint32_t)data->len + 1);
	char head[5];

	memcpy(head, &len, 4);
	head[4] = command;
	if (mta_send_raw(m, head, sizeof head) < 0)
		return -1;
	return mta_send_raw(m, data->s, data->len);
}

static int
bytes_receive(struct mta *m, char *to, size_t len)
{
	struct pollfd pfd = {.fd = m->fd, .events = POLLIN};
	ssize_t n;

	while (len > 0) {
		if (poll(&pfd, 1, MTA_WAIT_MS) <= 0 || (n = read(m->fd, to, len)) <= 0)
			return -1;
		to += n;
		len -= (size_t)n;
	}
	return 0;
}

uint32_t
mta_number(const char bytes[4])
{
	uint32_t n;

	memcpy(&n, bytes, 4);
	return ntohl(n);
}

int
mta_receive(struct mta *m)
{
	char head[5];
	uint32_t len;

	buf_reset(&m->in);
	if (m->fd < 0 || bytes_receive(m, head, sizeof head) < 0)
		return -1;
	len = mta_number(head);
	if (len == 0 || len > MTA_ROOM - 1 || bytes_receive(m, m->in.s, len - 1) < 0)
		return -1;
	m->in.len = len - 1;
	m->in.s[m->in.len] = '\0';
	return (unsigned char)head[4];
}

static void
number_put(struct buf *b, uint32_t n)
{
	uint32_t wire = htonl(n);

	buf_write(b, (const char *)&wire, sizeof wire);
}

/* After the three numbers: stage (4 bytes), names, NUL; any times. */
static void
wanted_parse(struct mta *m, size_t at)
{
	while (at + 4 < m->in.len) {
		uint32_t stage = mta_number(m->in.s + at);
		const char *names = m->in.s + at + 4;

		if (stage < MTA_STAGE_COUNT && m->wanted[stage] == NULL)
			m->wanted[stage] = strdup(names);
		at += 4 + strlen(names) + 1;
	}
}

int
mta_negotiate(struct mta *m)
{
	buf_reset(&m->out);
	number_put(&m->out, SMFI_PROT_VERSION);
	number_put(&m->out, m->actions);
	number_put(&m->out, m->steps);
	if (packet_send(m, SMFIC_OPTNEG, &m->out) < 0 || mta_receive(m) != SMFIC_OPTNEG ||
	    m->in.len < MILTER_OPTLEN)
		return -1;
	m->actions = mta_number(m->in.s + 4);
	m->steps = mta_number(m->in.s + 8);
	wanted_parse(m, MILTER_OPTLEN);
	return 0;
}

bool
mta_macro(struct mta *m, const char *stage, const char *name, const char *value)
{
	const struct mta_step *step = mta_step(stage);
	struct buf *b;

	if (step == NULL || step->stage < 0)
		return false;
	b = &m->macros[step->stage];
	buf_write(b, name, strlen(name) + 1);
	buf_write(b, value, strlen(value) + 1);
	return !b->cut;
}

static bool
names_contain(const char *names, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = names; (p = strstr(p, name)) != NULL; p++)
		if ((p == names || p[-1] == ' ') && (p[len] == ' ' || p[len] == '\0'))
			return true;
	return false;
}

/* A list of wanted macros replaces the default, which here is: all there are. */
static int
macros_send(struct mta *m, const struct mta_step *step)
{
	const char *wanted = m->wanted[step->stage];
	const struct buf *all = &m->macros[step->stage];
	static struct buf b;
	static char room[MACRO_ROOM];

	buf_init(&b, room, sizeof room);
	buf_putc(&b, step->command);
	for (size_t at = 0; at < all->len;) {
		const char *name = all->s + at, *value = name + strlen(name) + 1;

		if (wanted == NULL || names_contain(wanted, name)) {
			buf_write(&b, name, strlen(name) + 1);
			buf_write(&b, value, strlen(value) + 1);
		}
		at = (size_t)(value - all->s) + strlen(value) + 1;
	}
	return b.len > 1 ? packet_send(m, SMFIC_MACRO, &b) : 0;
}

int
mta_send(struct mta *m, const struct mta_step *step)
{
	if (m->fd < 0 || (step->stage >= 0 && macros_send(m, step) < 0))
		return -1;
	return packet_send(m, step->command, &m->out);
}
