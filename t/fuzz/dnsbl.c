/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DNS lists.  Input: the name of a zone as in sites, a filter, something to
 * ask about, then addresses of an answer, four octets each.
 */
#include "t/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "checks/dnsbl/faults.h"
#include "checks/dnsbl/zone.h"
#include "t/fuzz/input.h"

const char fuzz_name[] = "dnsbl";

#define ADDRESSES_MAX 16

static void
read_answer(const struct zone *z, const struct input *in)
{
	struct dns_rr rr[ADDRESSES_MAX] = {{.preference = 0}};
	struct dns_answer answer = {.status = DNS_OK, .type = DNS_A, .name = "", .rr = rr};
	const struct addr *fault = NULL;
	enum reading r;

	for (; answer.count < ADDRESSES_MAX && 4 * answer.count + 4 <= in->left; answer.count++) {
		rr[answer.count].addr.family = ADDR_V4;
		memcpy(rr[answer.count].addr.bytes, in->rest + 4 * answer.count, 4);
	}
	if (answer.count == 0)
		answer.status = DNS_NODATA;
	r = fault_read(z->name, &answer, &fault);
	if ((r == READING_FAULT) != (fault != NULL))
		abort();
	for (size_t i = 0; i < z->rule_count; i++)
		for (size_t n = 0; r == READING_LISTED && n < answer.count; n++)
			/* Only 127.0.0.0/8 can be a listing (RFC 5782 2.1). */
			if (filter_match(&z->rules[i].filter, &rr[n].addr) &&
			    rr[n].addr.bytes[0] != 127)
				abort();
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct arena arena = {.cap = 1024 * 1024};
	const char *title, *filter, *subject, *why = NULL;
	struct zone_section s = {.weight = 1};
	struct zone list[ZONES_MAX];
	char question[NAME_TEXT_SIZE], room[1000];
	size_t count = 0;
	struct input in;
	struct buf b;

	input_open(&in, data, len);
	s.title = title = input_line(&in);
	filter = input_line(&in);
	subject = input_line(&in);
	if (*filter != '\0')
		s.answers = (struct string_list){&filter, 1};
	if (zone_parse(&s, &arena, &why) == -1) {
		if (why == NULL)
			abort();
	} else {
		if (*s.zone.name == '\0' || s.zone.rule_count == 0 ||
		    zone_merge(list, &count, &s.zone, &arena, &why) == -1 || count != 1)
			abort();
		(void)zone_merge(list, &count, &s.zone, &arena, &why);
		if (zone_question(question, subject, s.zone.name) &&
		    strlen(question) < strlen(s.zone.name))
			abort();
		buf_init(&b, room, sizeof room);
		zone_mask(&b, &s.zone, title);
		buf_reset(&b);
		zone_mask(&b, &s.zone, s.zone.name);
		if (s.zone.secret != NULL && strstr(b.s, s.zone.secret) != NULL)
			abort();
		read_answer(&s.zone, &in);
	}
	arena_fini(&arena);
	input_close(&in);
}
