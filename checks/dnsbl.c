/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dnsbl: what DNS lists say of a client, weighed.  Every list is asked as soon
 * as the name to ask for is known; their answers are added up at RCPT, and
 * those about names in the header at the end of the message.  No list is
 * believed blindly: the answer must be one that the configuration names, and
 * the list must be in good health (dnsbl/health.h).
 *
 * An allow list only ever lowers this check's own score: its verdict carries
 * no action of its own, so a failed SPF, DKIM or DMARC stands as it is.
 */
#include <stdlib.h>
#include <string.h>

#include "checks/dnsbl/tally.h"
#include "checks/rdns.h"
#include "lib/log.h"

/* clang-format off */
static const struct result results[] = {
	[DNSBL_LISTED]    = { "listed", WORD_FAIL, ACTION_REJECT, "554 5.7.1", "450 4.7.1" },
	[DNSBL_DOUBTFUL]  = { "doubtful", WORD_NEUTRAL, ACTION_SUSPECT, "554 5.7.1", "450 4.7.1" },
	[DNSBL_TEMPERROR] = { "temperror", WORD_TEMPERROR, ACTION_PASS, NULL, "451 4.7.1" },
	[DNSBL_CLEAR]     = { "clear", WORD_NONE, ACTION_PASS, NULL, NULL },
	/* One list each, beside one of the above. */
	[DNSBL_HIT]       = { "hit", WORD_FAIL, ACTION_PASS, "554 5.7.1", "450 4.7.1" },
	[DNSBL_VOUCHED]   = { "vouched", WORD_PASS, ACTION_PASS, NULL, NULL },
	{ .name = NULL }
};

/* clang-format on */

/* Nobody lists networks that are not on the public Internet; and whom we trust we do not tell of. */
static bool
is_askable(const struct txn *t)
{
	return t->client.addr.family != ADDR_NONE && !addr_is_special(&t->client.addr);
}

/* Of this message; a recipient of another class may have other lists, of which none is counted yet. */
static struct tally *
tally_of(struct txn *t)
{
	struct tally *tally = txn_msg_state(t);

	if (tally->options != t->options)
		*tally = (struct tally){.options = t->options};
	return tally;
}

static void
ask_zones(struct txn *t, enum subject subject, const char *name)
{
	const struct dnsbl_options *o = t->options;
	char question[NAME_TEXT_SIZE];
	const struct watch *w;

	for (size_t i = 0; i < o->zone_count; i++) {
		if ((o->zones[i].subjects & SUBJECT_BIT(subject)) == 0)
			continue;
		w = tally_watch(t, &o->zones[i]);
		if (w != NULL && watch_unfit(w, tally_family(t, subject)) != NULL)
			continue;
		if (zone_question(question, name, o->zones[i].name))
			dns_ask(t->dns, question, DNS_A);
	}
}

static void
ask_all(struct txn *t, const struct tally *tally, enum subject subject)
{
	char name[NAME_TEXT_SIZE];

	if (is_askable(t))
		for (size_t n = 0; tally_subject(t, tally, subject, n, name); n++)
			ask_zones(t, subject, name);
}

/* The zones to ask once the PTR name is known; a copy, because the configuration may go first. */
struct ptr_zones {
	size_t count;
	char names[][NAME_TEXT_SIZE];
};

static void
ptr_known(struct dns_session *session, const struct dns_answer *answer, void *arg)
{
	struct ptr_zones *zones = arg;
	char question[NAME_TEXT_SIZE];
	struct rdns_names names;

	rdns_names_read(&names, answer);
	if (session != NULL && names.count > 0)
		for (size_t i = 0; i < zones->count; i++)
			if (zone_question(question, names.name[0], zones->names[i]))
				dns_ask(session, question, DNS_A);
	free(zones);
}

static void
ask_ptr(struct txn *t)
{
	const struct dnsbl_options *o = t->options;
	char name[DNS_PTR_NAME_SIZE];
	struct ptr_zones *zones;

	zones = malloc(sizeof *zones + o->zone_count * sizeof zones->names[0]);
	if (zones == NULL)
		return;
	zones->count = 0;
	for (size_t i = 0; i < o->zone_count; i++) {
		const struct watch *w = tally_watch(t, &o->zones[i]);

		if ((o->zones[i].subjects & SUBJECT_BIT(SUBJECT_PTR)) != 0 &&
		    (w == NULL || watch_unfit(w, ADDR_NONE) == NULL))
			(void)strcpy(zones->names[zones->count++], o->zones[i].name);
	}
	if (zones->count == 0)
		free(zones);
	else
		dns_ask_then(
		    t->dns, dns_ptr_name(&t->client.addr, name), DNS_PTR, ptr_known, zones);
}

static void
dnsbl_connect(struct txn *t)
{
	ask_all(t, NULL, SUBJECT_CLIENT);
	if (is_askable(t))
		ask_ptr(t);
}

static void
dnsbl_helo(struct txn *t)
{
	ask_all(t, NULL, SUBJECT_HELO);
}

static void
dnsbl_mail(struct txn *t)
{
	ask_all(t, NULL, SUBJECT_SENDER);
}

static void
dnsbl_rcpt(struct txn *t)
{
	const struct dnsbl_options *o = t->options;
	struct tally *tally = tally_of(t);

	if (o->zone_count == 0)
		return;
	if (!is_askable(t)) {
		(void)report(t, DNSBL_CLEAR, "%s is not on the public Internet: no list was asked",
		    t->client.addr_text);
		return;
	}
	if (tally_count(t, tally, SUBJECTS_RCPT) == -1) {
		(void)report(t, DNSBL_TEMPERROR, "out of memory");
		return;
	}
	/* Now, because many a client gets no further. */
	tally_observe(t, tally, 0);
	tally_report(t, tally);
}

