/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: bytes from the network into packet_read(), as the answer to
 * any of our queries.  main() replays what was found once, in dns_answer.d,
 * and prints TAP.  To search, from the top folder after configure:
 *
 *	clang -g -O1 -D_GNU_SOURCE -DFUZZING -I. -fsanitize=fuzzer,address,undefined \
 *	    t/fuzz/dns_answer.c dns/packet.c dns/answer.c dns/word.c lib/addr.c -lldns
 *	./a.out -max_len=2000 NEW_FOLDER t/fuzz/dns_answer.d
 *
 * The first byte chooses the type; id and question are made to fit, as no
 * fuzzer would guess them and forged ones end at once.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/packet.h"
#include "t/tap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Every byte an answer claims to have; the sum keeps the compiler from skipping them. */
static unsigned
read_all(const struct dns_answer *a)
{
	unsigned sum = 0;
	size_t i, n;

	if (a->count > DNS_RR_MAX || (a->count > 0) != (a->status == DNS_OK))
		abort();
	for (i = 0; i < a->count; i++) {
		if (a->type == DNS_TXT)
			for (n = 0; n < a->rr[i].txt.len; n++)
				sum += (unsigned char)a->rr[i].txt.bytes[n];
		else if (a->type != DNS_A && a->type != DNS_AAAA)
			sum += (unsigned)strlen(a->rr[i].name);
	}
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const enum dns_type types[] = {
	    DNS_A, DNS_AAAA, DNS_TXT, DNS_MX, DNS_PTR, DNS_CNAME, DNS_SOA};
	uint8_t query[PACKET_QUERY_MAX], *bytes;
	struct dns_answer *a;
	size_t query_len, question, size;

	if (len < 1 || len > PACKET_MAX)
		return 0;
	query_len = packet_build(
	    query, "a.example", types[data[0] % 7], 0x1234, (data[0] & 0x80) != 0, NULL);
	len--;
	if ((bytes = malloc(len > 0 ? len : 1)) == NULL)
		return 0;
	memcpy(bytes, data + 1, len);
	question = 27;
	if (len >= question && (data[0] & 0x40) == 0) {
		memcpy(bytes, query, 2);
		bytes[2] = (uint8_t)((bytes[2] | 0x80) & 0x87);
		memcpy(bytes + 4, query + 4, 2);
		memcpy(bytes + 12, query + 12, question - 12);
	}
	(void)packet_read(bytes, len, query, query_len, (data[0] & 0x20) != 0, &a, &size);
	if (a != NULL && read_all(a) == UINT32_MAX)
		abort();
	free(a);
	free(bytes);
	return 0;
}

#ifndef FUZZING
static void
replay(const char *dir, const char *name)
{
	char path[4096];
	static uint8_t data[PACKET_MAX + 1];
	FILE *fp;
	size_t len;

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	if ((fp = fopen(path, "rb")) == NULL) {
		tap_ok(false, "%s cannot be read", name);
		return;
	}
	len = fread(data, 1, sizeof data, fp);
	(void)fclose(fp);
	tap_ok(LLVMFuzzerTestOneInput(data, len) == 0, "%s", name);
}

int
main(void)
{
	const char *top = getenv("TOP_SRCDIR");
	char dir[2048];
	struct dirent *e;
	DIR *d;

	(void)snprintf(dir, sizeof dir, "%s/t/fuzz/dns_answer.d", top != NULL ? top : ".");
	if ((d = opendir(dir)) == NULL) {
		tap_ok(false, "cannot open %s", dir);
		return tap_done();
	}
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			replay(dir, e->d_name);
	(void)closedir(d);
	return tap_done();
}
#endif
