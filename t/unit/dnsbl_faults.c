/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dnsbl/faults.h"

#include <string.h>

#include "t/tap.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define NONE         NULL

/* clang-format off */
static const struct { const char *zone, *answer, *part; } faults[] = {
	{"zen.spamhaus.org", "127.0.0.2", NONE}, {"zen.spamhaus.org", "127.0.0.255", NONE},
	{"zen.spamhaus.org", "127.255.254.2", NONE}, {"dbl.spamhaus.org", "127.0.1.2", NONE},
	{"zen.spamhaus.org", "127.255.255.252", "correct its spelling"},
	{"zen.spamhaus.org", "127.255.255.254", "public resolver?"},
	{"zen.spamhaus.org", "127.255.255.255", "too many questions"},
	{"any.example", "127.255.255.1", "error of the question"},
	{"any.example", "203.0.113.7", "outside 127.0.0.0/8"}, {"any.example", "128.0.0.2", "outside 127.0.0.0/8"},
	{"any.example", "0.0.0.0", "outside 127.0.0.0/8"},
	{"list.dnswl.org", "127.0.0.255", "asked too often"}, {"list.dnswl.org", "127.0.10.3", NONE},
	{"key.list.dnswl.org", "127.0.0.255", "asked too often"}, {"xdnswl.org", "127.0.0.255", NONE},
	{"multi.uribl.com", "127.0.0.1", "asked too often"}, {"multi.uribl.com", "127.0.0.2", NONE},
	{"multi.surbl.org", "127.0.0.1", "asked too often"}, {"any.example", "127.0.0.1", NONE},
	{"dbl.spamhaus.org", "127.0.1.255", "asked for an address"},
	{"key.dbl.dq.spamhaus.net", "127.0.1.255", "asked for an address"},
	{"key.zen.dq.spamhaus.net", "127.0.1.255", NONE},
};

/* Records of one answer, and how it reads. */
static const struct {
	const char		*name;
	enum dns_status		 status;
	const char		*answers[3];
	enum reading		 wanted;
	const char		*fault;
} readings[] = {
	{"one listing", DNS_OK, {"127.0.0.2"}, READING_LISTED, NONE},
	{"two listings", DNS_OK, {"127.0.0.2", "127.0.0.4"}, READING_LISTED, NONE},
	{"a fault", DNS_OK, {"127.255.255.254"}, READING_FAULT, "127.255.255.254"},
	{"a listing beside a fault", DNS_OK, {"127.0.0.2", "127.255.255.254"}, READING_FAULT, "127.255.255.254"},
	{"a listing beside a parking page", DNS_OK, {"203.0.113.7", "127.0.0.2"}, READING_FAULT, "203.0.113.7"},
	{"no such name", DNS_NXDOMAIN, {0}, READING_UNLISTED, NONE},
	{"no address", DNS_NODATA, {0}, READING_UNLISTED, NONE},
	{"server failure", DNS_SERVFAIL, {0}, READING_UNKNOWN, NONE},
	{"refused", DNS_REFUSED, {0}, READING_UNKNOWN, NONE},
	{"time-out", DNS_TIMEOUT, {0}, READING_UNKNOWN, NONE},
	{"garbage", DNS_BADRESP, {0}, READING_UNKNOWN, NONE},
};
/* clang-format on */

int
main(void)
{
	struct addr a;
	char text[ADDR_TEXT_SIZE];

	for (size_t i = 0; i < COUNT(faults); i++) {
		const char *said;

		(void)addr_parse(&a, faults[i].answer);
		said = fault_text(faults[i].zone, &a);
		tap_ok(faults[i].part == NULL
			   ? said == NULL
			   : said != NULL && strstr(said, faults[i].part) != NULL,
		    "%s of %s: %s", faults[i].answer, faults[i].zone,
		    said == NULL ? "honest" : said);
	}
	for (size_t i = 0; i < COUNT(readings); i++) {
		struct dns_rr rr[3] = {0};
		struct dns_answer answer = {.status = readings[i].status, .type = DNS_A, .rr = rr};
		const struct addr *fault = NULL;

		for (; answer.count < 3 && readings[i].answers[answer.count] != NULL;
		     answer.count++)
			(void)addr_parse(&rr[answer.count].addr, readings[i].answers[answer.count]);
		tap_is_int(fault_read("any.example", &answer, &fault), readings[i].wanted, "%s",
		    readings[i].name);
		tap_is(fault == NULL ? NULL : addr_format(fault, text), readings[i].fault,
		    "... its fault");
	}
	return tap_done();
}
