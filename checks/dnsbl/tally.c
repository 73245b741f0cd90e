/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tally: reads the answers of all zones.  Only what the configuration's
 * filters name counts, never an error code, never a list that is not in good
 * health; whoever did not answer is unknown, not unlisted.
 */
#include "checks/dnsbl/tally.h"

#include <string.h>

#include "checks/author.h"
#include "checks/dkim_signature.h"
#include "checks/dnsbl/faults.h"
#include "checks/dnsbl/trial.h"
#include "checks/rdns.h"

/* When other checks have used up the time for the DNS, a list that had less than this is not blamed. */
#define PATIENCE_MS 1000

/* What a list may be asked about: no name without a dot, no address in a name's place. */
static bool
take_name(const char *typed, char out[NAME_TEXT_SIZE])
{
	return typed != NULL && name_canon(typed, out) == NAME_OK && name_labels(out) > 1;
}

/* The name that leads back to the client, else the one it claims. */
static const char *
ptr_name(const struct txn *t)
{
	const char *verified = rdns_verified_name(t);

	return verified != NULL ? verified : rdns_claimed_name(t);
}

static void
add_name(struct tally *tally, enum subject subject, const char *typed)
{
	size_t n = tally->name_count;

	if (!take_name(typed, tally->names[n].text))
		return;
	tally->names[n].subject = subject;
	for (size_t i = 0; i < n; i++)
		if (tally->names[i].subject == subject &&
		    strcmp(tally->names[i].text, tally->names[n].text) == 0)
			return;
	tally->name_count++;
}

void
tally_header(struct txn *t, struct tally *tally)
{
	char domain[NAME_TEXT_SIZE];
	struct author author;

	tally->name_count = 0;
	author_find(&author, t);
	add_name(tally, SUBJECT_FROM, author.domain);
	for (const struct header *h = t->headers; h != NULL && tally->name_count < TALLY_NAMES_MAX;
	     h = h->next)
		if (signature_is_field(h) && signature_domain(h, domain))
			add_name(tally, SUBJECT_DKIM, domain);
}

static bool
header_name(const struct tally *tally, enum subject subject, size_t nth, char out[NAME_TEXT_SIZE])
{
	for (size_t i = 0; i < tally->name_count; i++) {
		if (tally->names[i].subject != subject || nth-- > 0)
			continue;
		(void)strcpy(out, tally->names[i].text);
		return true;
	}
	return false;
}

bool
tally_subject(struct txn *t, const struct tally *tally, enum subject subject, size_t nth,
    char out[NAME_TEXT_SIZE])
{
	switch (subject) {
	case SUBJECT_CLIENT:
		(void)addr_reverse(&t->client.addr, out);
		return nth == 0;
	case SUBJECT_HELO:
		return nth == 0 && take_name(t->helo, out);
	case SUBJECT_PTR:
		return nth == 0 && take_name(ptr_name(t), out);
	case SUBJECT_SENDER:
		return nth == 0 && !t->sender.literal && take_name(t->sender.domain, out);
	case SUBJECT_FROM:
	case SUBJECT_DKIM:
		return header_name(tally, subject, nth, out);
	case SUBJECT_COUNT:
		break;
	}
	return false;
}

enum addr_family
tally_family(const struct txn *t, enum subject subject)
{
	return subject == SUBJECT_CLIENT ? t->client.addr.family : ADDR_NONE;
}

struct watch *
tally_watch(const struct txn *t, const struct zone *z)
{
	return t->service == NULL ? NULL : health_watch(t->service, z);
}

/* Before the first test of a list has ended, a listing is only believed after a look of our own. */
static bool
is_believable(
    struct txn *t, const struct tally *tally, const struct finding *f, enum addr_family family)
{
	const char *why;

	if (!f->zone->self_test || (f->watch != NULL && watch_is_tested(f->watch, family)))
		return true;
	return trial_now(t->dns, f->zone->name, family, tally->deadline, &why) == TRIAL_SOUND;
}

/*
 * The rules that match.  A name the client merely claims never speaks for it:
 * of a PTR name that is not verified, only block rules count.
 */
static void
match(struct txn *t, struct finding *f, const struct dns_answer *answer, enum subject subject)
{
	bool proven = subject != SUBJECT_PTR || rdns_verified_name(t) != NULL;

	for (size_t i = 0; i < f->zone->rule_count; i++) {
		const struct zone_rule *r = &f->zone->rules[i];

		if ((r->subjects & SUBJECT_BIT(subject)) == 0 || (f->matched >> i & 1) != 0 ||
		    (r->weight < 0 && !proven))
			continue;
		for (size_t k = 0; k < answer->count; k++) {
			if (!filter_match(&r->filter, &answer->rr[k].addr))
				continue;
			f->matched |= UINT32_C(1) << i;
			f->weight += r->weight;
			f->blocks |= r->weight >= 0;
			f->allows |= r->weight < 0;
			if (f->answer == NULL) {
				f->answer = answer;
				f->subject = subject;
			}
			break;
		}
	}
}

