/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tell: turns a tally into verdicts, one of the score and one of each zone
 * that listed, in words for a reply, a log and Authentication-Results.  At the
 * end of the message the score is told again if the header has changed it.
 * Zones are named without their key everywhere.
 */
#include "checks/dnsbl/tally.h"

#include "lib/buf.h"
#include "lib/text.h"

/* Of a list's TXT in a reply: enough for a sentence and a link (RFC 5321 4.5.3.1.5: 512 octets a line). */
#define TXT_SHOWN_MAX 400

/* "127.0.0.2, 127.0.0.4" */
static void
put_answers(struct buf *b, const struct dns_answer *answer)
{
	char text[ADDR_TEXT_SIZE];

	for (size_t i = 0; i < answer->count; i++) {
		buf_puts(b, i == 0 ? "" : ", ");
		buf_puts(b, addr_format(&answer->rr[i].addr, text));
	}
}

/* "client [192.0.2.1]", "HELO name [x.example]" */
static void
put_subject(struct buf *b, const struct txn *t, const struct finding *f)
{
	static const char *const words[] = {
	    [SUBJECT_CLIENT] = "client",
	    [SUBJECT_HELO] = "HELO name",
	    [SUBJECT_PTR] = "client name",
	    [SUBJECT_SENDER] = "sender domain",
	    [SUBJECT_FROM] = "author domain",
	    [SUBJECT_DKIM] = "signing domain",
	};

	buf_printf(b, "%s [%s]", words[f->subject],
	    f->subject == SUBJECT_CLIENT ? t->client.addr_text : f->name);
}

/* The list that weighs most towards sign; NULL if none does. */
static const struct finding *
heaviest(const struct dnsbl_options *o, const struct tally *tally, int sign)
{
	const struct finding *most = NULL;

	for (size_t i = 0; i < o->zone_count; i++) {
		const struct finding *f = &tally->findings[i];

		if (f->answer != NULL && !f->anomalous && f->weight * sign > 0 &&
		    (most == NULL || f->weight * sign > most->weight * sign))
			most = f;
	}
	return most;
}

/* The list's own words, fit for a reply, if they come in time.  Asked only of the list that decided. */
static void
put_txt(struct buf *b, const char *before, struct txn *t, const struct tally *tally,
    const struct finding *f)
{
	char room[DNS_TXT_MAX];
	const struct dns_answer *txt;
	struct buf masked;

	txt = dns_get(t->dns, f->answer->name, DNS_TXT, tally->deadline);
	if (txt->count == 0)
		return;
	buf_init(&masked, room, sizeof room);
	zone_mask(&masked, f->zone, txt->rr[0].txt.bytes);
	buf_puts(b, before);
	text_reply(b, room, TXT_SHOWN_MAX);
}

static void
explain(struct buf *b, const struct dnsbl_options *o, const struct tally *tally)
{
	const char *before = ": ";

	buf_printf(b, "score %d of %lld", tally->score, (long long)o->reject_at);
	for (size_t i = 0; i < o->zone_count; i++) {
		const struct finding *f = &tally->findings[i];

		if (f->answer != NULL) {
			buf_printf(b, "%s%s ", before, f->zone->shown);
			put_answers(b, f->answer);
			buf_printf(b,
			    f->anomalous ? " (set aside: lists too much of late)" : " %+d",
			    f->weight);
		} else if (f->unknown != NULL) {
			buf_printf(b, "%s%s not known: %s", before, f->zone->shown, f->unknown);
		} else {
			continue;
		}
		before = "; ";
	}
}

static enum dnsbl_result
result_of(const struct dnsbl_options *o, const struct tally *tally)
{
	if (tally->score >= o->reject_at)
		return DNSBL_LISTED;
	if (tally->score >= o->suspect_at)
		return DNSBL_DOUBTFUL;
	return tally->unknown > 0 ? DNSBL_TEMPERROR : DNSBL_CLEAR;
}

static void
report_score(struct txn *t, const struct tally *tally, enum dnsbl_result result)
{
	const struct dnsbl_options *o = t->options;
	const struct finding *cause = heaviest(o, tally, 1);
	char why[1024], room[TXT_SHOWN_MAX + 512];
	struct buf reason, reply;
	struct verdict *v;

	buf_init(&reason, why, sizeof why);
	explain(&reason, o, tally);
	v = report(t, result, "%s", why);
	if (cause == NULL || (result != DNSBL_LISTED && result != DNSBL_DOUBTFUL))
		return;
	buf_init(&reply, room, sizeof room);
	buf_puts(&reply, "Service unavailable; ");
	put_subject(&reply, t, cause);
	buf_printf(&reply, " blocked using %s", cause->zone->shown);
	if (result == DNSBL_LISTED)
		put_txt(&reply, "; ", t, tally, cause);
	v->reply = arena_strdup(t->arena, room);
}

static void
report_zone(struct txn *t, const struct tally *tally, const struct finding *f, bool decided)
{
	const struct dnsbl_options *o = t->options;
	char room[TXT_SHOWN_MAX + 1] = "", what[NAME_TEXT_SIZE + 32];
	struct buf text, subject;
	struct verdict *v;

	buf_init(&subject, what, sizeof what);
	put_subject(&subject, t, f);
	v = report(t, f->weight < 0 ? DNSBL_VOUCHED : DNSBL_HIT, "%s %s %s%s", f->zone->shown,
	    f->weight < 0 ? "vouches for" : "lists", what,
	    f->anomalous ? ", but lists too much of late and does not count" : "");
	v->method = f->weight < 0 ? "dnswl" : "x-dnsbl";
	v->hidden = f->weight >= 0 && !o->header;
	verdict_prop(t, v, "dns", "zone", f->zone->shown);
	buf_init(&text, room, sizeof room);
	put_answers(&text, f->answer);
	verdict_prop(t, v, "policy", "ip", room);
	if (decided) {
		buf_reset(&text);
		put_txt(&text, "", t, tally, f);
		if (text.len > 0)
			verdict_prop(t, v, "policy", "txt", room);
	}
	/* RFC 8904 2.2: "na" where nobody validates; a plain stub only knows of success. */
	verdict_prop(t, v, "dns", "sec", f->answer->secure ? "yes" : "na");
}

void
tally_report(struct txn *t, struct tally *tally)
{
	const struct dnsbl_options *o = t->options;
	enum dnsbl_result result = result_of(o, tally);
	const struct finding *saviour = NULL;

	if (!tally->told || tally->result != result || tally->told_score != tally->score)
		report_score(t, tally, result);
	tally->told = true;
	tally->result = result;
	tally->told_score = tally->score;
	/* Without the allow lists it would have been refused: then they decided. */
	if (tally->blocked >= o->reject_at && tally->score < o->reject_at)
		saviour = heaviest(o, tally, -1);
	for (size_t i = 0; i < o->zone_count; i++) {
		struct finding *f = &tally->findings[i];

		if (f->answer != NULL && !f->told)
			report_zone(t, tally, f, f == saviour);
		f->told = f->answer != NULL;
	}
}
