/* SPDX-License-Identifier: BSD-2-Clause */
#include "t/unit/fakechecks.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "t/tap.h"

void (*fake_ask)(struct txn *, int check, enum stage);
void (*fake_judge)(struct txn *, int check, enum stage);
void (*fake_header)(struct txn *, const struct header *);
void (*fake_body)(struct txn *, const unsigned char *, size_t);
void (*fake_decided)(struct txn *, enum action, const struct verdict *);
void (*fake_done)(struct txn *, int check);
unsigned fake_ticks;

/* clang-format off */
#define RESULTS(check, fail_action)						\
	static const struct result check##_results[] = {			\
		[R_PASS] = {"pass", WORD_PASS, ACTION_PASS, NULL, NULL},	\
		[R_FAIL] = {"fail", WORD_FAIL, fail_action, "550 5.7.25", "451 4.7.25"}, \
		[R_NONE] = {"none", WORD_NONE, ACTION_PASS, NULL, NULL}, \
		[R_ODD] = {"odd", WORD_NEUTRAL, ACTION_PASS, "421 4.0.0", "bad"}, \
		[R_TEMPERROR] = {"temperror", WORD_TEMPERROR, ACTION_PASS, NULL, NULL}, \
		{.name = NULL}							\
	}
#define CALL(NUMBER, check, what, stage, STAGE)					\
	static void check##_##what##_##stage(struct txn *t)			\
	{									\
		if (fake_##what != NULL)					\
			fake_##what(t, NUMBER, STAGE);				\
	}
#define CALLS(NUMBER, check)							\
	CALL(NUMBER, check, ask, connect, STAGE_CONNECT)			\
	CALL(NUMBER, check, ask, helo, STAGE_HELO)				\
	CALL(NUMBER, check, ask, mail, STAGE_MAIL)				\
	CALL(NUMBER, check, ask, rcpt, STAGE_RCPT)				\
	CALL(NUMBER, check, ask, eoh, STAGE_EOH)				\
	CALL(NUMBER, check, ask, eom, STAGE_EOM)				\
	static void check##_done(struct txn *t)					\
	{									\
		if (fake_done != NULL)						\
			fake_done(t, NUMBER);					\
	}
#define ASK(check)								\
	.ask = {check##_ask_connect, check##_ask_helo, check##_ask_mail,	\
	    check##_ask_rcpt, check##_ask_eoh, check##_ask_eom}

RESULTS(alpha, ACTION_SUSPECT);
RESULTS(beta, ACTION_REJECT);
RESULTS(gamma, ACTION_REJECT_IF_SUSPECT);
RESULTS(delta, ACTION_TEMPFAIL);
RESULTS(omega, ACTION_REJECT);
CALLS(ALPHA, alpha) CALL(ALPHA, alpha, judge, rcpt, STAGE_RCPT)
CALLS(BETA, beta) CALL(BETA, beta, judge, rcpt, STAGE_RCPT)
CALLS(GAMMA, gamma) CALL(GAMMA, gamma, judge, rcpt, STAGE_RCPT) CALL(GAMMA, gamma, judge, eom, STAGE_EOM)
CALLS(DELTA, delta) CALL(DELTA, delta, judge, rcpt, STAGE_RCPT)
CALLS(OMEGA, omega) CALL(OMEGA, omega, judge, eom, STAGE_EOM)

static void
omega_header(struct txn *t, const struct header *h)
{
	if (fake_header != NULL)
		fake_header(t, h);
}

static void
omega_body(struct txn *t, const unsigned char *data, size_t len)
{
	if (fake_body != NULL)
		fake_body(t, data, len);
}

static void
omega_decided(struct txn *t, enum action action, const struct verdict *cause)
{
	if (fake_decided != NULL)
		fake_decided(t, action, cause);
}

/* Its service: the number of its ticks. */
static void *
gamma_open(const struct check_env *env)
{
	(void)env;
	return &fake_ticks;
}

static void
gamma_tick(void *service, const struct check_env *env)
{
	const struct gamma_options *o = env->options;

	*(unsigned *)service += (unsigned)o->number;
}

static void
gamma_close(void **service)
{
	*service = NULL;
}

#define AT(member) offsetof(struct gamma_options, member)
static const char *const choices[] = {"red", "green", "blue", NULL};
static const struct option zone_table[] = {
	{"answers", OPTION_STRING, offsetof(struct gamma_zone, answers), "127.0.0.2", .min = 7, .max = 15},
	{"weight", OPTION_INT, offsetof(struct gamma_zone, weight), "1", .min = -100, .max = 100},
	{.key = NULL}
};

static int
zone_finish(void *section, struct arena *a, const char **why_r)
{
	const struct gamma_zone *z = section;

	(void)a;
	*why_r = "weight must not be 0; leave the zone out instead";
	return z->weight == 0 ? -1 : 0;
}

static const struct option_section zone_section = {sizeof(struct gamma_zone), zone_table, zone_finish};
static const struct option gamma_table[] = {
	{"text", OPTION_STRING, AT(text), .value = "so \"what\" ${HOME} \\ %s"},
	{"flag", OPTION_BOOL, AT(flag), .value = "yes"},
	{"number", OPTION_INT, AT(number), "5", .min = -10, .max = 10},
	{"delay", OPTION_DURATION, AT(delay), "5m", .min = 1000, .max = 86400000},
	{"size", OPTION_SIZE, AT(size), "64K", .min = 1024, .max = 1 << 30},
	{"file-mode", OPTION_OCTAL, AT(mode), "0640", .min = 0, .max = 0777},
	{"choice", OPTION_CHOICE, AT(choice), "green", .choices = choices},
	{"words", OPTION_STRINGS, AT(words), .value = "a, b"},
	{"nets", OPTION_CIDRS, AT(nets), .value = "192.0.2.0/24, 2001:db8::/32"},
	{"zone", OPTION_SECTIONS, AT(zones), .section = &zone_section},
	{.key = NULL}
};

static int
gamma_finish(void *options, struct arena *a, const char **why_r)
{
	const struct gamma_options *o = options;

	(void)a;
	*why_r = "number must not be 7";
	return o->number == 7 ? -1 : 0;
}

static const char *const beta_after[] = {"alpha", NULL};

static const struct check alpha = {.name = "alpha", .method = "iprev", .scope = SCOPE_CONNECTION,
	.origins = ORIGIN_OUTSIDE, .needs_ip = true, .results = alpha_results,
	ASK(alpha), .judge = {[STAGE_RCPT] = alpha_judge_rcpt}, .done = alpha_done};
static const struct check beta = {.name = "beta", .scope = SCOPE_CONNECTION, .after = beta_after,
	.origins = ORIGIN_OUTSIDE, .results = beta_results,
	ASK(beta), .judge = {[STAGE_RCPT] = beta_judge_rcpt}, .done = beta_done};
static const struct check gamma_check = {.name = "gamma", .method = "spf", .scope = SCOPE_MESSAGE,
	.origins = ORIGIN_OUTSIDE | ORIGIN_TRUSTED, .results = gamma_results, .options = gamma_table,
	.options_size = sizeof(struct gamma_options), .finish = gamma_finish, .msg_state = 64,
	.open = gamma_open, .tick = gamma_tick, .close = gamma_close,
	ASK(gamma), .judge = {[STAGE_RCPT] = gamma_judge_rcpt, [STAGE_EOM] = gamma_judge_eom}, .done = gamma_done};
static const struct check delta = {.name = "delta", .hearsay = true, .scope = SCOPE_RECIPIENT,
	.origins = ORIGIN_OUTSIDE | ORIGIN_TRUSTED | ORIGIN_AUTHENTICATED | ORIGIN_LOCAL,
	.results = delta_results,
	ASK(delta), .judge = {[STAGE_RCPT] = delta_judge_rcpt}, .done = delta_done};
static const struct check omega = {.name = "omega", .method = "dkim", .scope = SCOPE_MESSAGE,
	.origins = ORIGIN_OUTSIDE | ORIGIN_LOCAL, .hears = ORIGIN_AUTHENTICATED, .results = omega_results,
	ASK(omega), .judge = {[STAGE_EOM] = omega_judge_eom},
	.header = omega_header, .body = omega_body, .decided = omega_decided, .done = omega_done};
/* clang-format on */

const struct check *const check_registry[] = {
    [ALPHA] = &alpha, &beta, &gamma_check, &delta, &omega, NULL};

/* Nothing here asks the DNS, so the resolver is only a name. */
struct dns_session *
dns_session_new(struct dns *dns)
{
	(void)dns;
	return NULL;
}

void
dns_session_free(struct dns_session **s)
{
	*s = NULL;
}

void
dns_session_forget(struct dns_session *s)
{
	(void)s;
}

struct conf *
fake_load(const char *text, char **errors_r)
{
	char path[] = "/tmp/bailey-fake.XXXXXX";
	int fd = mkstemp(path);
	struct conf *c;

	if (fd == -1 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	(void)close(fd);
	c = conf_load(path, errors_r);
	(void)unlink(path);
	return c;
}

struct conf *
fake_conf(const char *text)
{
	char *errors;
	struct conf *c = fake_load(text, &errors);

	if (c == NULL) {
		tap_note("%s", errors);
		abort();
	}
	return c;
}
