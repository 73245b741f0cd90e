/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fakedns: a DNS server for tests, which answers from zone files and lies by
 * rule.
 *
 *	fakedns [--listen ADDRESS]... [--port N] [--port-file FILE] [--log FILE]
 *	    [--zone FILE]... [--rules FILE]... [--default RCODE] [--with-parent]
 *
 * It listens on UDP and TCP at the same port of all addresses (127.0.0.1 if
 * none is given; port 0, the default, finds a free one), then prints "PORT n"
 * and writes the number to the port file.  SIGHUP reads zones and rules anew
 * (what was wrong stays on standard error, and the old ones in force); SIGTERM
 * ends it; --with-parent ends it when its parent dies.
 *
 * A zone file is an ordinary master file ($ORIGIN, $TTL, wildcards, several
 * SOAs).  Without SOA its zone begins at the first $ORIGIN, or at the root.
 * Names outside all zones are answered REFUSED, or by --default.
 *
 * The log gets a line "udp|tcp NAME TYPE" for each question before its answer
 * leaves, names in lower case, and "reload" for each SIGHUP served.
 *
 * A rules file has lines
 *
 *	rule NAME TYPE WORD...		# comment
 *
 * NAME is a name, "*.zone" (all below it) or "*"; TYPE a type or "*".  The
 * first rule that fits a question is taken.  Words that limit a rule:
 *
 *	first N		the first N questions only
 *	udp, tcp	questions by this way only
 *
 * Words that change the answer:
 *
 *	delay MS	answer that much later ("200ms", "200")
 *	drop		no answer
 *	rcode NAME	SERVFAIL, REFUSED, NXDOMAIN, FORMERR ... and no records
 *	no-edns		FORMERR to a question with OPT
 *	truncate	TC and no records over UDP: forces TCP
 *	ttl N		on all records
 *	rr-count N	N made-up records of the type asked
 *	cname-chain N	N made-up links, then a made-up record
 *	cname-loop	two CNAMEs, each the other's target
 *	off-chain	first a record of another name, as a poisoner would
 *	zero-rdata	a record of the type asked without rdata
 *	bad-label	a label of the reserved kind: malformed
 *	pointer-loop	a compressed name that points to itself
 *	garbage		right header and question, then rubbish
 *	noise		rubbish from the first byte
 *	wrong-id, wrong-question, wrong-case, not-response
 *			right answer, but that field is not as asked
 *	wrong-source	right answer from another socket
 *	twice		the answer two times
 *	ad		AD bit set
 *	drip		over TCP: byte by byte
 *	empty-tcp-close	over TCP: hang up instead of answering
 */
#include "t/fakedns.h"

#include <err.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include <ldns/ldns.h>

#define FILES_MAX  32
#define LOG_BUFFER 65536

static const char *zone_files[FILES_MAX], *rule_files[FILES_MAX], *addresses[LISTEN_MAX];
static size_t zone_count, rule_count, address_count;
static struct zones zones;
static struct rule *rules;
static int rcode_outside = LDNS_RCODE_REFUSED;
static FILE *log_file;

static int
load(void)
{
	struct zones new_zones = {0};
	struct rule *new_rules = NULL;
	size_t i;
	int result = 0;

	for (i = 0; i < zone_count && result == 0; i++)
		result = zones_load(&new_zones, zone_files[i]);
	for (i = 0; i < rule_count && result == 0; i++)
		result = rules_load(&new_rules, rule_files[i]);
	if (result == 0) {
		zones_free(&zones);
		rules_free(&rules);
		zones = new_zones;
		rules = new_rules;
	} else {
		zones_free(&new_zones);
		rules_free(&new_rules);
	}
	return result;
}

static void
reload(void)
{
	(void)load();
	if (log_file != NULL) {
		fprintf(log_file, "reload\n");
		(void)fflush(log_file);
	}
}

static void
log_question(const struct question *q)
{
	char name[4 * WIRE_NAME_MAX];
	ldns_buffer *type;

	if (log_file == NULL)
		return;
	type = ldns_buffer_new(32);
	(void)ldns_rr_type2buffer_str(type, (ldns_rr_type)q->type);
	fprintf(log_file, "%s %s %s\n", q->tcp ? "tcp" : "udp", name_text(&q->name, name),
	    ldns_buffer_begin(type));
	(void)fflush(log_file);
	ldns_buffer_free(type);
}

static const struct rule *
answer(const struct question *q, struct packet *p)
{
	const struct rule *r = rules_match(rules, q);

	log_question(q);
	if ((r->flags & RULE_DROP) == 0)
		answer_make(p, &zones, r, q, rcode_outside);
	return r;
}

static void
add(const char **list, size_t *count, size_t max, const char *value)
{
	if (*count == max)
		errx(1, "too many: %s", value);
	list[(*count)++] = value;
}

static void
write_port(const char *file, unsigned port)
{
	FILE *fp;

	if (file != NULL) {
		if ((fp = fopen(file, "w")) == NULL)
			err(1, "%s", file);
		fprintf(fp, "%u\n", port);
		(void)fclose(fp);
	}
	printf("PORT %u\n", port);
	(void)fflush(stdout);
}

int
main(int argc, char **argv)
{
	/* clang-format off */
	static const struct option options[] = {
		{ "listen",	 required_argument, NULL, 'a' },
		{ "port",	 required_argument, NULL, 'p' },
		{ "port-file",	 required_argument, NULL, 'f' },
		{ "log",	 required_argument, NULL, 'l' },
		{ "zone",	 required_argument, NULL, 'z' },
		{ "rules",	 required_argument, NULL, 'r' },
		{ "default",	 required_argument, NULL, 'd' },
		{ "with-parent", no_argument,	    NULL, 'w' },
		{ NULL, 0, NULL, 0 },
	};
	/* clang-format on */
	static const struct server server = {answer, reload};
	const ldns_lookup_table *code;
	const char *port_file = NULL;
	unsigned port = 0;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case 'a':
			add(addresses, &address_count, LISTEN_MAX, optarg);
			break;
		case 'p':
			port = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'f':
			port_file = optarg;
			break;
		case 'l':
			if ((log_file = fopen(optarg, "ae")) == NULL)
				err(1, "%s", optarg);
			(void)setvbuf(log_file, NULL, _IOFBF, LOG_BUFFER);
			break;
		case 'z':
			add(zone_files, &zone_count, FILES_MAX, optarg);
			break;
		case 'r':
			add(rule_files, &rule_count, FILES_MAX, optarg);
			break;
		case 'd':
			if ((code = ldns_lookup_by_name(ldns_rcodes, optarg)) == NULL)
				errx(1, "%s: not an rcode", optarg);
			rcode_outside = code->id;
			break;
		case 'w':
			(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
			break;
		default:
			errx(1, "see the head of fakedns.c for its options");
		}
	if (address_count == 0)
		addresses[address_count++] = "127.0.0.1";
	if (optind != argc || load() != 0)
		errx(1, "cannot start");
	write_port(port_file, net_listen(addresses, address_count, port));
	net_run(&server);
	zones_free(&zones);
	rules_free(&rules);
	if (log_file != NULL)
		(void)fclose(log_file);
	return 0;
}