static bool
wants_header(const struct dnsbl_options *o)
{
	for (size_t i = 0; i < o->zone_count; i++)
		if ((o->zones[i].subjects & SUBJECTS_HEADER) != 0)
			return true;
	return false;
}

static void
dnsbl_eoh(struct txn *t)
{
	struct tally *tally = tally_of(t);

	if (!is_askable(t) || !wants_header(t->options))
		return;
	tally_header(t, tally);
	ask_all(t, tally, SUBJECT_FROM);
	ask_all(t, tally, SUBJECT_DKIM);
}

static void
dnsbl_eom(struct txn *t)
{
	struct tally *tally = tally_of(t);

	if (tally->name_count > 0 && tally_count(t, tally, SUBJECTS_HEADER) == 0)
		tally_report(t, tally);
}

/* A list that turns on clients whose mail passes DMARC is not in its right mind. */
static void
dnsbl_decided(struct txn *t, enum action action, const struct verdict *cause)
{
	const struct verdict *dmarc = txn_verdict(t, "dmarc", 0);
	const struct tally *tally = tally_of(t);
	bool proved = dmarc != NULL && dmarc->check->results[dmarc->result].word == WORD_PASS;

	(void)action;
	(void)cause;
	if (tally->findings != NULL && (proved || tally->name_count > 0))
		tally_observe(t, tally, proved ? ANOMALY_PROVED : 0);
}

/* Subscribers' keys. */
static const char *
dnsbl_secret(const void *options, size_t nth)
{
	const struct dnsbl_options *o = options;

	for (size_t i = 0; i < o->zone_count; i++)
		if (o->zones[i].secret != NULL && nth-- == 0)
			return o->zones[i].secret;
	return NULL;
}

/* The service: the health of the lists. */

static void *
dnsbl_open(const struct check_env *env)
{
	(void)env;
	return health_open();
}

static void
dnsbl_close(void **service)
{
	struct health *health = *service;

	health_close(&health);
	*service = NULL;
}

static void
say(const struct zone *z, bool bad, const char *text)
{
	(bad ? log_err : log_notice)("dnsbl: %s %s", z->shown, text);
}

/* A class may name lists of its own.  Whether an earlier section has this list. */
static bool
is_repeated(struct health *h, const struct check_env *env, size_t section, const struct watch *w)
{
	for (size_t n = 0; n < section; n++) {
		const struct dnsbl_options *o = env->nth_section(env, n);

		for (size_t i = 0; i < o->zone_count; i++)
			if (health_watch(h, &o->zones[i]) == w)
				return true;
	}
	return false;
}

static void
dnsbl_tick(void *service, const struct check_env *env)
{
	const struct dnsbl_options *o;

	/* What is done for one section is done: the next finds nothing due. */
	for (size_t n = 0; (o = env->nth_section(env, n)) != NULL; n++)
		health_tick(
		    service, o->zones, o->zone_count, &o->limits, env->dns, env->clock, say);
}

/* Why one of the families a list is asked about is not, or NULL. */
static const char *
trouble_of(const struct watch *w)
{
	const char *why = NULL;

	/* Most know no IPv6, and are not asked about it then. */
	for (enum addr_family f = ADDR_NONE; why == NULL && f <= ADDR_V4; f++)
		why = watch_unfit(w, f);
	if (why == NULL && watch_is_anomalous(w))
		why = "lists far more clients than usual, so its listings do not count";
	return why;
}

static bool
is_tested(const struct watch *w)
{
	return watch_is_tested(w, ADDR_NONE) || watch_is_tested(w, ADDR_V4) ||
	       watch_is_tested(w, ADDR_V6);
}

static void
tell_zone(const struct zone *z, const struct watch *w, service_fact *fn, void *arg)
{
	const char *why = w != NULL ? trouble_of(w) : "is not watched for want of memory";

	if (why != NULL)
		fn(arg, z->shown, false, why);
	else if (!z->self_test)
		fn(arg, z->shown, true, "has no test entries");
	else if (watch_unfit(w, ADDR_V6) != NULL)
		fn(arg, z->shown, true, "answers its test, for IPv4 only");
	else
		fn(arg, z->shown, true, is_tested(w) ? "answers its test" : "not tested yet");
}

static void
dnsbl_tell(void *service, const struct check_env *env, service_fact *fn, void *arg)
{
	const struct dnsbl_options *o;

	for (size_t n = 0; (o = env->nth_section(env, n)) != NULL; n++)
		for (size_t i = 0; i < o->zone_count; i++) {
			const struct watch *w = health_watch(service, &o->zones[i]);

			if (!is_repeated(service, env, n, w))
				tell_zone(&o->zones[i], w, fn, arg);
		}
}

static const char *const after[] = {"rdns", NULL};

const struct check check_dnsbl = {
    .name = "dnsbl",
    .scope = SCOPE_MESSAGE,
    .origins = ORIGIN_OUTSIDE,
    .needs_ip = true,
    .hearsay = true,
    .after = after,
    .results = results,
    .options = dnsbl_option_table,
    .options_size = sizeof(struct dnsbl_options),
    .finish = dnsbl_options_finish,
    .secret = dnsbl_secret,
    .msg_state = sizeof(struct tally),
    .open = dnsbl_open,
    .tick = dnsbl_tick,
    .close = dnsbl_close,
    .tell = dnsbl_tell,
    .ask = {[STAGE_CONNECT] = dnsbl_connect,
	[STAGE_HELO] = dnsbl_helo,
	[STAGE_MAIL] = dnsbl_mail,
	[STAGE_EOH] = dnsbl_eoh},
    .judge = {[STAGE_RCPT] = dnsbl_rcpt, [STAGE_EOM] = dnsbl_eom},
    .decided = dnsbl_decided,
};
