/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers come from a file of them, so that no packet leaves and the same input does the same. */
#include "t/fuzz/house.h"

#include <stdlib.h>
#include <string.h>

#include "milter/memory.h"
#include "milter/reload.h"
#include "t/fuzz/input.h"

#define ACCESS_FILE 1 /* slots of input_file(); 0 is everybody's */
#define CONF_FILE   2

static const char access_table[] = "192.0.2.66 REJECT go away\n"
				   "late@example.com DEFER not now\n"
				   "198.51.100.0/24 SKIP spf,dnsbl\n"
				   "bob@example.org GREYLIST\n";

static const char answers[] =
    "bailey-answers 1\n"
    "time 1700000000\n"
    "answer PTR OK 300 - 1.2.0.192.in-addr.arpa\n\tname 0 mail.example.com\n"
    "answer A OK 300 - mail.example.com\n\taddr 192.0.2.1\n"
    "answer TXT OK 300 - example.com\n\ttxt v=spf1 ip4:192.0.2.0/24 exists:%{i}.%{l}.example.net "
    "-all\n"
    "answer TXT OK 300 - _dmarc.example.com\n\ttxt v=DMARC1; p=reject; rua=mailto:a@example.com\n"
    "answer MX OK 300 - example.com\n\tname 10 mail.example.com\n"
    "answer A OK 300 - 66.2.0.192.l.example\n\taddr 127.0.0.2\n"
    "answer TXT OK 300 - s._domainkey.example.com\n"
    "\ttxt v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n";

static const char *
conf_path(void)
{
	char text[1000];
	const char *access = input_file(ACCESS_FILE, access_table, sizeof access_table - 1);
	int n = snprintf(text, sizeof text,
	    "log = stderr log-level = err authserv-id = mx.example.net\n"
	    "local-domains = { example.org } store { type = memory }\n"
	    "access { table \"file:%s\" {} }\n"
	    "dnsbl { sites = { \"l.example\", \"allow.example*-2\" } header = yes }\n"
	    "greylist { apply = all }\n"
	    "receipts { deliveries = 1 }\n",
	    access);

	return input_file(CONF_FILE, text, (size_t)n);
}

struct conf *
house_conf(void)
{
	char *errors;
	struct conf *c = conf_load(conf_path(), &errors);

	if (c == NULL) {
		(void)fputs(errors, stderr);
		abort();
	}
	return c;
}

struct house *
house_of_all(void)
{
	static struct house house;
	struct conf *conf;
	const char *why;
	char room[256];
	int64_t wall;
	struct buf b;
	FILE *fp;

	if (house.dns != NULL)
		return &house;
	fp = input_stream(answers, sizeof answers - 1);
	house.clock = &clock_real;
	house.dns = dns_open_replay(fp, house.clock, &wall, &why);
	(void)fclose(fp);
	buf_init(&b, room, sizeof room);
	conf = house_conf();
	log_open("bailey", LOG_TO_STDERR, LOG_LEVEL_ERR);
	house_open(&house, conf);
	if (house.dns == NULL || memory_open(conf, &b) != 0)
		abort();
	conf_swap(conf);
	reload_prepare(conf_path(), house.dns, "");
	return &house;
}
