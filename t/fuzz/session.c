/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an MTA says, through libmilter and the whole filter.  Input: packets
 * without their lengths, a 0x1e between; the first letter is the command (see
 * t/mtaclient/protocol.h).  If the first byte is '!', the rest is sent as it
 * is.  What comes back must be packets with replies that a client may see.
 */
#include "t/fuzz/fuzz.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "milter/census.h"
#include "milter/session.h"
#include "t/fuzz/house.h"
#include "t/fuzz/input.h"

const char fuzz_name[] = "session";

#define SEPARATOR   0x1e
#define SENT_MAX    (64 * 1024)
#define ANSWERS_MAX (256 * 1024)

static void *
serve(void *unused)
{
	(void)session_main();
	return unused;
}

static int
start(void)
{
	int listener = input_listen();
	pthread_t thread;
	char room[256];
	struct buf why;

	buf_init(&why, room, sizeof room);
	census_limit(1000);
	if (session_start(listener, house_of_all(), &why) != 0 ||
	    pthread_create(&thread, NULL, serve, NULL) != 0)
		abort();
	(void)pthread_detach(thread);
	return listener;
}

/*
 * libmilter 8.17 takes macros for pairs: where the last name has no value,
 * smfi_getsymval() reads behind its array.  An MTA could kill any filter so.
 */
static bool
libmilter_bears(const uint8_t *packet, size_t len)
{
	size_t strings = 0;

	if (len < 2 || packet[0] != 'D')
		return true;
	for (size_t i = 2; i < len; i++)
		strings += packet[i] == '\0';
	return strings % 2 == 0;
}

static size_t
number(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (size_t)u[0] << 24 | (size_t)u[1] << 16 | (size_t)u[2] << 8 | u[3];
}

static size_t
put_packet(char *out, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < 4; i++)
		out[i] = (char)(len >> (24 - 8 * i) & 0xff);
	memcpy(out + 4, data, len);
	return 4 + len;
}

/* As it is, up to what would be libmilter's own end. */
static size_t
raw_packets(char *out, const uint8_t *data, size_t len)
{
	size_t n = 0, one;

	memcpy(out, data, len);
	while (n + 4 < len) {
		one = number(out + n);
		if (one > len - n - 4)
			break;
		if (!libmilter_bears(data + n + 4, one))
			return n;
		n += 4 + one;
	}
	return len;
}

static size_t
make_packets(char *out, const uint8_t *data, size_t len)
{
	size_t n = 0;

	while (len > 0) {
		const uint8_t *end = memchr(data, SEPARATOR, len);
		size_t one = end != NULL ? (size_t)(end - data) : len;

		if (libmilter_bears(data, one))
			n += put_packet(out + n, data, one);
		one += end != NULL;
		data += one;
		len -= one;
	}
	return n;
}

/* A reply is one line, with a code (RFC 5321 4.2); a field has no line end but before white space. */
static void
must_be_sound(char command, const char *text, size_t len)
{
	if (command == 'y' &&
	    (len < 6 || text[len - 1] != '\0' || (text[0] != '4' && text[0] != '5') ||
		strpbrk(text, "\r\n") != NULL))
		abort();
	for (size_t i = 0; (command == 'h' || command == 'i') && i + 1 < len; i++)
		if (text[i] == '\r' ||
		    (text[i] == '\n' && text[i + 1] != ' ' && text[i + 1] != '\t'))
			abort();
}

static void
read_replies(const char *p, size_t n)
{
	while (n >= 5) {
		size_t len = number(p);

		if (len == 0 || len > n - 4 || strchr("acdhimqrtyO", p[4]) == NULL)
			abort();
		must_be_sound(p[4], p + 5, len - 1);
		p += 4 + len;
		n -= 4 + len;
	}
	if (n != 0)
		abort();
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	static int listener = -1;
	static char sent[5 * SENT_MAX], room[ANSWERS_MAX];
	size_t n;

	if (listener == -1)
		listener = start();
	if (len > SENT_MAX)
		return;
	if (len > 0 && *data == '!') {
		n = raw_packets(sent, data + 1, len - 1);
	} else {
		n = make_packets(sent, data, len);
	}
	n = input_say(listener, sent, n, room, sizeof room);
	if (n < sizeof room)
		read_replies(room, n);
}
