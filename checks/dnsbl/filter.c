/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Filter: Postfix's answer patterns ("127.0.0.[2..11]") read into four
 * bitmaps.  A small descent over the grammar in the header; the pattern comes
 * from the configuration, the addresses it is held against from the network.
 */
#include "checks/dnsbl/filter.h"

#include <string.h>

struct scan {
	const char *p, *end;
	const char *why;
};

static bool
take(struct scan *s, char c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

static bool
take_number(struct scan *s, unsigned *n_r)
{
	unsigned n = 0;
	const char *start = s->p;

	for (; s->p < s->end && *s->p >= '0' && *s->p <= '9' && n <= 255; s->p++)
		n = n * 10 + (unsigned)(*s->p - '0');
	if (s->p == start)
		s->why = "a number was expected";
	else if (n > 255)
		s->why = "a number is larger than 255";
	*n_r = n;
	return s->why == NULL;
}

static bool
take_item(struct scan *s, uint8_t bits[32])
{
	unsigned from, to;

	if (!take_number(s, &from))
		return false;
	to = from;
	if (take(s, '.')) {
		if (!take(s, '.')) {
			s->why = "a range is written [a..b]";
			return false;
		}
		if (!take_number(s, &to))
			return false;
	}
	if (to < from) {
		s->why = "a range runs backwards";
		return false;
	}
	for (; from <= to; from++)
		bits[from / 8] |= (uint8_t)(1U << (from % 8));
	return true;
}

static bool
take_octet(struct scan *s, uint8_t bits[32])
{
	unsigned n;

	if (!take(s, '[')) {
		if (!take_number(s, &n))
			return false;
		bits[n / 8] |= (uint8_t)(1U << (n % 8));
		return true;
	}
	do {
		if (!take_item(s, bits))
			return false;
	} while (take(s, ';'));
	if (take(s, ']'))
		return true;
	s->why = "a bracket is not closed";
	return false;
}

static void
set_loopback(uint8_t bits[32])
{
	memset(bits, 0, 32);
	bits[127 / 8] = 1U << (127 % 8);
}

int
filter_parse(struct filter *f, const char *text, size_t len, const char **why_r)
{
	struct scan s = {.p = text, .end = text + len};
	uint8_t loopback[32];

	memset(f, 0, sizeof *f);
	for (int i = 0; i < 4 && s.why == NULL; i++) {
		if (i > 0 && !take(&s, '.'))
			s.why = "four octets were expected, like 127.0.0.[2..11]";
		else
			(void)take_octet(&s, f->octets[i]);
	}
	if (s.why == NULL && s.p != s.end)
		s.why = "something follows the fourth octet";
	set_loopback(loopback);
	if (s.why == NULL && memcmp(f->octets[0], loopback, sizeof loopback) != 0)
		s.why = "only answers in 127.0.0.0/8 can be listings";
	if (s.why == NULL)
		return 0;
	*why_r = s.why;
	return -1;
}

void
filter_any(struct filter *f)
{
	memset(f, 0xff, sizeof *f);
	set_loopback(f->octets[0]);
}

bool
filter_match(const struct filter *f, const struct addr *a)
{
	if (a->family != ADDR_V4)
		return false;
	for (int i = 0; i < 4; i++)
		if ((f->octets[i][a->bytes[i] / 8] >> (a->bytes[i] % 8) & 1) == 0)
			return false;
	return true;
}
