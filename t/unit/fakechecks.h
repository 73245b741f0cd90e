/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fakechecks: a registry of made-up checks for the tests of milter/, so that
 * they depend on no real check.  A test scripts what each one does.
 *
 *   alpha  connection, A-R method iprev, needs an IP client, outside only
 *   beta   connection, no method, outside only, reads alpha
 *   gamma  message, method spf, judged at RCPT; one option of every type
 *   delta  recipient, no method, all origins, hearsay
 *   omega  message, method dkim, looks at headers and body, judged at EOM
 *
 * All have the results pass, fail, none, odd and temperror.  Gamma
 * has a service that adds up its option `number' at each tick.
 */
#ifndef T_UNIT_FAKECHECKS_H
#define T_UNIT_FAKECHECKS_H

#include "milter/conf.h"

enum { ALPHA, BETA, GAMMA, DELTA, OMEGA, FAKES };
enum { R_PASS, R_FAIL, R_NONE, R_ODD, R_TEMPERROR };

struct gamma_zone {
	const char	*title;
	const char	*answers;
	int64_t		 weight;
};

struct gamma_options {
	const char		*text;
	bool			 flag;
	int64_t			 number, delay, size, mode;
	unsigned		 choice;
	struct string_list	 words;
	struct cidr_list	 nets;
	struct section_list	 zones;
};

/* What a check does when it is called; NULL: nothing. */
extern void (*fake_ask)(struct txn *, int check, enum stage);
extern void (*fake_judge)(struct txn *, int check, enum stage);
extern void (*fake_header)(struct txn *, const struct header *);
extern void (*fake_body)(struct txn *, const unsigned char *, size_t);
extern void (*fake_decided)(struct txn *, enum action, const struct verdict *cause);
extern void (*fake_done)(struct txn *, int check);
extern unsigned fake_ticks;

/* A configuration from its text; NULL: *errors_r has the mistakes. */
struct conf *fake_load(const char *text, char **errors_r);
/* The same, which must be right. */
struct conf *fake_conf(const char *text);

#endif