static void
read_answer(struct txn *t, const struct tally *tally, struct finding *f, enum subject subject,
    const struct dns_answer *answer)
{
	const struct dnsbl_options *o = t->options;
	const struct addr *fault = NULL;

	if (f->watch != NULL && answer->status != DNS_TIMEOUT)
		watch_answered(f->watch);
	else if (f->watch != NULL && tally->patient)
		watch_timed_out(f->watch, &o->limits);
	switch (fault_read(f->zone->name, answer, &fault)) {
	case READING_UNKNOWN:
		f->unknown = dns_status_text(answer->status);
		return;
	case READING_UNLISTED:
		return;
	case READING_FAULT:
		f->unknown = "answered with an error code";
		if (f->watch != NULL)
			watch_fault(f->watch, fault);
		return;
	case READING_LISTED:
		break;
	}
	if (is_believable(t, tally, f, tally_family(t, subject)))
		match(t, f, answer, subject);
	else
		f->unknown = "not tested yet";
}

static void
look(struct txn *t, const struct tally *tally, struct finding *f, enum subject subject)
{
	char name[NAME_TEXT_SIZE], question[NAME_TEXT_SIZE];
	const char *unfit =
	    f->watch == NULL ? NULL : watch_unfit(f->watch, tally_family(t, subject));

	for (size_t n = 0; tally_subject(t, tally, subject, n, name); n++) {
		const struct dns_answer *before = f->answer;

		if (!zone_question(question, name, f->zone->name))
			continue;
		if (unfit != NULL) {
			f->unknown = unfit;
			return;
		}
		f->asked = true;
		read_answer(
		    t, tally, f, subject, dns_get(t->dns, question, DNS_A, tally->deadline));
		if (f->answer != before)
			(void)strcpy(f->name, name);
	}
}

/* Each block list is told of each client it was asked about. */
void
tally_observe(struct txn *t, const struct tally *tally, unsigned marks)
{
	const struct dnsbl_options *o = t->options;

	for (size_t i = 0; i < o->zone_count; i++)
		if (tally->findings[i].allows)
			marks |= ANOMALY_VOUCHED;
	for (size_t i = 0; i < o->zone_count; i++) {
		const struct finding *f = &tally->findings[i];

		if (f->watch != NULL && f->asked && f->unknown == NULL && zone_blocks(f->zone))
			watch_observe(f->watch, &o->limits, clock_mono(t->clock), &t->client.addr,
			    marks | (f->blocks ? ANOMALY_LISTED : 0));
	}
}

static void
add_up(const struct dnsbl_options *o, struct tally *tally)
{
	tally->score = tally->blocked = 0;
	tally->unknown = 0;
	for (size_t i = 0; i < o->zone_count; i++) {
		const struct finding *f = &tally->findings[i];

		tally->unknown += f->unknown != NULL && f->answer == NULL;
		if (f->answer == NULL || f->anomalous)
			continue;
		tally->score += f->weight;
		if (f->weight > 0)
			tally->blocked += f->weight;
	}
}

static int
begin(struct txn *t, struct tally *tally)
{
	const struct dnsbl_options *o = t->options;

	tally->findings = arena_array(t->arena, o->zone_count, sizeof *tally->findings);
	if (tally->findings == NULL)
		return -1;
	for (size_t i = 0; i < o->zone_count; i++) {
		tally->findings[i].zone = &o->zones[i];
		tally->findings[i].watch = tally_watch(t, &o->zones[i]);
	}
	return 0;
}

int
tally_count(struct txn *t, struct tally *tally, unsigned subjects)
{
	const struct dnsbl_options *o = t->options;
	int64_t now = clock_mono(t->clock), left = t->deadline - now;

	tally->deadline = now + (left < o->wait ? left : o->wait);
	tally->patient = left >= o->wait || left >= PATIENCE_MS;
	if (tally->findings == NULL && begin(t, tally) == -1)
		return -1;
	for (size_t i = 0; i < o->zone_count; i++) {
		struct finding *f = &tally->findings[i];

		for (enum subject s = 0; s < SUBJECT_COUNT; s++)
			if ((f->zone->subjects & subjects & SUBJECT_BIT(s)) != 0)
				look(t, tally, f, s);
		f->anomalous = f->blocks && f->watch != NULL && watch_is_anomalous(f->watch);
	}
	add_up(o, tally);
	return 0;
}
